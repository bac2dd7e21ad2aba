"""Load, squat and reps corrected after a set: kept on every rep, told in the audit, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from device import audit
from device.corrections import (
    RepPlace,
    SetEntry,
    Squat,
    bring_back,
    describe_set,
    set_stamp,
    strike_out,
)
from device.errors import ChangedMeanwhileError, NotebookError
from device.notebook import Notebook
from device.records import Exercise
from device.store import Store
from tests.factories import make_rep
from tests.rows import rows


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        for index in (1, 2):
            store.add_rep(session, make_rep(index, 1, load_kg=None, exercise=None))
        store.undo_rep(store.add_rep(session, make_rep(3, 1, load_kg=None)))
        store.add_rep(session, make_rep(4, 2, load_kg=80.0))
    return path


def first_set(path: Path) -> str:
    return str(rows(path, "SELECT id FROM sets WHERE number = 1")[0][0])


def entry(load_kg: float | None, exercise: Exercise | None = None, text: str = "") -> SetEntry:
    return SetEntry(text, None, (), Squat(load_kg, exercise))


def corrections(path: Path) -> list[str]:
    return [row.text.partition(": ")[2] for row in audit.newest(path) if row.action == "correct"]


def test_a_forgotten_load_comes_to_every_rep_of_the_set_and_its_totals(
    notebook: Notebook, database: Path
) -> None:
    describe_set(notebook, first_set(database), entry(102.5, Exercise.FRONT_SQUAT))
    found = rows(database, "SELECT load_kg, exercise FROM reps ORDER BY rep_index")
    assert found == [(102.5, "front_squat")] * 3 + [(80.0, None)]
    assert rows(database, "SELECT kg_low, kg_high FROM session_totals") == [(80.0, 102.5)]
    assert corrections(database) == ["no squat is now front squat", "no load is now 102.5 kg"]


def test_what_was_not_changed_is_no_correction(notebook: Notebook, database: Path) -> None:
    describe_set(notebook, first_set(database), entry(None))
    describe_set(notebook, first_set(database), SetEntry("belt on", True, ("belt",), None))
    assert corrections(database) == []
    assert rows(database, "SELECT text, pain FROM set_notes") == [("belt on", 1)]
    assert rows(database, "SELECT tag FROM set_tags") == [("belt",)]


def test_what_is_no_longer_as_it_was_shown_is_not_replaced(
    notebook: Notebook, database: Path
) -> None:
    key, shown = first_set(database), set_stamp("", None, (), None, None)
    theirs = SetEntry("theirs", None, ("belt",), Squat(60.0, None))
    describe_set(notebook, key, theirs, shown)
    for _ in range(2):
        with pytest.raises(ChangedMeanwhileError, match="not saved yet"):
            describe_set(notebook, key, entry(80.0, text="mine"), shown)
    assert rows(database, "SELECT text FROM set_notes") == [("theirs",)]
    assert rows(database, "SELECT tag FROM set_tags") == [("belt",)]
    assert corrections(database) == ["no load is now 60 kg"]
    describe_set(notebook, key, theirs, shown)  # the same once more
    describe_set(notebook, key, entry(80.0), set_stamp("theirs", None, ("belt",), 60.0, None))
    assert corrections(database)[0] == "60 kg is now 80 kg"


def test_a_load_taken_back_is_not_known_again(notebook: Notebook, database: Path) -> None:
    for load_kg in (60.0, None):
        describe_set(notebook, first_set(database), entry(load_kg))
    assert rows(database, "SELECT DISTINCT load_kg FROM reps WHERE rep_index < 4") == [(None,)]
    assert corrections(database)[0] == "60 kg is now no load"


@pytest.mark.parametrize("load_kg", [-1.0, 500.5, 9999.0])
def test_an_impossible_load_changes_nothing_at_all(
    notebook: Notebook, database: Path, load_kg: float
) -> None:
    with pytest.raises(NotebookError, match="from 0 to 500 kg"):
        describe_set(notebook, first_set(database), entry(load_kg, text="heavy"))
    assert rows(database, "SELECT * FROM set_notes") == []
    assert corrections(database) == []


def test_a_rep_struck_out_counts_no_more_until_it_is_brought_back(
    notebook: Notebook, database: Path
) -> None:
    (rep,) = rows(database, "SELECT id FROM reps WHERE rep_index = 1")[0]
    session = rows(database, "SELECT id FROM sessions")[0][0]
    assert strike_out(notebook, str(rep)) == RepPlace(session, 1, 1, changed=True)
    assert strike_out(notebook, str(rep)) == RepPlace(session, 1, 1, changed=False)
    assert rows(database, "SELECT reps FROM session_totals") == [(2,)]
    assert bring_back(notebook, str(rep)) == RepPlace(session, 1, 1, changed=True)
    assert bring_back(notebook, str(rep)) == RepPlace(session, 1, 1, changed=False)
    assert rows(database, "SELECT reps FROM session_totals") == [(3,)]
    assert corrections(database) == ["rep 1 brought back", "rep 1 struck out"]


def test_what_the_lifter_took_back_at_the_rack_can_be_brought_back(
    notebook: Notebook, database: Path
) -> None:
    (rep,) = rows(database, "SELECT id FROM reps WHERE rep_index = 3")[0]
    bring_back(notebook, str(rep))
    assert rows(database, "SELECT reps FROM session_totals") == [(4,)]


def test_what_is_not_there_is_not_corrected(notebook: Notebook) -> None:
    for work in (strike_out, bring_back):
        with pytest.raises(NotebookError, match="any more"):
            work(notebook, "nothing")
    with pytest.raises(NotebookError, match="any more"):
        describe_set(notebook, "nothing", entry(None))


def test_the_log_of_a_correction_names_nobody(notebook: Notebook, database: Path) -> None:
    describe_set(notebook, first_set(database), entry(60.0))
    assert "Ann" not in audit.newest(database)[0].text
