"""The page ‘Data’: exports, backups, restoring, tokens. For the coach alone (web/access.py)."""

from __future__ import annotations

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

from device import backups, restoring
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.audit import Action, Actor, record
from device.errors import AccountError, StoreError
from device.export import Selection, csv_lines, json_pieces, rep_file, session_files
from device.moment import moment_now
from web.data import words
from web.data.exports import CSV, JSON, attached, selection_of, streamed
from web.identity import Role, who
from web.pages import Rendered, render_message

LARGEST_BACKUP_BYTES = 1_000_000_000  # waitress takes no more, either
NEW_TOKEN = "new_token"

Answer = AnyResponse | Rendered | str


def data_blueprint(database: Path, unit_name: str) -> Blueprint:
    """All routes below `/data`."""
    blueprint = Blueprint("data", __name__, url_prefix="/data")
    blueprint.register_error_handler(StoreError, _store_fails)
    blueprint.url_value_preprocessor(_larger_for_the_coach)
    _add_page(blueprint, database, unit_name)
    _add_exports(blueprint, database, unit_name)
    _add_backups(blueprint, database, unit_name)
    _add_restoring(blueprint, database)
    _add_tokens(blueprint, ApiTokens(database, unit_name))
    return blueprint


def _add_page(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    @blueprint.get("")
    def data() -> str:
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
        )


def _add_exports(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    def noted(text: str) -> None:
        record(database, unit_name, Actor.COACH, Action.EXPORT, text)

    def answer(which: Selection, form: str, traces: bool, what: str) -> Answer:
        if form not in ("csv", "json"):
            return render_message("That did not work", words.NO_FORMAT, 400)
        name = f"racklight-{moment_now().utc[:10]}.{form}"
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
            return render_message("That did not work", words.NO_DATES, 400)
        days = f"{request.args.get('from') or 'the beginning'} to {request.args.get('to') or 'now'}"
        whose = f"lifter {which.lifter_id}" if which.lifter_id else "everybody"
        traces = request.args.get("traces") == "yes"
        return answer(which, request.args.get("format", ""), traces, f"{whose}, {days}")

    @blueprint.get("/sessions/<key>.<any(csv, json):form>")
    def session_export(key: str, form: str) -> Answer:
        return answer(Selection(session_id=key), form, True, f"session {key}")

    @blueprint.get("/sessions/<key>.<any(mot, trc):form>.zip")
    def session_motions(key: str, form: str) -> Answer:
        packed, count = session_files(database, key, form)
        if not count:
            return render_message("Nothing to save", words.NOTHING_MEASURED[form], 404)
        noted(f"session {key} as .{form}")
        return attached(Response(packed, mimetype="application/zip"), f"{key[:8]}.{form}.zip")

    @blueprint.get("/reps/<key>.<any(mot, trc):form>")
    def rep_motion(key: str, form: str) -> Answer:
        found = rep_file(database, key, form)
        if found is None:
            return render_message("No such rep", "It is not in this unit's history.", 404)
        name, text = found
        if text is None:
            return render_message("Nothing to save", words.NOT_MEASURED[form], 404)
        noted(f"rep {key} as .{form}")
        return attached(Response(text, mimetype="text/plain"), name)


def _add_backups(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    @blueprint.post("/backup")
    def backup() -> Answer:
        copy = backups.take(database, _folder(database), "asked", "page")
        if copy is None:
            return render_message("That did not work", words.NO_DATABASE, 409)
        record(database, unit_name, Actor.COACH, Action.BACKUP, f"{copy.name} made")
        return _back(words.backup_made(copy.name))

    @blueprint.get("/backups/<name>")
    def download(name: str) -> Answer:
        copy = next((one for one in backups.copies(_folder(database)) if one.name == name), None)
        if copy is None:
            return render_message("No such backup", words.NO_SUCH_BACKUP, 404)
        record(database, unit_name, Actor.COACH, Action.BACKUP, f"{copy.name} downloaded")
        return send_file(copy.absolute(), "application/vnd.sqlite3", as_attachment=True)


def _add_restoring(blueprint: Blueprint, database: Path) -> None:
    @blueprint.post("/restore")
    def restore() -> Answer:
        upload = request.files.get("backup")
        if upload is None or not upload.filename:
            return render_message("That did not work", words.NO_FILE, 400)
        try:
            restoring.lay_ready(database, upload.stream)
        except StoreError as error:
            return render_message("Not restored", str(error), 400)
        return redirect("/data#restore", 303)

    @blueprint.post("/restore/call-off")
    def call_off() -> Answer:
        restoring.call_off(database)
        return _back(words.CALLED_OFF)


def _add_tokens(blueprint: Blueprint, tokens: ApiTokens) -> None:
    @blueprint.post("/tokens")
    def make_token() -> Answer:
        try:
            session[NEW_TOKEN] = tokens.make(request.form.get("name", ""))
        except AccountError as error:
            return render_message("That did not work", str(error), 400)
        return redirect("/data#tokens", 303)

    @blueprint.post("/tokens/<key>/revoke")
    def revoke_token(key: str) -> Answer:
        try:
            return _back(words.token_revoked(tokens.revoke(key)))
        except AccountError as error:
            return render_message("That did not work", str(error), 404)


def _larger_for_the_coach(endpoint: str | None, values: object) -> None:
    """A backup is larger than any form; nobody else may send so much."""
    if endpoint == "data.restore" and who().role >= Role.COACH:
        request.max_content_length = LARGEST_BACKUP_BYTES


def _store_fails(error: StoreError) -> Rendered:
    return render_message("That did not work", str(error), 503)


def _back(text: str) -> AnyResponse:
    flash(text)
    return redirect("/data", 303)


def _folder(database: Path) -> Path:
    return database.parent / backups.FOLDER
