"""The rack screen: read from under the bar, tapped by whoever lifts next."""

from web.rack.pages import rack_blueprint

__all__ = ["rack_blueprint"]
