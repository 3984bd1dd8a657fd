"""Time of a night against the size of the history, as an SVG: both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from benchmarks.events.runs import Size

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 70, 170, 30, 50
LINES = {
    "c360": ("full build", "#1f5fa8"),
    "night": ("a night with 1 % new", "#d1495b"),
    "script": ("script, everything", "#777777"),
}
MILLION = 1_000_000


def draw(sizes: Sequence[Size]) -> str:
    """The picture, with the values beside their points."""
    series = {
        name: [
            (s.events / MILLION, s.programs[name].wall)
            for s in sizes
            if name in s.programs and not s.programs[name].note
        ]
        for name in LINES
    }
    every = [point for points in series.values() for point in points]
    plane = Plane([x for x, _ in every], [y for _, y in every])
    body = [
        *plane.draw_axes(),
        *(line for name, points in series.items() if points for line in plane.draw(name, points)),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' font-family="sans-serif" font-size="12"><title>Night time against history size</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    )
    return "\n".join([head, *body, "</svg>\n"])


class Plane:
    """Where values lie in the picture."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.ticks = sorted(set(xs))
        self.x = (log10(min(xs)) - 0.05, log10(max(xs)) + 0.05)
        self.y = (floor(log10(min(ys))), ceil(log10(max(ys))))

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point in the picture."""
        across = (log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (log10(y) - self.y[0]) / max(self.y[1] - self.y[0], 1)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def draw_axes(self) -> list[str]:
        """A line for each power of ten seconds, a mark for each size."""
        lines = []
        for power in range(self.y[0], self.y[1] + 1):
            _, y = self.place(self.ticks[0], 10**power)
            lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>')
            lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:g} s</text>')
        for tick in self.ticks:
            x, _ = self.place(tick, 10 ** self.y[0])
            lines.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        lines.append(
            f'<text x="{middle:.0f}" y="{HEIGHT - 10}" text-anchor="middle">million events in the history</text>'
        )
        return lines

    def draw(self, name: str, points: Sequence[tuple[float, float]]) -> list[str]:
        """One line with its points, values and name."""
        title, colour = LINES[name]
        placed = [self.place(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        lines = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
        for (x, y), (_, value) in zip(placed, points, strict=True):
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
            lines.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle" fill="{colour}">{value:.0f}</text>')
        x, y = placed[-1]
        return [*lines, f'<text x="{x + 12:.1f}" y="{y + 4:.1f}" fill="{colour}">{title}</text>']
