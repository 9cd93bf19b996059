"""The exceptions that v1 programs catch, by the names of `azureml.exceptions`.

Those of Modelport (`modelport.errors`) derive from them, so that `except WebserviceException` catches what it caught
in v1. A v1 program also reads `str(error)` in v1's shape: `speak_v1()` switches Modelport's errors to it, for the whole
process. Without that call they keep their own, shorter one.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable
from typing import Any

_NOT_SUBMITTED = "No run was submitted here; Experiment.start_logging begins one."


class AzureMLException(Exception):  # noqa: N818 - v1's name
    r"""An error with a message, and what v1 programs read of it.

    >>> str(AzureMLException("no such thing")).splitlines()[:3]
    ['AzureMLException:', '\tMessage: no such thing', '\tInnerException None']
    """

    _code_word = ""

    def __init__(
        self,
        exception_message: str,
        inner_exception: BaseException | None = None,
        target: str | None = None,
        details: object = None,
        message_format: str | None = None,
        message_parameters: dict[str, str] | None = None,
        reference_code: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(exception_message)
        self._message = exception_message
        self._inner_exception = inner_exception
        known = {"code": self._code_word, "target": target, "details": details, "referenceCode": reference_code}
        known |= {"messageFormat": message_format, "messageParameters": message_parameters, **kwargs}
        self._more = {name: value for name, value in known.items() if value}

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @message.setter
    def message(self, value: str) -> None:
        self._message = value

    @property
    def inner_exception(self) -> BaseException | None:
        """The error that led to this one."""
        return self._inner_exception

    def print_stacktrace(self) -> None:
        """Print the stack trace of the error that led to this one, else its own."""
        traceback.print_exception(self.inner_exception or self, file=sys.stdout)

    def __str__(self) -> str:
        return v1_text(type(self).__name__, self.message, self.inner_exception, self._more)

    __repr__ = __str__


def v1_text(kind: str, message: str, inner: BaseException | None = None, more: dict[str, Any] | None = None) -> str:
    """An error in the shape that v1 gives `str(error)`."""
    told = {"code": (more or {}).get("code"), "message": message, **(more or {})}
    words = {name: value for name, value in told.items() if value or name == "message"}
    response = json.dumps({"error": words}, indent=4, default=str)
    return f"{kind}:\n\tMessage: {message}\n\tInnerException {inner}\n\tErrorResponse \n{response}"


class _MessageException(AzureMLException):
    """An exception that takes the rest by name alone, as most of v1's do."""

    def __init__(self, exception_message: str, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)


class UserErrorException(_MessageException):
    """What the caller gave is not valid."""

    _code_word = "UserError"


class AuthenticationException(UserErrorException):
    """Nobody could be authenticated."""

    _code_word = "Authentication"


class WebserviceException(AzureMLException):
    """A model, an image or a service could not be found, made or asked; `status_code` is HTTP's, or None."""

    status_code: int | None = None

    def __init__(
        self, exception_message: str, status_code: int | None = None, logger: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(exception_message, **kwargs)
        self.status_code = status_code
        if logger is not None:
            logger.error(exception_message)


class ModelNotFoundException(AzureMLException):
    """A service has no such model."""

    def __init__(self, exception_message: str, logger: Any = None, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)
        if logger is not None:
            logger.error(exception_message)


class ModelPathNotFoundException(AzureMLException):
    """A run has no such file."""

    def __init__(self, exception_message: str, logger: Any = None, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)
        if logger is not None:
            logger.error(exception_message)


class WorkspaceException(AzureMLException):
    """A workspace could not be found, made or changed; `found_multiple` tells whether a name meant several."""

    found_multiple = False

    def __init__(self, exception_message: str, found_multiple: bool = False, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)
        self.found_multiple = found_multiple


class WorkspacePrivateEndpointException(AzureMLException):
    """A private endpoint of a workspace could not be changed."""

    def __init__(self, exception_message: str, found_multiple: bool = False, **kwargs: Any) -> None:
        super().__init__(exception_message, **kwargs)
        self.found_multiple = found_multiple


class ComputeTargetException(_MessageException):
    """A compute target could not be found or made."""


class ExperimentExecutionException(_MessageException):
    """An experiment could not be run."""


class ProjectSystemException(_MessageException):
    """A project could not be used."""


class RunConfigurationException(_MessageException):
    """The configuration of a run is not valid."""


class ServiceException(_MessageException):
    """A service of Azure answered with an error; there is none here, and nothing raises it."""


class SnapshotException(_MessageException):
    """The files of a run could not be kept."""


class TrainingException(_MessageException):
    """A training failed."""


class RunEnvironmentException(AzureMLException):
    """A program asked for the run that it belongs to, and was not submitted as one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_NOT_SUBMITTED, **kwargs)


class ActivityFailedException(AzureMLException):
    """Something that was waited for failed."""

    def __init__(self, error_details: object, **kwargs: Any) -> None:
        super().__init__(f"Activity Failed:\n{error_details}", **kwargs)


class DatasetTimestampMissingError(AzureMLException):
    """A data set has no column of times."""

    def __init__(self, error_details: object, **kwargs: Any) -> None:
        super().__init__(str(error_details), **kwargs)


class DiscoveryUrlNotFoundException(AzureMLException):
    """A place that would tell where things are is not known."""

    def __init__(self, discovery_key: str, **kwargs: Any) -> None:
        super().__init__(f"Nothing is known under {discovery_key!r}.", **kwargs)


class ParallelRunException(AzureMLException):
    """A part of a parallel run failed."""

    def __init__(self, exception_message: str, code: str | None = None, delay_seconds: int = 0, **kwargs: Any):
        super().__init__(exception_message, **kwargs)
        self.code = code
        self.delay_seconds = delay_seconds


class AzureMLAggregatedException(AzureMLException):
    """Several errors at once."""

    def __init__(self, exceptions_list: Iterable[BaseException], **kwargs: Any) -> None:
        self.exceptions_list = list(exceptions_list)
        super().__init__("\n".join(map(str, self.exceptions_list)), **kwargs)


def v1_name(kind: type) -> str:
    """The name in v1 of the errors of a class: that of the v1 class which it, or the nearest above it, derives from."""
    for each in kind.__mro__:
        for base in each.__bases__:
            if base.__module__ == __name__ and base is not AzureMLException:
                return base.__name__
    return AzureMLException.__name__


_shape = {"v1": False}


def speak_v1(is_wanted: bool = True) -> None:
    """From now on `str(error)` of Modelport's errors has v1's shape, or its own again."""
    _shape["v1"] = is_wanted


def speaks_v1() -> bool:
    """Whether `str(error)` of Modelport's errors has v1's shape."""
    return _shape["v1"]
