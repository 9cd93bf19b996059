"""How a process ended, in words."""

from __future__ import annotations

import pytest

from modelport.exits import Exit


@pytest.mark.parametrize(
    ("exit_", "words"),
    [
        (Exit(-9), "signal 9 (SIGKILL): killed: out of memory, or by hand"),
        (Exit(-9, out_of_memory=True), "signal 9 (SIGKILL): the kernel killed it because memory ran out"),
        (
            Exit(-9, True, "at most 510 MB were used of a limit of 512 MB"),
            "signal 9 (SIGKILL): the kernel killed it because memory ran out (at most 510 MB were used of a limit of "
            "512 MB)",
        ),
        (Exit(137, out_of_memory=False), "exit code 137: killed, and not for memory"),
        (Exit(3), "exit code 3"),  # the script's own os._exit(3) as well as a server whose init() failed
        (Exit(42), "exit code 42"),
        (Exit(-15), "signal 15 (SIGTERM): asked to end (SIGTERM)"),
        (Exit(-99), "signal 99 (unknown here)"),
    ],
)
def test_says_how_it_ended(exit_: Exit, words: str) -> None:
    assert exit_.words == words
