"""The page ‘Data’: exports, backups, restoring, tokens. For the coach alone (web/access.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    session,
)
from werkzeug.wrappers import Response as AnyResponse

from device import backups, restoring, retention
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.audit import Action, Actor, record
from device.errors import AccountError, NotebookError, StoreError
from device.export import Selection, csv_lines, json_pieces, rep_file, session_files
from device.notebook import Notebook
from device.retention import months_kept
from web.again import refuse
from web.data import words
from web.data.exports import CSV, JSON, attached, selection_of, streamed
from web.data.names import file_name, rep_file_name
from web.identity import Role, who
from web.pages import Rendered, render_message
from web.texts import gettext as _

LARGEST_BACKUP_BYTES = 1_000_000_000  # waitress takes no more, either
NEW_TOKEN = "new_token"

Answer = AnyResponse | Rendered | str
Again = Callable[[str], Rendered]


def data_blueprint(database: Path, unit_name: str) -> Blueprint:
    """All routes below `/data`."""
    blueprint = Blueprint("data", __name__, url_prefix="/data")
    blueprint.register_error_handler(StoreError, _store_fails)
    blueprint.url_value_preprocessor(_larger_for_the_coach)
    page = partial(_page, database, unit_name)
    blueprint.add_url_rule("", "data", page)
    again = partial(_again, page)
    _add_exports(blueprint, database, unit_name, again)
    _add_backups(blueprint, database, unit_name)
    _add_restoring(blueprint, database, again)
    _add_retention(blueprint, database, again)
    _add_tokens(blueprint, ApiTokens(database, unit_name), again)
    return blueprint


def _page(database: Path, unit_name: str) -> str:
    waits, waits_problem = None, None
    try:
        waits = restoring.waiting(database)
    except StoreError as error:
        waits_problem = str(error)
    return render_template(
        "data/data.html",
        lifters=Accounts(database, unit_name).lifters() if database.exists() else [],
        copies=[(copy.name, copy.stat()) for copy in backups.copies(_folder(database))],
        tokens=ApiTokens(database, unit_name).all(),
        new_token=session.pop(NEW_TOKEN, None),
        waits=waits and words.contents(waits),
        waits_problem=waits_problem,
        months=months_kept(database) if database.exists() else None,
    )


def _again(page: Callable[[], str], reason: str, status: int = 400) -> Rendered:
    """The page with a refused form as it was filled in, and why."""
    refuse(reason)
    return page(), status


def _add_exports(blueprint: Blueprint, database: Path, unit_name: str, again: Again) -> None:
    def noted(text: str) -> None:
        record(database, unit_name, Actor.COACH, Action.EXPORT, text)

    def answer(which: Selection, form: str, traces: bool, what: str) -> Answer:
        if form not in ("csv", "json"):
            return render_message(_("That did not work"), words.NO_FORMAT, 400)
        name = file_name(database, which, form)
        if form == "csv":
            made = streamed(csv_lines(database, which), name, CSV)
        else:
            made = streamed(json_pieces(database, which, traces), name, JSON)
        noted(f"{what} as {form.upper()}{' with traces' if traces and form == 'json' else ''}")
        return made

    @blueprint.get("/export")
    def export() -> Answer:
        try:
            which = selection_of(request.args)
        except ValueError:
            return again(words.NO_DATES)
        days = f"{request.args.get('from') or 'the beginning'} to {request.args.get('to') or 'now'}"
        whose = f"lifter {which.lifter_id}" if which.lifter_id else "everybody"
        traces = request.args.get("traces") == "yes"
        return answer(which, request.args.get("format", ""), traces, f"{whose}, {days}")

    @blueprint.get("/sessions/<key>.<any(csv, json):form>")
    def session_export(key: str, form: str) -> Answer:
        return answer(Selection(session_id=key), form, True, f"session {key}")

    @blueprint.get("/sessions/<key>.<any(mot, trc):form>.zip")
    def session_motions(key: str, form: str) -> Answer:
        pieces = session_files(database, key, form)
        first = next(pieces, None)
        if first is None:
            return render_message(_("Nothing to save"), words.NOTHING_MEASURED[form], 404)
        noted(f"session {key} as .{form}")
        whole = chain((first,), pieces)
        name = file_name(database, Selection(session_id=key), f"{form}.zip")
        return attached(Response(whole, mimetype="application/zip"), name)

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


def _add_backups(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    @blueprint.post("/backup")
    def backup() -> Answer:
        copy = backups.take(database, _folder(database), "asked", "page")
        if copy is None:
            return render_message(_("That did not work"), words.NO_DATABASE, 409)
        record(database, unit_name, Actor.COACH, Action.BACKUP, f"{copy.name} made")
        return _back(words.backup_made(copy.name))

    @blueprint.get("/backups/<name>")
    def download(name: str) -> Answer:
        copy = next((one for one in backups.copies(_folder(database)) if one.name == name), None)
        if copy is None:
            return render_message(_("No such backup"), words.NO_SUCH_BACKUP, 404)
        record(database, unit_name, Actor.COACH, Action.BACKUP, f"{copy.name} downloaded")
        return send_file(copy.absolute(), "application/vnd.sqlite3", as_attachment=True)


def _add_restoring(blueprint: Blueprint, database: Path, again: Again) -> None:
    @blueprint.post("/restore")
    def restore() -> Answer:
        upload = request.files.get("backup")
        if upload is None or not upload.filename:
            return again(words.NO_FILE)
        try:
            restoring.lay_ready(database, upload.stream)
        except StoreError as error:
            return again(str(error))
        return redirect("/data#restore", 303)

    @blueprint.post("/restore/call-off")
    def call_off() -> Answer:
        restoring.call_off(database)
        return _back(_(words.CALLED_OFF))


def _add_retention(blueprint: Blueprint, database: Path, again: Again) -> None:
    @blueprint.post("/retention")
    def keep_for() -> Answer:
        typed = request.form.get("months", "").strip()
        try:
            months = int(typed) if typed else None
        except ValueError:
            return again(words.no_months(typed))
        try:
            with Notebook.open(database) as notebook:
                retention.keep_for(notebook, months)
        except NotebookError as error:
            return again(str(error))
        return _back(words.kept(months))


def _add_tokens(blueprint: Blueprint, tokens: ApiTokens, again: Again) -> None:
    @blueprint.post("/tokens")
    def make_token() -> Answer:
        try:
            session[NEW_TOKEN] = tokens.make(request.form.get("name", ""))
        except AccountError as error:
            return again(str(error))
        return redirect("/data#tokens", 303)

    @blueprint.post("/tokens/<key>/revoke")
    def revoke_token(key: str) -> Answer:
        try:
            return _back(words.token_revoked(tokens.revoke(key)))
        except AccountError as error:
            return render_message(_("That did not work"), str(error), 404)


def _larger_for_the_coach(endpoint: str | None, values: object) -> None:
    """A backup is larger than any form; nobody else may send so much."""
    if endpoint == "data.restore" and who().role >= Role.COACH:
        request.max_content_length = LARGEST_BACKUP_BYTES


def _store_fails(error: StoreError) -> Rendered:
    return render_message(_("That did not work"), str(error), 503)


def _back(text: str) -> AnyResponse:
    flash(text)
    return redirect("/data", 303)


def _folder(database: Path) -> Path:
    return database.parent / backups.FOLDER
