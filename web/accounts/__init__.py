"""Signing in and out, lifters' PINs and cards, the set-up wizard and the settings."""

from web.accounts.lifters import lifters_blueprint
from web.accounts.settings import now_of, settings_blueprint
from web.accounts.setup import setup_blueprint
from web.accounts.sign_in import Door, sign_in_blueprint

__all__ = [
    "Door",
    "lifters_blueprint",
    "now_of",
    "settings_blueprint",
    "setup_blueprint",
    "sign_in_blueprint",
]
