"""What an engine's client prints when a push or a pull fails, and what is made of it."""

from __future__ import annotations

import pytest

from modelport.images.registries.auth import Challenge, may_send_secrets, parse_challenge, token_of, token_request
from modelport.images.registries.credentials import Credentials
from modelport.images.registries.errors import attempt_on, classified, of_output, of_status, said_by
from modelport.images.registries.http import proxy_for
from modelport.images.registries.push_output import TransferredLayer, digest_in, layers_present, match_layers
from modelport.images.registries.reference import Reference
from modelport.images.registries.trust import is_insecure, is_listed

# A name that holds the words of every trouble, as names may.
IMAGE = Reference("denied.example:5000", "team/unauthorized-denied-toomanyrequests", "401")
ATTEMPT = attempt_on("push", IMAGE, Credentials("ann", "planted-secret", "the secret 'x'"))


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("unauthorized: authentication required", "registry-unauthorized"),
        ("no basic auth credentials", "registry-unauthorized"),
        ("denied: requested access to the resource is denied", "registry-denied"),
        (f"pull access denied for {IMAGE.name}, repository does not exist", "registry-denied"),
        (f"manifest for {IMAGE} not found: manifest unknown: manifest unknown", "tag-not-found"),
        (f'Get "https://{IMAGE.registry}/v2/": dial tcp 10.0.0.1: connection refused', "registry-unreachable"),
        (f"Get https://{IMAGE.registry}/v2/{IMAGE.repository}/x: dial tcp: no such host", "registry-unreachable"),
        ("Get https://x/v2/: x509: certificate signed by unknown authority", "registry-certificate"),
        ("http: server gave HTTP response to HTTPS client", "registry-plain-http"),
        ("toomanyrequests: You have reached your pull rate limit.", "registry-rate-limited"),
        ("write /var/lib/docker/tmp/x: no space left on device", "registry-failed"),
        ("something else", "registry-failed"),
    ],
)
def test_the_trouble_is_recognised_whatever_the_images_name(printed, code):
    output = f"The push refers to repository [{IMAGE.name}]\n401401401401: Preparing\n{printed}\n"
    error = of_output(ATTEMPT, IMAGE, output)
    assert error.code == code
    assert "planted-secret" not in str(error) and "Preparing" not in str(error)


def test_progress_alone_is_no_trouble():
    assert classified(f"The push refers to repository [{IMAGE.name}]\n401401401401: denied\n", IMAGE) == ""


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "registry-unauthorized"),
        (403, "registry-denied"),
        (405, "registry-unsupported"),
        (429, "registry-rate-limited"),
        (500, "registry-failed"),
    ],
)
def test_an_answer_of_the_registry_has_its_own_code(status, code):
    assert of_status(ATTEMPT, status, b"{}").code == code


@pytest.mark.parametrize("body", [b"", b"[]", b'{"errors": 1}', b'{"errors": [1]}', b"\xff"])
def test_an_answer_without_reasons_is_read_as_none(body):
    assert said_by(body) == ""


def test_layers_that_were_there_are_told_from_those_sent():
    output = (
        "aaaaaaaaaaaa: Preparing\naaaaaaaaaaaa: Layer already exists\nbbbbbbbbbbbb: Pushed\n"
        "cccccccccccc: Mounted from team/base\n1: digest: sha256:" + "d" * 64 + " size: 528\n"
    )
    local = tuple(f"sha256:{letter * 64}" for letter in "abc")
    stored = (("sha256:1", 10), ("sha256:2", 20), ("sha256:3", 30))
    assert match_layers(stored, local, layers_present(output)) == (
        TransferredLayer("sha256:1", 10, is_sent=False),
        TransferredLayer("sha256:2", 20, is_sent=True),
        TransferredLayer("sha256:3", 30, is_sent=False),
    )
    assert digest_in(output) == "sha256:" + "d" * 64


def test_podmans_words_are_understood():
    output = "Copying blob aaaaaaaaaaaa skipped: already exists  \nCopying blob bbbbbbbbbbbb done  \n"
    assert layers_present(output) == {"aaaaaaaaaaaa"}


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ('Basic realm="r"', Challenge("basic", "r")),
        ('Bearer realm="https://a/t",service="s"', Challenge("bearer", "https://a/t", "s")),
        ("Bearer realm=https://a/t, scope=x", Challenge("bearer", "https://a/t", "", "x")),
        (r'Bearer realm="a\"b"', Challenge("bearer", 'a"b')),
        ("", Challenge("")),
    ],
)
def test_challenges_are_read(header, challenge):
    assert parse_challenge(header) == challenge


def test_a_password_goes_to_no_token_service_without_https_unless_the_registry_has_none():
    assert may_send_secrets("https://a.example/t", over_https=True)
    assert may_send_secrets("http://127.0.0.1/t", over_https=False)
    assert not may_send_secrets("http://a.example/t", over_https=True)
    assert not may_send_secrets("file:///etc/passwd", over_https=False)


def test_a_request_for_a_token_shows_no_secret():
    for login in (Credentials("ann", "planted-secret", "x"), Credentials("", "", "x", "planted-secret")):
        request = token_request(Challenge("bearer", "https://a/t?x=1", "s"), "repository:a:pull", login)
        assert "planted-secret" not in f"{request!r} {request.url}"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 1}', b"\xff"])
def test_an_answer_without_a_token_is_none(body):
    assert token_of(body) == ""


@pytest.mark.parametrize(
    ("registry", "exempt", "proxy"),
    [
        ("r.example", "", "http://p:1"),
        ("r.example", "localhost,.example", ""),
        ("r.example:5000", "r.example", ""),
        ("r.example:5000", "r.example:5000", ""),
        ("rr.example", "r.example", "http://p:1"),
        ("r.example", "*", ""),
        ("127.0.0.1:5000", "", ""),
    ],
)
def test_the_proxy_is_the_environments(registry, exempt, proxy):
    assert proxy_for(registry, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": exempt}) == proxy


def test_what_the_engine_trusts_is_trusted():
    configuration = {
        "InsecureRegistryCIDRs": ["127.0.0.0/8", "10.0.0.0/8"],
        "IndexConfigs": {"plain.example:5000": {"Secure": False}, "docker.io": {"Secure": True}},
    }
    listed = ["plain.example:5000", "10.1.2.3", "10.1.2.3:5000"]
    others = ["plain.example", "docker.io", "192.168.0.1:5000", "r.example"]
    assert [is_listed(configuration, name) for name in listed + others] == [True] * 3 + [False] * 4


def test_the_real_engine_trusts_its_own_machine_alone(engine):
    assert is_insecure(engine, "127.0.0.1:5000")
    assert not is_insecure(engine, "registry.example:5000")
