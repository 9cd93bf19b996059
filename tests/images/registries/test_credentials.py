"""Where a login comes from, and that a password shows nowhere."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from modelport.errors import UserError
from modelport.images.registries.credentials import Credentials, CredentialStore, private_login, store_keys

REGISTRY = "registry.example:5000"
SECRET = "planted-secret"


def auth_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def configuration(tmp_path):
    """Writes Docker's configuration and returns the environment that points at it."""

    def write(content, *, path: str = "/usr/bin:/bin") -> dict[str, str]:
        folder = tmp_path / "docker"
        folder.mkdir(exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / "config.json").write_text(text)
        return {"DOCKER_CONFIG": str(folder), "HOME": str(tmp_path), "PATH": path}

    return write


@pytest.fixture
def helper(tmp_path):
    """Writes a credential helper and returns the PATH on which it is found."""

    def write(name: str, script: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / f"docker-credential-{name}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return f"{folder}:/usr/bin:/bin"

    return write


def test_a_login_is_read_from_dockers_file(configuration):
    environ = configuration({"auths": {REGISTRY: {"auth": auth_of(f"ann:{SECRET}")}}})
    found = CredentialStore(environ).find(REGISTRY)
    assert (found.username, found.password) == ("ann", SECRET)
    assert found.source == f"'{environ['DOCKER_CONFIG']}/config.json'"


def test_a_password_may_hold_colons(configuration):
    environ = configuration({"auths": {REGISTRY: {"auth": auth_of("ann:a:b")}}})
    assert CredentialStore(environ).find(REGISTRY).password == "a:b"


@pytest.mark.parametrize("key", store_keys(REGISTRY))
def test_every_way_to_write_the_registry_is_understood(configuration, key):
    environ = configuration({"auths": {key: {"auth": auth_of("ann:x")}}})
    assert CredentialStore(environ).find(REGISTRY).username == "ann"


def test_the_default_registry_has_its_own_key(configuration):
    environ = configuration({"auths": {"https://index.docker.io/v1/": {"auth": auth_of("ann:x")}}})
    assert CredentialStore(environ).find("docker.io").username == "ann"


def test_an_identity_token_is_read(configuration):
    environ = configuration({"auths": {REGISTRY: {"auth": auth_of("ann:"), "identitytoken": SECRET}}})
    assert CredentialStore(environ).find(REGISTRY).identity_token == SECRET


@pytest.mark.parametrize("content", [{}, {"auths": {}}, {"auths": {"other.example": {"auth": auth_of("a:b")}}}])
def test_nobody_logged_in_is_none(configuration, content):
    assert CredentialStore(configuration(content)).find(REGISTRY) is None


def test_no_file_is_nobody(tmp_path):
    assert CredentialStore({"HOME": str(tmp_path)}).find(REGISTRY) is None


def test_what_the_caller_gives_wins(configuration):
    environ = configuration({"auths": {REGISTRY: {"auth": auth_of("ann:x")}}})
    given = Credentials("bob", "y", "the secret 'registry-login'")
    assert CredentialStore(environ, {REGISTRY: lambda: given}).find(REGISTRY) is given


def test_podmans_file_is_read(tmp_path):
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"auths": {REGISTRY: {"auth": auth_of("ann:x")}}}))
    environ = {"HOME": str(tmp_path), "REGISTRY_AUTH_FILE": str(file)}
    assert CredentialStore(environ).find(REGISTRY).username == "ann"


def test_a_helper_is_asked_over_its_standard_input(configuration, helper, tmp_path):
    asked = tmp_path / "asked"
    answer = json.dumps({"Username": "ann", "Secret": SECRET})
    path = helper("test", f"cat > {asked}; echo \"$@\" >> {asked}.words; echo '{answer}'")
    environ = configuration({"credHelpers": {REGISTRY: "test"}}, path=path)
    found = CredentialStore(environ).find(REGISTRY)
    assert (found.username, found.password) == ("ann", SECRET)
    assert found.source == "the credential helper 'docker-credential-test'"
    assert (asked.read_text(), Path(f"{asked}.words").read_text()) == (REGISTRY, "get\n")


