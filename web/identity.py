"""Who sits at this browser: a guest, a lifter or the coach, by a signed cookie.

The cookie holds the account's session key, never a password. It is HttpOnly and SameSite=Lax; it
can't be Secure, as the unit serves plain http in the gym's own network. Signing in begins a new
session: nothing that was in the cookie before stays in it.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from pathlib import Path

from flask import Flask, current_app, g, session

from device.accounts import Accounts, Entered
from device.errors import StoreError

ACCOUNTS = "racklight-accounts"
READS = "racklight-reads"
KEPT = timedelta(days=30)  # 'stay signed in on this device'
VISIT = timedelta(hours=12)
SECRET_FILE = "web.secret"  # the file, beside the database


class Role(IntEnum):
    """Who may do something: everybody above may, too."""

    GUEST = 0
    LIFTER = 1
    READER = 2  # sees everything, changes nothing (setting web/reading = everyone)
    COACH = 3


@dataclass(frozen=True, slots=True)
class Who:
    """Who sends this request; a lifter's id and name if he is one."""

    role: Role = Role.GUEST
    lifter_id: str | None = None
    lifter: str | None = None


def install(app: Flask, accounts: Accounts, reads: Callable[[], bool]) -> None:
    """Cookies for this application; `reads`: whether everybody reads everything just now."""
    app.extensions[ACCOUNTS] = accounts
    app.extensions[READS] = reads
    accounts.remember()
    app.secret_key = secret_beside(accounts.path)
    app.config.update(
        SESSION_COOKIE_NAME="racklight",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=KEPT,
    )
    app.jinja_env.globals.update(who=who, Role=Role)


def secret_beside(database: Path) -> bytes:
    """What cookies are signed with, made on the first start and readable by the unit alone.

    Where it can't be kept, a new one serves until the page ends: people then sign in again.
    """
    file = database.parent / SECRET_FILE
    fresh = secrets.token_bytes(32)
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as made:
            made.write(fresh)
        return fresh
    except FileExistsError:
        pass
    except OSError:
        return fresh
    try:
        kept = file.read_bytes()
    except OSError:
        return fresh
    return kept if len(kept) == len(fresh) else fresh


def accounts() -> Accounts:
    """The accounts of the application that answers this request."""
    found: Accounts = current_app.extensions[ACCOUNTS]
    return found


def everyone_reads() -> bool:
    """Whether whoever reaches the page reads everybody's history (setting web/reading)."""
    reads: Callable[[], bool] = current_app.extensions[READS]
    return reads()


def begin(role: Role, entered: Entered, stay: bool) -> None:
    """Signs this browser in, in a session that has nothing of the one before."""
    session.clear()
    session.permanent = stay
    session["role"] = int(role)
    session["key"] = entered.session_key
    session["lifter"] = entered.account
    session["until"] = time.time() + (KEPT if stay else VISIT).total_seconds()
    _forget()


def end() -> None:
    """Signs this browser out."""
    session.clear()
    _forget()


def who() -> Who:
    """Who sends the request that is being answered."""
    if "who" not in g:
        g.who = _who()
    found: Who = g.who
    return found


def own_lifter() -> str | None:
    """The only lifter whose history may be shown; None: everybody's (coach, reader)."""
    here = who()
    if here.role >= Role.READER:
        return None
    return here.lifter_id or ""


def password_chosen() -> bool:
    """Whether the unit was set up; a database that can't be read, or is lost, counts as set up."""
    try:
        return _coach_key() is not None or accounts().was_set_up()
    except StoreError:
        return True


def password_lost() -> bool:
    """Whether there was a password, and the database holds none any more."""
    try:
        return _coach_key() is None and accounts().was_set_up()
    except StoreError:
        return False


def _coach_key() -> str | None:
    """Read once for each request. Raises StoreError."""
    if "coach_key" not in g:
        g.coach_key = accounts().coach_key()
    found: str | None = g.coach_key
    return found


def _forget() -> None:
    for name in ("who", "coach_key"):
        g.pop(name, None)


def _who() -> Who:
    found = _signed_in()
    if found.role < Role.READER and everyone_reads():
        return Who(Role.READER, found.lifter_id, found.lifter)
    return found


def _signed_in() -> Who:
    if not session.get("key") or not time.time() < session.get("until", 0):
        return Who()
    try:
        if session.get("role") == Role.COACH:
            return Who(Role.COACH) if _coach_key() == session["key"] else Who()
        lifter = accounts().lifter_key(session.get("lifter") or "")
    except StoreError:
        return Who()
    if lifter is None or lifter.session_key != session["key"]:
        return Who()
    return Who(Role.LIFTER, lifter.lifter_id, lifter.name)
