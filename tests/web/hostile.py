"""Requests as somebody sends them who means harm, or whose program is broken.

python -m tests.web.hostile --requests 10000 --seed 1

Every route under every role, by every method, with addresses, fields, headers and bodies that are
random or known to break programs. They go to the application as a server hands them over, so that
nothing is cleaned on the way. An answer of 500 and above, an exception, a tag that comes back as
it was sent, a missing policy, or a way to another site is a fault.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from device import passwords
from device.accounts import Accounts
from device.api_tokens import ApiTokens
from device.database import reading
from device.notebook import Notebook
from device.settings import Settings, UnitSettings
from device.store import Store
from tests.factories import make_hidden_rep, make_rep, make_state
from tests.web.conftest import PASSWORD, PIN, Unit
from web.app import HUB, create_app
from web.csrf import FIELD, HEADER
from web.identity import Role

TOKEN = "the-token-of-this-visitor"
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
MARK = "<script>alert(1)</script>"
TEXTS = (
    "",
    " ",
    MARK,
    "\"'><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "' OR 1=1 --",
    '"; DROP TABLE reps; --',
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "..%2f..%2fracklight.sqlite3",
    "/etc/passwd\x00.sqlite3",
    "\x00",
    "a\r\nSet-Cookie: racklight=stolen",
    "//elsewhere.example/",
    "http://elsewhere.example/",
    "http://[",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "\ud800",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢" * 9,
    "ا" * 300,
    "%",
    "%s%n%x",
    "_" * 61,
    "x" * 5000,
    "0",
    "-1",
    "1e400",
    "nan",
    "-0.0",
    "9" * 400,
    "2" * 20,
    "1_0",
    "١٢٣",
    "true",
    "null",
    "[]",
    '{"a":' * 200,
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "00000000000000000000000000000000",
    "csv",
    "json",
    "kg",
    "nobody",
    "WyIyMDI2IiwgIngiXQ",
)
NAMES = (
    *("page", "text", "lifter", "since", "until", "kg_low", "kg_high", "verdict", "pain", "curves"),
    *("period", "tag", "deleted", "format", "from", "to", "traces", "limit", "after", "lifter_id"),
    *("next", "back", "kg", "unit", "units", "exercise", "name", "pin", "password", "again", "old"),
    *("new", "secret", "stay", "months", "into", "tags", "set", "rep", "letter", "for", "amount"),
    *("bar", "asked", "a_set", "b_set", "a_lifter", "b_lifter", "a_tag", "b_kg_low", "a_since"),
    *("wink/threshold_deg", "cue/mode", "load/gate", "load/floor_kg", "unit/name", "page/theme"),
    *("page/language", "csrf", "__class__", "a[]", ""),
)
COMMANDS = ("sign_in", "set_load", "set_exercise", "give_set", "undo_rep", "toggle_mute", "reboot")
TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "\xff/\xfe",
    "",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request; `who` is a name of `Place.cookies`."""

    who: str
    method: str
    path: bytes
    query: str
    body: bytes
    headers: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        rest = f"?{self.query[:200]} {self.headers} {self.body[:300]!r}"
        return f"{self.who} {self.method} {self.path[:200]!r}{rest}"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's page after its set-up, with one session in the history; every name is a script."""

    app: Flask
    cookies: dict[str, str]
    keys: tuple[str, ...]  # of what there really is
    bearer: str


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Makes it, with a unit that answers."""
    database, socket = folder / "racklight.sqlite3", folder / "live.sock"
    usual, passwords.USUAL = passwords.USUAL, passwords.Work(n=2)
    with Store.open(database, "rack") as store:
        lifter = store.lifter(f"Ann {MARK}").id
        session = store.start_session(lifter)
        store.add_rep(session, make_rep(1, 1, wink_deg=14.0))
        rep = store.add_rep(session, make_hidden_rep(2, 1))
    with Notebook.open(database) as notebook:
        notebook.write_session(session, MARK)
        with reading(database) as connection:
            one_set = str(connection.execute("SELECT id FROM sets").fetchone()[0])
        notebook.write_set(one_set, MARK, pain=True)
        notebook.tag_set(one_set, [MARK])
    accounts = Accounts(database, "rack")
    accounts.choose_first_password(PASSWORD)
    accounts.set_pin(lifter, PIN)
    unit = Unit(socket)
    unit.state = make_state(lifter=f"Ann {MARK}")
    unit.start()
    app = create_app(database, socket, Settings(unit=UnitSettings(name=MARK)))
    try:
        entered = accounts.lifter_key(lifter)
        assert entered is not None
        signed = {
            "guest": {},
            "ann": {"role": int(Role.LIFTER), "key": entered.session_key, "lifter": lifter},
            "coach": {"role": int(Role.COACH), "key": accounts.coach_key()},
        }
        yield Place(
            app,
            {who: _cookie(app, values) for who, values in signed.items()},
            (lifter, session, one_set, rep),
            ApiTokens(database, "rack").make(MARK),
        )
    finally:
        app.extensions[HUB].close()
        unit.stop()
        passwords.USUAL = usual


def requests(here: Place, count: int, seed: int) -> Iterator[Sent]:
    """So many requests, the same ones for the same seed."""
    rng = random.Random(seed)
    rules = sorted(here.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    for number in range(count):
        rule = rules[number % len(rules)]
        method = rng.choice(sorted(rule.methods or {"GET"}))
        if rng.random() < 0.15:
            method = rng.choice(METHODS)
        path = _path(rng, rule, here.keys)
        query = urlencode(_fields(rng), errors="surrogatepass") if rng.random() < 0.6 else ""
        if rng.random() < 0.1:
            query += "&" + "".join(chr(rng.randrange(1, 256)) for _ in range(20))
        body, kind = _body(rng)
        headers = [("Content-Type", kind), *_headers(rng, here)]
        yield Sent(rng.choice(sorted(here.cookies)), method, path, query, body, tuple(headers))


def answered(here: Place, sent: Sent) -> tuple[str, Headers, bytes]:
    """Status, headers and body; of a stream its first piece."""
    chunks, status, headers = run_wsgi_app(here.app, _environ(here, sent), buffered=False)
    try:
        streams = headers.get("Content-Type", "").startswith("text/event-stream")
        body = next(iter(chunks), b"") if streams else b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return status, headers, body


def fault(here: Place, sent: Sent) -> str | None:
    """What is wrong with the answer; None: nothing."""
    try:
        status, headers, body = answered(here, sent)
    except Exception as error:  # the server would answer 500
        return f"{type(error).__name__}: {error}"
    if int(status.split()[0]) >= 500:
        return status
    if "Content-Security-Policy" not in headers:
        return "no policy"
    if headers.get("Content-Type", "").startswith("text/html") and MARK.encode() in body:
        return "a script came back as it was sent"
    leads = headers.get("Location", "/").removeprefix("http://localhost")
    if not leads.startswith("/") or leads.startswith(("//", "/\\")):
        return f"leads to {leads}"
    return None


def main() -> int:
    """Sends the requests and prints what was wrong; the exit code says whether anything was."""
    parser = argparse.ArgumentParser(description="Sends the page what would harm it.")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began_s = time.process_time()
    faults: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, place(Path(folder)) as here:
        for sent in requests(here, asked.requests, asked.seed):
            found = fault(here, sent)
            if found is not None:
                faults[found] += 1
                if faults[found] <= 3:
                    print(f"{found}: {sent}")
    took_s = time.process_time() - began_s
    print(f"{asked.requests} requests, {faults.total()} faults, {took_s:.0f} s of processor time")
    return 1 if faults else 0


# ---------------------------------------------------------------- one request


def _environ(here: Place, sent: Sent) -> dict[str, Any]:
    with closing(EnvironBuilder(method="GET", path="/")) as builder:
        environ = builder.get_environ()
    environ["REQUEST_METHOD"] = sent.method
    environ["PATH_INFO"] = sent.path.decode("latin-1")
    environ["QUERY_STRING"] = sent.query
    environ["wsgi.input"] = io.BytesIO(sent.body)
    environ["CONTENT_LENGTH"] = str(len(sent.body))
    environ["HTTP_COOKIE"] = f"racklight={here.cookies[sent.who]}"
    for name, value in sent.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def _cookie(app: Flask, values: dict[str, Any]) -> str:
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(values, until=time.time() + 36_000)
        session[FIELD] = TOKEN
    found = client.get_cookie("racklight")
    assert found is not None
    return str(found.value)


def _path(rng: random.Random, rule: Rule, keys: tuple[str, ...]) -> bytes:
    """The rule with something in its gaps: what there is, or anything at all."""
    parts = []
    for is_gap, text in rule._trace:
        if not is_gap:
            parts.append(text.partition("|")[2] if text.startswith("|") else text)
        elif rng.random() < 0.4:
            parts.append(rng.choice((*keys, *COMMANDS)))
        else:
            parts.append(rng.choice(TEXTS)[:300])
    path = "".join(parts).encode("utf-8", "surrogatepass")
    if rng.random() < 0.08:
        path += bytes(rng.randrange(256) for _ in range(8))
    return path if path.startswith(b"/") else b"/" + path


def _fields(rng: random.Random) -> list[tuple[str, str]]:
    return [(rng.choice(NAMES), rng.choice(TEXTS)) for _ in range(rng.randrange(1, 6))]


def _body(rng: random.Random) -> tuple[bytes, str]:
    """The body, and the type it claims to have."""
    chance = rng.random()
    if chance < 0.7:
        fields = [(name, value) for name in NAMES if rng.random() < 0.5 for value in _one(rng)]
        pairs = "&".join(f"{quote_plus(n)}={_quoted(v)}" for n, v in fields)
        return pairs.encode()[:16_000], TYPES[0]
    if chance < 0.8:
        return json.dumps(dict(_fields(rng))).encode(), rng.choice(TYPES)
    if chance < 0.9:
        part = b'--x\r\nContent-Disposition: form-data; name="backup"; filename="../../a"\r\n\r\n'
        return part + bytes(rng.randrange(256) for _ in range(60)) + b"\r\n--x--\r\n", TYPES[4]
    size = 20_000 if rng.random() < 0.1 else rng.randrange(200)
    return rng.randbytes(size), rng.choice(TYPES)


def _one(rng: random.Random) -> list[str]:
    return [rng.choice(TEXTS)[:300]]


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def _headers(rng: random.Random, here: Place) -> Iterator[tuple[str, str]]:
    if rng.random() < 0.9:
        yield "Origin", "http://localhost"
        yield HEADER, TOKEN
    else:
        yield "Origin", rng.choice(("null", "http://[", "http://elsewhere.example", "\xff"))
    if rng.random() < 0.3:
        bearer = here.bearer if rng.random() < 0.6 else rng.choice(TEXTS)[:200]
        yield "Authorization", f"Bearer {bearer}".encode("utf-8", "replace").decode("latin-1")
    if rng.random() < 0.1:
        yield rng.choice(("Range", "If-None-Match", "If-Modified-Since", "Accept")), "\xff=0-,-1;x"


if __name__ == "__main__":
    sys.exit(main())
