"""Numbers and verdicts in plain words; what is not known is never 0."""

from __future__ import annotations

import pytest

from web import weights, words


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (11.2, 1.9, "11 ± 2°"),
        (11.2, 0.44, "11 ± 0.4°"),
        (11.2, None, "11°"),
        (-3.4, 1.0, "−3 ± 1°"),
        (None, None, "–"),
        (None, 2.0, "–"),
        (0.0, 1.0, "0 ± 1°"),
    ],
)
def test_a_wink_with_its_spread(value: float | None, sd: float | None, text: str) -> None:
    assert words.degrees_with_sd(value, sd) == text


@pytest.mark.parametrize(
    ("height_cm", "text"),
    [
        (4.2, "4 cm above parallel"),
        (-3.6, "4 cm below parallel"),
        (0.4, "at parallel"),
        (None, None),
    ],
)
def test_heights_are_told_against_parallel(height_cm: float | None, text: str | None) -> None:
    assert words.about_parallel(height_cm) == text


def test_an_onset_without_height_is_told_by_the_knee() -> None:
    assert words.onset(None, 101.4) == "at 101° of knee flexion"
    assert words.onset(4.0, 101.4) == "4 cm above parallel"
    assert words.onset(None, None) is None


@pytest.mark.parametrize(
    ("verdict", "wink", "start", "reason", "text"),
    [
        (
            "wink",
            11.2,
            "4 cm above parallel",
            None,
            "Wink. Your pelvis tucked 11 degrees, starting 4 cm above parallel.",
        ),
        ("wink", 11.2, None, None, "Wink. Your pelvis tucked 11 degrees."),
        ("clean", 1.2, None, None, "Clean. Your pelvis tucked 1 degree, less than the threshold."),
        ("clean", 0.2, None, None, "Clean. Your pelvis held its position."),
        ("clean", None, None, None, "Clean."),
        (
            "not_measured",
            None,
            None,
            "the pelvis was hidden",
            "Not measured. The pelvis was hidden.",
        ),
        ("not_measured", 14.0, None, "too far away.", "Not measured. Too far away."),
        ("partial", 2.0, None, None, "Partial."),
    ],
)
def test_a_rep_is_one_sentence(
    verdict: str, wink: float | None, start: str | None, reason: str | None, text: str
) -> None:
    assert words.rep_sentence(verdict, wink, start, reason) == text


def test_an_unknown_load_is_not_unloaded() -> None:
    assert words.loaded_word(None) == "not measured"
    assert words.loaded_word(False) == "no bar seen"
    assert weights.load(None) == "–"
    assert weights.load(102.5) == "102.5 kg"
