"""Pushing and pulling through the real engine, at a real registry."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import require
from tests.images.registry_servers import (
    HOW_TO_GET,
    PASSWORDS,
    PROGRAM,
    change_password,
    counting_relay,
    make_image,
    password_auth,
    running_registry,
    token_service,
)

from modelport.errors import ModelportError, NotFoundError, UserError
from modelport.images.engine import image_facts
from modelport.images.registries.credentials import Credentials, CredentialStore
from modelport.images.registries.oci_registry import open_registry
from modelport.images.registries.reference import Reference, parse_reference
from modelport.images.registries.transfer import login, logout, pull, push

BIG = 300_000


@pytest.fixture(scope="module", autouse=True)
def program():
    require("docker-registry", PROGRAM is not None, HOW_TO_GET)


@pytest.fixture(scope="module")
def server(program, tmp_path_factory):
    """A registry that wants name and password."""
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder, password_auth(folder)) as running:
        yield running


@pytest.fixture
def own_engine(engine, tmp_path):
    """The engine with a credential store of this test's own, in which nobody is logged in."""
    return replace(engine, environ={**os.environ, **engine.environ, "DOCKER_CONFIG": str(tmp_path / "docker")})


@pytest.fixture
def image(scratch, tmp_path):
    """A name for an image of two layers, of which the lower does not compress."""
    noise = random.Random(7).randbytes(BIG)
    base = make_image(scratch, tmp_path, "base", {"base": noise})
    return make_image(scratch, tmp_path, "one", {"app/score.py": b"print(1)"}, base)


@pytest.fixture
def target(scratch):
    """Gives a name in a registry that is forgotten by the engine after the test."""
    names = []

    def named(address: str, tag: str = "1") -> Reference:
        names.append(Reference(address, f"test/{scratch.key}", tag))
        return names[-1]

    yield named
    for name in names:
        scratch.engine.run(["image", "rm", "--force", str(name)])


def store_of(engine, address, *answers):
    left = [Credentials(user, password, "the secret 'registry-login'") for user, password in answers]
    return CredentialStore(engine.environ, {address: lambda: left.pop(0) if len(left) > 1 else left[0]})


def ann(engine, address):
    return store_of(engine, address, ("ann", PASSWORDS["ann"]))


def test_an_image_comes_back_as_it_went(own_engine, server, image, target, scratch):
    name, store, said = target(server.address), ann(own_engine, server.address), []
    pushed = push(own_engine, image, name, store, said.append)
    identity = image_facts(own_engine, image).id
    scratch.docker("image", "rm", str(name))
    by_digest = parse_reference(pushed.location)
    assert pull(own_engine, by_digest, store, said.append) == pushed.digest
    facts = image_facts(own_engine, str(by_digest))
    assert facts.id == identity
    assert PASSWORDS["ann"] not in "\n".join(said)
    scratch.engine.run(["image", "rm", str(by_digest)])


def test_a_second_push_sends_the_changed_layer_alone(own_engine, server, image, target, scratch, tmp_path):
    with counting_relay(server.address) as relay:
        store = ann(own_engine, relay.address)
        first = push(own_engine, image, target(relay.address, "1"), store, str)
        before = relay.sent_bytes
        base = scratch.name("base")
        changed = make_image(scratch, tmp_path, "two", {"app/score.py": b"print(2)"}, base)
        second = push(own_engine, changed, target(relay.address, "2"), store, str)
        again = relay.sent_bytes - before
    assert before > BIG and [layer.is_sent for layer in first.layers] == [True, True]
    assert again < 100_000 and [layer.is_sent for layer in second.layers] == [False, True]
    assert second.sent_bytes < 10_000 and second.present_bytes >= BIG


def test_pushing_the_same_again_sends_nothing(own_engine, server, image, target):
    store, name = ann(own_engine, server.address), target(server.address)
    push(own_engine, image, name, store, str)
    again = push(own_engine, image, name, store, str)
    assert (again.sent_bytes, [layer.is_sent for layer in again.layers]) == (0, [False, False])


