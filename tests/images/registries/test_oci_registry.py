"""The registry client against a real registry: logins, tags, manifests, blobs, deletion, referrers."""

from __future__ import annotations

import base64
import json
import socket
from http.server import BaseHTTPRequestHandler

import pytest
from tests.conftest import require
from tests.images.registry_servers import (
    HOW_TO_GET,
    PASSWORDS,
    PROGRAM,
    http_server,
    password_auth,
    running_registry,
    small_image,
    token_service,
    write_certificate,
)

from modelport.errors import ModelportError, NotFoundError, UserError
from modelport.images.registries.credentials import Credentials, CredentialStore
from modelport.images.registries.oci_registry import digest_of, open_registry
from modelport.images.registries.reference import Reference
from modelport.images.registries.referrers import Attachment, attach, attached, fallback_tag, referrers

BILL = "application/vnd.example.bill+json"


@pytest.fixture(scope="module", autouse=True)
def program():
    require("docker-registry", PROGRAM is not None, HOW_TO_GET)


@pytest.fixture(scope="module")
def open_server(program, tmp_path_factory):
    """A registry that lets everybody do everything."""
    with running_registry(tmp_path_factory.mktemp("open")) as server:
        yield server


@pytest.fixture(scope="module")
def locked_server(program, tmp_path_factory):
    """A registry that wants name and password."""
    folder = tmp_path_factory.mktemp("locked")
    with running_registry(folder, password_auth(folder)) as server:
        yield server


@pytest.fixture
def anybody(open_server):
    with open_registry(open_server.address, nobody_logged_in()) as registry:
        yield registry


def nobody_logged_in():
    return CredentialStore({"DOCKER_CONFIG": "/nonexistent", "HOME": "/nonexistent"})


def logged_in(address, *answers):
    """A store that gives these credentials one after the other, the last one for ever."""
    left = [Credentials(user, password, "the secret 'registry-login'") for user, password in answers]
    environ = {"DOCKER_CONFIG": "/nonexistent", "HOME": "/nonexistent"}
    return CredentialStore(environ, {address: lambda: left.pop(0) if len(left) > 1 else left[0]})


def test_tags_are_listed_in_order(anybody):
    for tag in ("2", "10", "1"):
        small_image(anybody, "team/ordered", tag)
    assert anybody.tags("team/ordered") == ("1", "10", "2")


def test_an_unknown_repository_is_told(anybody):
    with pytest.raises(NotFoundError, match="no repository 'team/absent'") as caught:
        anybody.tags("team/absent")
    assert caught.value.code == "repository-not-found"


def test_a_manifest_is_found_by_tag_and_by_digest(anybody, open_server):
    digest = small_image(anybody, "team/found", "1")
    reference = Reference(open_server.address, "team/found", "1")
    assert anybody.manifest(reference).digest == digest
    assert anybody.manifest(reference.with_digest(digest)).layers[0][1] == len(b"layer a")


def test_an_unknown_tag_names_the_nearest_one(anybody, open_server):
    small_image(anybody, "team/near", "release-1")
    with pytest.raises(NotFoundError, match="Did you mean 'release-1'") as caught:
        anybody.manifest(Reference(open_server.address, "team/near", "relaese-1"))
    assert caught.value.code == "tag-not-found"


def test_a_blob_is_known_by_its_size_and_pushed_once(anybody, open_server):
    before = anybody.blob_size("team/blobs", digest_of(b"some content"))
    anybody.put_blob("team/blobs", b"some content")
    stored = open_server.stored_bytes
    anybody.put_blob("team/blobs", b"some content")
    assert (before, anybody.blob_size("team/blobs", digest_of(b"some content"))) == (None, 12)
    assert open_server.stored_bytes == stored


def test_deleting_a_tag_deletes_its_manifest(anybody, open_server):
    small_image(anybody, "team/deleted", "1")
    reference = Reference(open_server.address, "team/deleted", "1")
    anybody.delete(reference)
    assert anybody.find_manifest(reference) is None


def test_a_registry_that_allows_no_deletion_says_so(tmp_path):
    store = nobody_logged_in()
    with running_registry(tmp_path, deletes=False) as server, open_registry(server.address, store) as registry:
        small_image(registry, "team/kept", "1")
        with pytest.raises(UserError, match="is set up not to delete") as caught:
            registry.delete(Reference(server.address, "team/kept", "1"))
    assert caught.value.code == "registry-unsupported"


