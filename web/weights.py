"""Loads in the unit of weight that people here read and type; what is kept is kilograms.

    weights.install(app, lambda: settings.page.units)   # once: each answer is in the unit chosen
    weights.load(61.235)                                # '135 lb' where pounds were chosen
    weights.typed("135", "lb")                          # 61.23...

Outside of an answer the unit is the kilogram. A form says in its field `unit` what its weights were
typed in; where there is none they are kilograms, so that an address somebody kept stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar

from flask import Flask

from device.records import LARGEST_LOAD_KG
from web.numbers import number
from web.texts import gettext as _
from web.words import DASH

KG_PER_LB = 0.45359237
LARGEST = {"kg": LARGEST_LOAD_KG, "lb": 1100.0}
ALIKE_KG = 0.06  # half of a quarter of a pound: nearer loads may be shown as the same
_now: ContextVar[str] = ContextVar("weight_unit", default="kg")


def install(app: Flask, chosen: Callable[[], str]) -> None:
    """Has each answer show weights in the unit, kg or lb, that is `chosen` then."""

    def begin() -> None:
        _now.set(chosen())

    app.before_request(begin)
    app.teardown_request(_end)


def _end(error: BaseException | None) -> None:
    _now.set("kg")


def unit() -> str:
    """What weights are shown in now: kg or lb."""
    return _now.get()


def load(kg: float | None) -> str:
    """`102.5 kg` or `226 lb`, as people here read it, or a dash."""
    return DASH if kg is None else weight(kg, unit())


def span(loads: Iterable[float]) -> str:
    """`61.2 kg to 62.5 kg`; one load where all are shown alike, empty for none."""
    shown = list(dict.fromkeys(load(kg) for kg in sorted(loads)))
    if len(shown) > 1:
        return _("%(low)s to %(high)s", low=shown[0], high=shown[-1])
    return "".join(shown)


def field(kg: float | None) -> str:
    """A load as it stands in a form's field, in the unit of the page; empty for none."""
    return "" if kg is None else number(f"{in_unit(kg, unit()):g}")


def in_unit(kg: float, unit: str) -> float:
    """A load in the unit it is typed in, to a quarter of a pound or a hundredth of a kilogram."""
    return round(kg, 2) if unit == "kg" else round(kg / KG_PER_LB * 4) / 4


def rounded(kg: float, unit: str) -> float:
    """A load in the unit it is read in, to a quarter of a pound or a tenth of a kilogram."""
    return round(kg, 1) if unit == "kg" else in_unit(kg, unit)


def weight(kg: float, unit: str) -> str:
    """`61.2 kg`, `135 lb`."""
    return f"{number(f'{rounded(kg, unit):g}')} {unit}"


def of_form(form: Mapping[str, str]) -> str:
    """The unit that the weights of a form, or of an address, were typed in."""
    return "lb" if form.get("unit") == "lb" else "kg"


def typed(text: str, unit: str) -> float | None:
    """A weight as typed, in kilograms; None for nothing typed.

    Raises ValueError with a sentence for what is no weight, or more pounds than a load may have.
    """
    said = text.strip()
    if not said:
        return None
    try:
        amount = float(said.replace(",", "."))
    except ValueError:
        raise ValueError(
            _("%(typed)s is not a weight; type pounds, 225 say.", typed=repr(said))
            if unit == "lb"
            else _("%(typed)s is not a weight; type kilograms, 102.5 say.", typed=repr(said))
        ) from None
    if unit != "lb":
        return amount
    if not 0 <= amount <= LARGEST["lb"]:
        raise ValueError(_("A load is from 0 to %(most)s lb.", most=f"{LARGEST['lb']:.0f}"))
    return amount * KG_PER_LB