def test_a_login_of_the_callers_leaves_no_trace(own_engine, server, image, target, tmp_path):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    own_engine = replace(own_engine, environ={**own_engine.environ, "XDG_RUNTIME_DIR": str(runtime)})
    push(own_engine, image, target(server.address), ann(own_engine, server.address), str)
    assert list(runtime.iterdir()) == []
    assert not (tmp_path / "docker" / "config.json").exists()


def test_a_login_is_kept_in_the_engines_store_and_forgotten(own_engine, server, image, target):
    login(own_engine, server.address, Credentials("ann", PASSWORDS["ann"], "the prompt"))
    store = CredentialStore(own_engine.environ)
    assert store.find(server.address).username == "ann"
    assert push(own_engine, image, target(server.address), store, str).digest
    logout(own_engine, server.address)
    assert store.find(server.address) is None


def test_a_wrong_login_is_refused_and_not_kept(own_engine, server):
    with pytest.raises(UserError) as caught:
        login(own_engine, server.address, Credentials("ann", "planted-secret", "the prompt"))
    assert caught.value.code == "registry-unauthorized"
    assert "planted-secret" not in str(caught.value)
    assert CredentialStore(own_engine.environ).find(server.address) is None


def test_nobody_logged_in_is_told_with_the_command(own_engine, server, image, target):
    with pytest.raises(UserError, match="none was found") as caught:
        push(own_engine, image, target(server.address), CredentialStore(own_engine.environ), str)
    assert (caught.value.code, caught.value.exit_code) == ("registry-unauthorized", 2)


def test_an_expired_login_is_renewed_once(own_engine, server, image, target):
    store = store_of(own_engine, server.address, ("ann", "expired"), ("ann", PASSWORDS["ann"]))
    said: list[str] = []
    assert push(own_engine, image, target(server.address), store, said.append).digest
    assert any("logging in again as user 'ann' from the secret 'registry-login'" in line for line in said)


def test_a_password_that_changes_in_the_middle_of_a_push_is_asked_for_again(own_engine, image, target, tmp_path):
    folder = tmp_path / "changing"
    with running_registry(folder, password_auth(folder)) as server, counting_relay(server.address) as relay:
        relay.on_bytes = lambda sent: change_password(folder) if sent > BIG // 2 else None
        answers = (("ann", PASSWORDS["ann"]), ("ann", PASSWORDS["bob"]))
        said: list[str] = []
        store = store_of(own_engine, relay.address, *answers)
        pushed = push(own_engine, image, target(relay.address), store, said.append)
    assert pushed.digest and any("logging in again as user 'ann'" in line for line in said)


def test_a_password_is_no_argument_of_any_program(own_engine, server, image, target, tmp_path):
    program, seen = tmp_path / "docker-seen", tmp_path / "seen"
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >> {seen}\nexec {own_engine.program} "$@"\n')
    program.chmod(0o755)
    watched = replace(own_engine, program=program)
    push(watched, image, target(server.address), ann(own_engine, server.address), str)
    login(watched, server.address, Credentials("ann", PASSWORDS["ann"], "the prompt"))
    text = seen.read_text()
    assert f"login --username ann --password-stdin {server.address}" in text
    assert f"push {server.address}/" in text and PASSWORDS["ann"] not in text


def test_a_login_that_stays_wrong_is_told_with_whose_it_is(own_engine, server, image, target):
    store = store_of(own_engine, server.address, ("ann", "planted-secret"))
    said: list[str] = []
    with pytest.raises(UserError, match="user 'ann' from the secret 'registry-login'") as caught:
        push(own_engine, image, target(server.address), store, said.append)
    assert caught.value.code == "registry-unauthorized"
    assert "planted-secret" not in str(caught.value) + "".join(said)


