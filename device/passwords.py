"""Passwords and PINs as scrypt hashes (RFC 7914), what a good one is, and the way back in.

A hash is `scrypt$n$r$p$salt$key`, so that a later version may ask for more work and still know the
old ones.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from device import paths
from device.errors import AccountError

SHORTEST, LONGEST = 8, 200
_PIN = re.compile(r"[0-9]{4,8}")
_FIRST_TRIED = (
    "password passwort 12345678 123456789 1234567890 87654321 11111111 00000000 qwertyui qwertyuiop"
    " qwertzui qwertz123 qwerty123 iloveyou racklight racklight1 password1 password123 squatrack"
    " changeme letmein1 raspberry administrator abcdefgh abcd1234 1q2w3e4r"
)


@dataclass(frozen=True, slots=True)
class Work:
    """What one hash costs: `n` rounds of `r` blocks (128 * n * r bytes of memory)."""

    n: int = 2**14
    r: int = 8
    p: int = 1


USUAL = Work()


def hashed(secret: str) -> str:
    """A hash with a salt of its own."""
    salt, cost = os.urandom(16), USUAL
    return f"scrypt${cost.n}${cost.r}${cost.p}${salt.hex()}${_key(secret, salt, cost).hex()}"


def matches(secret: str, kept: str) -> bool:
    """Whether the secret is the one that was hashed; a damaged hash matches nothing."""
    try:
        kind, n, r, p, salt, key = kept.split("$")
        wanted = bytes.fromhex(key)
        found = _key(secret[:LONGEST], bytes.fromhex(salt), Work(int(n), int(r), int(p)))
    except (ValueError, MemoryError):
        return False
    return kind == "scrypt" and hmac.compare_digest(found, wanted)


def check_password(password: str) -> None:
    """Raises AccountError for a password that is too short, too long or the first one tried."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(
            f"A password has {SHORTEST} to {LONGEST} characters; a short sentence is a good one."
        )
    if password.casefold() in _FIRST_TRIED.split() or len(set(password)) < 4:
        raise AccountError("That password is among the first ones tried; choose another.")


def check_pin(pin: str) -> None:
    """Raises AccountError for what is no PIN, or one that everybody tries first."""
    if not _PIN.fullmatch(pin):
        raise AccountError("A PIN has 4 to 8 digits.")
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise AccountError("That PIN is among the first ones tried; choose another.")


def way_back(database: Path) -> str:
    """The command that gives the page over this very database a new password.

    One that begins with `./` is for the program's folder.
    """
    found = database.resolve()
    if found == paths.unit_database_file().resolve():
        return "sudo -u racklight racklight password"
    if found == paths.demo_database_file().resolve():
        return "./racklight password --demo"
    return f"./racklight password --database {shlex.quote(str(found))}"


def _key(secret: str, salt: bytes, cost: Work) -> bytes:
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=256 * cost.n * cost.r + 2**20,
        dklen=32,
    )