def test_a_password_lets_in(locked_server):
    with open_registry(locked_server.address, logged_in(locked_server.address, ("ann", PASSWORDS["ann"]))) as registry:
        assert registry.check_login() == "user 'ann' from the secret 'registry-login'"
        small_image(registry, "team/churn", "1")
        assert registry.tags("team/churn") == ("1",)


def test_no_login_is_told_with_the_command(locked_server):
    with (
        open_registry(locked_server.address, nobody_logged_in()) as registry,
        pytest.raises(UserError, match="none was found") as caught,
    ):
        registry.tags("team/churn")
    assert caught.value.code == "registry-unauthorized"
    assert f"docker login {locked_server.address}" in caught.value.remedy


def test_a_wrong_password_is_told_with_whose_it_is_and_without_it(locked_server):
    store = logged_in(locked_server.address, ("ann", "planted-secret"))
    with open_registry(locked_server.address, store) as registry, pytest.raises(UserError) as caught:
        registry.tags("team/churn")
    assert "user 'ann' from the secret 'registry-login'" in str(caught.value)
    assert "planted-secret" not in str(caught.value) + repr(registry) + repr(store)


def test_a_password_that_has_expired_is_asked_for_again_once(locked_server):
    store = logged_in(locked_server.address, ("ann", "expired"), ("ann", PASSWORDS["ann"]))
    with open_registry(locked_server.address, store) as registry:
        assert registry.check_login()


def test_a_token_lets_in_and_is_used_again(tmp_path):
    with token_service(tmp_path) as tokens, running_registry(tmp_path, tokens.auth) as server:
        tokens.rights["ann"] = {"pull", "push"}
        with open_registry(server.address, logged_in(server.address, ("ann", PASSWORDS["ann"]))) as registry:
            small_image(registry, "team/churn", "1")
            asked = len(tokens.asked)
            small_image(registry, "team/churn", "2")
            assert len(tokens.asked) == asked


def test_a_token_that_has_expired_is_replaced_once(tmp_path):
    with token_service(tmp_path) as tokens, running_registry(tmp_path, tokens.auth) as server:
        tokens.rights["ann"] = {"pull", "push"}
        with open_registry(server.address, logged_in(server.address, ("ann", PASSWORDS["ann"]))) as registry:
            small_image(registry, "team/churn", "1")
            tokens.spoil_next = 1
        with open_registry(server.address, logged_in(server.address, ("ann", PASSWORDS["ann"]))) as registry:
            assert registry.tags("team/churn") == ("1",)


def test_tokens_that_stay_invalid_end_with_whose_login_it_is(tmp_path):
    with token_service(tmp_path) as tokens, running_registry(tmp_path, tokens.auth) as server:
        tokens.spoil_next = 1000
        store = logged_in(server.address, ("ann", PASSWORDS["ann"]))
        with open_registry(server.address, store) as registry, pytest.raises(UserError, match="user 'ann'") as caught:
            registry.tags("team/churn")
        assert (caught.value.code, len(tokens.asked)) == ("registry-unauthorized", 2)


def test_a_missing_right_to_push_is_not_taken_for_a_wrong_password(tmp_path):
    with token_service(tmp_path) as tokens, running_registry(tmp_path, tokens.auth) as server:
        tokens.rights["ann"] = {"pull"}
        store = logged_in(server.address, ("ann", PASSWORDS["ann"]))
        with open_registry(server.address, store) as registry, pytest.raises(UserError) as caught:
            small_image(registry, "team/churn", "1")
        assert caught.value.code == "registry-denied"
        assert "user 'ann'" in caught.value.message


def test_an_identity_token_is_exchanged(tmp_path):
    with token_service(tmp_path) as tokens, running_registry(tmp_path, tokens.auth) as server:
        tokens.rights["ann"] = {"pull", "push"}
        login = Credentials("", "", "a helper", "identity-of-ann")
        with open_registry(server.address, CredentialStore({}, {server.address: lambda: login})) as registry:
            small_image(registry, "team/churn", "1")
        assert "POST identity-of-ann" in tokens.asked


def test_nobody_at_the_address_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers, and nobody else gets it
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with open_registry(address, nobody_logged_in()) as registry, pytest.raises(ModelportError) as caught:
            registry.tags("team/churn")
    assert caught.value.code == "registry-unreachable"
    assert "refused" in caught.value.message


def test_a_registry_without_https_is_told_where_https_is_wanted(open_server):
    with (
        open_registry(open_server.address, nobody_logged_in(), insecure=False) as registry,
        pytest.raises(ModelportError) as caught,
    ):
        registry.tags("team/churn")
    assert caught.value.code == "registry-plain-http"


