"""The page ‘Data’: exports, backups, restoring, tokens. For the coach alone (web/access.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    session,
)
from werkzeug.wrappers import Response as AnyResponse

from device import backups, restored, restoring, retention
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.audit import Action, Actor, record
from device.errors import AccountError, NotebookError, StoreError
from device.notebook import Notebook
from device.retention import months_kept, older_than
from web.again import refuse
from web.data import words
from web.data.columns import columns
from web.data.copies import Copy, kept_copies
from web.data.downloads import add_downloads
from web.identity import Role, who
from web.pages import Rendered, render_message
from web.texts import gettext as _

LARGEST_BACKUP_BYTES = 1_000_000_000  # waitress takes no more, either
NEW_TOKEN = "new_token"

Answer = AnyResponse | Rendered | str
Again = Callable[[str], Rendered]


def data_blueprint(database: Path, unit_name: str, units: Callable[[], str]) -> Blueprint:
    """All routes below `/data`; `units`: what weights are shown in here."""
    blueprint = Blueprint("data", __name__, url_prefix="/data")
    blueprint.register_error_handler(StoreError, _store_fails)
    blueprint.url_value_preprocessor(_larger_for_the_coach)
    page = partial(_page, database, unit_name)
    blueprint.add_url_rule("", "data", page)
    again = partial(_again, page)
    blueprint.add_url_rule("/columns", "columns", _columns)
    add_downloads(blueprint, database, unit_name, units, again)
    _add_backups(blueprint, database, unit_name)
    _add_deletion(blueprint, database, unit_name)
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
    back, kept = restored.told(database), kept_copies(database)
    months = months_kept(database) if database.exists() else None
    return render_template(
        "data/data.html",
        lifters=Accounts(database, unit_name).lifters() if database.exists() else [],
        copies=kept,
        tokens=ApiTokens(database, unit_name).all(),
        new_token=session.pop(NEW_TOKEN, None),
        waits=waits and words.contents(waits),
        waits_problem=waits_problem,
        put_back=back,
        kept_copy=next((one for one in kept if back and one.name == back.kept), None),
        kept_file=back and (database.parent / back.kept).is_file(),
        months=months,
        older=older_than(database, months) if months else 0,
    )


def _columns() -> str:
    return render_template("data/columns.html", groups=columns())


def _again(page: Callable[[], str], reason: str, status: int = 400) -> Rendered:
    """The page with a refused form as it was filled in, and why."""
    refuse(reason)
    return page(), status


def _add_backups(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    @blueprint.post("/backup")
    def backup() -> Answer:
        copy = backups.take(database, _folder(database), "asked", "page")
        if copy is None:
            return render_message(_("That did not work"), words.NO_DATABASE, 409)
        record(database, unit_name, Actor.COACH, Action.BACKUP, "a copy made")
        restored.read(database)
        return _back(_(words.BACKUP_MADE))

    @blueprint.get("/backups/<name>")
    def download(name: str) -> Answer:
        copy = next((one for one in kept_copies(database) if one.name == name), None)
        if copy is None:
            return render_message(_("No such backup"), words.NO_SUCH_BACKUP, 404)
        taken = f"the copy of {copy.made:%Y-%m-%d %H:%M} downloaded"
        record(database, unit_name, Actor.COACH, Action.BACKUP, taken)
        return send_file(
            copy.path.absolute(),
            "application/vnd.sqlite3",
            as_attachment=True,
            download_name=copy.saved_as,
        )


def _add_deletion(blueprint: Blueprint, database: Path, unit_name: str) -> None:
    address = "/backups/<name>/delete"

    def found(name: str) -> Copy | None:
        return next((one for one in kept_copies(database) if one.name == name), None)

    @blueprint.get(address)
    def ask_delete(name: str) -> Answer:
        copy = found(name)
        if copy is None:
            return render_message(_("No such backup"), words.NO_SUCH_BACKUP, 404)
        return render_template("data/delete_copy.html", copy=copy)

    @blueprint.post(address)
    def delete(name: str) -> Answer:
        copy = found(name)
        if copy is None:
            return render_message(_("No such backup"), words.NO_SUCH_BACKUP, 404)
        backups.remove(copy.path)
        gone = f"the copy of {copy.made:%Y-%m-%d %H:%M} deleted"
        record(database, unit_name, Actor.COACH, Action.BACKUP, gone)
        return _back(_(words.BACKUP_DELETED))


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

    @blueprint.post("/restore/read")
    def restore_read() -> Answer:
        restored.read(database)
        return redirect("/data", 303)


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
        return _back(words.kept(months, older_than(database, months) if months else 0))


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
