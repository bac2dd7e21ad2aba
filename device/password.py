"""`racklight password`: a new password for the coach, from the unit's own command line.

The way back in for a coach who has forgotten it: whoever may write the unit's database may do this.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from device.accounts import Accounts
from device.audit import Actor
from device.errors import AccountError


def reset_password(
    database: Path, unit_name: str, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    """Asks twice for the new password and writes it. Raises AccountError, StoreError."""
    password = ask("New password for the coach: ")
    if ask("The same again: ") != password:
        raise AccountError("The two are not the same, so the password stays as it was.")
    Accounts(database, unit_name).change_password(password, Actor.SHELL)
    say("The coach has a new password; every browser where he was signed in asks for it.")


def asked(question: str) -> str:
    """What is typed, without showing it; from a pipe, the next line."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    line = sys.stdin.readline()
    if not line:
        raise AccountError("No password came in; type it at a terminal, or pipe it in twice.")
    return line.rstrip("\n")
