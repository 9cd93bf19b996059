"""Quantities as people read them."""

from __future__ import annotations

import pytest

from modelport.units import human_size


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_960, "1.0 MB"),
        (239_000_000, "239.0 MB"), (3_000_000_000, "3.0 GB"), (2 * 10**15, "2000.0 TB"),
    ],
)  # fmt: skip
def test_sizes_are_read_by_people(size_bytes: int, words: str) -> None:
    assert human_size(size_bytes) == words
