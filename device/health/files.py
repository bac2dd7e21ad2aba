"""Small files of the kernel, read so that whatever is wrong with one means 'not known'."""

from __future__ import annotations

from pathlib import Path

LONGEST = 4096


def text(file: Path) -> str | None:
    """The file's text without its white space; None where it is missing, unreadable or empty."""
    try:
        with file.open("rb") as opened:
            found = opened.read(LONGEST).decode("ascii", "replace").strip()
    except OSError:
        return None
    return found or None


def number(file: Path) -> float | None:
    """The file's decimal number; None for anything else."""
    found = text(file)
    try:
        value = None if found is None else float(found)
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e18 else None  # false for nan too


def hexadecimal(word: str | None) -> int | None:
    """`50005` or `0x01` as a number; None for anything else."""
    try:
        return None if word is None else int(word, 16)
    except ValueError:
        return None
