"""What the coach reads; a signed-in lifter reads the same of his own history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from device import restoring
from device.errors import StoreError
from device.notebook import stamp
from web import charts, queries, texts, weights
from web.again import add_again, recall
from web.coach import words
from web.coach.asked import side_words
from web.coach.beside import beside
from web.coach.compare import comparison
from web.coach.conditions import MOST_REPS, Condition, both_sides
from web.coach.depth import depth_curve, depth_scale
from web.coach.done import done
from web.coach.figure import figure_at, figure_scale, joints_at
from web.coach.forms import Pages, add_forms
from web.coach.lifters import at_the_rack, comes_back
from web.coach.lifters import lifter as one_lifter
from web.coach.lifters import lifters as all_lifters
from web.coach.lifters import people as everybody
from web.coach.look import look_at, numbers_of, one_rep
from web.coach.over_time import over_time
from web.coach.search import Wanted, search, stored, written_beside
from web.coach.sets import notes_of, place_of_set
from web.coach.sides import sides
from web.coach.today import day_at_the_rack
from web.hub import LiveHub
from web.identity import own_lifter
from web.pages import Rendered, render_message
from web.texts import gettext as _

TABLE_SETS = 30  # in a lifter's table; the pictures show more
DEPTH, TIME, FIGURE = "depth", "time", "figure"  # what a session's small pictures show


Answer = str | Rendered | Response | tuple[Response, int]


def coach_blueprint(database: Path, hub: LiveHub, threshold_deg: float) -> Blueprint:
    """The routes that read, and with them those that write (`forms`)."""
    blueprint = Blueprint("coach", __name__)
    delete = _delete_page(hub)
    for address, view in (
        ("/today", _today),
        ("/sessions", _sessions),
        ("/sessions/<session_id>", _session),
        ("/reps/<rep_id>.json", _rep_numbers),
        ("/lifters", _lifters),
        ("/lifters/<lifter_id>", _lifter),
        ("/lifters/<lifter_id>/delete", delete),
        ("/lifters/<lifter_id>/merge", _ask_merge),
        ("/compare", _compare),
    ):
        blueprint.add_url_rule(
            address, view.__name__.lstrip("_"), _told(database, threshold_deg, view)
        )
    add_again(blueprint)
    shown = Pages(
        session=partial(_session, database, threshold_deg),
        lifters=partial(_lifters, database, threshold_deg),
        lifter=partial(_lifter, database, threshold_deg),
        delete=partial(delete, database, threshold_deg),
    )
    add_forms(blueprint, database, hub, shown)
    return blueprint


def _told(database: Path, threshold_deg: float, view: Any) -> Any:
    """A view that may read the database, with its troubles in a sentence."""

    @wraps(view)
    def answer(**address: str) -> Answer:
        try:
            found: Answer = view(database, threshold_deg, **address)
        except StoreError as error:
            # a unit that has never run is no fault of the server
            status = 503 if database.exists() else 200
            return render_message(_("No history to show"), str(error), status)
        return found

    return answer


def _today(database: Path, threshold_deg: float) -> str:
    today = datetime.now().astimezone().date()
    day = day_at_the_rack(database, today)
    return _page("today", day=day, title=words.day_words(day.day, today), is_today=day.day == today)


def _sessions(database: Path, threshold_deg: float) -> str:
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    wanted = Wanted.of(request.args)
    own = own_lifter()
    if own is not None:
        wanted = Wanted.of({**request.args, "lifter": own or "nobody-signed-in"})
    found = search(database, wanted, page)
    people = [] if own is not None else everybody(database)
    return _page(
        "sessions",
        sessions=found.sessions,
        empty=found.empty,
        older=found.older,
        page=page,
        wanted=wanted,
        people=people,
        own=own is not None,
        beside=written_beside(database, [session.id for session in found.sessions]),
        exercises=words.EXERCISES,
    )


def _session(database: Path, threshold_deg: float, session_id: str) -> str | Rendered:
    shown = request.args.get("curves", DEPTH)
    shown = shown if shown in (TIME, FIGURE) else DEPTH
    found = queries.session(database, session_id, joints=shown == FIGURE)
    own = own_lifter()
    if found is None or (own is not None and found[0].lifter_id != own):
        return render_message(_("No such session"), words.GONE, 404)
    row, reps = found
    scale, pictures = _pictures(reps, shown)
    sets: dict[int, list[tuple[queries.RepRow, Any]]] = {}
    for rep, picture in zip(reps, pictures, strict=True):
        sets.setdefault(rep.set, []).append((rep, picture))
    return _page(
        "session",
        session=row,
        sets=sets,
        sides={number: sides([rep for rep, _ in found]) for number, found in sets.items()},
        notes=notes_of(database, session_id),
        beside=beside(database, session_id, row.lifter_id, row.started_utc),
        exercises=words.EXERCISES,
        scale=scale,
        shown=shown,
        look=look_at(database, reps, request.args.get("rep", "")),
        done=done(sets),
        whose_stamp=stamp(row.lifter_id),
        people=[] if own is not None else everybody(database),
    )


def _pictures(reps: list[queries.RepRow], shown: str) -> tuple[Any, list[Any]]:
    """The scale that all reps share, and each one's small picture."""
    if shown == FIGURE:
        seen = [joints_at(rep, rep.bottom_s) for rep in reps]
        frame = figure_scale(joints for joints in seen if joints is not None)
        return frame, [frame and figure_at(rep, rep.bottom_s, frame) for rep in reps]
    if shown == TIME:
        times = charts.scale_for(reps)
        return times, [charts.rep_chart(rep, times) for rep in reps]
    depths = depth_scale(reps)
    return depths, [depth_curve(rep, depths) for rep in reps]


