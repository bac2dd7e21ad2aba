"""H.264 files for the recipes (PyAV with libx264); playing them needs only OpenCV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from device.records import Bytes


def write(file: Path, pictures: Iterable[Any], fps: int, quality: int, slow: bool = False) -> None:
    """Writes (height, width, 3) RGB pictures; `quality` is x264's constant rate factor."""
    import av

    with av.open(str(file), "w") as container:
        stream: Any = None
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
                stream.options = {
                    "crf": str(quality),
                    "preset": "slow" if slow else "veryfast",
                    "g": str(10 * fps),
                    "threads": "1",
                }
            for packet in stream.encode(frame):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode():
                container.mux(packet)


def read(file: Path) -> Iterator[Bytes]:
    """The pictures of a file, (height, width, 3) RGB."""
    import av

    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
