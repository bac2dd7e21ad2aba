"""Signing in: the coach by password, a lifter by PIN or card; and signing out."""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from device.accounts import LOST, Entered
from device.errors import AccountError, StoreError
from web.access import SIGN_IN, TABLE, safe_next
from web.identity import Role, accounts, begin, end, password_lost, who
from web.limits import (
    ADDRESS_PATIENCE,
    COACH_PATIENCE,
    LIFTER_PATIENCE,
    Limits,
    Patience,
    network_of,
)
from web.pages import Rendered, render_message
from web.texts import gettext as _
from web.texts import ngettext

# What refuses a form stands at the form's own address, where people load it again or keep it.
_BOTH = ("GET", "POST")
AT_ONCE = 2  # passwords checked at the same time: each takes 16 MB for a moment
BUSY_S = 5.0

Answer = Response | Rendered | tuple[str, int, dict[str, str]]


class RefusedError(Exception):
    """Why somebody is not let in, in a sentence; `retry_s` where waiting helps."""

    def __init__(self, text: str, status: int = 403, retry_s: float = 0.0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_s = retry_s


class Door:
    """Lets people in, and slows down those who guess."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._places = threading.Semaphore(AT_ONCE)

    def coach(self, password: str, address: str | None) -> Entered:
        """The coach, for his password. Raises RefusedError, StoreError."""
        key = ("coach", network_of(address))
        with self._trying({key: COACH_PATIENCE}):
            try:
                entered = accounts().coach_enters(password)
            except AccountError as error:
                raise RefusedError(str(error)) from error
        if entered is None:
            raise RefusedError(_("That is not the coach's password."))
        self._limits.right(key)
        return entered

    def lifter(self, name: str, pin: str, address: str | None) -> Entered:
        """A lifter, for his PIN. Raises RefusedError, StoreError."""
        here = ("pins", network_of(address))
        lifter = ("lifter", " ".join(name.split()).casefold()[:100])
        with self._trying({here: ADDRESS_PATIENCE, lifter: LIFTER_PATIENCE}):
            entered = accounts().lifter_enters(name, pin)
        if entered is None:
            raise RefusedError(
                _(
                    "Name and PIN do not belong together. The coach can give you a PIN, or a new"
                    " one."
                )
            )
        self._limits.right(lifter)
        self._limits.one_less(here)
        return entered

    def card(self, secret: str, address: str | None) -> Entered:
        """A lifter, for the secret of his card. Raises RefusedError, StoreError."""
        here = ("cards", network_of(address))
        with self._trying({here: ADDRESS_PATIENCE}):
            entered = accounts().lifter_of_card(secret)
        if entered is None:
            raise RefusedError(_("This card is no longer valid; ask the coach for a new one."))
        self._limits.one_less(here)
        return entered

    @contextmanager
    def _trying(self, keys: Mapping[Hashable, Patience]) -> Iterator[None]:
        wait_s = self._limits.attempt(keys)
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            raise RefusedError(
                ngettext(
                    "Too many wrong tries. Wait %(num)s second, then try again.",
                    "Too many wrong tries. Wait %(num)s seconds, then try again.",
                    seconds,
                ),
                429,
                wait_s,
            )
        if not self._places.acquire(timeout=BUSY_S):
            raise RefusedError(_("The unit is busy; try again in a moment."), 503, BUSY_S)
        try:
            yield
        finally:
            self._places.release()


def sign_in_blueprint(door: Door) -> Blueprint:
    """The routes `/sign-in`, `/sign-out`, `/card/...` and `/me`."""
    blueprint = Blueprint("accounts", __name__)

    @blueprint.get("/sign-in")
    def sign_in() -> Answer:
        return _form(coach_problem=RefusedError(LOST) if password_lost() else None)

    @blueprint.route("/sign-in/coach", methods=_BOTH)
    def sign_in_coach() -> Answer:
        if request.method != "POST":
            return redirect(SIGN_IN, 303)
        try:
            entered = door.coach(request.form.get("password", ""), request.remote_addr)
        except (RefusedError, StoreError) as error:
            return _form(coach_problem=error)
        begin(Role.COACH, entered, stay="stay" in request.form)
        return redirect(safe_next(request.form.get("next")), 303)

    @blueprint.route("/sign-in/lifter", methods=_BOTH)
    def sign_in_lifter() -> Answer:
        if request.method != "POST":
            return redirect(SIGN_IN, 303)
        name = request.form.get("name", "")
        try:
            entered = door.lifter(name, request.form.get("pin", ""), request.remote_addr)
        except (RefusedError, StoreError) as error:
            return _form(lifter_problem=error, name=name)
        begin(Role.LIFTER, entered, stay="stay" in request.form)
        return redirect(safe_next(request.form.get("next"), "/me"), 303)

    @blueprint.get("/card/<secret>")
    def card(secret: str) -> str:
        # Only a form signs in: a link that is fetched beforehand or planted does nothing.
        return render_template("accounts/card.html", secret=secret)

    @blueprint.route("/card", methods=_BOTH)
    def use_card() -> Answer:
        if request.method != "POST":
            return redirect(SIGN_IN, 303)
        try:
            entered = door.card(request.form.get("secret", ""), request.remote_addr)
        except (RefusedError, StoreError) as error:
            return render_message(_("Not signed in"), str(error), _status(error))
        begin(Role.LIFTER, entered, stay=True)
        return redirect("/me", 303)

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        end()
        return redirect("/", 303)

    @blueprint.get("/me")
    def me() -> Response:
        lifter_id = who().lifter_id
        return redirect(f"/lifters/{lifter_id}" if lifter_id else "/sessions", 303)

    return blueprint


def _form(
    coach_problem: Exception | None = None,
    lifter_problem: Exception | None = None,
    name: str = "",
) -> Answer:
    """The page with both forms; a password or PIN is never sent back."""
    problem = coach_problem or lifter_problem
    wanted = safe_next(request.values.get("next"), "")
    text = render_template(
        "accounts/sign_in.html",
        coach_problem=coach_problem,
        lifter_problem=lifter_problem,
        name=name,
        next=wanted,
        for_coach=_for_the_coach(wanted),
    )
    retry_s = problem.retry_s if isinstance(problem, RefusedError) else 0.0
    headers = {"Retry-After": str(math.ceil(retry_s))} if retry_s else {}
    return text, 200 if problem is None else _status(problem), headers


def _for_the_coach(wanted: str) -> bool:
    """Whether it is an address that the coach alone may open."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(urlsplit(wanted).path, "GET")
    except HTTPException:  # there is no such page
        return False
    return TABLE.get(endpoint) is Role.COACH


def _status(problem: Exception) -> int:
    return problem.status if isinstance(problem, RefusedError) else 503
