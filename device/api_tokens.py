"""Tokens by which the gym's own programs read the history: made and revoked by the coach.

    tokens = ApiTokens(database_file(), "rack")
    secret = tokens.make("club spreadsheet")     # shown once, never again
    tokens.named(secret)                         # "club spreadsheet"

Only a hash is kept: a token is 256 random bits, so one round of SHA-256 is enough.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.audit import Action, Actor, note
from device.database import reading, sentences, transaction
from device.errors import AccountError
from device.moment import moment_now
from device.store import Store, new_id

LONGEST_NAME = 40
MOST_TOKENS = 20
_PREFIX = "rl_"  # so that one is recognised where it should not lie


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its secret."""

    id: str
    name: str
    made_utc: str


class ApiTokens:
    """The tokens in one unit's database. All methods raise StoreError where the file fails."""

    def __init__(self, path: Path, unit_name: str) -> None:
        self.path = path
        self.unit_name = unit_name

    def all(self) -> list[TokenRow]:
        """Those that open something, the oldest first; none where there is no database yet."""
        if not self.path.exists():
            return []
        with reading(self.path) as connection:
            rows = connection.execute(
                "SELECT id, name, recorded_utc FROM api_tokens ORDER BY rowid"
            )
            return [TokenRow(*row) for row in rows]

    def make(self, name: str) -> str:
        """A new token. Raises AccountError for a name that is empty or too long."""
        shown = " ".join(name.split())
        if not 1 <= len(shown) <= LONGEST_NAME or not shown.isprintable():
            raise AccountError(
                f"A token needs a name of 1 to {LONGEST_NAME} letters: what will use it?"
            )
        secret, moment = _PREFIX + secrets.token_urlsafe(32), moment_now()
        with self._writing() as (connection, unit_id):
            if connection.execute("SELECT count(*) FROM api_tokens").fetchone()[0] >= MOST_TOKENS:
                raise AccountError(f"There are {MOST_TOKENS} tokens already; revoke one first.")
            connection.execute(
                "INSERT INTO api_tokens (id, unit_id, name, token_hash, recorded_utc, boot_id,"
                " clock_synchronised) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    new_id(),
                    unit_id,
                    shown,
                    _digest(secret),
                    moment.utc,
                    moment.boot_id,
                    int(moment.clock_synchronised),
                ),
            )
            note(connection, unit_id, Actor.COACH, Action.TOKEN, f"token '{shown}' made")
        return secret

    def revoke(self, token_id: str) -> str:
        """The token opens nothing any more; returns its name. Raises AccountError if unknown."""
        with self._writing() as (connection, unit_id):
            row = connection.execute(
                "DELETE FROM api_tokens WHERE id = ? RETURNING name", (token_id,)
            ).fetchone()
            if row is None:
                raise AccountError("This token was revoked already.")
            note(connection, unit_id, Actor.COACH, Action.TOKEN, f"token '{row['name']}' revoked")
        return str(row["name"])

    def named(self, secret: str) -> str | None:
        """The name of the token with this secret; None if there is none."""
        if not secret.startswith(_PREFIX) or not self.path.exists():
            return None
        with reading(self.path) as connection:
            row = connection.execute(
                "SELECT name FROM api_tokens WHERE token_hash = ?", (_digest(secret),)
            ).fetchone()
        return None if row is None else str(row["name"])

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, str]]:
        with (
            Store.open(self.path, self.unit_name) as store,
            sentences(self.path),
            transaction(store.connection),
        ):
            yield store.connection, store.unit_id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
