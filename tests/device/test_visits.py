"""Lifters take turns: each has an own visit, sets, load; reps and sets can be put right."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.records import Exercise, Verdict, VerdictName
from device.store_writer import StoreWriter
from device.visits import GONE_S, TOLD_S, Visits
from tests.factories import make_rep


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "unit.sqlite3"


@pytest.fixture
def writer(path: Path) -> Iterator[StoreWriter]:
    with StoreWriter(path, "rack") as opened:
        yield opened


@pytest.fixture
def visits(writer: StoreWriter) -> Visits:
    return Visits(writer)


SETS_OF = """
SELECT coalesce(lifters.name, '-'), sets.number, count(reps.id)
FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id
    JOIN sets ON sets.session_id = sessions.id
    LEFT JOIN reps ON reps.set_id = sets.id AND reps.undone_utc IS NULL
GROUP BY sets.id ORDER BY sets.rowid
"""


def rows(path: Path, writer: StoreWriter, query: str = SETS_OF) -> list[Any]:
    assert writer.flush(20)
    assert writer.problem is None
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def squat(
    visits: Visits, writer: StoreWriter, index: int, counted_set: int, **changes: Any
) -> None:
    visits.add_rep(make_rep(index, counted_set, **changes))
    assert writer.flush(20)
    visits.settle()


def test_lifters_who_take_turns_keep_their_own_visits_and_set_numbers(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    for index, name in enumerate(("Ann", "Ben", "ann", "Ben"), start=1):
        visits.sign_in(name)
        squat(visits, writer, index, index)
    assert rows(path, writer) == [("Ann", 1, 1), ("Ben", 1, 1), ("Ann", 2, 1), ("Ben", 2, 1)]
    assert rows(path, writer, "SELECT count(*) FROM sessions") == [(2,)]
    assert (visits.lifter, visits.set, visits.reps_in_set) == ("Ben", 2, 1)
    visits.sign_in("Ann")
    assert (visits.set, visits.reps_in_set) == (2, 1)
    assert visits.last_rep is not None
    assert visits.last_rep.index == 3


def test_load_and_exercise_stay_with_their_lifter(visits: Visits) -> None:
    visits.now.load_kg, visits.now.exercise = 60.0, Exercise.GOBLET
    visits.sign_in("Ann")  # who entered it before saying who is there
    assert (visits.now.load_kg, visits.now.exercise) == (60.0, Exercise.GOBLET)
    visits.sign_in("Ben")
    assert [visits.now.load_kg, visits.now.exercise] == [None, None]
    visits.sign_in("Ann")
    assert visits.now.load_kg == 60.0
    visits.sign_in(None)
    visits.sign_in("Ann")
    assert visits.now.load_kg is None


def test_nobody_moving_ends_every_visit_after_a_warning(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    for name in ("Ann", "Ben"):
        visits.sign_in(name)
    assert not visits.seen(10.0, True)
    assert visits.signs_out_s is None
    assert not visits.seen(10.0 + GONE_S - TOLD_S + 20, False)
    assert visits.signs_out_s == pytest.approx(TOLD_S - 20)
    visits.stir()
    assert visits.signs_out_s is None
    assert not visits.seen(10.0 + GONE_S + 1, False)
    assert visits.seen(1000.0, False)
    assert visits.lifter is None
    assert not visits.seen(2000.0, False)
    assert visits.signs_out_s is None
    assert rows(path, writer, "SELECT count(*) FROM sessions WHERE ended_utc IS NULL") == [(0,)]


def test_a_load_that_nobody_signed_in_for_is_forgotten_too(visits: Visits) -> None:
    visits.now.load_kg = 60.0
    assert not visits.seen(GONE_S - 1, False)
    assert visits.seen(GONE_S, False)
    assert [visits.now.load_kg] == [None]
    assert not visits.seen(3 * GONE_S, False)


def test_a_rep_taken_back_can_be_brought_back(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    for index in (1, 2):
        squat(visits, writer, index, 1)
    visits.undo()
    assert (visits.reps_in_set, visits.undone) == (1, 2)
    assert visits.last_rep is not None
    assert visits.last_rep.index == 1
    assert rows(path, writer) == [("Ann", 1, 1)]
    visits.redo()
    assert (visits.reps_in_set, visits.undone, visits.last_rep.index) == (2, None, 2)
    visits.redo()
    assert rows(path, writer) == [("Ann", 1, 2)]


def test_the_next_rep_ends_the_chance_to_bring_one_back(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    visits.undo()
    squat(visits, writer, 2, 1)
    visits.redo()
    assert not visits.undone
    assert rows(path, writer) == [("Ann", 1, 1)]


def test_the_last_rep_can_be_taken_back_after_its_set_was_ended(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    visits.new_set()
    visits.undo()
    visits.undo()
    assert rows(path, writer) == [("Ann", 1, 0)]
    visits.redo()
    assert rows(path, writer) == [("Ann", 1, 1)]
    assert visits.reps_in_set == 0


def test_what_is_entered_while_a_set_runs_is_the_next_sets(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1, load_kg=60.0, exercise=Exercise.BACK_SQUAT)
    squat(visits, writer, 2, 1, load_kg=80.0, exercise=Exercise.FRONT_SQUAT)
    squat(visits, writer, 3, 2, load_kg=80.0, exercise=Exercise.FRONT_SQUAT)
    lifted = "SELECT load_kg, exercise FROM reps ORDER BY rep_index"
    asked = [(60.0, "back_squat"), (60.0, "back_squat"), (80.0, "front_squat")]
    assert rows(path, writer, lifted) == asked


def test_a_set_that_was_ended_is_shown_until_the_next_one_begins(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    squat(visits, writer, 2, 1)
    visits.end_set()
    assert (visits.set, visits.reps_in_set) == (1, 2)
    squat(visits, writer, 3, 1)
    assert (visits.set, visits.reps_in_set) == (2, 1)
    assert rows(path, writer) == [("Ann", 1, 2), ("Ann", 2, 1)]


def test_a_rep_that_is_not_written_yet_can_be_taken_back(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    visits.add_rep(make_rep(1, 1))
    visits.undo()
    visits.settle()
    assert visits.reps_in_set == 0
    assert rows(path, writer) == [("Ann", 1, 0)]


def test_a_set_of_the_wrong_lifter_goes_to_the_right_one(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    for index in (2, 3):
        squat(visits, writer, index, 2)  # Ben, who forgot to sign in
    visits.give_set("Ben")
    assert rows(path, writer) == [("Ann", 1, 1), ("Ben", 1, 2)]
    assert (visits.lifter, visits.set, visits.reps_in_set) == ("Ben", 1, 2)
    assert visits.last_rep is not None
    assert (visits.last_rep.set, visits.last_rep.number) == (1, 2)  # of Ben's first set
    totals = "SELECT sets, reps FROM session_totals ORDER BY reps"
    assert rows(path, writer, totals) == [(1, 1), (1, 2)]
    visits.undo()
    assert rows(path, writer) == [("Ann", 1, 1), ("Ben", 1, 1)]
    visits.give_set("Ann")  # it was hers after all
    assert rows(path, writer) == [("Ann", 1, 1), ("Ann", 2, 1)]
    squat(visits, writer, 4, 3)
    assert rows(path, writer)[-1] == ("Ann", 3, 1)


def test_a_set_that_was_given_keeps_its_load_and_the_taker_the_own_for_what_comes(
    visits: Visits, writer: StoreWriter
) -> None:
    visits.sign_in("Ben")
    visits.now.load_kg, visits.now.exercise = 62.5, Exercise.FRONT_SQUAT
    visits.sign_in("Ann")
    visits.now.load_unit = "lb"
    squat(visits, writer, 1, 1, load_kg=61.23, exercise=None)
    visits.give_set("Ben")
    rep = visits.last_rep
    assert rep is not None
    assert (rep.load_kg, rep.load_unit, rep.exercise) == (61.23, "lb", None)
    assert (visits.now.load_kg, visits.now.exercise) == (62.5, Exercise.FRONT_SQUAT)


def test_a_set_that_was_named_is_given_though_the_next_has_begun(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    squat(visits, writer, 2, 2)  # Ben's
    squat(visits, writer, 3, 3)
    assert visits.session is not None
    assert not visits.give_set("Ben", visits.session, 2)
    assert (visits.lifter, visits.set, visits.reps_in_set) == ("Ann", 3, 1)  # who lifts goes on
    squat(visits, writer, 4, 3)
    squat(visits, writer, 5, 4)
    assert rows(path, writer) == [("Ann", 1, 1), ("Ben", 1, 1), ("Ann", 3, 2), ("Ann", 4, 1)]
    visits.sign_in("Ben")
    squat(visits, writer, 6, 5)
    assert rows(path, writer)[-1] == ("Ben", 2, 1)
    (said,) = rows(path, writer, "SELECT actor, action, text FROM audit")
    assert said[:2] == ("rack", "correct")
    assert re.fullmatch(r"set 2 of .* UTC: given from lifter \w{32} to lifter \w{32}", said[2])


def test_a_set_given_to_who_lifts_now_leaves_the_running_set_whole(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    anns = visits.session
    visits.sign_in("Ben")
    squat(visits, writer, 2, 2)
    visits.give_set("Ben", anns, 1)
    squat(visits, writer, 3, 2)
    assert rows(path, writer) == [("Ben", 2, 1), ("Ben", 1, 2)]
    assert (visits.lifter, visits.set, visits.reps_in_set) == ("Ben", 1, 2)
    squat(visits, writer, 4, 3)
    assert rows(path, writer)[-1] == ("Ben", 3, 1)
    visits.sign_in("Ann")
    assert (visits.set, visits.last_rep) == (None, None)
    squat(visits, writer, 5, 4)
    assert rows(path, writer)[-1] == ("Ann", 1, 1)


def test_a_set_of_a_visit_the_unit_does_not_know_is_left_alone(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    assert not visits.give_set("Ben", "0" * 32, 1)
    assert visits.lifter == "Ann"
    assert rows(path, writer) == [("Ann", 1, 1)]


def test_only_the_rep_that_was_shown_is_taken_back(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    for index in (1, 2):
        squat(visits, writer, index, 1)
    visits.undo(1)
    assert rows(path, writer) == [("Ann", 1, 2)]
    visits.undo(2)
    assert rows(path, writer) == [("Ann", 1, 1)]


def test_a_set_of_nobody_can_be_claimed(visits: Visits, writer: StoreWriter, path: Path) -> None:
    squat(visits, writer, 1, 1)
    visits.give_set("Ann")
    assert rows(path, writer) == [("Ann", 1, 1)]
    visits.give_set("Ann")
    assert rows(path, writer) == [("Ann", 1, 1)]


def test_reps_are_numbered_within_their_set(visits: Visits, writer: StoreWriter) -> None:
    visits.sign_in("Ann")
    told = []
    for index, counted in ((7, 3), (8, 3), (9, 4)):
        squat(visits, writer, index, counted)
        assert visits.last_rep is not None
        told.append((visits.last_rep.set, visits.last_rep.number))
    assert told == [(1, 1), (1, 2), (2, 1)]


def test_a_reps_numbers_are_known_before_it_is_written(visits: Visits) -> None:
    told = []
    for lifter, counted in (("Ann", 3), ("Ann", 3), ("Ann", 4), ("Ben", 5), ("Ann", 6)):
        if visits.lifter != lifter:
            visits.sign_in(lifter)
        rep = visits.add_rep(make_rep(len(told) + 1, counted))
        told.append((lifter, rep.set, rep.number))
    assert told == [("Ann", 1, 1), ("Ann", 1, 2), ("Ann", 2, 1), ("Ben", 1, 1), ("Ann", 3, 1)]


def test_giving_a_set_whose_reps_were_all_taken_back_only_signs_in(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.sign_in("Ann")
    squat(visits, writer, 1, 1)
    visits.undo()
    visits.give_set("Ben")
    assert (visits.lifter, visits.last_rep) == ("Ben", None)
    assert rows(path, writer) == [("Ann", 1, 0)]


def test_giving_a_set_that_is_not_there_only_signs_in(
    visits: Visits, writer: StoreWriter, path: Path
) -> None:
    visits.give_set("Ann")
    visits.undo()
    visits.redo()
    assert visits.lifter == "Ann"
    assert rows(path, writer) == []


def test_rest_begins_when_the_rep_ends_and_each_lifter_has_an_own(
    visits: Visits, writer: StoreWriter
) -> None:
    visits.sign_in("Ann")
    assert visits.rest_s is None
    rep = make_rep(1, 1)
    squat(visits, writer, 1, 1)
    visits.seen(rep.end_s + 40, True)
    assert visits.rest_s == pytest.approx(40)
    visits.sign_in("Ben")
    assert visits.rest_s is None
    visits.sign_in("Ann")
    assert visits.rest_s == pytest.approx(40)
    visits.seen(0.5, True)  # the camera's clock began anew
    assert visits.rest_s is None


def test_partial_reps_are_shown_but_not_counted(visits: Visits, writer: StoreWriter) -> None:
    partial = Verdict(VerdictName.PARTIAL, "the knees bent 52 degrees only")
    squat(visits, writer, 1, 1)
    squat(visits, writer, 2, 1, verdict=partial)
    assert visits.reps_in_set == 1
    assert [rep.verdict for rep in visits.now.reps] == ["clean", "partial"]


def test_a_rep_keeps_its_exercise(visits: Visits, writer: StoreWriter, path: Path) -> None:
    squat(visits, writer, 1, 1, exercise=Exercise.FRONT_SQUAT)
    squat(visits, writer, 2, 2)
    kept = rows(path, writer, "SELECT exercise FROM reps ORDER BY rep_index")
    assert kept == [("front_squat",), (None,)]
