"""Errors that v1 programs catch by another class than that of their branch in `modelport.errors`."""

from __future__ import annotations

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.v1_errors import (
    ComputeTargetException,
    ModelNotFoundException,
    ModelPathNotFoundException,
    RunEnvironmentException,
    UserErrorException,
    WorkspaceException,
)


class WorkspaceNotFoundError(NotFoundError, WorkspaceException):
    """There is no such workspace."""


class WorkspaceConflictError(ConflictError, WorkspaceException):
    """The workspace exists, or is in use."""


class ConfigNotFoundError(NotFoundError, UserErrorException):
    """There is no configuration file."""


class ServedModelMissingError(NotFoundError, ModelNotFoundException):
    """A service has no such model."""


class RunFileMissingError(NotFoundError, ModelPathNotFoundException):
    """A run has no such file."""


class RunOfflineError(UserError, RunEnvironmentException):
    """What is asked for needs a workspace, and the run is an offline one."""


class PathMissingError(UserError, FileNotFoundError):
    """There is no such file or folder."""


class NotOfferedError(UserError, NotImplementedError):
    """A method of v1 that cannot do here what it did there."""


class KeysDisabledError(ConflictError, NotImplementedError):
    """The service takes no keys."""


class ComputeNotFoundError(NotFoundError, ComputeTargetException):
    """There is no such compute target, or no cluster behind it."""


class ComputeInvalidError(UserError, ComputeTargetException):
    """A configuration of a compute target is not valid."""
