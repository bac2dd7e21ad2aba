"""Every address under every role, before and after set-up, with and without the form's token."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, NumberConverter
from werkzeug.test import TestResponse

from device.settings import Settings
from tests.web.conftest import HERE, Visitor
from web.access import BEFORE_SETUP, FOR_TOKENS, TABLE, safe_next
from web.app import HUB, create_app
from web.identity import Role

# What is written here a second time on purpose: whoever opens an address to more people than the
# coach changes this list, too. Everything else is the coach's alone.
FOR_GUESTS = {
    "static",
    "pages.now",
    "pages.placement",
    "events.events",
    "events.placement_events",
    "forms.ask",
    "forms.ask_again",
    "rack.screen",
    "rack.who",
    "rack.load",
    "health.healthz",
    "health.prometheus",
    "accounts.sign_in",
    "accounts.sign_in_coach",
    "accounts.sign_in_lifter",
    "accounts.card",
    "accounts.use_card",
    "accounts.sign_out",
    "setup.start",
    "setup.password",
    "api.document",
    "api.schema",
}
FOR_LIFTERS = {
    "accounts.me",
    "coach.sessions",
    "coach.session",
    "coach.rep_numbers",
    "coach.lifter",
}
FOR_READERS = {"health.health", "coach.today", "coach.lifters", "coach.compare"}

Client = Callable[[], FlaskClient]


def rules(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with each of its methods and an address that fits it."""
    for rule in app.url_map.iter_rules():
        values = {name: fitting(rule, name) for name in rule._converters}
        values |= rule.defaults or {}
        with app.test_request_context():
            built = rule.build(values)
        assert built is not None
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, built[1]


def fitting(rule: Rule, name: str) -> object:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    if isinstance(converter, NumberConverter):
        return 1
    return "page.css" if name == "filename" else "0" * 32


def sent(client: FlaskClient, method: str, address: str, **headers: str) -> TestResponse:
    answer = client.open(address, method=method, headers=HERE | headers)
    answer.close()  # a stream would keep its place
    return answer


def refused(answer: TestResponse) -> bool:
    if answer.status_code == 303:
        return answer.headers["Location"].startswith(("/sign-in?next=", "/setup"))
    return answer.status_code == 401 or (
        answer.status_code == 403 and "<h1>Not for you</h1>" in answer.text
    )


def same_cookie(client: FlaskClient) -> Client:
    """Makes clients that are signed in as this one is, whatever the last one did."""
    with client.session_transaction() as cookie:
        kept = dict(cookie)

    def made() -> FlaskClient:
        fresh = client.application.test_client()
        with fresh.session_transaction() as again:
            again.update(kept)
        return fresh

    return made


def test_every_address_has_a_role_and_every_role_an_address(unit_app: Flask) -> None:
    endpoints = {rule.endpoint for rule in unit_app.url_map.iter_rules()}
    assert endpoints == set(TABLE) | FOR_TOKENS
    assert not set(TABLE) & FOR_TOKENS
    assert endpoints >= BEFORE_SETUP


def test_who_may_do_what_is_what_this_test_says() -> None:
    by_role = {role: {name for name, least in TABLE.items() if least is role} for role in Role}
    assert by_role[Role.GUEST] == FOR_GUESTS
    assert by_role[Role.LIFTER] == FOR_LIFTERS
    assert by_role[Role.READER] == FOR_READERS


@pytest.mark.parametrize("role", list(Role))
def test_every_route_under_every_role(role: Role, request: pytest.FixtureRequest) -> None:
    name = {Role.GUEST: "guest", Role.LIFTER: "ann", Role.READER: "page", Role.COACH: "coach"}[role]
    client: FlaskClient = request.getfixturevalue(name)
    again = same_cookie(client)
    wrong = []
    for rule, method, address in rules(client.application):
        if rule.endpoint == "setup.start":
            continue  # sends everybody on: the coach to the next step, others to sign in
        if rule.endpoint == "coach.lifter" and role is Role.LIFTER:
            continue  # this address is another lifter's: the test below
        answer = sent(again(), method, address)
        least = TABLE.get(rule.endpoint, Role.READER)  # of tokens: a reader may look
        if refused(answer) != (role < least):
            wrong.append((rule.endpoint, method, answer.status_code))
        assert answer.status_code not in (500, 501), (rule.endpoint, method)
    assert not wrong


def test_a_lifter_sees_himself_and_nobody_else(ann: FlaskClient) -> None:
    assert ann.get(ann.get("/me").headers["Location"]).status_code == 200
    assert ann.get(f"/lifters/{'0' * 32}").status_code == 403


def test_nothing_changes_without_token_and_origin(coach: FlaskClient) -> None:
    again = same_cookie(coach)
    wrong = []
    for rule, method, address in rules(coach.application):
        if method == "GET":
            continue
        for headers in (
            {"X-CSRF-Token": ""},
            {"X-CSRF-Token": "guessed"},
            {"Origin": "http://elsewhere.example"},
            {"Origin": "null"},
        ):
            answer = sent(again(), method, address, **headers)
            told = "not carried out" in answer.text or "open for too long" in answer.text
            if answer.status_code != 403 or not told:
                wrong.append((rule.endpoint, headers, answer.status_code))
    assert not wrong


def test_before_a_password_was_chosen_all_leads_to_the_wizard(
    database: Path, socket_path: Path
) -> None:
    app = create_app(database, socket_path, Settings())
    app.test_client_class = Visitor
    try:
        for rule, method, address in rules(app):
            answer = sent(app.test_client(), method, address)
            to_wizard = answer.status_code == 303 and answer.headers["Location"] == "/setup"
            assert to_wizard == (rule.endpoint not in BEFORE_SETUP), (rule.endpoint, method)
    finally:
        app.extensions[HUB].close()


def test_an_address_that_is_not_in_the_table_is_refused_even_to_the_coach(
    coach: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    coach.application.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    with caplog.at_level(logging.ERROR):
        answer = coach.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert "forgotten is not in web/access.py" in caplog.text


def test_what_is_not_for_everybody_is_kept_in_no_cache(coach: FlaskClient) -> None:
    assert coach.get("/settings").headers["Cache-Control"] == "no-store"
    assert coach.get("/").headers["Cache-Control"] == "no-cache"


def test_a_guest_is_brought_back_to_where_he_wanted(guest: FlaskClient) -> None:
    answer = guest.get("/sessions?page=2")
    assert answer.headers["Location"] == "/sign-in?next=/sessions%3Fpage%3D2"
    assert 'name="next" value="/sessions?page=2"' in guest.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    "wanted",
    [
        "http://elsewhere.example/",
        "http://[",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/a\nb",
        "sessions",
        "",
        None,
    ],
)
def test_sign_in_leads_to_this_page_only(wanted: str | None) -> None:
    assert safe_next(wanted) == "/"
    assert safe_next("/sessions?page=2") == "/sessions?page=2"