def _rep_numbers(
    database: Path, threshold_deg: float, rep_id: str
) -> Response | tuple[Response, int]:
    found = one_rep(database, rep_id)
    own = own_lifter()
    if found is None or (own is not None and found[0] != own):
        return jsonify(error=words.GONE), 404
    return jsonify(numbers_of(found[1]))


def _lifters(database: Path, threshold_deg: float) -> str:
    typed = " ".join(request.args.get("text", "").split())[:40]
    found = all_lifters(database)
    if typed:
        found = [one for one in found if typed.casefold() in one.name.casefold()]
    deleted = _(words.DELETED) if request.args.get("deleted") == "1" else None
    back = bool(deleted) and request.args.get("waits") == "1" and restoring.waits(database)
    return _page("lifters", people=found, typed=typed, deleted=deleted, back=back)


def _lifter(database: Path, threshold_deg: float, lifter_id: str) -> str | Rendered:
    own = own_lifter()
    if own is not None and own != lifter_id:
        return render_message(_("Not for you"), words.NOT_YOURS, 403)
    period = request.args.get("period", "12")
    period = period if period in words.PERIODS else "12"
    tag = " ".join(request.args.get("tag", "").split())
    since = ""
    if period:
        days = timedelta(days=int(period) * 365.25 / 12)
        since = stored(datetime.now().astimezone() - days)
    found = one_lifter(database, lifter_id, since, tag)
    if found is None:
        return render_message(_("No such lifter"), words.GONE, 404)
    squats = {one.exercise for one in found.sets}
    squat = request.args.get("squat", "")
    squat = squat if squat in words.EXERCISES else ""
    if squat:
        found = replace(found, sets=tuple(one for one in found.sets if one.exercise == squat))
    return _page(
        "lifter",
        squat=squat,
        squats=[(name, word) for name, word in words.EXERCISES.items() if name in squats],
        lifter=found,
        told=over_time(found.sets, threshold_deg, weights.unit()),
        newest=found.sets[: -TABLE_SETS - 1 : -1],
        period=period,
        tag=tag.casefold(),
        tag_shown=next((one.tag for one in found.tags if one.key == tag.casefold()), tag),
        people=[] if own is not None else everybody(database),
    )


def _delete_page(hub: LiveHub) -> Callable[[Path, float, str], str | Rendered]:
    def delete(database: Path, threshold_deg: float, lifter_id: str) -> str | Rendered:
        recall()
        found = one_lifter(database, lifter_id)
        if found is None:
            return render_message(_("No such lifter"), words.GONE, 404)
        asked = "out" in request.args  # the unit was asked just now
        lifts = not asked and at_the_rack(database, found, hub.newest().state)
        back = comes_back(database, found)
        return _page("delete", lifter=found, back=back, lifts=lifts, asked=asked)

    return delete


def _ask_merge(database: Path, threshold_deg: float, lifter_id: str) -> str | Rendered:
    found = one_lifter(database, lifter_id)
    other = one_lifter(database, request.args.get("into", ""))
    if found is None:
        return render_message(_("No such lifter"), words.GONE, 404)
    if other is None or other.id == found.id:
        return render_message(_("That did not work"), words.NOBODY_ELSE, 400)
    return _page("merge", lifter=found, other=other)


def _compare(database: Path, threshold_deg: float) -> str:
    a, b = (Condition.of(request.args, side) for side in "ab")
    places = [place_of_set(database, side.set_id) if side.set_id else None for side in (a, b)]
    if not b.chosen and (a.lifter or b != Condition()):  # whose, is said once
        b = replace(b, lifter=a.lifter or (places[0] and places[0].lifter_id) or "")
    problem = words.CHOOSE if request.args and not a.chosen and not b.set_id else None
    result = None
    refused = Condition.refused(request.args)
    if a.chosen and b.chosen and not refused:
        result = comparison(*both_sides(database, a, b))
        problem = words.SAME if a.open and b == a else None
    others = None
    beside_it = next((place for place in places if place and place.lifter_id), None)
    if result is None and beside_it is not None and beside_it.lifter_id is not None:
        others = one_lifter(database, beside_it.lifter_id)
    known = everybody(database)
    names = {one.id: one.name for one in known}
    told = [
        side_words(side, other, place, names.get(side.lifter, ""))
        for side, other, place in zip((a, b), (b, a), places, strict=True)
    ]
    return _page(
        "compare",
        told={"A": told[0], "B": told[1]},
        asked=(a, b),
        places=places,
        result=None if problem else result,
        problem=texts.told(next(iter(refused.values()))) if refused else problem and _(problem),
        typed={name: request.args.get(name, "") for name in refused},
        others=others.sets[: -TABLE_SETS - 1 : -1] if others else (),
        people=known,
        exercises=words.EXERCISES,
        most_reps=MOST_REPS,
    )


def _page(name: str, **values: Any) -> str:
    return render_template(f"coach/{name}.html", say=words, **values)
