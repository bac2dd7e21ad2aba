"""The shape of what the unit sees: the lifter apart from the room, and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from bodies import Pose, body_of
from rack import Clock
from scenes import CAMERA, floor_and_wall, image_of, rays, up_of

from device import silhouette as module
from device.cameras import CameraTrouble
from device.cameras.simulated import SimulatedCamera
from device.commands import ShowSilhouette, command_from_json, command_to_json
from device.cues import LightBox
from device.errors import LiveError
from device.geometry import levelled_from_camera
from device.live import LiveServer, state_from_json, state_to_json
from device.records import Array, BodyPose, DepthImage, Floor, Silhouette
from device.service import Service
from device.settings import CameraSettings, Settings
from device.silhouette import ASKED_S, EVERY_S, HEIGHT_PX, WIDTH_PX, SilhouetteWatch, silhouette
from device.store_writer import StoreWriter
from tests.factories import make_state

HEIGHT_M = 1.2
SHAPE = Silhouette(3, 2, b"\xf0", b"\x20")


def scene(turns: int = 0) -> tuple[DepthImage, Floor, BodyPose]:
    """A lifter ahead, somebody to the right of him further away, a floor, and a wall behind."""
    up = up_of(10.0, 0.0, turns)
    z = floor_and_wall(up, HEIGHT_M, wall_m=3.0).raw * 0.001
    z[z == 0] = np.inf
    ways = rays(CAMERA) @ levelled_from_camera(up).T
    for x_m, away_m in ((0.0, 1.2), (0.9, 2.0)):
        reach = away_m / -ways[..., 2]
        at = reach[..., None] * ways
        person = (np.abs(at[..., 0] - x_m) < 0.2) & (np.abs(at[..., 1] + HEIGHT_M - 0.85) < 0.85)
        z = np.where(person & (reach > 0), np.minimum(z, reach), z)
    return image_of(z), Floor(up, HEIGHT_M, 0.5), body_of(Pose(), 0.0, with_joints=True)


def masks(shape: Silhouette) -> tuple[Array, Array]:
    """Both as arrays of 0 and 1."""
    size = shape.width_px * shape.height_px
    near, lifter = (
        np.unpackbits(np.frombuffer(bits, np.uint8), count=size).reshape(shape.height_px, -1)
        for bits in (shape.near, shape.lifter)
    )
    return near, lifter


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_lifter_is_apart_from_others_room_and_floor(turns: int) -> None:
    near, lifter = masks(silhouette(*scene(turns)))
    assert lifter.any()
    assert not (lifter & ~near & 1).any()
    columns = np.nonzero(lifter.any(axis=0))[0]
    middle = near.shape[1] / 2
    assert abs(columns.mean() - middle) < 3  # straight ahead
    others = np.nonzero((near & ~lifter & 1).any(axis=0))[0]
    assert others.size
    assert others.min() > middle  # the other one stands to the right, however the unit is turned
    assert near.mean() < 0.4  # neither wall nor floor
    assert (np.diff(columns) == 1).all()


def test_it_is_small_and_upright() -> None:
    depth, floor, body = scene(1)
    shape = silhouette(depth, floor, body)
    assert shape.height_px > shape.width_px  # the sensor lies on its side
    assert shape.width_px <= WIDTH_PX
    assert shape.height_px <= HEIGHT_PX
    line = state_to_json(make_state(silhouette=shape))
    assert len(line) - len(state_to_json(make_state())) < 6000


def test_without_a_floor_or_a_lifter_what_is_near_is_shown() -> None:
    depth, floor, _ = scene()
    near, lifter = masks(silhouette(depth, None, None))
    assert near.mean() > 0.2  # the floor, too
    assert not lifter.any()
    near, lifter = masks(silhouette(depth, floor, None))
    assert near.any()
    assert not lifter.any()


def test_nothing_is_made_while_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    clock = Clock()
    monkeypatch.setattr(module, "silhouette", lambda *_: made.append(clock.now_s) or SHAPE)
    watch = SilhouetteWatch(clock)
    depth, floor, body = scene()
    assert watch.update(depth, floor, body) is None
    watch.ask()
    for _ in range(30):
        assert watch.update(depth, floor, body) is SHAPE
        clock.sleep(1 / 30)
    assert len(made) == pytest.approx(1 / EVERY_S, abs=1)
    assert watch.update(None, floor, body) is None
    clock.sleep(ASKED_S)
    assert watch.update(depth, floor, body) is None


def test_it_comes_through_the_socket_unchanged() -> None:
    state = make_state(silhouette=SHAPE)
    assert state_from_json(state_to_json(state)) == state
    assert '"silhouette": null' in state_to_json(make_state())
    assert command_from_json(command_to_json(ShowSilhouette())) == ShowSilhouette()
    with pytest.raises(LiveError, match="can't read"):
        state_from_json(state_to_json(state).replace('"8A=="', '"?"'))


@pytest.fixture
def service(tmp_path: Path, pins: object) -> Iterator[Service]:
    settings = Settings(camera=CameraSettings(source="simulated"))
    with ExitStack() as stack:
        writer = stack.enter_context(StoreWriter(tmp_path / "unit.sqlite3", "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(settings.cue))
        camera = SimulatedCamera(settings.camera, realtime=False)
        yield Service(settings, lambda: camera, writer, server, box)


def test_the_unit_tells_it_when_asked_and_takes_the_asking_for_no_lifters_doing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Silhouette | None] = []
    monkeypatch.setattr(service._server, "publish", lambda state: told.append(state.silhouette))
    monkeypatch.setattr(service, "_shapes", SilhouetteWatch(Clock()))
    stirred: list[bool] = []
    monkeypatch.setattr(service._visits, "stir", lambda: stirred.append(True))
    steps = service.steps()
    while not told:
        next(steps)
    assert told == [None]
    monkeypatch.setattr(service._server, "commands", lambda: [ShowSilhouette()])
    while told[-1] is None:
        next(steps)
    assert not stirred
    service._without_camera(CameraTrouble("The camera is gone; plug it in.", 1, 0.0))
    assert told[-1] is None
    steps.close()
