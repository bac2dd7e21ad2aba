"""Cards are for phones: one made where the page is open as ‘localhost’ says that it is none."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from device.accounts import Accounts
from web import reach
from web.csrf import FIELD, HEADER

ALONE = "No phone can open this card"


def card(coach: FlaskClient, database: Path, host: str) -> str:
    lifter = Accounts(database, "rack").lifters()[0].id
    headers = {"Origin": f"http://{host}", HEADER: "a-token"}
    with coach.session_transaction() as cookie:
        held = dict(cookie)
    with coach.session_transaction(base_url=f"http://{host}") as cookie:
        cookie.update(held | {FIELD: "a-token"})
    made = coach.post(f"/access/{lifter}/card", base_url=f"http://{host}", headers=headers)
    assert made.status_code == 200, made.text
    return made.text


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "localhost"])
def test_a_card_that_no_phone_can_open_says_so_and_what_to_do(
    coach: FlaskClient, session_id: str, database: Path, host: str
) -> None:
    text = card(coach, database, host)
    assert ALONE in text
    assert "make the card again there" in text
    assert 'class="qr"' not in text
    assert "Scan it" not in text


@pytest.mark.parametrize("host", ["rack-1a2b.local:8080", "192.168.1.20:8080", "rack"])
def test_a_card_made_by_name_or_address_is_scanned(
    coach: FlaskClient, session_id: str, database: Path, host: str
) -> None:
    text = card(coach, database, host)
    assert ALONE not in text
    assert 'class="qr"' in text
    assert f"http://{host}/card/" in text


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("http://localhost/", True),
        ("http://rack.localhost:8080/", True),
        ("http://127.3.2.1/", True),
        ("http://[::1]:8080/", True),
        ("http://0.0.0.0:8080/", True),
        ("http://10.0.0.7/", False),
        ("http://localhost.gym/", False),
        ("http://[fe80::1]/", False),
    ],
)
def test_what_means_the_asking_device(address: str, alone: bool) -> None:
    assert reach.only_here(urlsplit(address)) is alone


class Network:
    """Stands for the socket of a machine with an address, or without a network."""

    def __init__(self, number: str | None) -> None:
        self.number = number

    def __call__(self, *kind: object) -> Network:
        return self

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *error: object) -> None: ...

    def connect(self, address: object) -> None:
        if self.number is None:
            raise OSError(101, "Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return str(self.number), 4711


@pytest.mark.parametrize(
    ("name", "number", "found"),
    [
        (
            "rack-1a2b",
            "192.168.1.20",
            ["http://rack-1a2b.local:8080/access", "http://192.168.1.20:8080/access"],
        ),
        ("Platform 2", "192.168.1.20", ["http://192.168.1.20:8080/access"]),
        ("rack-1a2b", None, ["http://rack-1a2b.local:8080/access"]),
        ("rack", None, []),
        ("rack", "127.0.0.1", []),
    ],
)
def test_other_devices_are_told_what_is_known(
    monkeypatch: pytest.MonkeyPatch, name: str, number: str | None, found: list[str]
) -> None:
    monkeypatch.setattr(socket, "socket", Network(number))
    here = urlsplit("http://localhost:8080/access")
    assert reach.for_others(here, name) == found