def test_a_credential_helper_is_asked_again_when_its_token_has_expired(own_engine, server, image, target, tmp_path):
    helper = tmp_path / "bin" / "docker-credential-test"
    helper.parent.mkdir()
    # The first three answers (one of ours, two of the engine's) have expired: only who asks again gets a good one.
    helper.write_text(
        "#!/usr/bin/env python3\nimport json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "n = int(count.read_text()) if count.exists() else 0\ncount.write_text(str(n + 1))\n"
        f"print(json.dumps({{'Username': 'ann', 'Secret': {PASSWORDS['ann']!r} if n > 2 else 'expired'}}))\n"
    )
    helper.chmod(0o755)
    folder = Path(own_engine.environ["DOCKER_CONFIG"])
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credHelpers": {server.address: "test"}}))
    path = f"{helper.parent}:{os.environ['PATH']}"
    own_engine = replace(own_engine, environ={**own_engine.environ, "PATH": path})
    said: list[str] = []
    assert push(own_engine, image, target(server.address), CredentialStore(own_engine.environ), said.append).digest
    assert any("'docker-credential-test'" in line for line in said)


def test_a_token_that_the_registry_revokes_is_replaced_once(own_engine, image, target, tmp_path):
    with token_service(tmp_path / "t") as tokens, running_registry(tmp_path / "r", tokens.auth) as server:
        tokens.rights["ann"] = {"pull", "push"}
        tokens.spoil_next = 1
        said: list[str] = []
        assert push(own_engine, image, target(server.address), ann(own_engine, server.address), said.append).digest
    assert any("logging in again" in line for line in said)


def test_a_missing_right_to_push_is_told_as_that(own_engine, image, target, tmp_path):
    with token_service(tmp_path / "t") as tokens, running_registry(tmp_path / "r", tokens.auth) as server:
        tokens.rights["ann"] = {"pull"}
        with pytest.raises(UserError) as caught:
            push(own_engine, image, target(server.address), ann(own_engine, server.address), str)
    assert caught.value.code == "registry-denied"
    assert "does not let you push" in caught.value.message


def test_a_missing_right_to_pull_is_told_as_that(own_engine, image, target, tmp_path):
    with token_service(tmp_path / "t") as tokens, running_registry(tmp_path / "r", tokens.auth) as server:
        tokens.rights["ann"] = {"pull", "push"}
        name = target(server.address)
        push(own_engine, image, name, ann(own_engine, server.address), str)
        store = store_of(own_engine, server.address, ("bob", PASSWORDS["bob"]))
        with pytest.raises(UserError) as caught:
            pull(own_engine, name, store, str)
    assert caught.value.code == "registry-denied"
    assert "user 'bob'" in caught.value.message


def test_an_unknown_tag_is_told(own_engine, server, image, target):
    name, store = target(server.address), ann(own_engine, server.address)
    push(own_engine, image, name, store, str)
    with pytest.raises(NotFoundError, match="no tag '2'") as caught:
        pull(own_engine, name.with_tag("2"), store, str)
    assert caught.value.code == "tag-not-found"


def test_an_unknown_digest_is_told(own_engine, server, target):
    wanted = target(server.address).with_digest("sha256:" + "0" * 64)
    with pytest.raises(NotFoundError) as caught:
        pull(own_engine, wanted, ann(own_engine, server.address), str)
    assert caught.value.code == "tag-not-found"


def test_an_image_that_the_engine_does_not_hold_is_told(own_engine, server, target):
    with pytest.raises(NotFoundError, match="has no image 'modelport-test/absent:1'") as caught:
        push(own_engine, "modelport-test/absent:1", target(server.address), CredentialStore({}), str)
    assert caught.value.code == "image-not-local"


def test_a_push_to_a_digest_is_refused(own_engine, server, image, target):
    wanted = target(server.address).with_digest("sha256:" + "0" * 64)
    with pytest.raises(UserError) as caught:
        push(own_engine, image, wanted, CredentialStore({}), str)
    assert caught.value.code == "image-reference-invalid"


def test_a_registry_that_is_not_there_is_told(own_engine, image, target):
    with pytest.raises(ModelportError) as caught:
        push(own_engine, image, target("127.0.0.1:9"), CredentialStore(own_engine.environ), str)
    assert caught.value.code == "registry-unreachable"


def test_what_was_pushed_is_listed(own_engine, server, image, target):
    store, name = ann(own_engine, server.address), target(server.address)
    push(own_engine, image, name, store, str)
    with open_registry(server.address, store) as registry:
        assert registry.tags(name.repository) == ("1",)
