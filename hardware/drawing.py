"""Small SVG drawings in metres."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Drawing:
    """SVG, 200 px a metre; (x, y) in metres of the drawing, y down."""

    wide_m: float
    high_m: float
    lines: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        """One element."""
        self.lines.append(words)

    def at(self, x: float, y: float) -> str:
        """A point in px."""
        return f"{x * 200:.0f},{y * 200:.0f}"

    def shape(self, points: list[tuple[float, float]], style: str) -> None:
        """A polygon."""
        self.add(f'<polygon points="{" ".join(self.at(*p) for p in points)}" {style}/>')

    def line(self, a: tuple[float, float], b: tuple[float, float], style: str) -> None:
        """A line."""
        (x, y), (u, v) = a, b
        ends = f'x1="{x * 200:.0f}" y1="{y * 200:.0f}" x2="{u * 200:.0f}" y2="{v * 200:.0f}"'
        self.add(f"<line {ends} {style}/>")

    def words(self, x: float, y: float, text: str, anchor: str = "start") -> None:
        """Text."""
        place = f'x="{x * 200:.0f}" y="{y * 200:.0f}" text-anchor="{anchor}"'
        self.add(f"<text {place}>{text}</text>")

    def box(self, x: tuple[float, float], y: tuple[float, float], style: str) -> None:
        """An upright rectangle from its ends."""
        self.shape([(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])], style)

    def square(self, x: float, y: float, side: float, style: str) -> None:
        """A square about a point."""
        half = side / 2
        ends = [(x - half, y - half), (x + half, y - half), (x + half, y + half)]
        self.shape([*ends, (x - half, y + half)], style)

    def circle(self, x: float, y: float, radius: float, style: str) -> None:
        """A circle."""
        self.add(f'<circle cx="{x * 200:.0f}" cy="{y * 200:.0f}" r="{radius * 200:.0f}" {style}/>')

    def svg(self, title: str) -> str:
        """The file."""
        size = f'viewBox="0 0 {self.wide_m * 200:.0f} {self.high_m * 200:.0f}"'
        font = 'font-family="sans-serif" font-size="15" fill="#222"'
        body = "\n".join(self.lines)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>\n<title>{title}</title>\n'
            f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
        )
