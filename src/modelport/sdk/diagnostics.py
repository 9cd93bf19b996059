"""The two switches of v1 that concern what it tells about itself: a file of debug lines, and what it sends home."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import TracebackType

_FORMAT = "%(asctime)s|%(name)s|%(levelname)s|%(message)s"
_NAMESPACES = ("azureml", "modelport", "urllib3")


class diagnostic_log:  # noqa: N801 - v1's name
    """Write the debug lines of these loggers into a file, for the length of a `with` block.

    `log_path` defaults to "azureml.log" in the current folder; `namespaces` to Modelport's own loggers and those of its
    HTTP client. `context_name` is accepted and has no effect.
    """

    def __init__(
        self, log_path: str | None = None, namespaces: Iterable[str] | None = None, context_name: str | None = None
    ) -> None:
        _ = context_name
        self._path = log_path or "azureml.log"
        self._loggers = [logging.getLogger(name) for name in (_NAMESPACES if namespaces is None else namespaces)]
        self._levels: list[int] = []
        self._handler: logging.Handler | None = None

    def start_capture(self) -> None:
        """Begin to write; nothing happens where it has begun already."""
        if self._handler is not None:
            return
        self._handler = logging.FileHandler(self._path, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter(_FORMAT))
        self._levels = [logger.level for logger in self._loggers]
        for logger in self._loggers:
            logger.addHandler(self._handler)
            logger.setLevel(logging.DEBUG)

    def stop_capture(self) -> None:
        """Stop writing, close the file and leave the loggers as they were."""
        if self._handler is None:
            return
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.removeHandler(self._handler)
            logger.setLevel(level)
        self._handler.close()
        self._handler = None

    def __enter__(self) -> diagnostic_log:
        self.start_capture()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_capture()


def set_diagnostics_collection(send_diagnostics: bool = True, verbosity: int | None = None) -> None:
    """Accept what v1 programs say about sending diagnostics; whatever they say, Modelport sends none anywhere."""
    _ = send_diagnostics, verbosity
