"""Who may sign in at the page: the coach by password, a lifter by PIN or by the card's secret.

    accounts = Accounts(database_file(), "rack")
    accounts.choose_first_password("three plates and a towel")
    accounts.coach_enters("three plates and a towel")     # the session key a cookie may hold

A signed cookie holds its account's session key; whoever changes a password, PIN or card makes a new
key, and every older cookie of that account is worth nothing. Each method opens the file, does one
transaction and closes it; all raise StoreError where the disk or the file fails.

That a password was chosen is also told by an empty file beside the database: were the database
lost or moved aside, whoever came first could otherwise choose a password and be the coach.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from device.audit import Action, Actor, note
from device.database import open_for_writing, reading, sentences, transaction
from device.errors import AccountError, StoreError
from device.moment import moment_now
from device.passwords import check_password, check_pin, hashed, matches
from device.store import Store

CHOSEN_FILE = "password.chosen"  # beside the database
LOST = (
    "This unit was set up before, but the coach's password is no longer in its database. Put the"
    " database back, or make a new password on this machine: the sign-in page says how to call"
    " `racklight password` there."
)


@cache
def _no_hash() -> str:
    """What is compared where there is no account: the same work, and nothing fits."""
    return hashed(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class LifterAccess:
    """A lifter and what he may sign in with."""

    id: str
    name: str
    has_pin: bool
    has_card: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who has proved who he is; `session_key` goes into his cookie.

    `account` is the lifter whose PIN or card it was; `lifter_id` and `name` whom that lifter was
    merged into since, if he was.
    """

    session_key: str
    account: str | None = None
    lifter_id: str | None = None
    name: str | None = None