def test_the_store_of_all_registries_is_asked(configuration, helper):
    path = helper("store", """echo '{"Username": "<token>", "Secret": "t"}'""")
    environ = configuration({"credsStore": "store", "auths": {REGISTRY: {}}}, path=path)
    assert CredentialStore(environ).find(REGISTRY).identity_token == "t"


def test_a_helper_that_knows_nothing_leaves_the_file(configuration, helper):
    path = helper("store", "echo 'credentials not found in native keychain'; exit 1")
    auths = {REGISTRY: {"auth": auth_of("ann:x")}}
    environ = configuration({"credsStore": "store", "auths": auths}, path=path)
    assert CredentialStore(environ).find(REGISTRY).username == "ann"


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo 'it is locked'; exit 3", "exit code 3: it is locked"), ("echo hm", "not a JSON object")],
)
def test_a_failing_helper_is_told(configuration, helper, script, said):
    environ = configuration({"credsStore": "broken"}, path=helper("broken", script))
    with pytest.raises(UserError, match=said) as caught:
        CredentialStore(environ).find(REGISTRY)
    assert caught.value.code == "credential-helper-failed"


def test_a_missing_helper_is_told(configuration):
    with pytest.raises(UserError, match=r"docker-credential-absent.*not on the PATH"):
        CredentialStore(configuration({"credsStore": "absent"})).find(REGISTRY)


@pytest.mark.parametrize(
    "content",
    ['{"auths": {"r": {"auth": "planted-secret', "[1]", '{"auths": 1}', {"auths": {REGISTRY: {"auth": "%%"}}}],
)
def test_a_damaged_file_is_told_without_its_content(configuration, content):
    with pytest.raises(UserError) as caught:
        CredentialStore(configuration(content)).find(REGISTRY)
    assert caught.value.code == "credential-file-invalid"
    assert SECRET not in str(caught.value)


def test_a_password_shows_in_no_representation():
    credentials = Credentials("ann", SECRET, "a secret", f"{SECRET}-token")
    store = CredentialStore({"TOKEN": SECRET}, {REGISTRY: lambda: credentials})
    assert SECRET not in f"{credentials!r} {credentials} {credentials.words} {store!r}"


def test_a_private_login_is_for_this_user_alone_and_leaves_nothing(configuration, tmp_path):
    own = {"auths": {"other.example": {"auth": auth_of("ann:x")}}, "credsStore": "store", "HttpHeaders": {"A": "b"}}
    environ = configuration(own)
    (tmp_path / "docker" / "contexts").mkdir()
    with private_login(environ, REGISTRY, Credentials("bob", SECRET, "a secret")) as inner:
        folder = Path(inner["DOCKER_CONFIG"])
        content = json.loads((folder / "config.json").read_text())
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "config.json")]
        assert modes == [0o700, 0o600]
        assert (folder / "contexts").is_dir()
    assert content == {"HttpHeaders": {"A": "b"}, "auths": {REGISTRY: {"auth": auth_of(f"bob:{SECRET}")}}}
    assert not folder.exists()
    assert (tmp_path / "docker" / "contexts").is_dir()


def test_a_private_login_leaves_nothing_when_the_work_fails(configuration):
    with (
        pytest.raises(KeyboardInterrupt),
        private_login(configuration({}), REGISTRY, Credentials("bob", SECRET, "a secret")) as inner,
    ):
        raise KeyboardInterrupt
    assert not Path(inner["DOCKER_CONFIG"]).exists()


def test_the_private_login_is_what_the_store_finds(configuration):
    for given in (Credentials("bob", "y", "s"), Credentials("", "", "s", "token")):
        with private_login(configuration({}), REGISTRY, given) as inner:
            found = CredentialStore(inner).find(REGISTRY)
        assert (found.username, found.password, found.identity_token) == (
            given.username,
            given.password,
            given.identity_token,
        )
