"""One revision of a service on disk: the working directory of its workers, laid out as an image has it.

    services/<id>/revisions/<n>/app/              the working directory: the script, or the source directory by its name
                                app/azureml-models/<name>/<version>/<original file or folder>
                                revision.json     the spec, and the interpreter that was found for it
                                service.json      the manifest
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from modelport.errors import ProtocolError, ScriptError, UserError
from modelport.registry.catalog import ModelRegistry
from modelport.services.parts import RealisedEnvironment
from modelport.services.spec import MODELS_FOLDER, ModelPlacement, ScriptSpec, ServiceSpec
from modelport.services.store import remove_folder
from modelport.storage.files import make_private_directory, storage_failures, write_durably
from modelport.v1_kinds import PathMissingError

# Where the working directory lies in a container: that of its image, and that of a reloaded script.
_PLACES_IN_IMAGES = ("/var/azureml-app", "/var/lib/modelport/app")
_LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class Revision:
    """The folder of one revision of a service."""

    service_directory: Path
    number: int

    @property
    def directory(self) -> Path:
        """Everything of this revision."""
        return self.service_directory / "revisions" / str(self.number)

    @property
    def app_directory(self) -> Path:
        """The working directory of its workers."""
        return self.directory / "app"

    def lay_out(self, spec: ServiceSpec, registry: ModelRegistry, unchanged: Revision | None) -> None:
        """Copy the script and place the models; those that `unchanged` has already are linked from there.

        Raises `ScriptError`, `UserError` (`model-path-missing`), `StorageError`, `NotFoundError` (`model-not-found`).
        """
        remove_folder(self.directory)  # what an interrupted operation may have left under this number
        make_private_directory(self.app_directory)
        for model in spec.models:
            self._place_model(model, registry, unchanged)
        with storage_failures(self.app_directory):
            _copy_script(spec.script, self.app_directory)

    def _place_model(self, model: ModelPlacement, registry: ModelRegistry, unchanged: Revision | None) -> None:
        into = self.app_directory / MODELS_FOLDER
        version = Path(model.name, str(model.version))
        before = unchanged.app_directory / MODELS_FOLDER / version if unchanged else None
        if before is not None and before.is_dir():
            _copy_folder(before, into / version, link=True)
        elif model.version:
            registry.place(registry.get(model.name, model.version), into)
        else:
            _copy_model(Path(model.path), into / version)

    def write_facts(self, spec: ServiceSpec, environment: RealisedEnvironment) -> None:
        """Record what this revision is."""
        words = {"spec": spec.to_json(), "environment": asdict(environment)}
        write_durably(self.directory / "revision.json", json.dumps(words, indent=2).encode() + b"\n")

    def facts(self) -> tuple[ServiceSpec, RealisedEnvironment] | None:
        """What was recorded; None if the revision is not (or no longer) there. Raises `ProtocolError`."""
        try:
            words = json.loads((self.directory / "revision.json").read_bytes())
            return ServiceSpec.from_json(words["spec"]), RealisedEnvironment(**words["environment"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError(
                "revision-damaged",
                f"The file '{self.directory / 'revision.json'}' cannot be read ({type(error).__name__}: {error}).",
                "Deploy the service again with overwrite (command line: --overwrite).",
            ) from error

    def remove(self) -> None:
        """Remove the folder; gone already is no error."""
        remove_folder(self.directory)

    def in_words_of_user(self, text: str, spec: ServiceSpec) -> str:
        """`text` with the paths of copied files replaced by those of the user's own files."""
        for app in (str(self.app_directory), *_PLACES_IN_IMAGES):
            if spec.script.source_directory:
                folder = f"{app}{os.sep}{Path(spec.script.source_directory).name}{os.sep}"
                text = text.replace(folder, f"{spec.script.source_directory}{os.sep}")
            else:
                text = text.replace(f"{app}{os.sep}{spec.script.served_path}", str(spec.script.path))
        return text


def revisions_of(service_directory: Path) -> Iterator[Revision]:
    """The revisions that have a folder."""
    for path in (service_directory / "revisions").glob("[0-9]*"):
        if path.name.isdigit():
            yield Revision(service_directory, int(path.name))


def _copy_script(script: ScriptSpec, app_directory: Path) -> None:
    if not script.entry_script:  # an image that is given brings its own
        return
    if not script.path.is_file():
        raise ScriptError(
            "script-missing",
            f"The scoring script '{script.path}' does not exist any more.",
            "Put it back, or update the service with another entry script.",
        )
    if script.source_directory:
        folder = Path(script.source_directory)
        _copy_folder(folder, app_directory / folder.name, link=False)
    else:
        shutil.copyfile(script.path, app_directory / script.path.name)
    for place, source in script.extra_files.items():
        _copy_extra(Path(source), app_directory / place)


def _copy_extra(source: Path, target: Path) -> None:
    if source.is_dir():
        _copy_folder(source, target, link=False)
    elif source.is_file():
        shutil.copyfile(source, target)
    else:
        raise UserError(
            "context-file-missing",
            f"The file '{source}', which belongs beside the script, does not exist (any more).",
            "Put it back, or update the service without it.",
        )


def _copy_model(source: Path, version_directory: Path) -> None:
    if not source.exists():
        raise PathMissingError(
            "model-path-missing",
            f"The model path '{source}' does not exist.",
            "Put it back, or update the service with a registered model: modelport model list",
        )
    version_directory.mkdir(parents=True)
    with storage_failures(version_directory):
        if source.is_dir():
            _copy_folder(source, version_directory / source.name, link=False)
        else:
            shutil.copyfile(source, version_directory / source.name)


def _copy_folder(source: Path, target: Path, *, link: bool) -> None:
    """Copy the files below `source`, without what tools leave there; links inside are followed, those that lead
    nowhere are left out. `link` shares the files instead, for folders of ours that nobody writes to."""

    def ignored(_: str, names: list[str]) -> set[str]:
        return set() if link else {name for name in names if name in _LEFT_OUT}

    def copy_one(source_file: str, target_file: str) -> str:
        if link:
            os.link(source_file, target_file)
        else:
            shutil.copyfile(source_file, target_file)
        return target_file

    shutil.copytree(
        source, target, ignore=ignored, copy_function=copy_one, ignore_dangling_symlinks=True, dirs_exist_ok=True
    )
