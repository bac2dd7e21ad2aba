"""The page's own thread deletes what is too old, and leaves the rest alone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from device import retention
from device.moment import moment_now
from device.notebook import Notebook
from device.store import Store
from tests.factories import make_rep
from web.coach.search import Wanted, search
from web.retention import RetentionKeeper


def test_old_sessions_go_by_themselves(
    database: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = replace(moment_now(), clock_synchronised=True)
    monkeypatch.setattr(retention, "moment_now", lambda: now)
    old = replace(now, utc=f"2001{now.utc[4:]}")
    with Store.open(database, "rack") as store:
        store.add_rep(store.start_session(None, moment=old), make_rep(), old)
    with Notebook.open(database) as notebook:
        retention.keep_for(notebook, 12)
    with RetentionKeeper(database, first_after_s=0.01):
        until = time.monotonic() + 10
        while len(search(database, Wanted()).sessions) > 1:
            assert time.monotonic() < until, "the old session was never deleted"
            time.sleep(0.02)
    assert [row.id for row in search(database, Wanted()).sessions] == [session_id]


def test_without_a_database_it_waits(database: Path) -> None:
    with RetentionKeeper(database, first_after_s=0.01, every_s=0.01):
        time.sleep(0.1)
    assert not database.exists()
