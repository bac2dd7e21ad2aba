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
from web.coach.words import exercise_word
from web.texts import gettext as _
from web.texts import language, speaking
from web.weights import rounded
from web.words import VERDICT_WORDS, local_time, sentence


def sheet_lines(path: Path, which: Selection, units: str = "kg") -> Iterator[str]:
    """The header, then the visits one by one; words of the language that is spoken now.

    `units`: kg or lb, in which loads are told. Raises StoreError.
    """
    spoken = language()
    with reading(path) as connection:
        with speaking(spoken):
            header = _line(_header(units))
        yield header
        for visit in read_sessions(connection, which):
            note = visit["session_note"]  # once, in the visit's first line
            for one_set in read_sets(connection, visit["session_id"]):
                reps = list(read_reps(connection, one_set["set_id"]))
                if reps:
                    with speaking(spoken):
                        yield "".join(_set_lines(visit, one_set, reps, note, units))
                    note = None


def _header(units: str) -> Iterable[str]:
    load = _("Load, lb") if units == "lb" else _("Load, kg")
    return (
        *(_("Date"), _("Lifter"), _("Set"), _("Rep"), _("Squat"), load),
        *(_("Wink, degrees"), "±", _("Verdict"), _("Reason")),
        *(_("Tags"), _("Pain"), _("Note on the set"), _("Note on the session")),
        _("Clock was set"),
    )


def _set_lines(
    visit: Row, one_set: Row, reps: Iterable[Row], session_note: str | None, units: str
) -> Iterator[str]:
    """The lines of a set; its note stands in the first of them."""
    notes = (one_set["set_note"], session_note)
    for number, rep in enumerate(reps, start=1):
        yield _line(_cells(visit, one_set, rep, number, notes, units))
        notes = (None, None)


def _cells(
    visit: Row,
    one_set: Row,
    rep: Row,
    number: int,
    notes: tuple[str | None, str | None],
    units: str,
) -> Iterable[str]:
    known = rep["verdict"] != VerdictName.NOT_MEASURED.value
    return (
        f"{local_time(rep['rep_recorded_utc']):%Y-%m-%d %H:%M}",
        harmless(visit["lifter_name"] or ""),
        str(one_set["set_number"]),
        str(number),
        harmless(exercise_word(rep["exercise"]) or ""),
        _load(rep["load_kg"], units),
        _tenths(rep["wink_deg"]) if known else "",
        _tenths(rep["wink_sd_deg"]) if known else "",
        harmless(VERDICT_WORDS.get(rep["verdict"], rep["verdict"])),
        harmless(sentence(rep["reason"])),
        harmless(", ".join(one_set["set_tags"])),
        "" if one_set["set_pain"] is None else _yes(one_set["set_pain"]),
        *(harmless(" ".join((text or "").split())) for text in notes),
        _yes(visit["clock_synchronised"]),
    )


def _load(kg: float | None, units: str) -> str:
    """As the pages round it: kilograms to a tenth, pounds to a quarter."""
    return "" if kg is None else f"{rounded(kg, units):g}"


def _yes(is_so: bool) -> str:
    return _("yes") if is_so else _("no")


def _tenths(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
