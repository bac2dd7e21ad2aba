"""What the coach writes: notes, tags, corrections, whose session, names, merges, deletion.

Every form answers with a redirect to the page it came from; one that was refused is shown again,
with what was typed and a sentence that says why (`again`). web/access.py has checked the role and
the form's origin before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from device import lifter_book
from device.corrections import SetEntry, Squat, bring_back, describe_set, strike_out
from device.errors import NotebookError, StoreError
from device.notebook import Notebook
from device.records import Exercise
from web.again import refuse
from web.coach import words
from web.coach.beside import session_of_rep
from web.coach.lifters import lifter as one_lifter
from web.coach.sets import place_of_set
from web.hub import LiveHub
from web.pages import Rendered, render_message
from web.texts import gettext as _

_VISIT = timedelta(hours=12)  # one that is open for longer was cut off and will not go on
_PAIN = {"yes": True, "no": False}
Page = Callable[..., str | Rendered]


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the forms stand, by the key that the page is of."""

    session: Page
    lifters: Page
    lifter: Page
    delete: Page


def add_forms(blueprint: Blueprint, database: Path, hub: LiveHub, pages: Pages) -> None:
    """The routes that change something."""

    def form(address: str, page: Page) -> Callable[[Callable[..., str]], None]:
        def add(work: Callable[..., str]) -> None:
            blueprint.add_url_rule(address, work.__name__, _told(work, page), methods=["POST"])

        return add

    def of_set(set_id: str) -> str | Rendered:
        place = place_of_set(database, set_id)
        return pages.session("" if place is None else place.session_id)

    def of_rep(rep_id: str) -> str | Rendered:
        return pages.session(session_of_rep(database, rep_id))

    @form("/sessions/<session_id>/note", pages.session)
    def write_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.write_session(session_id, request.form.get("text", ""))
        return url_for("coach.session", session_id=session_id)

    @form("/sessions/<session_id>/lifter", pages.session)
    def give_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.give_session(session_id, request.form.get("lifter", ""))
        return url_for("coach.session", session_id=session_id)

    @form("/sets/<set_id>/notes", of_set)
    def write_set(set_id: str) -> str:
        place = place_of_set(database, set_id)
        if place is None:
            raise NotebookError(words.GONE)
        entry = _entry(request.form)
        with Notebook.open(database) as notebook:
            describe_set(notebook, set_id, entry)
        return url_for("coach.session", session_id=place.session_id, _anchor=f"set-{place.number}")

    @form("/reps/<rep_id>/strike-out", of_rep)
    def strike_rep(rep_id: str) -> str:
        with Notebook.open(database) as notebook:
            session_id = strike_out(notebook, rep_id)
        return url_for("coach.session", session_id=session_id, _anchor="struck-out")

    @form("/reps/<rep_id>/bring-back", of_rep)
    def bring_rep_back(rep_id: str) -> str:
        with Notebook.open(database) as notebook:
            session_id = bring_back(notebook, rep_id)
        return url_for("coach.session", session_id=session_id)

    @form("/lifters", pages.lifters)
    def add_lifter() -> str:
        with Notebook.open(database) as notebook:
            lifter_id = lifter_book.add(notebook, request.form.get("name", ""))
        flash(words.added(_name(database, lifter_id)))
        return url_for("coach.lifters")

    @form("/lifters/<lifter_id>/name", pages.lifter)
    def rename_lifter(lifter_id: str) -> str:
        with Notebook.open(database) as notebook:
            notebook.rename(lifter_id, request.form.get("name", ""))
        return url_for("coach.lifter", lifter_id=lifter_id)

    @form("/lifters/<lifter_id>/merge", pages.lifter)
    def merge_lifter(lifter_id: str) -> str:
        name, other = _name(database, lifter_id), request.form.get("into", "")
        if not other.strip():
            raise NotebookError(words.NOBODY_ELSE)
        with Notebook.open(database) as notebook:
            into = lifter_book.merge(notebook, lifter_id, other)
        flash(words.merged(name, _name(database, into)))
        return url_for("coach.lifter", lifter_id=into)

    @form("/merges/<merge_id>/undo", lambda merge_id: pages.lifter(""))
    def undo_merge(merge_id: str) -> str:
        with Notebook.open(database) as notebook:
            lifter_id = lifter_book.undo_merge(notebook, merge_id)
        return url_for("coach.lifter", lifter_id=lifter_id)

    @form("/lifters/<lifter_id>/delete", pages.delete)
    def delete_lifter(lifter_id: str) -> str:
        _not_here(database, hub, lifter_id)
        with Notebook.open(database) as notebook:
            lifter_book.delete_lifter(notebook, lifter_id, request.form.get("name", ""))
        return url_for("coach.lifters", deleted=1)


def _told(work: Callable[..., str], page: Page) -> Any:
    """A form that answers with a redirect, or stands there again with a sentence."""

    @wraps(work)
    def answer(**address: str) -> Response | Rendered:
        try:
            return redirect(work(**address), 303)
        except NotebookError as error:
            refuse(str(error))
            shown = page(**address)
            if isinstance(shown, str):
                return shown, 400
            return render_message(_("That did not work"), str(error), 400)  # the page is gone
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)

    return answer


def _entry(form: Mapping[str, str]) -> SetEntry:
    """What was typed about a set; raises NotebookError."""
    squat = None
    if "kg" in form:
        exercise = form.get("exercise", "")
        squat = Squat(
            _weight(form["kg"]), Exercise(exercise) if exercise in set(Exercise) else None
        )
    return SetEntry(
        text=form.get("text", ""),
        pain=_PAIN.get(form.get("pain", "")),
        tags=tuple(form.get("tags", "").split(",")),
        squat=squat,
    )


def _weight(typed: str) -> float | None:
    text = typed.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise NotebookError(words.no_weight(typed.strip())) from None


def _not_here(database: Path, hub: LiveHub, lifter_id: str) -> None:
    """Refuses to delete who is signed in or waits for a turn."""
    found, state = one_lifter(database, lifter_id), hub.newest().state
    if found is None or state is None:
        return
    since = (datetime.now(UTC) - _VISIT).isoformat()
    waits = lifter_book.has_open_visit(database, lifter_id, since)
    if waits or (state.lifter is not None and state.lifter.casefold() == found.name.casefold()):
        raise NotebookError(words.signed_in(found.name))


def _name(database: Path, lifter_id: str) -> str:
    found = one_lifter(database, lifter_id)
    return "" if found is None else found.name
