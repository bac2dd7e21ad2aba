"""Notes, tags, pain, names and whose session it was: kept as typed, refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import NotebookError, StoreError
from device.notebook import LONGEST_NOTE, MOST_TAGS, Notebook
from device.store import Store
from tests.factories import make_rep
from tests.rows import rows


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "racklight.sqlite3"
    with Store.open(path, "rack") as store:
        session = store.start_session(store.lifter("Ann").id)
        store.add_rep(session, make_rep(1, 1))
        store.add_rep(session, make_rep(2, 1, wink_deg=14.0, load_kg=120.0))
        store.lifter("Bo")
    return path


def one(path: Path, statement: str) -> str:
    return str(rows(path, statement)[0][0])


def set_of(path: Path) -> str:
    return one(path, "SELECT id FROM sets")


def test_a_note_is_kept_and_replaced(notebook: Notebook, database: Path) -> None:
    session = one(database, "SELECT id FROM sessions")
    for text in ("first", "came late\r\nbelt on"):
        notebook.write_session(session, f" {text}\x07 ")
    assert rows(database, "SELECT text FROM session_notes") == [("came late\nbelt on",)]


def test_a_set_knows_whether_it_hurt_or_nobody_asked(notebook: Notebook, database: Path) -> None:
    for pain, kept in ((True, 1), (False, 0), (None, None)):
        notebook.write_set(set_of(database), "knees", pain)
        assert rows(database, "SELECT text, pain FROM set_notes") == [("knees", kept)]


def test_tags_are_replaced_and_case_makes_no_second_tag(notebook: Notebook, database: Path) -> None:
    notebook.tag_set(set_of(database), ["belt", "old"])
    notebook.tag_set(set_of(database), ["Belt", "belt", " heels  raised ", ""])
    found = rows(database, "SELECT tag_key, tag FROM set_tags ORDER BY tag_key")
    assert found == [("belt", "belt"), ("heels raised", "heels raised")]


def test_what_does_not_fit_is_refused_and_nothing_changes(
    notebook: Notebook, database: Path
) -> None:
    notebook.tag_set(set_of(database), ["belt"])
    for tags in (["x" * 31], [str(n) for n in range(MOST_TAGS + 1)]):
        with pytest.raises(NotebookError):
            notebook.tag_set(set_of(database), tags)
    with pytest.raises(NotebookError, match="at most 2000 letters"):
        notebook.write_set(set_of(database), "x" * (LONGEST_NOTE + 1), None)
    assert rows(database, "SELECT tag FROM set_tags") == [("belt",)]
    assert rows(database, "SELECT * FROM set_notes") == []


def test_what_is_not_there_can_not_be_written_on(notebook: Notebook) -> None:
    for write in (
        lambda: notebook.write_session("nothing", "x"),
        lambda: notebook.write_set("nothing", "x", None),
        lambda: notebook.tag_set("nothing", ["x"]),
        lambda: notebook.give_session("nothing", "Ann"),
        lambda: notebook.rename("nothing", "Cid"),
    ):
        with pytest.raises(NotebookError, match="any more"):
            write()


def test_a_session_is_given_to_another_lifter_or_nobody(notebook: Notebook, database: Path) -> None:
    session = one(database, "SELECT id FROM sessions")
    whose = "SELECT lifters.name FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id"
    notebook.give_session(session, " bo ")
    assert rows(database, whose) == [("Bo",)]
    with pytest.raises(NotebookError, match="no lifter called Cid"):
        notebook.give_session(session, "Cid")
    notebook.give_session(session, "")
    assert rows(database, whose) == [(None,)]


def test_a_lifter_gets_another_name_but_not_somebody_elses(
    notebook: Notebook, database: Path
) -> None:
    ann = one(database, "SELECT id FROM lifters WHERE name = 'Ann'")
    notebook.rename(ann, "  Anna  K ")
    with Store.open(database, "rack") as store:
        assert store.lifter("anna k").id == ann
    with pytest.raises(NotebookError, match="another lifter called BO"):
        notebook.rename(ann, "BO")
    for bad in ("", "   ", "x" * 41):
        with pytest.raises(NotebookError, match=r"Type the|at most 40"):
            notebook.rename(ann, bad)


def test_the_totals_follow_reps_undos_and_sets(database: Path) -> None:
    totals = "SELECT sets, reps, clean, winks, kg_low, kg_high FROM session_totals"
    assert rows(database, totals) == [(1, 2, 1, 1, 100.0, 120.0)]
    with Store.open(database, "rack") as store:
        session = one(database, "SELECT id FROM sessions")
        last = store.add_rep(session, make_rep(3, 2, wink_deg=2.0, load_kg=60.0))
        assert rows(database, totals) == [(2, 3, 2, 1, 60.0, 120.0)]
        store.undo_rep(last)
    assert rows(database, totals) == [(1, 2, 1, 1, 100.0, 120.0)]


def test_a_unit_that_never_ran_has_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="made when the unit starts"):
        Notebook.open(tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()
