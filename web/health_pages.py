"""How the unit is: `/health` for people, `/healthz` for monitors, `/metrics` for Prometheus."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template, request

from device.errors import StoreError
from device.health import Machine
from web import queries
from web.health import all_findings, health_view
from web.hub import LiveHub
from web.metrics import CONTENT_TYPE, EventCounts, metrics

Answer = tuple[Response, int]


def health_blueprint(database: Path, hub: LiveHub, machine: Machine, unit_name: str) -> Blueprint:
    """The three routes; none of them fails because something else has."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> str:
        page = max(1, request.args.get("page", 1, type=int))
        events: list[queries.EventRow] = []
        older, problem = False, None
        try:
            events, older = queries.events(database, page)
        except StoreError as error:
            problem = str(error)
        view = health_view(hub.newest(), machine.look(), problem)
        return render_template("health.html", health=view, events=events, page=page, older=older)

    @blueprint.get("/healthz")
    def healthz() -> Answer:
        snapshot, problem = hub.newest(), _unreadable(database)
        found = all_findings(snapshot, machine.look(), problem)
        troubles = [one.text for one in found if one.urgent]
        answer = jsonify(
            status="trouble" if troubles else "ok",
            unit=snapshot.problem or "ok",
            database=problem or "ok",
            troubles=troubles,
            advice=[one.text for one in found if not one.urgent],
        )
        return answer, 503 if troubles else 200

    @blueprint.get("/metrics")
    def prometheus() -> Response:
        counts: EventCounts = {}
        readable = True
        try:
            counts = queries.event_counts(database)
        except StoreError:
            readable = False
        text = metrics(hub.newest(), machine.look(), unit_name, readable, counts)
        return Response(text, content_type=CONTENT_TYPE)

    return blueprint


def _unreadable(database: Path) -> str | None:
    try:
        queries.check(database)
    except StoreError as error:
        return str(error)
    return None