class Accounts:
    """The accounts in one unit's database, which is made if it is not there when one is written."""

    def __init__(self, path: Path, unit_name: str) -> None:
        self.path = path
        self._unit_name = unit_name

    # ------------------------------------------------------------ the coach

    def coach_key(self) -> str | None:
        """The coach's session key; None before a password was chosen."""
        if not self.path.exists():
            return None
        with reading(self.path) as connection:
            row = connection.execute(f"SELECT session_key FROM coach {_OF_THIS_UNIT}").fetchone()
        return None if row is None else str(row["session_key"])

    def was_set_up(self) -> bool:
        """Whether a password was ever chosen, even if the database that held it is gone."""
        return (self.path.parent / CHOSEN_FILE).exists()

    def remember(self) -> None:
        """Has `was_set_up` say yes from now on, if there is a password.

        Where the disk refuses it, the next start of the page tries again.
        """
        with suppress(OSError, StoreError):
            if self.coach_key() is not None:
                (self.path.parent / CHOSEN_FILE).touch(mode=0o600)

    def coach_enters(self, password: str) -> Entered | None:
        """The session key for the right password, None for a wrong one.

        Raises AccountError where there was a password and it is lost.
        """
        if self.was_set_up() and self.coach_key() is None:
            raise AccountError(LOST)
        with reading(self.path) as connection:
            row = connection.execute(f"SELECT * FROM coach {_OF_THIS_UNIT}").fetchone()
        fits = matches(password, _no_hash() if row is None else row["password_hash"])
        return Entered(row["session_key"]) if fits and row is not None else None

    def choose_first_password(self, password: str) -> Entered:
        """Raises AccountError for a bad password, or where there is or was one already."""
        check_password(password)
        if self.was_set_up() and self.coach_key() is None:
            raise AccountError(LOST)
        kept = hashed(password)
        with self._writing() as (connection, unit_id):
            if connection.execute(f"SELECT 1 FROM coach {_OF_THIS_UNIT}").fetchone():
                raise AccountError("A password was chosen already; sign in with it.")
            key = _write_password(connection, unit_id, kept)
            note(connection, unit_id, Actor.COACH, Action.PASSWORD, "first password chosen")
        self.remember()
        return Entered(key)

    def change_password(self, password: str, actor: Actor) -> Entered:
        """A new password, whatever was before; signs the coach out everywhere else."""
        check_password(password)
        kept = hashed(password)
        with self._writing() as (connection, unit_id):
            key = _write_password(connection, unit_id, kept)
            note(connection, unit_id, actor, Action.PASSWORD, "new password")
        self.remember()
        return Entered(key)

    def note(self, actor: Actor, action: Action, text: str) -> None:
        """A row of the audit table for what is kept elsewhere."""
        with self._writing() as (connection, unit_id):
            note(connection, unit_id, actor, action, text)

    # ------------------------------------------------------------ lifters

    def lifters(self) -> list[LifterAccess]:
        """Every lifter by name, and what he may sign in with."""
        with reading(self.path) as connection:
            rows = connection.execute(
                "SELECT lifters.id, lifters.name, pin_hash IS NOT NULL AS pin,"
                " card_hash IS NOT NULL AS card"
                " FROM lifters LEFT JOIN lifter_access ON lifter_id = lifters.id"
                " WHERE merged_into IS NULL ORDER BY name_key"
            ).fetchall()
        return [LifterAccess(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]

    def lifter_key(self, lifter_id: str) -> Entered | None:
        """A lifter's session key and name; None for one who has neither PIN nor card."""
        with reading(self.path) as connection:
            row = connection.execute(f"{_LIFTER} WHERE lifters.id = ?", (lifter_id,)).fetchone()
            return None if row is None else _entered(connection, row)

    def lifter_enters(self, name: str, pin: str) -> Entered | None:
        """The lifter of that name, whatever its case, for his PIN; None for a wrong one."""
        key = " ".join(name.split()).casefold()
        with reading(self.path) as connection:
            row = connection.execute(f"{_LIFTER} WHERE name_key = ?", (key,)).fetchone()
            entered = None if row is None else _entered(connection, row)
        fits = matches(pin, (row and row["pin_hash"]) or _no_hash())
        return entered if fits else None

    def lifter_of_card(self, secret: str) -> Entered | None:
        """The lifter whose card holds this secret."""
        with reading(self.path) as connection:
            row = connection.execute(
                f"{_LIFTER} WHERE card_hash = ?", (_digest(secret),)
            ).fetchone()
            return None if row is None else _entered(connection, row)

    def set_pin(self, lifter_id: str, pin: str | None) -> None:
        """A new PIN, or none. Raises AccountError for a bad PIN or an unknown lifter."""
        if pin is not None:
            check_pin(pin)
        self._set_access(lifter_id, "pin_hash", None if pin is None else hashed(pin), "PIN")

    def new_card(self, lifter_id: str) -> str:
        """A new secret for the lifter's card; it can't be shown again, and the old one is void."""
        secret = secrets.token_urlsafe(18)
        self._set_access(lifter_id, "card_hash", _digest(secret), "card")
        return secret

    def drop_card(self, lifter_id: str) -> None:
        """The lifter's card opens nothing any more."""
        self._set_access(lifter_id, "card_hash", None, "card")

    def _set_access(self, lifter_id: str, column: str, value: str | None, what: str) -> None:
        moment = moment_now()
        with self._writing() as (connection, unit_id):
            known = connection.execute("SELECT 1 FROM lifters WHERE id = ?", (lifter_id,))
            if known.fetchone() is None:
                raise AccountError("There is no such lifter; open the list again.")
            connection.execute(
                f"INSERT INTO lifter_access (lifter_id, unit_id, {column}, session_key,"
                " recorded_utc, boot_id, clock_synchronised) VALUES (?, ?, ?, ?, ?, ?, ?)"
                f" ON CONFLICT (lifter_id) DO UPDATE SET {column} = excluded.{column},"
                " session_key = excluded.session_key, recorded_utc = excluded.recorded_utc,"
                " boot_id = excluded.boot_id, clock_synchronised = excluded.clock_synchronised",
                (
                    lifter_id,
                    unit_id,
                    value,
                    secrets.token_hex(16),
                    moment.utc,
                    moment.boot_id,
                    int(moment.clock_synchronised),
                ),
            )
            text = f"{'no' if value is None else 'new'} {what} for lifter {lifter_id}"
            note(connection, unit_id, Actor.COACH, Action.ACCESS, text)

    # ------------------------------------------------------------ the file

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, str]]:
        """One transaction in a connection of its own, and the unit's id."""
        if not self.path.exists():
            Store.open(self.path, self._unit_name).close()
        connection = open_for_writing(self.path)
        try:
            with sentences(self.path), transaction(connection):
                row = connection.execute("SELECT unit_id FROM this_unit").fetchone()
                if row is None:
                    raise StoreError(f"The database {self.path} is empty; start the unit once.")
                yield connection, str(row["unit_id"])
        finally:
            connection.close()


_OF_THIS_UNIT = "WHERE unit_id = (SELECT unit_id FROM this_unit)"
_LIFTER = (
    "SELECT lifters.id, name, pin_hash, session_key"
    " FROM lifters JOIN lifter_access ON lifter_id = lifters.id"
)

_MERGED_INTO = """
WITH RECURSIVE same (id) AS (
    SELECT ?
    UNION
    SELECT lifters.merged_into FROM same JOIN lifters ON lifters.id = same.id
    WHERE lifters.merged_into IS NOT NULL
)
SELECT lifters.id, lifters.name FROM same JOIN lifters ON lifters.id = same.id
WHERE lifters.merged_into IS NULL
"""


def _entered(connection: sqlite3.Connection, row: sqlite3.Row) -> Entered:
    now = connection.execute(_MERGED_INTO, (row["id"],)).fetchone()
    return Entered(row["session_key"], row["id"], now["id"], now["name"])


def _digest(secret: str) -> str:
    """A card's secret is long and random: one round is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _write_password(connection: sqlite3.Connection, unit_id: str, kept: str) -> str:
    key, moment = secrets.token_hex(16), moment_now()
    connection.execute(
        "INSERT OR REPLACE INTO coach VALUES (?, ?, ?, ?, ?, ?)",
        (
            unit_id,
            kept,
            key,
            moment.utc,
            moment.boot_id,
            int(moment.clock_synchronised),
        ),
    )
    return key
