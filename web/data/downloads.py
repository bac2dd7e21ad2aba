"""What the coach takes out: tables, JSON and files for OpenSim, each streamed and noted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from device.audit import Action, Actor, record
from device.export import Selection, csv_lines, json_pieces, motion_files, rep_file
from web.data import words
from web.data.exports import CSV, JSON, attached, selection_of, streamed
from web.data.names import file_name, rep_file_name
from web.data.sheet import sheet_lines
from web.pages import Rendered, render_message
from web.texts import gettext as _

SHEET = "sheet"  # the short CSV
_SAID = {SHEET: "a table", "csv": "CSV", "json": "JSON", "mot": ".mot", "trc": ".trc"}

Answer = AnyResponse | Rendered | str


def add_downloads(
    blueprint: Blueprint,
    database: Path,
    unit_name: str,
    units: Callable[[], str],
    again: Callable[[str], Rendered],
) -> None:
    """The routes; `units`: what the table's loads are in; `again` shows a refused form again."""

    def noted(text: str) -> None:
        record(database, unit_name, Actor.COACH, Action.EXPORT, text)

    def answer(which: Selection, form: str, traces: bool, what: str) -> Answer:
        """`what` says for the log what is taken; a text if there is nothing of it."""
        if form in words.NOTHING_MEASURED:
            made = _packed(database, which, form)
        else:
            made = _lines(database, which, form, traces, units())
        if made is None:
            return render_message(_("Nothing to save"), words.NOTHING_MEASURED[form], 404)
        framed = ", frame by frame" if traces and form == "json" else ""
        noted(f"{what} as {_SAID[form]}{framed}")
        return made

    @blueprint.get("/export")
    def export() -> Answer:
        try:
            which = selection_of(request.args)
        except ValueError:
            return again(words.NO_DATES)
        form = request.args.get("format", "")
        if form not in _SAID:
            return render_message(_("That did not work"), words.NO_FORMAT, 400)
        if form in words.NOTHING_MEASURED and which.lifter_id is None:
            return again(words.NO_LIFTER)
        days = f"{request.args.get('from') or 'the beginning'} to {request.args.get('to') or 'now'}"
        whose = f"lifter {which.lifter_id}" if which.lifter_id else "everybody"
        return answer(which, form, request.args.get("traces") == "yes", f"{whose}, {days}")

    @blueprint.get("/sessions/<key>.<any(csv, json):form>")
    def session_export(key: str, form: str) -> Answer:
        return answer(Selection(session_id=key), form, True, f"session {key}")

    @blueprint.get("/sessions/<key>/table.csv")
    def session_sheet(key: str) -> Answer:
        return answer(Selection(session_id=key), SHEET, False, f"session {key}")

    @blueprint.get("/sessions/<key>.<any(mot, trc):form>.zip")
    def session_motions(key: str, form: str) -> Answer:
        return answer(Selection(session_id=key), form, False, f"session {key}")

    @blueprint.get("/reps/<key>.<any(mot, trc):form>")
    def rep_motion(key: str, form: str) -> Answer:
        found = rep_file(database, key, form)
        if found is None:
            return render_message(_("No such rep"), _("It is not in this unit's history."), 404)
        text = found[1]
        if text is None:
            return render_message(_("Nothing to save"), words.NOT_MEASURED[form], 404)
        noted(f"rep {key} as .{form}")
        name = rep_file_name(database, key, found[0])
        return attached(Response(text, mimetype="text/plain"), name)


def _lines(database: Path, which: Selection, form: str, traces: bool, units: str) -> Response:
    """A table or JSON."""
    if form == "json":
        pieces = json_pieces(database, which, traces)
        return streamed(pieces, file_name(database, which, "json"), JSON)
    if form == SHEET:
        lines = sheet_lines(database, which, units)
        return streamed(lines, file_name(database, which, "csv", "table"), CSV)
    return streamed(csv_lines(database, which), file_name(database, which, "csv"), CSV)


def _packed(database: Path, which: Selection, form: str) -> Response | None:
    """Files for OpenSim; None where nothing was measured."""
    pieces = motion_files(database, which, form)
    first = next(pieces, None)
    if first is None:
        return None
    whole = chain((first,), pieces)
    name = file_name(database, which, f"{form}.zip")
    return attached(Response(whole, mimetype="application/zip"), name)
