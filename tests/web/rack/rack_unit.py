"""A unit without a camera: it obeys the page, keeps what it is told, and squats when asked to."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

from device.commands import (
    Command,
    GiveSet,
    RedoRep,
    SetExercise,
    SetLoad,
    SignIn,
    SignOut,
    UndoRep,
)
from device.live import LiveServer
from device.records import LiveState, Rep
from device.store_writer import StoreWriter
from device.visits import Visits
from tests.factories import make_state


class RackUnit:
    """Real socket, store and visits; `reps` takes what a lifter does."""

    def __init__(self, socket: Path, database: Path) -> None:
        self.reps: SimpleQueue[Rep] = SimpleQueue()
        self._socket, self._database = socket, database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with StoreWriter(self._database, "rack") as writer, LiveServer(self._socket) as server:
            visits = Visits(writer)
            number = 0
            while not self._stop.wait(1 / 15):
                for command in server.commands():
                    _obey(visits, command)
                while not self.reps.empty():
                    visits.add_rep(self.reps.get())
                visits.settle()
                number += 1
                server.publish(_told(visits, number))
            visits.close()


def _obey(visits: Visits, command: Command) -> None:
    match command:
        case SignIn(lifter=lifter):
            visits.sign_in(lifter)
        case SignOut():
            visits.sign_in(None)
        case SetLoad(kg=kg, unit=unit):
            visits.now.load_kg, visits.now.load_unit = kg, unit
        case SetExercise(exercise=exercise):
            visits.now.exercise = exercise
        case UndoRep(rep=rep):
            visits.undo(rep)
        case RedoRep():
            visits.redo()
        case GiveSet(lifter=lifter, session=session, rep=rep):
            visits.give_set(lifter, session, rep)


def _told(visits: Visits, number: int) -> LiveState:
    return make_state(
        number=number,
        phase="standing",
        lifter=visits.lifter,
        session=visits.session,
        set=visits.set,
        reps_in_set=visits.reps_in_set,
        last_rep=visits.last_rep,
        load_kg=visits.now.load_kg,
        load_unit=visits.now.load_unit,
        exercise=visits.now.exercise,
        set_verdicts=tuple(rep.verdict for rep in visits.now.reps),
        undone=visits.undone,
    )
