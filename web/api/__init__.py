"""The read-only JSON API."""

from __future__ import annotations

from web.api.pages import api_blueprint, api_error, known_token

__all__ = ["api_blueprint", "api_error", "known_token"]
