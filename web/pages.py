"""The pages: now, placement, sessions, one session, and health for machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from device.errors import StoreError
from web import queries
from web.charts import rep_chart, scale_for
from web.hub import LiveHub
from web.now import now_view
from web.placement import placement_view

Rendered = tuple[Any, int]


def pages_blueprint(database: Path, hub: LiveHub) -> Blueprint:
    """The routes a person reads."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def now() -> str:
        return render_template("now.html", now=now_view(hub.newest()))

    @blueprint.get("/placement")
    def placement() -> str:
        return render_template("placement.html", placement=placement_view(hub.newest()))

    @blueprint.get("/sessions")
    def sessions() -> str | Rendered:
        page = max(1, request.args.get("page", 1, type=int))
        try:
            found, older = queries.sessions(database, page)
        except StoreError as error:
            return render_message("No history to show", str(error), _status(database))
        return render_template("sessions.html", sessions=found, page=page, older=older)

    @blueprint.get("/sessions/<session_id>")
    def session(session_id: str) -> str | Rendered:
        try:
            found = queries.session(database, session_id)
        except StoreError as error:
            return render_message("No history to show", str(error), _status(database))
        if found is None:
            return render_message("No such session", "It is not in this unit's history.", 404)
        row, reps = found
        scale = scale_for(reps)
        sets: dict[int, list[tuple[queries.RepRow, Any]]] = {}
        for rep in reps:
            sets.setdefault(rep.set, []).append((rep, rep_chart(rep, scale)))
        return render_template("session.html", session=row, sets=sets, scale=scale)

    @blueprint.get("/healthz")
    def healthz() -> Rendered:
        unit = hub.newest().problem or "ok"
        try:
            queries.check(database)
            store = "ok"
        except StoreError as error:
            store = str(error)
        well = unit == store == "ok"
        return jsonify(status="ok" if well else "trouble", unit=unit, database=store), (
            200 if well else 503
        )

    return blueprint


def render_message(title: str, text: str, status: int) -> Rendered:
    """A page that says one thing."""
    return render_template("message.html", title=title, text=text), status


def _status(database: Path) -> int:
    """A unit that has never run is no fault of the server."""
    return 503 if database.exists() else 200
