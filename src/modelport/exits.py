"""Decodes how a process ended: exit codes and signals in words, with what they usually mean."""

from __future__ import annotations

import signal
from dataclasses import dataclass

_MEANINGS = {
    3: "init() failed",
    70: "an internal error of Modelport",
    127: "the program was not found",
    137: "killed: out of memory, or by hand",
    143: "asked to end (SIGTERM)",
    -signal.SIGKILL: "killed: out of memory, or by hand",
    -signal.SIGSEGV: "a crash in native code (segmentation fault)",
    -signal.SIGABRT: "a native library called abort()",
    -signal.SIGBUS: "a crash in native code (bus error; a mapped file may have shrunk, or the disk is full)",
    -signal.SIGILL: "an instruction that this processor does not have (a package built for another one)",
    -signal.SIGFPE: "an arithmetic crash in native code",
    -signal.SIGTERM: "asked to end (SIGTERM)",
    -signal.SIGINT: "interrupted (SIGINT)",
    -signal.SIGXCPU: "the limit of processor time was reached",
    -signal.SIGSYS: "a system call that a security policy forbids",
}


@dataclass(frozen=True)
class Exit:
    """How a process ended: `code` as Popen has it (negative: a signal), and in words.

    `out_of_memory` is True or False where the control group told, None where it cannot be told.
    """

    code: int
    out_of_memory: bool | None = None

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
        if self.out_of_memory and self.code in (-signal.SIGKILL, 137):
            meaning = "the kernel killed it because memory ran out"
        elif self.out_of_memory is False and self.code in (-signal.SIGKILL, 137):
            meaning = "killed, and not for memory"
        else:
            meaning = _MEANINGS.get(self.code, "")
        return self._what() + (f": {meaning}" if meaning else "")

    def _what(self) -> str:
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return f"signal {-self.code} ({signal.Signals(-self.code).name})"
        except ValueError:
            return f"signal {-self.code}"
