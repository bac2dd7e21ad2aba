"""How well a unit agrees with an inclinometer: its log, what the unit measured, the figures."""

from __future__ import annotations

from device.agreement.figures import as_json, compare, report

__all__ = ["as_json", "compare", "report"]
