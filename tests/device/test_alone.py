"""One program at a time writes a history; a crash leaves nothing behind that forbids the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from device.alone import alone
from device.errors import StoreError

HOLDER = """
import sys, time
from pathlib import Path
from device.alone import alone
with alone(Path(sys.argv[1])) as mine:
    mine.at("http://127.0.0.1:8099/")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "state" / "racklight.sqlite3"


def test_a_second_program_is_told_where_the_first_one_is_until_that_is_killed(
    database: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError) as refused, alone(database):
            pass
        said = str(refused.value)
        assert f"(process {holder.pid}) and its page is at http://127.0.0.1:8099/" in said
        assert f"'kill {holder.pid}'" in said
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with alone(database):  # the crash left the file, not the lock
        assert database.with_name("racklight.sqlite3.lock").read_text() == f"{os.getpid()}\n\n"


def test_a_folder_that_takes_no_file_is_for_the_database_to_complain_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with alone(tmp_path / "file" / "racklight.sqlite3") as mine:
        mine.at("http://127.0.0.1:8099/")
