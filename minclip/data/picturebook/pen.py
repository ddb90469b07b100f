"""A pen that records a drawing as a display list: polygons and strokes, each with the role of its colour.

Nothing is rasterised and no style is known here: `render.py` decides how a mark looks. A drawing fills the
unit box, x to the right and y downwards, from -1 to 1.
"""

import random
from collections.abc import Sequence
from math import cos, pi, sin

Point = tuple[float, float]
# The outline, the role (a key of `palette.ROLES`, or "main", "dark", "light"), and the width of a stroke as
# a share of the unit; a filled polygon has width 0. A plain tuple, because a picture has dozens of them.
Mark = tuple[list[Point], str, float]

FULL_TURN = 2 * pi
CORNERS = 16  # of an ellipse: round at 64 px
_CIRCLES = {n: [(cos(FULL_TURN * i / n), sin(FULL_TURN * i / n)) for i in range(n)] for n in (8, 12, 16, 20)}

# Catmull-Rom weights of four neighbouring points, at a third and two thirds between the middle two.
_THIRD = tuple(w / 54 for w in (-4, 42, 18, -2))
_TWO_THIRDS = tuple(reversed(_THIRD))


class Pen:
    """Records marks in drawing order, the later over the earlier.

    >>> pen = Pen(random.Random(0))
    >>> pen.rectangle(-1, 0, 1, 1, "wood")
    >>> pen.marks
    [([(-1, 0), (1, 0), (1, 1), (-1, 1)], 'wood', 0.0)]
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.marks: list[Mark] = []

    def uniform(self, low: float, high: float) -> float:
        """A random number: how one cat differs from another."""
        return low + (high - low) * self.rng.random()

    def chance(self, share: float) -> bool:
        """True in this share of the drawings."""
        return self.rng.random() < share

    def polygon(self, points: Sequence[Point], role: str = "main") -> None:
        self.marks.append((list(points), role, 0.0))

    def line(self, points: Sequence[Point], role: str = "ink", width: float = 0.08) -> None:
        self.marks.append((list(points), role, width))

    def rectangle(self, left: float, top: float, right: float, bottom: float, role: str = "main") -> None:
        self.marks.append(([(left, top), (right, top), (right, bottom), (left, bottom)], role, 0.0))

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        role: str = "main",
        turn: float = 0.0,
        corners: int = CORNERS,
    ) -> None:
        """turn: radians, clockwise on the screen. corners: 8, 12, 16 or 20, fewer for small ones."""
        circle = _CIRCLES[corners]
        if turn:
            c, s = cos(turn), sin(turn)
            points = [(x + c * rx * u - s * ry * v, y + s * rx * u + c * ry * v) for u, v in circle]
        else:
            points = [(x + rx * u, y + ry * v) for u, v in circle]
        self.marks.append((points, role, 0.0))

    def dot(self, x: float, y: float, radius: float, role: str = "eye") -> None:
        """A small disc, such as an eye."""
        self.marks.append(([(x + radius * u, y + radius * v) for u, v in _CIRCLES[8]], role, 0.0))

    def blob(self, points: Sequence[Point], role: str = "main") -> None:
        """A smooth closed outline through the points (Catmull-Rom, three steps from point to point)."""
        n = len(points)
        outline = []
        for i in range(n):
            four = (points[i - 1], points[i], points[(i + 1) % n], points[(i + 2) % n])
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = four
            outline.append((bx, by))
            for wa, wb, wc, wd in (_THIRD, _TWO_THIRDS):
                outline.append((wa * ax + wb * bx + wc * cx + wd * dx, wa * ay + wb * by + wc * cy + wd * dy))
        self.marks.append((outline, role, 0.0))

    def arc(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        start: float,
        end: float,
        role: str = "ink",
        width: float = 0.08,
        steps: int = 10,
    ) -> None:
        """Part of an ellipse's edge as a stroke. Angles in radians: 0 is right, pi / 2 is down."""
        self.marks.append((arc_points(x, y, rx, ry, start, end, steps), role, width))

    def pie(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        start: float,
        end: float,
        role: str = "main",
        steps: int = 12,
    ) -> None:
        """Part of an ellipse, filled and closed by the chord. From pi to 2 pi: a dome."""
        self.marks.append((arc_points(x, y, rx, ry, start, end, steps), role, 0.0))


def arc_points(x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 10) -> list[Point]:
    """steps + 1 points along an ellipse, from one angle to another."""
    step = (end - start) / steps
    return [(x + rx * cos(start + step * i), y + ry * sin(start + step * i)) for i in range(steps + 1)]
