"""The history for people: one short line a rep, as CSV, in the page's language.

Every number under its technical name is in `device.export.csv_lines`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from device.export import Row, Selection, harmless, read_reps, read_sessions, read_sets, reading
from device.records import VerdictName
from web.coach.words import exercise_word, pain_word
from web.texts import gettext as _
from web.texts import language, speaking
from web.words import VERDICT_WORDS, local_time, sentence


def sheet_lines(path: Path, which: Selection) -> Iterator[str]:
    """The header, then the visits one by one; words of the language that is spoken now.

    Raises StoreError.
    """
    spoken = language()
    with reading(path) as connection:
        with speaking(spoken):
            header = _line(_header())
        yield header
        for visit in read_sessions(connection, which):
            for one_set in read_sets(connection, visit["session_id"]):
                with speaking(spoken):
                    reps = enumerate(read_reps(connection, one_set["set_id"]), start=1)
                    lines = [_line(_cells(visit, one_set, rep, number)) for number, rep in reps]
                if lines:
                    yield "".join(lines)


def _header() -> Iterable[str]:
    return (
        *(_("Date"), _("Lifter"), _("Set"), _("Rep"), _("Squat"), _("Load, kg")),
        *(_("Wink, degrees"), "±", _("Verdict"), _("Notes")),
    )


def _cells(visit: Row, one_set: Row, rep: Row, number: int) -> Iterable[str]:
    known = rep["verdict"] != VerdictName.NOT_MEASURED.value
    unsure = "" if visit["clock_synchronised"] else " *"  # the unit did not know the time
    return (
        f"{local_time(rep['rep_recorded_utc']):%Y-%m-%d %H:%M}{unsure}",
        harmless(visit["lifter_name"] or ""),
        str(one_set["set_number"]),
        str(number),
        harmless(exercise_word(rep["exercise"]) or ""),
        "" if rep["load_kg"] is None else f"{rep['load_kg']:g}",
        _tenths(rep["wink_deg"]) if known else "",
        _tenths(rep["wink_sd_deg"]) if known else "",
        harmless(VERDICT_WORDS.get(rep["verdict"], rep["verdict"])),
        harmless(". ".join(part.rstrip(".") for part in _notes(visit, one_set, rep) if part)),
    )


def _notes(visit: Row, one_set: Row, rep: Row) -> Iterator[str]:
    """Why there is no verdict, and what was written on the set and the visit, on one line."""
    yield sentence(rep["reason"])
    yield ", ".join(one_set["set_tags"])
    if one_set["set_pain"] is not None:
        yield pain_word(one_set["set_pain"])
    for text in (one_set["set_note"], visit["session_note"]):
        yield " ".join((text or "").split())


def _tenths(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
