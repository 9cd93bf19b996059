"""Which service.json a server in an image goes by, and what of it the variables of its container change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelport.errors import ProtocolError, UserError
from modelport.manifest import Limits, Listen, Manifest, Program
from modelport.server.config_file import variables_with_config
from modelport.server.runtime_place import RUNTIME_DIRECTORY

MODELS_FOLDER = "azureml-models"


@dataclass(frozen=True)
class ImagePlaces:
    """Where things lie in a container: the manifest that was built in, the volume of its target (`service.json` there
    wins; `keys.json` holds the accepted keys), and the folder for sockets."""

    built_in: Path = Path("/opt/modelport/service.json")
    volume: Path = Path("/var/lib/modelport")
    runtime: Path = RUNTIME_DIRECTORY

    @property
    def mounted(self) -> Path:
        """The manifest that the target mounted, if it did."""
        return self.volume / "service.json"


def read_image_manifest(places: ImagePlaces, environ: Mapping[str, str]) -> Manifest:
    """The manifest to go by. The variables change only the one that was built in: one that was mounted comes from a
    target, which has been told everything. A config.json in the app root says what variables do not. Raises
    `ProtocolError` and `UserError`."""
    if places.mounted.exists():
        return _placed(with_its_model(_read(places.mounted)), places)
    manifest = with_its_model(_read(places.built_in))
    root = Path(environ.get("AML_APP_ROOT") or manifest.program.app_directory)
    folders = (root, (root / manifest.program.entry_script).parent)
    return _placed(with_variables(manifest, variables_with_config(environ, folders)), places)


def _read(path: Path) -> Manifest:
    try:
        return Manifest.read(path)
    except OSError as error:
        raise ProtocolError(
            "manifest-unreadable",
            f"'{path}' says what is to be served, and cannot be read: {error.strerror}.",
            "The image has it from its build; one that is mounted must be readable by the user of the container.",
        ) from error


def with_its_model(manifest: Manifest) -> Manifest:
    """The manifest with the folder of the model, where there is only one below `azureml-models`: the file in the image
    does not say which, so that it stays the same for each version of the model."""
    folder = Path(manifest.program.model_directory)
    if folder.name != MODELS_FOLDER:
        return manifest
    versions = [path for path in folder.glob("*/*") if path.is_dir()]
    return _programmed(manifest, model_directory=str(versions[0])) if len(versions) == 1 else manifest


def _placed(manifest: Manifest, places: ImagePlaces) -> Manifest:
    """Nothing of a container outlives it: events and log go to standard output."""
    keys_file = manifest.places.keys_file or str(places.volume / "keys.json")
    found = replace(
        manifest.places, service_directory="", log_file="", runtime_directory=str(places.runtime), keys_file=keys_file
    )
    return replace(manifest, places=found)


# -- the variables that v1's server read -------------------------------------------------------------------------


def with_variables(manifest: Manifest, environ: Mapping[str, str]) -> Manifest:
    """The manifest with what v1's variables say. Raises `UserError` (`variable-invalid`) and changes nothing.

    >>> manifest = Manifest("diabetes", Program("python", "/var/azureml-app", "score.py"))
    >>> with_variables(manifest, {"WORKER_COUNT": "4"}).limits.workers
    4
    """
    for name, change in _CHANGES.items():
        value = environ.get(name, "").strip()
        if value:
            manifest = change(manifest, name, value)
    return manifest


def _limited(manifest: Manifest, **limits: int) -> Manifest:
    return replace(manifest, limits=Limits(**{**manifest.limits.__dict__, **limits}))


def _listening(manifest: Manifest, port: int) -> Manifest:
    return replace(manifest, listen=Listen(manifest.listen.host, port, manifest.listen.cors_origins))


def _with_origins(manifest: Manifest, value: str) -> Manifest:
    origins = tuple(word.strip() for word in value.split(",") if word.strip())
    return replace(manifest, listen=replace(manifest.listen, cors_origins=origins))


def _programmed(manifest: Manifest, **words: str) -> Manifest:
    return replace(manifest, program=Program(**{**manifest.program.__dict__, **words}))


def _whole(name: str, value: str, maximum: int) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0
    if not 0 < number <= maximum:
        raise UserError(
            "variable-invalid",
            f"The environment variable {name} must be a whole number from 1 to {maximum}; it is {value!r}.",
            f"Start it with another value, or without {name} for the default or what the image was built with.",
        )
    return number


_DAY_MS = 24 * 3600 * 1000
_CHANGES: dict[str, Callable[[Manifest, str, str], Manifest]] = {
    "SERVER_PORT": lambda manifest, name, value: _listening(manifest, _whole(name, value, 65535)),
    "WORKER_COUNT": lambda manifest, name, value: _limited(manifest, workers=_whole(name, value, 1024)),
    "SCORING_TIMEOUT_MS": lambda manifest, name, value: _limited(
        manifest, scoring_timeout_ms=_whole(name, value, 7 * _DAY_MS)
    ),
    "AML_CORS_ORIGINS": lambda manifest, _, value: _with_origins(manifest, value),
    "SERVICE_NAME": lambda manifest, _, value: replace(manifest, service_name=value),
    "AZUREML_MODEL_DIR": lambda manifest, _, value: _programmed(manifest, model_directory=value),
    "AZUREML_ENTRY_SCRIPT": lambda manifest, _, value: _programmed(manifest, entry_script=value),
    "AML_APP_ROOT": lambda manifest, _, value: _programmed(manifest, app_directory=value),
}
