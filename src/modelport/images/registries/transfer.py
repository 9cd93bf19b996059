"""Pushes and pulls images through the engine, logged in as the credential store says, and tells what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from modelport import process
from modelport.errors import ModelportError, UserError
from modelport.images.contents.packages import image_not_local
from modelport.images.engine import Engine, image_facts
from modelport.images.registries import errors as trouble
from modelport.images.registries.credentials import Credentials, CredentialStore, private_login
from modelport.images.registries.errors import attempt_on
from modelport.images.registries.oci_registry import Manifest, open_registry
from modelport.images.registries.push_output import TransferredLayer, digest_in, layers_present, match_layers
from modelport.images.registries.reference import Reference
from modelport.images.registries.trust import is_insecure
from modelport.units import human_size

_TRANSFER_SECONDS = 6 * 3600.0
_LOGIN_SECONDS = 120.0
Report = Callable[[str], None]


@dataclass(frozen=True)
class PushResult:
    """A pushed image: where it is, and what had to be sent for it.

    `layers` is empty where the registry let us push and not look at what is there.
    """

    reference: Reference
    digest: str
    layers: tuple[TransferredLayer, ...] = ()

    @property
    def location(self) -> str:
        """The name that means exactly these bytes: `registry/repository@sha256:…`."""
        return str(self.reference.with_digest(self.digest))

    @property
    def sent_bytes(self) -> int:
        """Compressed bytes of the layers that the registry lacked."""
        return sum(layer.size_bytes for layer in self.layers if layer.is_sent)

    @property
    def present_bytes(self) -> int:
        """Compressed bytes of the layers that it had already."""
        return sum(layer.size_bytes for layer in self.layers if not layer.is_sent)

    @property
    def summary(self) -> str:
        """How much was sent and how much was there, in one line."""
        count = sum(layer.is_sent for layer in self.layers)
        return (
            f"Sent {count} of {len(self.layers)} layers ({human_size(self.sent_bytes)});"
            f" {human_size(self.present_bytes)} were there."
        )


def push(engine: Engine, image: str, target: Reference, store: CredentialStore, report: Report) -> PushResult:
    """Push the engine's `image` (name or id) to `target`, a name with a tag; only layers that the registry lacks go.

    A login that is no longer valid is renewed once, in the middle of a push, too. Raises `NotFoundError`
    (`image-not-local`), `UserError` (`registry-unauthorized`, `registry-denied`) and `ModelportError`
    (`registry-unreachable`, `registry-certificate`, `registry-plain-http`, `registry-failed`).
    """
    _check_target(target)
    facts = image_facts(engine, image)
    if facts is None:
        raise image_not_local(engine, image)
    tagged = engine.run(["tag", facts.id, str(target)])
    if tagged.exit_code:
        raise trouble.of_output(attempt_on("push", target), target, tagged.stderr)
    done = _transfer(_Transfer(engine, "push", target), store, report)
    digest = digest_in(done.stdout)
    try:
        manifest = _stored(engine, target.with_digest(digest) if digest else target, store)
    except ModelportError as error:
        if not digest:
            raise
        report(f"What was sent is not known, because it cannot be read back: {error.message}")
        return PushResult(target, digest)
    layers = match_layers(manifest.layers, facts.layers, layers_present(done.stdout))
    result = PushResult(target, manifest.digest, layers)
    report(result.summary)
    return result


def _check_target(target: Reference) -> None:
    if target.digest:
        raise UserError(
            "image-reference-invalid",
            f"An image cannot be pushed to '{target}': its digest comes out of the push.",
            f"Push to a tag: {target.with_tag(target.tag or 'latest')}",
        )


def _stored(engine: Engine, reference: Reference, store: CredentialStore) -> Manifest:
    """The manifest of a pushed image as its registry has it."""
    insecure = is_insecure(engine, reference.registry)
    with open_registry(reference.registry, store, insecure=insecure) as registry:
        return registry.manifest(reference)


def pull(engine: Engine, source: Reference, store: CredentialStore, report: Report, platform: str = "") -> str:
    """Pull an image by tag or digest; returns its digest in the registry.

    Raises `NotFoundError` (`tag-not-found`) and otherwise what `push` raises.
    """
    done = _transfer(_Transfer(engine, "pull", source, platform), store, report)
    digest = source.digest or digest_in(done.stdout)
    if digest:
        return digest
    facts = image_facts(engine, str(source))
    found = [word.rpartition("@")[2] for word in (facts.digests if facts else ()) if word.startswith(source.name)]
    return found[0] if found else ""


@dataclass(frozen=True)
class _Transfer:
    """One push or pull, which may be tried twice."""

    engine: Engine
    verb: str
    reference: Reference
    platform: str = ""

    @property
    def words(self) -> list[str]:
        if self.verb == "pull" and self.reference.digest:
            name = str(self.reference.with_digest(self.reference.digest))  # a digest decides: a tag beside it is noise
        else:
            name = str(self.reference)
        platform = ["--platform", self.platform] if self.platform else []
        return [str(self.engine.program), self.verb, *platform, name]


def _transfer(transfer: _Transfer, store: CredentialStore, report: Report) -> process.Completed:
    """Do it, and once more with a fresh login if the registry no longer accepts the first."""
    registry = transfer.reference.registry
    credentials: Credentials | None = None
    output = ""
    for is_second in (False, True):
        credentials = store.find(registry)
        if is_second:
            if credentials is None:
                break  # nobody is logged in: there is nothing to renew
            report(f"The registry '{registry}' refuses the login; logging in again as {credentials.words}.")
        with _logged_in(transfer.engine, registry, store, credentials) as environ:
            done = process.follow(transfer.words, report, environ=environ, timeout_seconds=_TRANSFER_SECONDS)
        if done.exit_code == 0:
            return done
        output = done.stdout
        if trouble.classified(output, transfer.reference) != "unauthorized":
            break
    raise _failure(transfer, store, credentials, output)


@contextmanager
def _logged_in(
    engine: Engine, registry: str, store: CredentialStore, credentials: Credentials | None
) -> Iterator[Mapping[str, str]]:
    """The environment of the client: its own store knows its logins, what the caller gave goes in a private one."""
    if credentials is None or registry not in store.given:
        yield engine.environ
        return
    with private_login(engine.environ, registry, credentials) as environ:
        yield environ


def _failure(
    transfer: _Transfer, store: CredentialStore, credentials: Credentials | None, output: str
) -> ModelportError:
    reference = transfer.reference
    attempt = attempt_on(transfer.verb, reference, credentials)
    if credentials is not None and trouble.classified(output, reference) == "unauthorized":
        # Engines say "unauthorized" to a known user without the right, too: our own client can tell.
        try:
            insecure = is_insecure(transfer.engine, reference.registry)
            with open_registry(reference.registry, store, insecure=insecure) as registry:
                registry.check_right(reference, transfer.verb)
        except UserError as error:
            return error
        except ModelportError as error:
            return trouble.of_output(attempt, reference, f"{output}\n{error.message}")
    return trouble.of_output(attempt, reference, output)


def login(engine: Engine, registry: str, credentials: Credentials) -> None:
    """Log in at a registry and keep it in the engine's own credential store, as `docker login` does.

    The password goes over standard input. Raises what a registry's refusals raise.
    """
    words = [str(engine.program), "login", "--username", credentials.username, "--password-stdin", registry]
    done = process.ask(words, credentials.password, environ=engine.environ, timeout_seconds=_LOGIN_SECONDS)
    if done.exit_code:
        attempt = trouble.Attempt("log in at", registry, registry, credentials)
        raise trouble.of_output(attempt, Reference(registry, ""), done.stdout + done.stderr)


def logout(engine: Engine, registry: str) -> None:
    """Forget the login at a registry."""
    engine.run(["logout", registry])
