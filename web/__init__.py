"""The page: what the unit sees now, and what it has seen before."""

from web.app import create_app

__all__ = ["create_app"]
