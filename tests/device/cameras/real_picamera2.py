"""The real Picamera2, on a Pi or on libcamera's virtual camera.

The virtual camera (libcamera 0.4) has no raw stream, which picamera2 asks every camera for; gives
NV12 in two planes, where picamera2 allocates one; never sets a buffer's status; and makes pictures
as fast as buffers come back. So for it the question for raw modes is answered here, the buffers
are ordinary memory with a good status, and the event loop takes its time. Nothing else of
picamera2 is changed. Where DRM previews can't be shown (no kms), it is let do without.

The virtual camera is described by virtual.yaml, which lies beside this file and is copied to where
libcamera looks for it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import mmap
import os
import sys
import time
from typing import Any
from unittest import mock

VIRTUAL_MODE = {"format": "NV12", "size": (320, 240)}


@functools.cache
def picamera2_class() -> Any:
    """The class that makes cameras."""
    if not any(importlib.util.find_spec(name) for name in ("kms", "pykms")):
        sys.modules["kms"] = mock.MagicMock(name="kms")
    module = importlib.import_module("picamera2.picamera2")
    found = module.Picamera2.global_camera_info()
    if not found:
        raise RuntimeError("picamera2 finds no camera: connect one, or set up a virtual one.")
    return _virtual(module) if "Virtual" in found[0]["Id"] else module.Picamera2


def _virtual(module: Any) -> Any:
    module.DmaAllocator = _MemoryAllocator

    class VirtualPicamera2(module.Picamera2):  # type: ignore[misc]
        def _get_raw_modes(self) -> list[dict[str, Any]]:
            return [dict(VIRTUAL_MODE)]

        def process_requests(self, display: Any) -> None:
            time.sleep(1 / 30)
            super().process_requests(display)

    return VirtualPicamera2


class _MemoryAllocator:
    """Buffers of one memfd each: a plane of Y and one of UV."""

    def __init__(self) -> None:
        self._buffers: dict[Any, list[Any]] = {}
        self._mapped: dict[Any, mmap.mmap] = {}
        self._poor: list[Any] = []

    def allocate(self, libcamera_config: Any, _use_case: Any) -> None:
        self._buffers = {
            one.stream: [self._buffer(one) for _ in range(one.buffer_count)]
            for one in libcamera_config
        }

    def buffers(self, stream: Any) -> list[Any]:
        return self._buffers[stream]

    def acquire(self, buffers: Any) -> None: ...

    def release(self, buffers: Any) -> None: ...

    def close(self) -> None: ...

    def sync(self, _allocator: Any, buffer: Any, _write: bool) -> _Sync:
        return _Sync(self._mapped[buffer])

    def _buffer(self, stream_config: Any) -> Any:
        libcamera = importlib.import_module("libcamera")
        size = stream_config.frame_size
        memory = os.memfd_create("buffer")
        os.ftruncate(memory, size)
        planes = [libcamera.FrameBuffer.Plane(), libcamera.FrameBuffer.Plane()]
        luma = size * 2 // 3
        for plane, offset, length in zip(planes, (0, luma), (luma, size - luma), strict=True):
            plane.fd, plane.offset, plane.length = memory, offset, length
        for _ in range(1000):
            buffer = libcamera.FrameBuffer(planes)
            if buffer.metadata.status == libcamera.FrameMetadata.Status.Success:
                self._mapped[buffer] = mmap.mmap(memory, size)
                return buffer
            self._poor.append(buffer)  # kept, so that the next one is made of other memory
        raise RuntimeError("no buffer has a good status")


class _Sync:
    def __init__(self, mapped: mmap.mmap) -> None:
        self._mapped = mapped

    def __enter__(self) -> mmap.mmap:
        return self._mapped

    def __exit__(self, *_: object) -> None: ...
