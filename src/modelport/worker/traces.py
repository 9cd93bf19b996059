"""The user's own traceback: their frames and words, without the frames of the worker and of the import system."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OUR_FOLDER = os.path.dirname(os.path.abspath(__file__))


def user_traceback(error: BaseException) -> str:
    """The traceback of an error as Python prints it, causes included, with only the frames that are not ours."""
    import traceback

    report = traceback.TracebackException(type(error), error, error.__traceback__)
    _strip(report, set())
    return "".join(report.format())


def _strip(report: "Any", seen: "set[int]") -> None:
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    stack = getattr(report, "stack", None)
    if stack is not None:
        stack[:] = [frame for frame in stack if not is_ours(frame.filename)]
    _strip(report.__cause__, seen)
    _strip(report.__context__, seen)
    for member in getattr(report, "exceptions", None) or ():
        _strip(member, seen)


def is_ours(filename: str) -> bool:
    """Whether a frame of this file says nothing to the user: the worker's own, or the import system's."""
    return filename.startswith("<frozen importlib") or os.path.dirname(filename).startswith(_OUR_FOLDER)


def place_of(error: BaseException, prefer_folder: str = "") -> "tuple[str, int]":
    """(file, line) of the error in the user's code: the innermost frame below `prefer_folder`, else the innermost.

    A syntax error is where the parser says it is. ("", 0) where no frame is the user's.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    found = ("", 0)
    preferred = ("", 0)
    step = error.__traceback__
    while step is not None:
        filename = step.tb_frame.f_code.co_filename
        if not is_ours(filename):
            found = (filename, step.tb_lineno)
            if prefer_folder and _is_below(filename, prefer_folder):
                preferred = found
        step = step.tb_next
    return preferred if preferred[1] else found


def _is_below(filename: str, folder: str) -> bool:
    inside = os.path.abspath(filename).startswith(os.path.join(os.path.abspath(folder), ""))
    return inside and "site-packages" not in filename


def log(text: str) -> None:
    """Write to standard error, whatever the user made of it; a log that cannot be written is no reason to fail."""
    import sys

    try:
        sys.stderr.write(text if text.endswith("\n") else text + "\n")
        sys.stderr.flush()
    except Exception:
        os.write(2, text.encode("utf-8", "backslashreplace") + b"\n")
