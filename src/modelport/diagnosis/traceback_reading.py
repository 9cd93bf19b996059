"""Reads a traceback as Python prints it: which exception, with what words, on which way (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_LAST = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?:: ?(?P<message>.*))?$")
_THREAD = re.compile(r"^(?:Current thread|Thread) 0x.*$", re.MULTILINE)
_CALL = re.compile(r'^  File "([^"]+)", line (\d+) in (.+)$', re.MULTILINE)
_CHAINED = ("The above exception was the direct cause", "During handling of the above exception")


@dataclass(frozen=True)
class Frame:
    """One call on the way: the file, the line, the function, and the text of the line where it is known."""

    file: str
    line: int
    function: str = ""
    text: str = ""


@dataclass(frozen=True)
class Raised:
    """An exception: the name of its class without modules, its words, the way to it, outermost first, and the
    exceptions that led to it, first one first."""

    kind: str
    message: str = ""
    frames: tuple[Frame, ...] = ()
    before: tuple[Raised, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind

    @property
    def where(self) -> Frame | None:
        """The last call on the way."""
        return self.frames[-1] if self.frames else None


def read_traceback(text: str) -> Raised | None:
    """The exception that a traceback tells of; None where the text is none.

    >>> raised = read_traceback('  File "score.py", line 3, in init\\n    x\\nKeyError: 1')
    >>> str(raised), raised.where.line
    ('KeyError: 1', 3)
    """
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith(_CHAINED):
            parts.append([])
        else:
            parts[-1].append(line)
    read = [raised for raised in map(_read_one, parts) if raised is not None]
    if not read:
        return None
    last = read[-1]
    return Raised(last.kind, last.message, last.frames, tuple(read[:-1]))


def read_stack(text: str) -> tuple[Frame, ...]:
    """Where a process stood, as Python's fault handler prints it for the main thread, or for the only one; outermost
    first.

    >>> read_stack('Thread 0x7f (most recent call first):\\n  File "score.py", line 7 in init')[-1].line
    7
    """
    _, *threads = _THREAD.split(text)
    calls = _CALL.findall(threads[-1].partition("\n\n")[0]) if threads else []
    return tuple(Frame(file, int(line), function) for file, line, function in reversed(calls))


def _read_one(lines: list[str]) -> Raised | None:
    frames: list[Frame] = []
    kind = ""
    words: list[str] = []
    for number, line in enumerate(lines):
        frame = _FRAME.match(line)
        if frame:
            kind, words = "", []
            below = lines[number + 1].strip() if number + 1 < len(lines) else ""
            frames.append(Frame(frame["file"], int(frame["line"]), frame["function"] or "", below))
        elif not line.startswith((" ", "\t")) and not kind and not line.startswith("Traceback"):
            last = _LAST.match(line)
            if last:
                kind, words = last["kind"].rpartition(".")[2], [last["message"] or ""]
        elif kind:
            words.append(line)
    return Raised(kind, "\n".join(words).strip(), tuple(frames)) if kind else None