@pytest.fixture
def own_certificate(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    files = tmp_path / "tls.crt", tmp_path / "tls.key"
    write_certificate(key, files[0])
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    return files


def test_an_unknown_certificate_is_refused_and_a_known_one_accepted(tmp_path, own_certificate):
    with running_registry(tmp_path / "r", tls=own_certificate) as server:
        with open_registry(server.address, nobody_logged_in(), insecure=False) as registry:
            with pytest.raises(ModelportError) as caught:
                registry.check_login()
            assert caught.value.code == "registry-certificate"
        trusting = CredentialStore({"HOME": "/nonexistent", "SSL_CERT_FILE": str(own_certificate[0])})
        with open_registry(server.address, trusting, insecure=False) as registry:
            assert registry.check_login() == ""


def test_what_is_attached_is_found_again_where_the_registry_does_not_know_referrers(anybody, open_server):
    digest = small_image(anybody, "team/billed", "1")
    image = Reference(open_server.address, "team/billed", "1")
    attach(anybody, image, Attachment(BILL, b'{"a":1}', {"title": "bill"}))
    assert [(one.artifact_type, one.annotations) for one in referrers(anybody, image)] == [(BILL, {"title": "bill"})]
    assert attached(anybody, image, BILL) == b'{"a":1}'
    assert fallback_tag(digest) in anybody.tags("team/billed")


def test_attaching_the_same_again_changes_nothing(anybody, open_server):
    small_image(anybody, "team/twice", "1")
    image = Reference(open_server.address, "team/twice", "1")
    first = attach(anybody, image, Attachment(BILL, b"{}"))
    assert attach(anybody, image, Attachment(BILL, b"{}")) == first
    attach(anybody, image, Attachment("application/other", b"x"))
    assert len(referrers(anybody, image)) == 2
    assert referrers(anybody, image, BILL) == (first,)


class ReferrersApi(BaseHTTPRequestHandler):
    """As much of a registry of the newer kind as attaching to an image takes."""

    manifests: dict[str, bytes]
    blobs: dict[str, bytes]

    def do_GET(self) -> None:
        kind, name = self.path.split("/")[-2:]
        subject = {"digest": digest_of(b"{}"), "mediaType": "m", "size": 2}
        if kind == "referrers":
            found = [
                {"mediaType": "m", "digest": digest_of(body), "size": len(body), "artifactType": BILL}
                for body in self.manifests.values()
                if json.loads(body).get("subject", {}).get("digest") == name
            ]
            self.reply(200, json.dumps({"schemaVersion": 2, "manifests": found}).encode())
        elif kind == "manifests" and name in ("1", subject["digest"]):
            self.reply(200, b"{}")
        else:
            body = {**self.manifests, **self.blobs}.get(name)
            self.reply(404 if body is None else 200, body or b"")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.reply(202, b"", {"Location": "/v2/team/new/blobs/uploads/1"})

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        place = self.manifests if "/manifests/" in self.path else self.blobs
        place[digest_of(body)] = body
        self.reply(201, b"", {"OCI-Subject": digest_of(b"{}")})

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_registry_that_knows_referrers_keeps_the_list_itself():
    handler = type("Handler", (ReferrersApi,), {"manifests": {}, "blobs": {}})
    with http_server(handler) as address, open_registry(address, nobody_logged_in()) as registry:
        image = Reference(address, "team/new", "1")
        attach(registry, image, Attachment(BILL, b'{"a":2}'))
        assert attached(registry, image, BILL) == b'{"a":2}'
        assert len(handler.manifests) == 1  # no list by tag beside it


def test_a_changed_answer_is_noticed():
    handler = type("Handler", (ReferrersApi,), {"manifests": {digest_of(b"{}"): b'{"a":1}'}, "blobs": {}})
    with http_server(handler) as address, open_registry(address, nobody_logged_in()) as registry:
        wanted = Reference(address, "team/new", digest=digest_of(b"other"))
        handler.manifests[wanted.digest] = b'{"forged":1}'
        with pytest.raises(ModelportError) as caught:
            registry.manifest(wanted)
    assert caught.value.code == "registry-answer-damaged"


def test_the_header_of_a_login_is_what_registries_expect():
    value = Credentials("ann", "p:w", "x").basic
    assert base64.b64decode(value.removeprefix("Basic ")) == b"ann:p:w"
