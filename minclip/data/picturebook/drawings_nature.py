"""How plants, food and the shapes of the sky are drawn: outlines in the unit box, in any colour.

Bumpy outlines (a crown of leaves, a cloud) are one polygon, so that line drawings show the edge alone.
"""

from math import cos, pi, sin

from minclip.data.picturebook.pen import FULL_TURN, Pen, Point, arc_points

SIDES = (-1, 1)


def _bumpy(x: float, y: float, rx: float, ry: float, bumps: int, start: float) -> list[Point]:
    """An ellipse with round bumps, as children draw leaves: 4 points per bump."""
    points = []
    for i in range(4 * bumps):
        angle = start + FULL_TURN * i / (4 * bumps)
        radius = 0.84 + 0.16 * abs(sin(pi * i / 4))
        points.append((x + rx * radius * cos(angle), y + ry * radius * sin(angle)))
    return points


def tree(pen: Pen) -> None:
    trunk, width = pen.uniform(0.11, 0.17), pen.uniform(0.66, 0.85)
    pen.polygon([(-trunk, 0.0), (trunk, 0.0), (trunk * 1.5, 0.96), (-trunk * 1.5, 0.96)], "wood")
    pen.polygon(_bumpy(0.0, -0.3, width, pen.uniform(0.58, 0.7), 7 + pen.chance(0.5), pen.uniform(0, 1)))
    for x, y in ((-0.3, -0.3), (0.2, -0.5), (0.25, -0.08)):
        pen.arc(x, y, 0.15, 0.12, pi + 0.2, 2 * pi - 0.2, "dark", 0.05, 4)


def pine(pen: Pen) -> None:
    width, top = pen.uniform(0.55, 0.72), pen.uniform(0.9, 1.0)
    pen.rectangle(-0.11, 0.6, 0.11, 0.98, "wood")
    for half, base, height in (
        (width, 0.72, 0.72),
        (width * 0.8, 0.26, 0.7),
        (width * 0.58, -0.2, top - 0.2),
    ):
        pen.polygon([(-half, base), (0.0, base - height), (half, base), (0.0, base - 0.08)])


def cactus(pen: Pen) -> None:
    width, left, right = pen.uniform(0.19, 0.25), pen.uniform(-0.15, 0.2), pen.uniform(-0.1, 0.3)
    for side, elbow in ((-1, left), (1, right)):
        pen.line([(0.0, elbow + 0.2), (side * 0.6, elbow + 0.2), (side * 0.6, elbow - 0.4)], "main", 0.24)
        pen.dot(side * 0.6, elbow - 0.4, 0.12, "main")
    pen.polygon([(width, 0.97), (-width, 0.97), *arc_points(0.0, -0.7, width, 0.26, pi, 2 * pi, 6)])
    for x in (-0.08, 0.08):
        pen.line([(x, -0.7), (x, 0.86)], "dark", 0.04)
    if pen.chance(0.4):
        pen.ellipse(0.0, -0.93, 0.16, 0.09, "pink", corners=8)


def flower(pen: Pen) -> None:
    petals, start, bend = pen.rng.choice((5, 6, 7)), pen.uniform(0, 1), pen.uniform(-0.12, 0.12)
    pen.line([(0.0, -0.2), (bend, 0.4), (bend, 0.97)], "leaf", 0.1)
    for side in SIDES:
        pen.ellipse(bend + side * 0.27, 0.68, 0.27, 0.12, "leaf", side * -0.5, 12)
    for i in range(petals):
        angle = start + FULL_TURN * i / petals
        pen.ellipse(0.36 * cos(angle), -0.38 + 0.36 * sin(angle), 0.26, 0.2, "main", angle)
    pen.ellipse(0.0, -0.38, 0.2, 0.2, "yellow", corners=12)


def mushroom(pen: Pen) -> None:
    stem, height = pen.uniform(0.2, 0.3), pen.uniform(0.8, 1.0)
    pen.blob(
        [
            (-stem, 0.0),
            (stem, 0.0),
            (stem * 1.1, 0.6),
            (stem * 1.4, 0.9),
            (-stem * 1.4, 0.9),
            (-stem * 1.1, 0.6),
        ],
        "ivory",
    )
    pen.pie(0.0, 0.08, 0.9, height, pi, 2 * pi)
    for x, y, size in ((-0.48, -0.2, 0.13), (0.02, -0.5, 0.17), (0.46, -0.16, 0.14), (-0.02, -0.12, 0.09)):
        pen.ellipse(x, y, size, size * 0.85, "white", corners=12)


def apple(pen: Pen) -> None:
    width, leaf = pen.uniform(0.78, 0.88), pen.uniform(-0.6, -0.3)
    half = [
        (0.0, -0.34),
        (0.3, -0.5),
        (0.66, -0.44),
        (width, -0.06),
        (0.74, 0.46),
        (0.42, 0.86),
        (0.16, 0.92),
    ]
    pen.line([(0.0, -0.3), (0.02, -0.62), (0.12, -0.95)], "wood", 0.1)
    pen.blob([(0.06, -0.62), (0.36, -0.92), (0.74, -0.8 + leaf * 0.2), (0.4, -0.62)], "leaf")
    pen.blob([*half, (0.0, 0.84), *[(-x, y) for x, y in reversed(half[1:])]])
    pen.arc(-0.1, 0.1, 0.5, 0.46, pi * 1.02, pi * 1.35, "white", 0.09, 5)


