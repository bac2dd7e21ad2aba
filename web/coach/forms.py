"""What the coach writes: notes, tags, corrections, whose session, names, merges, deletion.

Every form answers with a redirect to the page it came from, which says what was done (`done`); one
that was refused is shown again, with what was typed and a sentence that says why (`again`). A form
that replaces something carries a stamp of what it was shown with (`shown`): where something else is
there by now, it is refused. web/access.py has checked the role and the form's origin before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from device import handing, lifter_book
from device.corrections import RepPlace, SetEntry, Squat, bring_back, describe_set, strike_out
from device.errors import ChangedMeanwhileError, NotebookError, StoreError
from device.notebook import Notebook
from device.records import Exercise, load_refused
from web import weights
from web.again import refuse, refuse_later, stands_at
from web.coach import words
from web.coach.beside import session_of_rep
from web.coach.done import ANCHOR, brought_back, given, struck, tell
from web.coach.lifters import at_the_rack, comes_back
from web.coach.lifters import lifter as one_lifter
from web.coach.sets import place_of_set
from web.hub import LiveHub
from web.pages import Rendered, render_message
from web.texts import gettext as _

# Forms at the address of a page, which answers there to whoever only looks.
_PAGES = ("/lifters", "/lifters/<lifter_id>/merge", "/lifters/<lifter_id>/delete")
_PAIN = {"yes": True, "no": False}
Page = Callable[..., str | Rendered]
_Form = Callable[[str, Page], Callable[[Callable[..., str]], None]]  # adds a route


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
            methods = ["POST"] if address in _PAGES else ["GET", "POST"]
            answer = _told(database, work, page)
            blueprint.add_url_rule(address, work.__name__, answer, methods=methods)

        return add

    _add_session_forms(form, database, pages)
    _add_lifter_forms(form, database, hub, pages)


def _add_session_forms(form: _Form, database: Path, pages: Pages) -> None:
    def of_set(set_id: str) -> str | Rendered:
        place = place_of_set(database, set_id)
        return pages.session("" if place is None else place.session_id)

    def of_rep(rep_id: str) -> str | Rendered:
        return pages.session(session_of_rep(database, rep_id))

    @form("/sessions/<session_id>/note", pages.session)
    def write_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            text, shown = request.form.get("text", ""), request.form.get("shown")
            notebook.write_session(session_id, text, shown)
        tell("note", _("Saved."))
        return _session(session_id)

    @form("/sessions/<session_id>/lifter", pages.session)
    def give_session(session_id: str) -> str:
        with Notebook.open(database) as notebook:
            name, shown = request.form.get("lifter", ""), request.form.get("shown")
            notebook.give_session(session_id, name, shown)
        tell("lifter", _("Saved."))
        return _session(session_id)

    @form("/sets/<set_id>/notes", of_set)
    def write_set(set_id: str) -> str:
        place = place_of_set(database, set_id)
        if place is None:
            raise NotebookError(words.GONE)
        entry = _entry(request.form)
        with Notebook.open(database) as notebook:
            describe_set(notebook, set_id, entry, request.form.get("shown"))
        tell(f"set-{place.number}", _("Saved."))
        return _session(place.session_id)

    @form("/sets/<set_id>/lifter", of_set)
    def give_set(set_id: str) -> str:
        before = place_of_set(database, set_id)
        if before is None:
            raise NotebookError(words.GONE)
        session_id, _space, number = request.form.get("back", "").partition(" ")
        with Notebook.open(database) as notebook:
            if session_id and number.isdecimal():
                handing.give_back(notebook, set_id, session_id, int(number))
            else:
                handing.give_set(notebook, set_id, request.form.get("lifter", ""))
        place = place_of_set(database, set_id)
        assert place is not None
        undo = "" if session_id else f"{before.session_id} {before.number}"
        tell(f"whose-{place.number}", given(place), undo)
        return _session(place.session_id)

    @form("/reps/<rep_id>/strike-out", of_rep)
    def strike_rep(rep_id: str) -> str:
        with Notebook.open(database) as notebook:
            _keep_typed(notebook)
            place = strike_out(notebook, rep_id)
        tell(f"reps-{place.set_number}", struck(place), rep_id if place.changed else "")
        return _session(place.session_id)

    @form("/reps/<rep_id>/bring-back", of_rep)
    def bring_rep_back(rep_id: str) -> str:
        with Notebook.open(database) as notebook:
            _keep_typed(notebook)
            place = bring_back(notebook, rep_id)
        tell(_of_reps(place), brought_back(place))
        return _session(place.session_id)


def _add_lifter_forms(form: _Form, database: Path, hub: LiveHub, pages: Pages) -> None:
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
        found = one_lifter(database, lifter_id)
        back = found is not None and comes_back(database, found)
        try:
            _not_here(database, hub, lifter_id)
            with Notebook.open(database) as notebook:
                lifter_book.delete_lifter(notebook, lifter_id, request.form.get("name", ""))
        except NotebookError as error:
            refuse_later(str(error), "name")
            return url_for("coach.delete", lifter_id=lifter_id)
        return url_for("coach.lifters", deleted=1, waits=1 if back else None)


def _told(database: Path, work: Callable[..., str], page: Page) -> Any:
    """A form that answers with a redirect, or stands there again with a sentence."""

    @wraps(work)
    def answer(**address: str) -> Response | Rendered:
        try:
            if request.method != "POST":  # the address of a refused form, loaded again or kept
                return redirect(_page_of(database, **address), 303)
            return redirect(work(**address), 303)
        except NotebookError as error:
            changed = isinstance(error, ChangedMeanwhileError)
            refuse(str(error), changed)
            shown = page(**address)
            if isinstance(shown, str):
                return shown, 409 if changed else 400
            return render_message(_("That did not work"), str(error), 400)  # the page is gone
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)

    return answer


def _page_of(
    database: Path, session_id: str = "", set_id: str = "", rep_id: str = "", **other: str
) -> str:
    """The page on which a form stands."""
    if "lifter_id" in other:
        return url_for("coach.lifter", lifter_id=other["lifter_id"])
    if "merge_id" in other:
        return url_for("coach.lifters")
    place = place_of_set(database, set_id) if set_id else None
    found = session_id or (place and place.session_id) or session_of_rep(database, rep_id)
    return url_for("coach.session", session_id=found) if found else url_for("coach.sessions")


def _session(session_id: str) -> str:
    """Back to what was looked at, at the place of the form."""
    curves, rep = request.args.get("curves"), request.args.get("rep")
    return url_for("coach.session", session_id=session_id, curves=curves, rep=rep, _anchor=ANCHOR)


def _of_reps(place: RepPlace) -> str:
    """Beside the set's other reps, or where it was struck out; by where the button stood."""
    return f"reps-{place.set_number}" if "set" in request.form else "struck-out"


