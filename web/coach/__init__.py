"""The coach's pages: today, sessions, one session, lifters, one lifter over time, comparisons."""

from __future__ import annotations

from web.coach.pages import coach_blueprint

__all__ = ["coach_blueprint"]