def banana(pen: Pen) -> None:
    thick = pen.uniform(0.42, 0.56)
    outer = arc_points(0.0, -0.42, 0.95, 1.05, 0.12, pi - 0.35, 12)
    inner = arc_points(0.0, -0.42, 0.82, 1.05 - thick, pi - 0.42, 0.2, 12)
    pen.polygon([(0.84, -0.36), (0.86, -0.66), (1.0, -0.64), (0.97, -0.3)], "wood")
    pen.polygon(outer + inner)
    pen.line(arc_points(-0.02, -0.42, 0.84, 1.02 - thick / 2, 0.35, pi - 0.55, 8), "dark", 0.05)
    x, y = outer[-1]
    pen.dot(x + 0.03, y - 0.03, 0.09, "wood")


def carrot(pen: Pen) -> None:
    width, tip = pen.uniform(0.34, 0.44), pen.uniform(-0.1, 0.1)
    for lean in (-0.5, 0.5, 0.0):
        pen.ellipse(lean * 0.6, -0.7, 0.12, 0.32, "leaf", lean, 12)
    pen.blob(
        [
            (0.0, -0.52),
            (width, -0.42),
            (width * 0.7, 0.1),
            (tip + 0.04, 0.98),
            (tip - 0.04, 0.98),
            (-width * 0.7, 0.1),
            (-width, -0.42),
        ]
    )
    for side, y in ((-1, -0.22), (1, 0.0), (-1, 0.24), (1, 0.45)):
        pen.line([(side * 0.24 * (1 - y), y), (side * 0.02, y + 0.04)], "cut", 0.06)


def ice_cream(pen: Pen) -> None:
    pen.polygon([(-0.42, 0.02), (0.42, 0.02), (0.0, 0.98)], "wafer")
    for side in SIDES:
        pen.line([(side * 0.2, 0.1), (side * -0.16, 0.56)], "wood", 0.04)
    if pen.chance(0.5):
        pen.ellipse(-0.27, -0.2, 0.34, 0.32)
        pen.ellipse(0.27, -0.2, 0.34, 0.32, "light")
        pen.ellipse(0.0, -0.56, 0.36, 0.32)
    else:
        pen.ellipse(0.0, -0.6, 0.38, 0.32, "light")
        pen.polygon(_bumpy(0.0, -0.18, 0.58, 0.4, 8, pen.uniform(0, 1)))
    pen.ellipse(0.02, -0.9, 0.11, 0.1, "red", corners=8)


def star(pen: Pen) -> None:
    inner = pen.uniform(0.38, 0.46)
    radii = [(0.98, inner)[i % 2] for i in range(10)]
    pen.polygon([(r * sin(i * pi / 5), -r * cos(i * pi / 5)) for i, r in enumerate(radii)])


def moon(pen: Pen) -> None:
    # Two circles through the same two tips: the outer one far round, the inner one a shallower bow.
    bow = pen.uniform(0.28, 0.46)
    outer = arc_points(0.2, 0.0, 0.95, 0.95, 1.15, FULL_TURN - 1.15, 16)
    (x, y), radius = outer[0], (0.87**2 + bow**2) / (2 * bow)
    reach = min(1.4, abs(y / radius))
    inner = arc_points(x - bow + radius, 0.0, radius, radius, pi + reach, pi - reach, 8)
    pen.polygon(outer + inner)
    for cx, cy, size in ((-0.4, 0.42, 0.1), (-0.18, -0.58, 0.08), (-0.55, 0.02, 0.08)):
        pen.dot(cx, cy, size, "dark")
    pen.dot(-0.28, -0.2, 0.07)


def heart(pen: Pen) -> None:
    tall = pen.uniform(0.9, 1.08)
    turns = [FULL_TURN * i / 24 for i in range(24)]
    curve = [(16 * sin(t) ** 3, 13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) for t in turns]
    pen.polygon([(0.058 * x, -0.058 * tall * y - 0.1) for x, y in curve])
    pen.arc(-0.42, -0.35, 0.28, 0.28, pi * 0.95, pi * 1.5, "white", 0.1, 5)


def cloud(pen: Pen) -> None:
    left, middle, right = pen.uniform(0.24, 0.32), pen.uniform(0.4, 0.5), pen.uniform(0.26, 0.34)
    outline = arc_points(-0.62, 0.18, 0.36, left, pi * 0.55, pi * 1.55, 6)
    outline += arc_points(-0.2, -0.1, 0.42, middle, pi * 1.05, pi * 1.75, 6)
    outline += arc_points(0.3, -0.02, 0.36, right, pi * 1.35, pi * 1.95, 5)
    outline += arc_points(0.68, 0.2, 0.3, 0.25, pi * 1.45, pi * 2.45, 6)
    pen.polygon(outline)
    pen.arc(-0.15, 0.1, 0.25, 0.16, pi * 1.1, pi * 1.8, "dark", 0.05, 4)