def _keep_typed(notebook: Notebook) -> None:
    """The buttons of the reps stand in their set's form: what was typed there is saved, too."""
    set_id = request.form.get("of_set")
    if set_id:
        stands_at(f"/sets/{set_id}/notes")
        describe_set(notebook, set_id, _entry(request.form), request.form.get("shown"))


def _entry(form: Mapping[str, str]) -> SetEntry:
    """What was typed about a set; raises NotebookError."""
    squat = None
    if "kg" in form:
        exercise = form.get("exercise", "")
        squat = Squat(_weight(form), Exercise(exercise) if exercise in set(Exercise) else None)
    return SetEntry(
        text=form.get("text", ""),
        pain=_PAIN.get(form.get("pain", "")),
        tags=tuple(form.get("tags", "").split(",")),
        squat=squat,
    )


def _weight(form: Mapping[str, str]) -> float | None:
    """The load in kilograms; raises NotebookError.

    `kg_before` is what the field was shown with: 100 kg are read as 220.5 lb, which are 100.017 kg,
    and a load that nobody changed stays as it was.
    """
    unit = weights.of_form(form)
    try:
        kg = weights.typed(form["kg"], unit)
        before = weights.typed(form.get("kg_before", ""), "kg")
    except ValueError as error:
        raise NotebookError(str(error)) from None
    if kg is None or before is None or load_refused(kg) or load_refused(before):
        return kg
    alike = weights.in_unit(kg, unit) == weights.in_unit(before, unit)
    return before if alike else kg


def _not_here(database: Path, hub: LiveHub, lifter_id: str) -> None:
    """Refuses to delete who is signed in or waits for a turn."""
    found = one_lifter(database, lifter_id)
    if found is not None and at_the_rack(database, found, hub.newest().state):
        raise NotebookError(words.signed_in(found.name))


def _name(database: Path, lifter_id: str) -> str:
    found = one_lifter(database, lifter_id)
    return "" if found is None else found.name
