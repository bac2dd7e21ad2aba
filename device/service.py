"""The unit at work: camera to light, and after the light the store and the page.

The light is switched before anything else is done with a frame. The store has a thread of its
own, the socket never waits, and while the camera is away the light is off and the page says why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from device.cameras import Camera, CameraTrouble, frames_with_recovery
from device.commands import (
    Command,
    GiveSet,
    LightTest,
    NewSettings,
    RedoRep,
    SetExercise,
    SetLoad,
    ShowSilhouette,
    SignIn,
    SignOut,
    TakeNeutral,
    ToggleMute,
    ToggleSet,
    UndoRep,
)
from device.cues import LightBox
from device.errors import CueError, SettingsError
from device.health import BoardWatch, UnitMeter
from device.lamps import Note
from device.live import LiveServer
from device.notify import Notifier
from device.pipeline import Pipeline, Step
from device.records import Cue, EventKind, Frame, LiveState, PhaseName, RepSummary, Silhouette
from device.run_log import changed_settings, note_settings
from device.settings import Settings
from device.silhouette import SilhouetteWatch
from device.store_writer import StoreWriter
from device.switches import Inputs, Press
from device.visits import Visits

STATES_PER_S = 30.0
STILL_S = 60.0  # nobody stands so still for so long: that is no person
_RESTING = (PhaseName.AWAY, PhaseName.STANDING)
_SMOOTHING = 0.05  # of the frame rate and latency shown
_ASKED: dict[Press, Command] = {Press.SHORT: ToggleSet(), Press.LONG: ToggleMute()}


class Service:
    """Runs until told to stop.

    service = Service(settings, lambda: open_camera(settings.camera), writer, server, box)
    for step in service.steps():        # one a frame; leave the loop to stop
        ...
    """

    def __init__(
        self,
        settings: Settings,
        open_one: Callable[[], Camera],
        writer: StoreWriter,
        server: LiveServer,
        box: LightBox,
        recording: Path | None = None,
        notifier: Notifier | None = None,
        inputs: Inputs | None = None,
        watch: BoardWatch | None = None,
        chosen: Callable[[], Settings] | None = None,
    ) -> None:
        self.pipeline = Pipeline(settings, inputs.hook if inputs else None)
        self._inputs = inputs
        self._settings = settings
        self._chosen = chosen
        self._open_one = open_one
        self._writer = writer
        self._server = server
        self._box = box
        self._recording = recording is not None
        self._notifier = notifier or Notifier()
        self._visits = Visits(writer)
        self.newest_rep: RepSummary | None = None  # in the page's numbers, before it is written
        self._light_test: threading.Thread | None = None
        self._watch = watch or BoardWatch()
        self._meter = UnitMeter()
        self._shapes = SilhouetteWatch()
        self._shape: Silhouette | None = None
        self._plugged: Camera | None = None
        self._lost_s: float | None = None
        self._store_failed = self._light_failed = False
        self._camera = "ok"
        self._number = 0
        self._published_s = 0.0
        self._fps: float | None = None
        self._latency_ms: float | None = None
        self._before_s: float | None = None

    def steps(self) -> Iterator[tuple[Frame, Step] | CameraTrouble]:
        """Each frame with what was made of it, or what is wrong with the camera."""
        try:
            for seen in frames_with_recovery(self._open):
                for command in self._commands():
                    self.obey(command)
                if isinstance(seen, CameraTrouble):
                    self._without_camera(seen)
                    self._notifier.alive(seen.sentence)
                    yield seen
                else:
                    step = self._with_frame(seen)
                    self._notifier.alive("The camera works.")
                    yield seen, step
                self._note_changes()
        finally:
            self._notifier.stopping()
            self._box.off()
            self._visits.close()

    @property
    def lifter(self) -> str | None:
        """Who is signed in."""
        return self._visits.lifter

    def obey(self, command: Command) -> None:
        """Does what the page or the button asks for."""
        visits = self._visits
        visits.stir()
        match command:
            case SignIn(lifter=lifter):
                visits.sign_in(lifter)
                self._follow_lifter()
            case SignOut():
                visits.sign_in(None)
                self._follow_lifter()
            case SetLoad(kg=kg, unit=unit):
                visits.now.load_kg, visits.now.load_unit = kg, unit
                self.pipeline.enter_load(kg)
            case SetExercise(exercise=exercise):
                visits.now.exercise = exercise
                self.pipeline.choose_exercise(exercise)
            case TakeNeutral():
                self.pipeline.sign_in(visits.lifter)
            case UndoRep(rep=rep):
                visits.undo(rep)
            case RedoRep():
                visits.redo()
            case GiveSet():
                self._give_set(command)
            case LightTest():
                self._test_light()
            case ToggleSet():
                self._toggle_set()
            case ToggleMute():
                self._box.muted = not self._box.muted
                self._tell(Note.MUTED if self._box.muted else Note.SOUND_ON)
            case NewSettings():
                self._take_settings()

    def _give_set(self, asked: GiveSet) -> None:
        if self._visits.give_set(asked.lifter, asked.session, asked.rep):
            self._follow_lifter()

    def _commands(self) -> Iterator[Command]:
        """What page and button ask for; who only looks at the silhouette disturbs no visit."""
        for command in (*self._server.commands(), *self._pressed()):
            if isinstance(command, ShowSilhouette):
                self._shapes.ask()
            else:
                yield command

    def _pressed(self) -> list[Command]:
        """What the button on the rack asks for."""
        return [_ASKED[press] for press in self._inputs.presses()] if self._inputs else []

    def _toggle_set(self) -> None:
        self.pipeline.toggle_set()
        if self.pipeline.set_running:
            self._visits.new_set()
            self._tell(Note.SET_STARTED)
        else:
            self._visits.end_set()
            self._tell(Note.SET_ENDED)

    def _take_settings(self) -> None:
        """What was chosen on the page counts from now on; if it can't be read, the old stays."""
        if self._chosen is None:
            return
        try:
            settings = self._chosen()
        except SettingsError as error:
            self._writer.add_event(EventKind.SETTINGS, str(error))
            return
        note_settings(self._writer, changed_settings(self._settings), settings)
        if settings.unit.name != self._settings.unit.name:
            self._writer.name_unit(settings.unit.name)
        self._settings = settings
        self.pipeline.use(settings)
        self.pipeline.enter_load(self._visits.now.load_kg)
        self.pipeline.choose_exercise(self._visits.now.exercise)

    def _follow_lifter(self) -> None:
        """Another lifter stands there, or nobody: neutral, load and exercise are theirs."""
        now = self._visits.now
        self.pipeline.sign_in(now.lifter)
        self.pipeline.enter_load(now.load_kg)
        self.pipeline.choose_exercise(now.exercise)

    def _with_frame(self, frame: Frame) -> Step:
        step = self.pipeline.step(frame)
        self._show(step.cue)
        self._measure(frame)
        if step.rep is not None:
            self.newest_rep = self._visits.add_rep(step.rep)
        if step.neutral_taken and step.neutral is not None:
            self._visits.add_neutral(step.neutral)
        moved = step.body is not None and step.phase.quiet_s < STILL_S
        if self._visits.seen(frame.time_s, moved):
            self._follow_lifter()
        self._visits.settle()
        if self._lost_s is not None:
            away_s = time.monotonic() - self._lost_s
            self._writer.add_event(
                EventKind.CAMERA_BACK, f"the camera is back after {away_s:.0f} s"
            )
            self._lost_s = None
        self._camera = "ok"
        self._shape = self._shapes.update(frame.depth, step.floor, step.body)
        self._publish(self._state(frame.number, step))
        return step

    def _without_camera(self, trouble: CameraTrouble) -> None:
        if self._lost_s is None:
            self._lost_s = time.monotonic()
            self._writer.add_event(EventKind.CAMERA_LOST, trouble.sentence)
            self._meter.camera_lost()
        if trouble.reset:
            self._meter.camera_reset()
        self._camera, self._shape = trouble.sentence, None
        self._before_s = self._fps = self._latency_ms = None
        self._show(self.pipeline.unsure())
        self._visits.settle()
        self._publish(self._state(0, None), at_once=True)

    def _test_light(self) -> None:
        """A second of each lamp, while the work goes on."""
        if self._light_test is None or not self._light_test.is_alive():
            self._light_test = threading.Thread(target=self._box.walk, daemon=True)
            self._light_test.start()

    def _show(self, cue: Cue) -> None:
        if self._light_test is not None and self._light_test.is_alive():
            return
        self._driven(lambda: self._box.show(cue))

    def _tell(self, note: Note) -> None:
        self._driven(lambda: self._box.tell(note))

    def _driven(self, drive: Callable[[], None]) -> None:
        """Drives the lamps; a failure is noted once until they work again."""
        try:
            drive()
        except CueError as error:
            if not self._light_failed:
                self._writer.add_event(EventKind.LIGHT, str(error))
            self._light_failed = True
        else:
            self._light_failed = False

    def _open(self) -> Camera:
        self._plugged = self._open_one()
        return self._plugged

    def _note_changes(self) -> None:
        """What happened to disk and power, for the event table; written once the disk can."""
        problem = self._writer.problem
        if problem and not self._store_failed:
            self._writer.add_event(EventKind.STORE_FAILS, problem)
        elif self._store_failed and not problem:
            self._writer.add_event(EventKind.STORE_BACK, "the database can be written again")
        self._store_failed = bool(problem)
        for kind, text in self._watch.news():
            self._writer.add_event(kind, text)

    def _measure(self, frame: Frame) -> None:
        latency_ms = 1000 * self._meter.frame(frame)
        now = time.monotonic()
        self._latency_ms = _blended(self._latency_ms, latency_ms)
        if self._before_s is not None and now > self._before_s:
            self._fps = _blended(self._fps, 1 / (now - self._before_s))
        self._before_s = now

    def _publish(self, state: LiveState, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self._published_s >= 0.9 / STATES_PER_S:
            self._published_s = now
            self._server.publish(state)

    def _state(self, frame: int, step: Step | None) -> LiveState:
        self._number += 1
        visits = self._visits
        wink, cue = (step.wink, step.cue) if step else (None, Cue())
        neutral = self.pipeline.neutral
        return LiveState(
            number=self._number,
            frame=frame,
            time_s=step.time_s if step else 0.0,
            wall_s=time.time(),
            camera=self._camera,
            store=self._writer.problem or "ok",
            lifter=visits.lifter,
            session=visits.session,
            set=visits.set,
            reps_in_set=visits.reps_in_set,
            phase=step.phase.name if step else PhaseName.AWAY,
            hip_drop=step.phase.hip_drop if step else None,
            anterior_pelvic_tilt_deg=wink.anterior_pelvic_tilt_deg if wink else None,
            lumbar_flexion_deg=wink.lumbar_flexion_deg if wink else None,
            wink_deg=wink.wink_deg if wink else None,
            wink_sd_deg=wink.wink_sd_deg if wink else None,
            threshold_deg=self._settings.wink.threshold_deg,
            neutral_source="waiting"
            if self.pipeline.waiting_for_neutral
            else (neutral.source if neutral else None),
            loaded=step.load.loaded if step else None,
            load_kg=visits.now.load_kg,
            light=cue.light,
            buzzer=cue.buzzer and not self._box.muted,
            fps=self._fps,
            latency_ms=self._latency_ms,
            recording=self._recording,
            last_rep=visits.last_rep,
            placement=step.placement if step else None,
            muted=self._box.muted,
            set_running=self.pipeline.set_running,
            exercise=visits.now.exercise,
            load_unit=visits.now.load_unit,
            set_verdicts=tuple(rep.verdict for rep in visits.now.reps),
            rest_s=visits.rest_s if step and step.phase.name in _RESTING else None,
            signs_out_s=visits.signs_out_s,
            undone=visits.undone,
            silhouette=self._shape,
            health=self._meter.health(
                self._plugged.name if self._plugged else None,
                self._plugged.usb if self._plugged else None,
                self._writer.waiting,
            ),
        )


def _blended(before: float | None, now: float) -> float:
    return now if before is None else before + _SMOOTHING * (now - before)
