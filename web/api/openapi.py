"""The OpenAPI 3.1 document, made from the table of addresses."""

from __future__ import annotations

import re

from device.export import Schema
from web.api.table import RESOURCES, Resource

VERSION = "1.0.0"
PREFIX = "/api/v1"
_ERRORS = {
    "400": "A parameter makes no sense; the sentence says what would.",
    "401": "No token, or one that was revoked.",
    "404": "There is no such thing in this unit's history.",
    "503": "The unit's database can't be read at the moment.",
}


def openapi() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Racklight",
            "version": VERSION,
            "summary": "The history of one unit, to read.",
            "description": (
                "The coach makes a token on the page ‘Data’; send it as `Authorization: Bearer"
                " TOKEN`. Nothing can be changed here. The unit of a value stands in its name;"
                " null is 'not known', never 0. Times are UTC; `clock_synchronised` says what they"
                " are worth. Lists come in pages: send `next` as `after` until it is null."
            ),
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": {resource.path: {"get": _operation(resource)} for resource in RESOURCES},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": {
                    "type": "object",
                    "properties": {"error": {"type": "string"}},
                    "required": ["error"],
                }
            },
        },
    }


def _operation(resource: Resource) -> Schema:
    keys = re.findall(r"\{(\w+)\}", resource.path)
    answers = {"200": _answer("What was asked for.", resource.schema)}
    for code, meaning in _ERRORS.items():
        if code != "404" or keys:
            answers[code] = _answer(meaning, {"$ref": "#/components/schemas/Error"})
    return {
        "operationId": resource.name,
        "summary": resource.summary,
        "parameters": [
            *(
                {"name": key, "in": "path", "required": True, "schema": {"type": "string"}}
                for key in keys
            ),
            *(
                {
                    "name": parameter.name,
                    "in": "query",
                    "description": parameter.meaning,
                    "schema": parameter.schema,
                }
                for parameter in resource.parameters
            ),
        ],
        "responses": answers,
    }


def _answer(meaning: str, schema: Schema) -> Schema:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}
