"""Axes and scales of the pictures: plain SVG, drawn in units that read on a phone and a desk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sparkguard.rendering.markup import Child, Markup, element, visible
from sparkguard.report.words import number

_LOG_FROM = 100.0
"""Values whose greatest is this many times their least are drawn on a logarithmic scale."""


_LEAST, _GREATEST = 1e-300, 1e300


@dataclass(frozen=True)
class Scale:
    """Where a value lies between the ends of an axis."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(
        cls, values: Iterable[float | None], *, zero: bool = False, may_log: bool = False
    ) -> Scale:
        """A scale with room for all finite `values`; from 0 on with `zero`."""
        found = [_drawable(v) for v in values if v is not None and math.isfinite(v)]
        if not found:
            return cls(0.0, 1.0)
        low, high = min(found), max(found)
        least = min((v for v in found if v > 0), default=0.0)
        if may_log and low >= 0 < least and high / least >= _LOG_FROM:
            # Zero has its place too, as far before the least as half of it is.
            return cls(low or least / 2, high, log=True)
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if low == high:
            room = abs(low) / 2 or 1.0
            return cls(low if zero and low == 0 else low - room, high + room)
        return cls(low, high + (high - low) * 0.06 if zero else high)

    def at(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        if self.log:
            if value <= 0:
                return 0.0
            span = math.log(self.high / self.low)
            return min(1.0, max(0.0, math.log(value / self.low) / span))
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self, most: int = 5) -> tuple[float, ...]:
        """Round values in reach, at most about `most`."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            every = max(1, math.ceil((last - first + 1) / most))
            return tuple(10.0**power for power in range(first, last + 1, every))
        raw = (self.high - self.low) / most
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.9)
        least, most = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(round(k * step, 12) for k in range(least, most + 1))


def _drawable(value: float) -> float:
    """`value` without the ends of what a float holds, where differences are infinite or vanish."""
    if abs(value) < _LEAST:
        return 0.0
    return max(-_GREATEST, min(value, _GREATEST))


@dataclass(frozen=True)
class Plot:
    """A plane with both axes; `share` writes the vertical one in percent."""

    x: Scale
    y: Scale
    share: bool = False
    width: int = 440
    height: int = 220
    left: int = 56
    right: int = 16
    top: int = 22
    bottom: int = 34

    def px(self, value: float) -> float:
        return self.left + self.x.at(value) * (self.width - self.left - self.right)

    def py(self, value: float) -> float:
        return self.height - self.bottom - self.y.at(value) * (self.height - self.top - self.bottom)

    @property
    def floor(self) -> float:
        return float(self.height - self.bottom)

    def svg(
        self, title: str, says: str, x_ticks: Sequence[tuple[float, str]], *marks: Child
    ) -> Markup:
        """The picture: grid, axes and `marks`; `says` is what it shows, for those who can't see."""
        return svg(title, says, self.width, self.height, self._rows(), self._names(x_ticks), marks)

    def _rows(self) -> Markup:
        ticks = self.y.ticks()
        return element(
            "g",
            [
                (
                    line((self.left, self.py(v)), (self.width - self.right, self.py(v)), "grid"),
                    text((self.left - 7, self.py(v) + 4), self._amount(v), "end"),
                )
                for v in ticks
            ],
            class_="axis",
        )

    def _names(self, ticks: Sequence[tuple[float, str]]) -> Markup:
        base = line((self.left, self.floor), (self.width - self.right, self.floor), "base")
        return element("g", base, [self._name(v, label) for v, label in ticks], class_="axis")

    def _name(self, value: float, label: str) -> tuple[Markup, Markup]:
        at = self.px(value)
        half = 3.1 * len(label)
        anchor = "middle"
        if at - half < 0:
            anchor = "start"
        elif at + half > self.width:
            anchor = "end"
        tick = line((at, self.floor), (at, self.floor + 4), "base")
        return tick, text((at, self.floor + 18), label, anchor)

    def _amount(self, value: float) -> str:
        if not self.share:
            return short(value)
        return f"{value * 100:.6g}%"


def svg(title: str, says: str, width: float, height: float, *marks: Child) -> Markup:
    """A picture with its name and a sentence of what it shows."""
    return element(
        "svg",
        element("title", title),
        element("desc", says),
        marks,
        class_="figure",
        role="img",
        viewBox=f"0 0 {width:g} {height:g}",
    )


def line(one: tuple[float, float], other: tuple[float, float], class_: str) -> Markup:
    (x1, y1), (x2, y2) = one, other
    return element("line", class_=class_, x1=x1, y1=y1, x2=x2, y2=y2)


def text(at: tuple[float, float], said: str, anchor: str = "start", class_: str = "") -> Markup:
    x, y = at
    anchored = None if anchor == "start" else anchor
    return element("text", said, x=x, y=y, text_anchor=anchored, class_=class_ or None)


def rect(x: float, y: float, width: float, height: float, class_: str, says: str = "") -> Markup:
    """A rectangle that tells its numbers when pointed at."""
    told = element("title", says) if says else None
    return element(
        "rect", told, class_=class_, x=x, y=y, width=max(0.0, width), height=max(0.0, height)
    )


def path(points: Iterable[tuple[float, float]], class_: str, *, closed: bool = False) -> Markup:
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return element("path", class_=class_, d=f"M{steps}" + ("Z" if closed else ""))


def short(value: float) -> str:
    """A number short enough for an axis: 12k, 3.4M."""
    size = abs(value)
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= unit * (10 if name == "k" else 1) and size < 1e15:
            return f"{value / unit:.4g}{name}"
    return number(value)


def clipped(label: str, most: int) -> str:
    """`label` in at most `most` characters."""
    shown = visible(label, 200)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def thinned(labels: Sequence[str], room: int = 60) -> list[tuple[float, str]]:
    """Of labels at 0, 1, 2 ... as many as `room` characters hold, evenly spaced."""
    longest = min(12, max((len(label) for label in labels), default=1))
    most = max(2, room // (longest + 2))
    step = max(1, math.ceil(len(labels) / most))
    return [(float(i), clipped(labels[i], 12)) for i in range(0, len(labels), step)]


@dataclass(frozen=True)
class Figure:
    """A picture with its caption, and the marks that need a word of explanation."""

    caption: str
    picture: Markup
    legend: tuple[tuple[str, str], ...] = ()  # (class of the mark, what it stands for)

    def markup(self) -> Markup:
        keys = [
            element("span", element("i", class_=f"key {mark}"), says) for mark, says in self.legend
        ]
        caption = element("figcaption", element("b", self.caption), keys)
        return element("figure", caption, self.picture)
