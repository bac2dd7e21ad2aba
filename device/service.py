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
    LightTest,
    SetLoad,
    SignIn,
    SignOut,
    TakeNeutral,
    ToggleMute,
    ToggleSet,
    UndoRep,
)
from device.cues import LightBox
from device.errors import CueError
from device.lamps import Note
from device.live import LiveServer
from device.notify import Notifier
from device.pipeline import Pipeline, Step
from device.records import Cue, Frame, LiveState, PhaseName
from device.settings import Settings
from device.store_writer import StoreWriter
from device.switches import Inputs, Press
from device.visits import Visits

STATES_PER_S = 30.0
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
    ) -> None:
        self.pipeline = Pipeline(settings, inputs.hook if inputs else None)
        self._inputs = inputs
        self._settings = settings
        self._open_one = open_one
        self._writer = writer
        self._server = server
        self._box = box
        self._recording = recording is not None
        self._notifier = notifier or Notifier()
        self._visits = Visits(writer)
        self._light_test: threading.Thread | None = None
        self._camera = "ok"
        self._load_kg: float | None = None
        self._number = 0
        self._published_s = 0.0
        self._fps: float | None = None
        self._latency_ms: float | None = None
        self._before_s: float | None = None

    def steps(self) -> Iterator[tuple[Frame, Step] | CameraTrouble]:
        """Each frame with what was made of it, or what is wrong with the camera."""
        self._writer.add_event("start", "the unit started")
        try:
            for seen in frames_with_recovery(self._open_one):
                for command in (*self._server.commands(), *self._pressed()):
                    self.obey(command)
                if isinstance(seen, CameraTrouble):
                    self._without_camera(seen)
                    self._notifier.alive(seen.sentence)
                    yield seen
                else:
                    step = self._with_frame(seen)
                    self._notifier.alive("The camera works.")
                    yield seen, step
        finally:
            self._notifier.stopping()
            self._box.off()
            self._visits.close()
            self._writer.add_event("stop", "the unit stopped")

    def obey(self, command: Command) -> None:
        """Does what the page or the button asks for."""
        match command:
            case SignIn(lifter=lifter):
                self._visits.sign_in(lifter)
                self.pipeline.sign_in(lifter)
            case SignOut():
                self._sign_out()
            case SetLoad(kg=kg):
                self._load_kg = kg
                self.pipeline.enter_load(kg)
            case TakeNeutral():
                self.pipeline.sign_in(self._visits.lifter)
            case UndoRep():
                self._visits.undo()
            case LightTest():
                self._test_light()
            case ToggleSet():
                self._toggle_set()
            case ToggleMute():
                self._box.muted = not self._box.muted
                self._tell(Note.MUTED if self._box.muted else Note.SOUND_ON)

    def _pressed(self) -> list[Command]:
        """What the button on the rack asks for."""
        return [_ASKED[press] for press in self._inputs.presses()] if self._inputs else []

    def _toggle_set(self) -> None:
        self.pipeline.toggle_set()
        self._visits.new_set()
        self._tell(Note.SET_STARTED if self.pipeline.set_running else Note.SET_ENDED)

    def _sign_out(self) -> None:
        self._visits.sign_in(None)
        self.pipeline.sign_in(None)
        self.obey(SetLoad(None))

    def _with_frame(self, frame: Frame) -> Step:
        step = self.pipeline.step(frame)
        self._show(step.cue)
        self._measure(frame)
        if step.rep is not None:
            self._visits.add_rep(step.rep)
        if step.neutral_taken and step.neutral is not None:
            self._visits.add_neutral(step.neutral)
        if self._visits.seen(frame.time_s, step.body is not None):
            self._sign_out()
        self._visits.settle()
        self._camera = "ok"
        self._publish(self._state(frame.number, step))
        return step

    def _without_camera(self, trouble: CameraTrouble) -> None:
        if self._camera == "ok":
            self._writer.add_event("camera lost", trouble.sentence)
        self._camera = trouble.sentence
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
        try:
            self._box.show(cue)
        except CueError as error:
            self._writer.add_event("light", str(error))

    def _tell(self, note: Note) -> None:
        try:
            self._box.tell(note)
        except CueError as error:
            self._writer.add_event("light", str(error))

    def _measure(self, frame: Frame) -> None:
        now = time.monotonic()
        latency_ms = 1000 * (now - frame.arrived_s)
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
            load_kg=self._load_kg,
            light=cue.light,
            buzzer=cue.buzzer and not self._box.muted,
            fps=self._fps,
            latency_ms=self._latency_ms,
            recording=self._recording,
            last_rep=visits.last_rep,
            placement=step.placement if step else None,
            muted=self._box.muted,
            set_running=self.pipeline.set_running,
        )


def _blended(before: float | None, now: float) -> float:
    return now if before is None else before + _SMOOTHING * (now - before)
