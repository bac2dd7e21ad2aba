"""The page ‘Data’: out of the unit, and in."""

from __future__ import annotations

from web.data.pages import data_blueprint

__all__ = ["data_blueprint"]
