"""The error that ended a build, as it stands in the record and as it is raised again, in whatever process."""

from __future__ import annotations

from collections.abc import Mapping

from modelport import errors
from modelport.errors import DeploymentError, ModelportError
from modelport.images.record import ImageRecord

# Those that consist of code, message and remedy alone; a subclass with more is told as the nearest of them.
_PLAIN: dict[str, type[ModelportError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, ModelportError)
    and kind.__init__ in (ModelportError.__init__, errors.ScriptError.__init__, DeploymentError.__init__)
}


def words_of(error: ModelportError) -> dict[str, str]:
    """The error as it is recorded."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _PLAIN]
    step = error.step if isinstance(error, DeploymentError) else ""
    return {"code": error.code, "message": error.message, "remedy": error.remedy, "kind": kinds[0], "step": step}


def failure_of(record: ImageRecord) -> ModelportError:
    """The error that ended the build of a record that did not succeed."""
    words: Mapping[str, str] = record.error
    kind = _PLAIN.get(words.get("kind", ""), ModelportError)
    made = kind(words.get("code", ""), words.get("message", ""), words.get("remedy", ""))
    if isinstance(made, DeploymentError):
        made.step = words.get("step", "")
    return made
