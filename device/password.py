"""`racklight password`: a new password for the coach, from the unit's own command line.

The way back in for a coach who has forgotten it: whoever may write the unit's database may do this.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from device import paths
from device.accounts import CHOSEN_FILE, Accounts
from device.audit import Actor
from device.errors import AccountError


def database_meant(named: Path | None, demo: bool) -> Path:
    """Whose password it is: the file that was named, the demo's, or the unit's.

    Raises AccountError where no page has its data.
    """
    if named is not None:
        # a database that was lost leaves the file behind that says a password was chosen
        if not named.is_file() and not (named.parent / CHOSEN_FILE).is_file():
            raise AccountError(
                f"There is no database {named}: the sign-in page names the right one."
            )
        return named
    database = paths.demo_database_file() if demo else paths.database_file()
    if not database.parent.is_dir():
        raise AccountError(
            "There is no demo here yet: start it once with ./setup.sh demo."
            if demo
            else f"There is no unit's data in {database.parent}. For the demo's page, in the"
            " program's folder: ./racklight password --demo"
        )
    return database


def reset_password(
    database: Path, unit_name: str, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    """Asks twice for the new password and writes it. Raises AccountError, StoreError."""
    try:
        password = ask("New password for the coach: ")
        if ask("The same again: ") != password:
            raise AccountError("The two are not the same.")
        Accounts(database, unit_name).change_password(password, Actor.SHELL)
    except AccountError as error:
        raise AccountError(f"{error} The password in {database} stays as it was.") from error
    say(
        f"The coach has a new password in {database}; every browser where he was signed in to that"
        " page asks for it."
    )


def asked(question: str) -> str:
    """What is typed, without showing it; from a pipe, the next line."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    line = sys.stdin.readline()
    if not line:
        raise AccountError("No password came in; type it at a terminal, or pipe it in twice.")
    return line.rstrip("\n")
