"""Plots as inline SVG, without script: one column a night, or one bar a name.

Each has a title and a description for who cannot see it, and each mark says its number; colours follow the page's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import floor, log10

STYLE = """
svg { width: 100%; max-width: 36rem; height: auto; font: 11px system-ui, sans-serif; fill: currentColor; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 0 2rem; }
svg .axis { stroke: currentColor; stroke-opacity: .35; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; }
.legend svg { width: .8em; height: .8em; margin-right: .4em; }
.c0 { fill: #2f6fb5; } .c1 { fill: #c25a00; } .c2 { fill: #7a7a7a; } .c3 { fill: #2b8a3e; }
.c4 { fill: #a83279; } .c5 { fill: #8d7000; } .c6 { fill: #5b4bb5; } .c7 { fill: #b3261e; }
@media (prefers-color-scheme: dark) {
.c0 { fill: #6ea8e5; } .c1 { fill: #f29a4a; } .c2 { fill: #a8a8a8; } .c3 { fill: #62c474; }
.c4 { fill: #e07ab8; } .c5 { fill: #d2b332; } .c6 { fill: #a598f0; } .c7 { fill: #f2756c; }
}
"""
COLOURS = 8
WIDTH, HEIGHT = 480, 160
LEFT, RIGHT, TOP, BOTTOM = 50, 24, 10, 28
"""Room around the columns: numbers stand left of them, dates below."""
BAR, NAME = 20, 200
"""Height of a horizontal bar with its gap, and the room for its name."""


def draw_columns(title: str, nights: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """One column a night, its series on top of each other, with a legend where there are several."""
    top = round_up(max((sum(column) for column in zip(*series.values(), strict=True)), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(nights), 1)
    wide = min(step * 0.8, 40)
    marks = list(list_axis(list_ticks(top, series), nights, step))
    for place, night in enumerate(nights):
        base = float(HEIGHT - BOTTOM)
        for colour, (name, values) in enumerate(series.items()):
            if not values[place]:
                continue
            high = values[place] / top * (HEIGHT - TOP - BOTTOM)
            base -= high
            said = f"{night}: {show(values[place])} {name}"
            x = LEFT + step * (place + 0.5) - wide / 2
            marks.append(
                f'<rect class="c{colour % COLOURS}" x="{x:.1f}" y="{base:.1f}" width="{wide:.1f}" height="{high:.1f}">'
                f"<title>{escape(said)}</title></rect>"
            )
    last = ", ".join(f"{show(values[-1])} {name}" for name, values in series.items() if values)
    text = f"{len(nights)} nights up to {nights[-1]}; the last: {last}" if nights else "no night yet"
    return frame(title, text, HEIGHT, marks) + (draw_legend(list(series)) if len(series) > 1 else "")


def draw_bars(title: str, numbers: Mapping[str, float]) -> str:
    """One horizontal bar a name, with its number."""
    top = max(numbers.values(), default=0) or 1
    marks = []
    for place, (name, number) in enumerate(numbers.items()):
        wide = number / top * (WIDTH - NAME - 80)
        y = place * BAR
        marks.append(
            f'<text x="{NAME - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="c0" x="{NAME}" y="{y + 3}" width="{wide:.1f}" height="{BAR - 6}"></rect>'
            f'<text x="{NAME + wide + 6:.1f}" y="{y + 15}">{show(number)}</text>'
        )
    text = "; ".join(f"{name}: {show(number)}" for name, number in numbers.items())
    return frame(title, text or "none", max(len(numbers), 1) * BAR, marks)


def list_ticks(top: float, series: Mapping[str, Sequence[float]]) -> list[float]:
    """Nothing, half and full height; half of an odd number of things that are counted is no number of them."""
    is_counted = all(float(number).is_integer() for column in series.values() for number in column)
    return [0, top] if is_counted and top % 2 else [0, top / 2, top]


def list_axis(ticks: Sequence[float], nights: Sequence[str], step: float) -> Iterator[str]:
    """Lines at the ticks, of which the last is the top, and under them the first, the middle and the last night."""
    for tick in ticks:
        y = HEIGHT - BOTTOM - tick / ticks[-1] * (HEIGHT - TOP - BOTTOM)
        yield f'<path class="axis" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{show(tick)}</text>'
    for place in sorted({0, len(nights) // 2, len(nights) - 1} & set(range(len(nights)))):
        x = LEFT + step * (place + 0.5)
        yield f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(nights[place])}</text>'


def draw_legend(names: Sequence[str]) -> str:
    """Which colour is which series."""
    items = (
        f'<li><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="c{place % COLOURS}" width="8" height="8"/></svg>'
        f"{escape(name)}</li>"
        for place, name in enumerate(names)
    )
    return f'<ul class="legend">{"".join(items)}</ul>\n'


def frame(title: str, text: str, height: int, marks: Sequence[str]) -> str:
    """A plot around its marks; title and text are read out in their place."""
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}"><title>{escape(title)}</title><desc>{escape(text)}</desc>'
        f"{''.join(marks)}</svg>\n"
    )


def show(number: float) -> str:
    """A number as it is read, with at most two places."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def round_up(number: float) -> float:
    """The next 1, 2 or 5 of its power of ten, where an axis ends well."""
    if number <= 0:
        return 1
    power = 10.0 ** floor(log10(number))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= number)
