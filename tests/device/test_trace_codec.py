"""The joints in a packed trace, and traces of earlier and later versions."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from device.records import TRACE_COLUMNS, Trace
from device.trace_codec import pack_trace, unpack_trace
from tests.factories import make_trace

# Three frames, packed before joints were kept: column i holds i + 0.25, i + 0.5, i + 0.75; the
# middle value of column 10 is not known.
WITHOUT_JOINTS = base64.b64decode(
    "AXja7ZBNTsMwEIUdfhZdcIC3i7IOKMAK9pwiqiw3nTRWHac4bkFCHIIDcADu0Q37cgBugbIgJGkKUQiIAzB6suT5nt"
    "/Is3EYu/NiI1LKvUv33He9KFPLVNe3MPSsTInnnu8GJ0FwOvbd0EvkgickZ4lt221/rol4rOhWZporii2f0mxrGTCY"
    "OqDvqKPFJFsRb7xR2oXWLPW8Cha6/yxPpN6CobFfdHCm0JaMzAxfkFrJiFup/ubJp31bS5XM7Q/IZFbY+vs9XG18Is"
    "zncn6n3wffyGoznd74vizL9/KtKIrNev0KXAFPwBFwDbwAF8Aj4LAzAp6BY+ABYIwFo1F1Oo32dtpvdLDTYaP/6tYH"
    "0ZCrNg=="
)


def test_joints_come_back_to_the_millimetre_and_what_is_not_known_stays_so() -> None:
    given = make_trace(start_s=86_400.0).skeleton
    assert given is not None
    back = unpack_trace(pack_trace(make_trace(start_s=86_400.0))).skeleton
    assert back is not None
    assert back.metric
    np.testing.assert_allclose(back.time_s, given.time_s, rtol=0, atol=0.51e-3)
    np.testing.assert_allclose(back.joints_m, given.joints_m, rtol=0, atol=0.51e-3)
    assert np.isnan(back.joints_m).any()


@pytest.mark.parametrize("metric", [True, False])
def test_whether_lengths_are_metres_is_kept(metric: bool) -> None:
    trace = make_trace()
    assert trace.skeleton is not None
    back = unpack_trace(pack_trace(replace(trace, skeleton=replace(trace.skeleton, metric=metric))))
    assert back.skeleton is not None
    assert back.skeleton.metric is metric


def test_a_trace_of_before_joints_were_kept_is_read() -> None:
    back = unpack_trace(WITHOUT_JOINTS)
    assert back.skeleton is None
    for number, name in enumerate(TRACE_COLUMNS):
        middle = np.nan if number == 10 else number + 0.5
        np.testing.assert_allclose(back.columns[name], [number + 0.25, middle, number + 0.75])


def test_a_version_that_knows_of_no_joints_finds_the_columns_as_ever() -> None:
    trace = make_trace()
    body = zlib.decompress(pack_trace(trace)[1:])  # as it reads; what follows is left alone
    length = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + length])
    assert header["frames"] == len(trace)
    assert [name for name, _ in header["columns"]] == list(TRACE_COLUMNS)
    assert body == zlib.decompress(pack_trace(Trace(trace.columns))[1:])


@pytest.mark.parametrize("lost", [1, 40, 400])
def test_joints_that_are_cut_off_are_refused(lost: int) -> None:
    with pytest.raises(ValueError, match="damaged trace"):
        unpack_trace(pack_trace(make_trace())[:-lost])


def test_joints_of_a_rep_cost_less_than_five_kilobytes() -> None:
    trace = make_trace(duration_s=4.0)
    assert trace.skeleton is not None
    rng = np.random.default_rng(1)
    noisy = trace.skeleton.joints_m + rng.normal(0, 0.006, trace.skeleton.joints_m.shape)
    with_joints = replace(trace, skeleton=replace(trace.skeleton, joints_m=noisy))
    assert len(pack_trace(with_joints)) - len(pack_trace(Trace(trace.columns))) < 5000
