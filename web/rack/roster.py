"""Names for 'I am ...': who was here last, or whose name begins with a letter."""

from __future__ import annotations

from pathlib import Path

from device.database import reading

LATELY = 24
OF_A_LETTER = 100
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


_LETTERS = """
SELECT DISTINCT substr(name_key, 1, 1) AS letter FROM lifters
WHERE unit_id = (SELECT unit_id FROM this_unit) AND merged_into IS NULL ORDER BY letter
"""


def first_letters(path: Path) -> list[str]:
    """The letters that names begin with, umlauts too. Raises StoreError."""
    with reading(path) as connection:
        return [str(row["letter"]).upper() for row in connection.execute(_LETTERS)]


def lately_here(path: Path) -> list[str]:
    """The lifters who were here last, the latest first. Raises StoreError."""
    with reading(path) as connection:
        asked = {"visits": _VISITS_LOOKED_AT, "names": LATELY}
        return [str(row["name"]) for row in connection.execute(_RECENT, asked)]


def starting_with(path: Path, letters: str) -> list[str]:
    """The lifters whose name begins so, in any case. Raises StoreError."""
    start = letters.casefold()
    asked = {"start": start, "end": f"{start}\U0010ffff", "names": OF_A_LETTER}
    with reading(path) as connection:
        return [str(row["name"]) for row in connection.execute(_STARTING, asked)]
