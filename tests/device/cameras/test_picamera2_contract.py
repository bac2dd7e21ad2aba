"""What the program relies on in picamera2: true of the fake always, of the real one on request.

`make picamera-check` runs the same tests against the real Picamera2: on a Pi, or on libcamera's
virtual camera, which has one stream and no lores.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
import types
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
from fake_picamera2 import FakeHardware

from device.cameras.picamera import PiColour
from device.settings import CameraSettings

REAL = os.environ.get("RACKLIGHT_PICAMERA") == "real"
BUFFERS = 4
SIZE = (320, 240)


@pytest.fixture(params=["fake", "real"] if REAL else ["fake"])
def kind(request: pytest.FixtureRequest) -> Any:
    """The Picamera2 class."""
    if request.param == "fake":
        return FakeHardware().module().Picamera2
    from real_picamera2 import picamera2_class

    return picamera2_class()


@pytest.fixture
def camera(kind: Any) -> Iterator[Any]:
    made = kind()
    try:
        yield made
    finally:
        made.cancel_all_and_flush()
        made.close()


def started(camera: Any, queue: bool = True) -> str:
    """Starts the camera; the name of the stream that is read."""
    lores = {"format": "YUV420", "size": SIZE} if on_a_pi(camera) else None
    main = {"format": "YUV420" if lores else "NV12", "size": SIZE}
    camera.configure(
        camera.create_video_configuration(main=main, lores=lores, buffer_count=BUFFERS, queue=queue)
    )
    camera.start()
    return "lores" if lores else "main"


def on_a_pi(camera: Any) -> bool:
    return "ColorFilterArrangement" in camera.camera_properties


def test_cameras_are_listed_with_id_and_number(kind: Any) -> None:
    found = kind.global_camera_info()
    assert found
    assert {"Id", "Num", "Model"} <= found[0].keys()


def test_a_camera_that_is_not_there_is_refused(kind: Any) -> None:
    with pytest.raises(RuntimeError, match="No camera number 99"):
        kind(99)


def test_only_one_can_hold_a_camera(camera: Any, kind: Any) -> None:
    with pytest.raises(RuntimeError, match="did not complete"):
        kind()


def test_a_closed_camera_can_be_opened_again(kind: Any) -> None:
    for _ in range(2):
        camera = kind()
        started(camera)
        camera.capture_request(wait=3.0).release()
        camera.close()


def test_a_picture_has_the_size_asked_for_and_a_stride(camera: Any) -> None:
    name = started(camera)
    config = camera.camera_configuration()[name]
    assert tuple(config["size"]) == SIZE
    assert config["stride"] >= SIZE[0]
    request = camera.capture_request(wait=3.0)
    array = request.make_array(name)
    request.release()
    padded = config["format"] == "YUV420"  # NV12 comes without its padding
    assert array.shape == (SIZE[1] * 3 // 2, config["stride"] if padded else SIZE[0])


def test_pictures_are_copies(camera: Any) -> None:
    name = started(camera)
    request = camera.capture_request(wait=3.0)
    array = request.make_array(name)
    before = array.copy()
    request.release()
    for _ in range(2 * BUFFERS):
        camera.capture_request(wait=3.0).release()
    assert (array == before).all()
    assert array.flags.owndata or array.base is not None


def test_stamps_go_forward_on_the_monotonic_clock(camera: Any) -> None:
    started(camera)
    stamps = []
    for _ in range(4):
        request = camera.capture_request(wait=3.0)
        stamps.append(request.get_metadata()["SensorTimestamp"])
        request.release()
    now = time.monotonic_ns()
    assert stamps == sorted(set(stamps))
    assert 0 <= now - stamps[-1] < 1_000_000_000


def test_waiting_without_a_start_times_out(camera: Any) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.2)
    assert 0.15 < time.monotonic() - began < 1.0


def test_held_requests_starve_the_camera_until_one_is_released(camera: Any) -> None:
    started(camera)
    held = [camera.capture_request(wait=3.0) for _ in range(BUFFERS)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.5)
    camera.cancel_all_and_flush()
    for request in held:
        request.release()
    camera.capture_request(wait=3.0).release()


def test_releasing_twice_is_an_error(camera: Any) -> None:
    started(camera)
    request = camera.capture_request(wait=3.0)
    request.release()
    with pytest.raises(RuntimeError, match="negative ref_count"):
        request.release()


def test_a_released_request_has_no_picture(camera: Any) -> None:
    name = started(camera)
    request = camera.capture_request(wait=3.0)
    request.release()
    with pytest.raises(RuntimeError, match="not defined"):
        request.make_array(name)


def test_an_acquired_request_must_be_released_once_more(camera: Any) -> None:
    name = started(camera)
    request = camera.capture_request(wait=3.0)
    request.acquire()
    request.release()
    assert request.make_array(name).size
    request.release()
    with pytest.raises(RuntimeError, match="ref_count 0"):
        request.acquire()


def test_a_request_may_be_released_after_the_stop(camera: Any) -> None:
    started(camera)
    request = camera.capture_request(wait=3.0)
    camera.stop()
    request.release()


def test_a_capture_that_timed_out_takes_its_picture_later_unless_it_is_cancelled(
    camera: Any,
) -> None:
    started(camera)
    held = [camera.capture_request(wait=3.0) for _ in range(BUFFERS)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.2)
    for request in held:  # now the capture that was given up takes one, and nobody releases it
        request.release()
    time.sleep(0.3)
    kept = [camera.capture_request(wait=3.0) for _ in range(BUFFERS - 1)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.5)
    camera.cancel_all_and_flush()
    for request in kept:
        request.release()


def test_cancelling_ends_a_wait(camera: Any) -> None:
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            camera.capture_request(wait=5.0)
        except BaseException as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    camera.cancel_all_and_flush()
    waiting.join(1.0)
    assert not waiting.is_alive()
    assert isinstance(errors[0], CancelledError)


def test_stop_waits_behind_a_capture_that_was_given_up(camera: Any) -> None:
    started(camera)
    held = [camera.capture_request(wait=3.0) for _ in range(BUFFERS)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.2)
    stopping = threading.Thread(target=camera.stop, daemon=True)
    stopping.start()
    stopping.join(0.5)
    assert stopping.is_alive()
    for request in held:
        request.release()
    stopping.join(2.0)
    assert not stopping.is_alive()


def test_close_does_not_wait_behind_it(camera: Any) -> None:
    started(camera)
    held = [camera.capture_request(wait=3.0) for _ in range(BUFFERS)]
    with pytest.raises(TimeoutError):
        camera.capture_request(wait=0.2)
    closing = threading.Thread(target=camera.close, daemon=True)
    closing.start()
    closing.join(2.0)
    assert not closing.is_alive()
    assert len(held) == BUFFERS


def test_a_queue_gives_the_picture_that_is_there(camera: Any) -> None:
    started(camera, queue=True)
    camera.capture_request(wait=3.0).release()
    time.sleep(0.2)
    asked_ns = time.monotonic_ns()
    request = camera.capture_request(wait=3.0)
    stamp_ns = request.get_metadata()["SensorTimestamp"]
    request.release()
    assert stamp_ns < asked_ns


def test_a_flush_waits_for_a_picture_begun_later(camera: Any) -> None:
    started(camera)
    camera.capture_request(wait=3.0).release()
    time.sleep(0.2)
    asked_ns = time.monotonic_ns()
    if "ExposureTime" not in camera.capture_metadata(wait=3.0):
        pytest.skip("this camera tells no exposure time, which flush needs")
    request = camera.capture_request(wait=3.0, flush=True)
    metadata = request.get_metadata()
    request.release()
    assert metadata["SensorTimestamp"] - 1000 * metadata["ExposureTime"] >= asked_ns


def test_captured_arrays_keep_no_buffer(camera: Any) -> None:
    name = started(camera)
    for _ in range(2 * BUFFERS):
        assert camera.capture_array(name, wait=3.0).size


def test_a_running_camera_is_not_configured(camera: Any) -> None:
    started(camera)
    with pytest.raises(RuntimeError, match="must be stopped"):
        camera.configure(camera.create_video_configuration(main={"size": SIZE}))


def test_starting_and_stopping_twice_does_no_harm(camera: Any) -> None:
    started(camera)
    camera.start()
    camera.capture_request(wait=3.0).release()
    camera.stop()
    camera.stop()
    camera.close()
    camera.close()


def test_a_small_stream_larger_than_the_main_one_is_refused(camera: Any) -> None:
    if not on_a_pi(camera):
        pytest.skip("this camera has one stream")
    config = camera.create_video_configuration(main={"size": SIZE}, lores={"size": (640, 480)})
    with pytest.raises(RuntimeError, match="may not exceed"):
        camera.configure(config)


def test_the_program_reads_it(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if "Virtual" in kind.global_camera_info()[0]["Id"]:
        pytest.skip("this camera has no lores stream in YUV420")
    monkeypatch.setitem(sys.modules, "picamera2", types.SimpleNamespace(Picamera2=kind))
    with PiColour(CameraSettings(colour_source="picamera")) as colour:
        moments = []
        deadline = time.monotonic() + 5.0
        while len(moments) < 10 and time.monotonic() < deadline:
            picture = colour.newest()
            if picture is not None and picture.moment_ns not in moments:
                moments.append(picture.moment_ns)
            time.sleep(0.005)
        assert picture is not None
        assert picture.rgb().shape == (360, 640, 3)
        assert 0 < time.monotonic_ns() - picture.moment_ns < 500_000_000
    steps_ms = [(b - a) / 1e6 for a, b in itertools.pairwise(moments)]
    assert sorted(steps_ms)[len(steps_ms) // 2] == pytest.approx(33.0, abs=1.5)


def test_a_closed_camera_makes_no_configuration(camera: Any) -> None:
    camera.close()
    with pytest.raises(RuntimeError, match="not opened"):
        camera.create_video_configuration()
