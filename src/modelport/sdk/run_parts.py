"""What a run keeps: what is logged, and files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from modelport.registry.offline_runs import OfflineRuns
from modelport.registry.run_records import Metric, MetricKind
from modelport.sdk.arguments import say

if TYPE_CHECKING:
    from modelport.registry.runs import RunStore
    from modelport.sdk.run import Experiment


class RunLogging:
    """How a run logs metrics and labels."""

    id: str
    _experiment: Experiment | None
    _store: RunStore | OfflineRuns

    def log(self, name: str, value: float | str, description: str = "", step: int | None = None) -> None:
        """Log a number or text; a name that is logged again becomes a list. `description` and `step` are not kept."""
        _ = description, step
        self._log(name, "scalar", value)

    def log_list(self, name: str, value: Any, description: str = "") -> None:
        """Log a list of numbers or texts."""
        _ = description
        self._log(name, "list", value)

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Log one row of a table, its columns as keywords."""
        _ = description
        self._log(name, "row", kwargs)

    def log_table(self, name: str, value: Mapping[str, Any], description: str = "") -> None:
        """Log a table: a mapping from column to list of values."""
        _ = description
        self._log(name, "table", value)

    def _log(self, name: str, kind: MetricKind, value: Any) -> None:
        self._store.log(self.id, Metric(name, kind, value))
        if self._experiment is None:
            say(f"{name}: {value}")

    def get_metrics(
        self, name: str | None = None, recursive: bool = False, run_type: str | None = None, populate: bool = False
    ) -> dict[str, Any]:
        """What was logged: one value per name, or a list where a name was logged more than once."""
        _ = recursive, run_type, populate  # there are no runs below this one
        return self._store.metrics(self.id, name)

    def tag(self, key: str, value: str | None = None) -> None:
        """Set one tag; without a value the key alone counts."""
        self._store.set_tag(self.id, key, "" if value is None else str(value))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set several tags."""
        for key, value in tags.items():
            self.tag(key, value)

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties; raises `ConflictError` (`properties-immutable`)."""
        self._store.add_properties(self.id, properties)


class RunFiles:
    """How a run keeps files and gives them out."""

    id: str
    _store: RunStore | OfflineRuns

    def upload_file(self, name: str, path_or_stream: str | Path | IO[Any], datastore_name: str | None = None) -> None:
        """Keep a file, or what a stream still holds, under `name`, such as `outputs/my_model.pkl`.

        Raises `UserError` (`model-path-missing`, `run-file-invalid`), `ConflictError` (`run-file-exists`).
        """
        _ = datastore_name  # runs keep their files themselves
        if isinstance(path_or_stream, (str, Path)):
            self._store.upload(self.id, name, Path(path_or_stream))
            return
        content = path_or_stream.read()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stream"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            self._store.upload(self.id, name, path)

    def upload_files(
        self,
        names: Iterable[str],
        paths: Iterable[str],
        return_artifacts: bool = False,
        timeout_seconds: float | None = None,
        datastore_name: str | None = None,
    ) -> None:
        """Keep the file at each path under the name that stands beside it; raises as `upload_file` does."""
        _ = return_artifacts, timeout_seconds
        for name, path in zip(names, paths, strict=True):
            self.upload_file(name, path, datastore_name)

    def upload_folder(self, name: str, path: str, datastore_name: str | None = None) -> None:
        """Keep all files of the folder at `path` under `name/…`, or none of them."""
        _ = datastore_name
        self._store.upload(self.id, name, Path(path))

    def get_file_names(self) -> list[str]:
        """The names of the uploaded files, sorted."""
        return self._store.files(self.id)

    def download_file(self, name: str, output_file_path: str | None = None, _validate_checksum: bool = False) -> None:
        """Copy an uploaded file to `output_file_path`: a file, or an existing folder (default: the current one)."""
        target = Path(output_file_path or ".")
        self._store.download(self.id, name, target / Path(name).name if target.is_dir() else target)

    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | None = None,
        output_paths: Iterable[str] | None = None,
        batch_size: int = 100,
        append_prefix: bool = True,
        timeout_seconds: float | None = None,
    ) -> None:
        """Copy the files whose names begin with `prefix` (None: all) below `output_directory`, by their names.

        Without `append_prefix` the folder that the prefix names is left out of the paths; `output_paths` names the
        copies one by one. `batch_size` and `timeout_seconds` have no effect.
        """
        _ = batch_size, timeout_seconds
        found = [name for name in self.get_file_names() if name.startswith(prefix or "")]
        places = list(output_paths or (self._shortened(name, prefix, append_prefix) for name in found))
        for name, place in zip(found, places, strict=True):
            self._store.download(self.id, name, Path(output_directory or ".") / place)

    @staticmethod
    def _shortened(name: str, prefix: str | None, append_prefix: bool) -> str:
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        return name if append_prefix else name.removeprefix(folder)
