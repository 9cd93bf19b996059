"""Decodes how a process ended: exit codes and signals in words, with what they usually mean."""

from __future__ import annotations

import signal
from dataclasses import dataclass

# Those that mean the same of every program: with any other a script may end its process for reasons of its own.
_CODES = {
    127: "the program was not found",
    137: "killed: out of memory, or by hand",
    143: "asked to end (SIGTERM)",
}
_SIGNALS = {  # by name: the numbers differ between systems, and some systems lack some
    "SIGKILL": "killed: out of memory, or by hand",
    "SIGSEGV": "a crash in native code (segmentation fault)",
    "SIGABRT": "a native library called abort()",
    "SIGBUS": "a crash in native code (bus error; a mapped file may have shrunk, or the disk is full)",
    "SIGILL": "an instruction that this processor does not have (a package built for another one)",
    "SIGFPE": "an arithmetic crash in native code",
    "SIGTERM": "asked to end (SIGTERM)",
    "SIGINT": "interrupted (SIGINT)",
    "SIGXCPU": "the limit of processor time was reached",
    "SIGSYS": "a system call that a security policy forbids",
}


@dataclass(frozen=True)
class Exit:
    """How a process ended: `code` as Popen has it (negative: a signal), and in words.

    `out_of_memory` is True or False where the control group told, None where it cannot be told; `memory` says how
    much had been used of how much.
    """

    code: int
    out_of_memory: bool | None = None
    memory: str = ""

    @property
    def words(self) -> str:
        """One phrase for messages.

        >>> Exit(-11).words
        'signal 11 (SIGSEGV): a crash in native code (segmentation fault)'
        >>> Exit(-9, out_of_memory=True).words
        'signal 9 (SIGKILL): the kernel killed it because memory ran out'
        >>> Exit(5).words
        'exit code 5'
        """
        name = self._signal_name()
        meaning = _SIGNALS.get(name, "") if name else _CODES.get(self.code, "")
        if (name == "SIGKILL" or self.code == 137) and self.out_of_memory is not None:
            killer = "the kernel killed it because memory ran out" + (f" ({self.memory})" if self.memory else "")
            meaning = killer if self.out_of_memory else "killed, and not for memory"
        what = f"signal {-self.code} ({name})" if name else f"exit code {self.code}"
        return f"{what}: {meaning}" if meaning else what

    def _signal_name(self) -> str:
        """The name of the signal that ended it, empty if none did."""
        if self.code >= 0:
            return ""
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return "unknown here"
