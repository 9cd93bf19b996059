"""Quantities as people read them."""

from __future__ import annotations

BYTES_OF_GB = 1024**3
"""A gigabyte where memory is asked for or measured: clusters and container engines call it Gi."""


def human_size(size_bytes: float) -> str:
    """A number of bytes in the units that container engines and disks are sold in.

    >>> human_size(900), human_size(1536), human_size(3_000_000_000)
    ('900 B', '1.5 kB', '3.0 GB')
    """
    if size_bytes < 1000:
        return f"{size_bytes:.0f} B"
    amount, units = size_bytes / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:  # what would be shown as 1000.0
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}"
