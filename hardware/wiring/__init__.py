"""The wiring: WireViz sources, the drawings made from them, and the sums behind the resistors."""
