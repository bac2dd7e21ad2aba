"""What the coach writes: notes, tags, pain, whose session, names, merges, deletion, retention.

Every form answers with a redirect to the page it came from, or with one sentence that says why
nothing was changed. web/access.py has checked the role and the form's origin before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from device import lifter_book, retention
from device.errors import NotebookError, StoreError
from device.notebook import Notebook
from web.coach import words
from web.coach.lifters import lifter as one_lifter
from web.coach.sets import place_of_set
from web.hub import LiveHub
from web.pages import Rendered, render_message

_VISIT = timedelta(hours=12)  # one that is open for longer was cut off and will not go on
_PAIN = {"yes": True, "no": False}


def add_forms(blueprint: Blueprint, database: Path, hub: LiveHub) -> None:
    """The routes that change something."""

    def form(address: str) -> Callable[[Callable[..., str]], None]:
        def add(work: Callable[..., str]) -> None:
            blueprint.add_url_rule(address, work.__name__, _told(work), methods=["POST"])

        return add

    @form("/sessions/<session_id>/note")
    def write_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.write_session(session_id, request.form.get("text", ""))
        return url_for("coach.session", session_id=session_id)

    @form("/sessions/<session_id>/lifter")
    def give_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.give_session(session_id, request.form.get("lifter", ""))
        return url_for("coach.session", session_id=session_id)

    @form("/sets/<set_id>/notes")
    def write_set(set_id: str) -> str:
        place = place_of_set(database, set_id)
        if place is None:
            raise NotebookError(words.GONE)
        with Notebook.open(database) as notebook:
            notebook.write_set(
                set_id, request.form.get("text", ""), _PAIN.get(request.form.get("pain", ""))
            )
            notebook.tag_set(set_id, request.form.get("tags", "").split(","))
        return url_for("coach.session", session_id=place.session_id, _anchor=f"set-{place.number}")

    @form("/lifters/<lifter_id>/name")
    def rename_lifter(lifter_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.rename(lifter_id, request.form.get("name", ""))
        return url_for("coach.lifter", lifter_id=lifter_id)

    @form("/lifters/<lifter_id>/merge")
    def merge_lifter(lifter_id: str) -> str:
        with Notebook.open(database) as notebook:
            into = lifter_book.merge(notebook, lifter_id, request.form.get("into", ""))
        return url_for("coach.lifter", lifter_id=into, _anchor="merges")

    @form("/merges/<merge_id>/undo")
    def undo_merge(merge_id: str) -> str:
        with Notebook.open(database) as notebook:
            lifter_id = lifter_book.undo_merge(notebook, merge_id)
        return url_for("coach.lifter", lifter_id=lifter_id)

    @form("/lifters/<lifter_id>/delete")
    def delete_lifter(lifter_id: str) -> str:
        found = one_lifter(database, lifter_id)
        state = hub.newest().state
        if found is not None and state is not None:
            since = (datetime.now(UTC) - _VISIT).isoformat()
            waits = lifter_book.has_open_visit(database, lifter_id, since)
            if waits or _same(state.lifter, found.name):
                raise NotebookError(words.SIGNED_IN.format(name=found.name))
        with Notebook.open(database) as notebook:
            lifter_book.delete_lifter(notebook, lifter_id, request.form.get("name", ""))
        return url_for("coach.lifters", deleted=1)

    @form("/retention")
    def keep_for() -> str:
        months = _months(request.form.get("months", ""))
        with Notebook.open(database) as notebook:
            retention.keep_for(notebook, months)
        return url_for("coach.sessions", _anchor="retention")


def _told(work: Callable[..., str]) -> Any:
    """A form that answers with a redirect or a sentence."""

    @wraps(work)
    def answer(**address: str) -> Response | Rendered:
        try:
            return redirect(work(**address), 303)
        except NotebookError as error:
            return render_message("That did not work", str(error), 400)
        except StoreError as error:
            return render_message("That did not work", str(error), 503)

    return answer


def _same(signed_in: str | None, name: str) -> bool:
    return signed_in is not None and signed_in.casefold() == name.casefold()


def _months(typed: str) -> int | None:
    if not typed.strip():
        return None
    try:
        return int(typed)
    except ValueError:
        raise NotebookError(words.NO_MONTHS.format(typed=repr(typed.strip()))) from None
