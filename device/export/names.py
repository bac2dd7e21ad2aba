"""What files are called that leave the unit: letters that every file system and header takes."""

from __future__ import annotations

import re
import unicodedata


def file_safe(name: str) -> str:
    """A name in letters, digits and underscores; may be empty."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", bare).strip("_")
