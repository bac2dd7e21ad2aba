"""The routes below `/api/v1`: read-only, for the gym's own programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, request

from device.api_tokens import ApiTokens
from device.audit import Action, Actor, record
from device.errors import StoreError
from device.export import export_schema, reading
from device.moment import moment_now
from web.api.asked import BadRequestError, checked_names, key_asked
from web.api.openapi import PREFIX, openapi
from web.api.table import RESOURCES, Resource

SCHEMA = "application/schema+json"


def api_blueprint(database: Path) -> Blueprint:
    """One route a resource, the two documents, and an answer for every other address."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for resource in RESOURCES:
        rule = re.sub(r"\{\w+\}", "<key>", resource.path)
        blueprint.add_url_rule(rule, resource.name, _view(database, resource))

    @blueprint.get("/openapi.json")
    def document() -> Response:
        return _json(openapi(), indent=2)

    @blueprint.get("/export.schema.json")
    def schema() -> Response:
        return _json(export_schema(), mimetype=SCHEMA, indent=2)

    @blueprint.get("/", defaults={"rest": ""})
    @blueprint.get("/<path:rest>")
    def unknown(rest: str) -> Response:
        return api_error(f"There is nothing here; {PREFIX}/openapi.json says what there is.", 404)

    return blueprint


def api_error(text: str, status: int) -> Response:
    """`{"error": "A sentence."}`, as every failure of the API answers."""
    answer = _json({"error": text}, status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = "GET, HEAD, OPTIONS"
    return answer


def known_token(tokens: ApiTokens) -> Callable[[str], bool]:
    """Asks whether a token opens the API; its first use of a day leaves a line in the audit."""
    noted: dict[str, str] = {}

    def known(secret: str) -> bool:
        try:
            name = tokens.named(secret)
            if name is None:
                return False
            today = moment_now().utc[:10]
            if noted.get(name) != today:
                text = f"token '{name}' reads the history today"
                record(tokens.path, tokens.unit_name, Actor.TOKEN, Action.EXPORT, text)
                noted[name] = today
        except StoreError:
            return False
        return True

    return known


def _view(database: Path, resource: Resource) -> Callable[..., Response]:
    names = tuple(parameter.name for parameter in resource.parameters)

    def answer(key: str = "") -> Response:
        if "{" in resource.path and key_asked(key) is None:
            return _nothing()
        try:
            checked_names(request.args, names)
            with reading(database) as connection:
                found = resource.answer(connection, key, request.args)
        except BadRequestError as error:
            return api_error(str(error), 400)
        except StoreError as error:
            return api_error(str(error), 503)
        return _nothing() if found is None else _json(found)

    return answer


def _nothing() -> Response:
    return api_error("There is no such thing in this unit's history.", 404)


def _json(
    value: object,
    status: int = 200,
    mimetype: str = "application/json",
    indent: int | None = None,  # for what people read
) -> Response:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent) + "\n"
    return Response(text, status, mimetype=mimetype)
