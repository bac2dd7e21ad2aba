"""Names to choose from: who was here last, whose begins with a letter, whose is like another."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from device.database import reading

LATELY = 24
OF_A_LETTER = 100
LIKE_ANOTHER = 4
_COMPARED = 5000
_VISITS_LOOKED_AT = 600

_RECENT = """
SELECT lifters.name, max(visits.recorded_utc) AS last
FROM (
    SELECT lifter_id, recorded_utc FROM sessions
    ORDER BY recorded_utc DESC LIMIT :visits
) AS visits JOIN lifters ON lifters.id = visits.lifter_id
WHERE lifters.merged_into IS NULL
GROUP BY lifters.id ORDER BY last DESC LIMIT :names
"""

_STARTING = """
SELECT name FROM lifters
WHERE unit_id = (SELECT unit_id FROM this_unit)
    AND name_key >= :start AND name_key < :end AND merged_into IS NULL
ORDER BY name_key LIMIT :names
"""

_KNOWN = """
SELECT 1 FROM lifters
WHERE unit_id = (SELECT unit_id FROM this_unit) AND name_key = :key
"""

_NAMES = """
SELECT name FROM lifters
WHERE unit_id = (SELECT unit_id FROM this_unit) AND merged_into IS NULL
ORDER BY name_key LIMIT :names
"""

_LETTERS = """
SELECT DISTINCT substr(name_key, 1, 1) AS letter FROM lifters
WHERE unit_id = (SELECT unit_id FROM this_unit) AND merged_into IS NULL ORDER BY letter
"""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A name that nobody bears yet, and the names it may be meant for."""

    name: str
    alike: tuple[str, ...]


def unheard(path: Path, name: str) -> Unheard | None:
    """Whether to ask back before somebody new is made; None: go on. Raises StoreError.

    A name that was merged into another one is known.
    """
    with reading(path) as connection:
        if connection.execute(_KNOWN, {"key": name.casefold()}).fetchone() is not None:
            return None
    return Unheard(name, _alike(name, by_name(path, _COMPARED)))


def first_letters(path: Path) -> list[str]:
    """The letters that names begin with, umlauts too. Raises StoreError."""
    with reading(path) as connection:
        return [str(row["letter"]).upper() for row in connection.execute(_LETTERS)]


def lately_here(path: Path) -> list[str]:
    """The lifters who were here last, the latest first. Raises StoreError."""
    with reading(path) as connection:
        asked = {"visits": _VISITS_LOOKED_AT, "names": LATELY}
        return [str(row["name"]) for row in connection.execute(_RECENT, asked)]


def by_name(path: Path, most: int = LATELY) -> list[str]:
    """The first lifters of the alphabet, also those who were never here. Raises StoreError."""
    with reading(path) as connection:
        return [str(row["name"]) for row in connection.execute(_NAMES, {"names": most})]


def starting_with(path: Path, letters: str) -> list[str]:
    """The lifters whose name begins so, in any case. Raises StoreError."""
    start = letters.casefold()
    asked = {"start": start, "end": f"{start}\U0010ffff", "names": OF_A_LETTER}
    with reading(path) as connection:
        return [str(row["name"]) for row in connection.execute(_STARTING, asked)]


def _alike(name: str, names: list[str]) -> tuple[str, ...]:
    """Those that begin like it, or would be it with a letter or two changed; a part will do."""
    typed = _plain(name)
    parts: dict[str, list[str]] = {}
    for one in names:
        plain = _plain(one)
        for part in dict.fromkeys((plain, *plain.split())):
            parts.setdefault(part, []).append(one)
    begin = [part for part in parts if part.startswith(typed) or typed.startswith(part)]
    close = get_close_matches(typed, list(parts), LIKE_ANOTHER)
    found = [one for part in (*sorted(begin, key=len), *close) for one in parts[part]]
    return tuple(dict.fromkeys(found))[:LIKE_ANOTHER]


def _plain(name: str) -> str:
    """Without case and accents: 'Åsa' and 'asa' are alike."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
