"""What a burst needed goes back to the system, where the system's library can do that."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path

import pytest
from stress.soak_samples import look_at
from tests.conftest import Need

from modelport.server import memory


@pytest.fixture
def glibc(need: Need) -> None:
    has_trim = hasattr(ctypes.CDLL(None), "malloc_trim") and Path("/proc/self/smaps_rollup").exists()
    need("malloc_trim", has_trim, "run on Linux with glibc")


@pytest.mark.usefixtures("glibc")
def test_what_was_freed_below_a_block_in_use_is_given_back() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    memory.give_back()
    before = look_at_self()
    blocks = [library.malloc(10_000) for _ in range(2_000)]
    for block in blocks:
        ctypes.memset(block, 1, 10_000)
    last = blocks.pop()
    for block in blocks:
        library.free(block)
    assert look_at_self() - before > 15_000_000
    assert memory.give_back()
    assert look_at_self() - before < 5_000_000
    library.free(last)


def test_what_was_imported_is_not_looked_through_for_circles_again() -> None:
    known = len(gc.get_objects())
    memory.set_apart()
    try:
        assert len(gc.get_objects()) < known / 10
    finally:
        gc.unfreeze()


def look_at_self() -> int:
    return look_at(os.getpid()).own_bytes

