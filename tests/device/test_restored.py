"""What was put back is told until it was read, whatever became of the file that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from device import restored
from device.errors import StoreError

DONE = restored.PutBack("2026-11-23T03:12:00.000Z", True, "2026-11-20T17:00:00.000Z", "0002-aside")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "restore").mkdir()
    return tmp_path / "racklight.sqlite3"


def test_it_is_told_until_it_was_read(database: Path) -> None:
    assert restored.told(database) is None
    restored.tell(database, DONE)
    assert restored.told(database) == restored.told(database) == DONE
    restored.read(database)
    restored.read(database)  # two pages were open
    assert restored.told(database) is None
    assert list((database.parent / "restore").iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b"null", b"\xff", b'{"utc": "now", "more": 1}']
)
def test_a_torn_file_tells_nothing(database: Path, content: bytes) -> None:
    (database.parent / "restore" / "done.json").write_bytes(content)
    assert restored.told(database) is None


def test_a_folder_that_is_not_there_keeps_nobody_from_starting(tmp_path: Path) -> None:
    restored.tell(tmp_path / "gone" / "racklight.sqlite3", DONE)
    assert restored.told(tmp_path / "gone" / "racklight.sqlite3") is None


def test_a_file_that_can_not_go_is_said_in_a_sentence(database: Path) -> None:
    (database.parent / "restore" / "done.json").mkdir()
    with pytest.raises(StoreError, match="check that it exists and is writable"):
        restored.read(database)
