"""How buildings and vehicles are drawn: outlines in the unit box, in any colour.

Windows have the role "glass": a silhouette lets the sky through them, which tells a bus from a box.
"""

from math import pi

from minclip.data.picturebook.pen import FULL_TURN, Pen

SIDES = (-1, 1)


def _wheel(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.ellipse(x, y, radius, radius, "ink")
    pen.dot(x, y, radius * 0.45, "white")


def house(pen: Pen) -> None:
    half, peak = pen.uniform(0.6, 0.75), pen.uniform(0.8, 0.98)
    pen.rectangle(0.28, -0.85, 0.5, -0.3, "red")
    pen.rectangle(-half, -0.15, half, 0.92)
    pen.polygon([(-half - 0.22, -0.1), (0.0, -peak), (half + 0.22, -0.1)], "dark")
    pen.rectangle(-0.16, 0.35, 0.16, 0.92, "wood")
    for side in SIDES:
        x = side * (half + 0.16) / 2
        pen.rectangle(x - 0.14, 0.1, x + 0.14, 0.38, "glass")


def castle(pen: Pen) -> None:
    tower, roofs = pen.uniform(-0.5, -0.3), pen.chance(0.5)
    for x in (-0.33, 0.0, 0.33):
        pen.rectangle(x - 0.11, -0.3, x + 0.11, 0.0)
    pen.rectangle(-0.6, -0.08, 0.6, 0.92)
    for side in SIDES:
        x = side * 0.72
        if roofs:
            pen.polygon([(x - 0.34, tower), (x, tower - 0.5), (x + 0.34, tower)], "dark")
        else:
            for step in (-0.2, 0.0, 0.2):
                pen.rectangle(x + step - 0.07, tower - 0.18, x + step + 0.07, tower + 0.05)
        pen.rectangle(x - 0.26, tower, x + 0.26, 0.92)
        pen.rectangle(x - 0.07, tower + 0.25, x + 0.07, tower + 0.52, "cut")
    pen.pie(0.0, 0.5, 0.22, 0.3, pi, 2 * pi, "cut")
    pen.rectangle(-0.22, 0.48, 0.22, 0.92, "cut")


def car(pen: Pen) -> None:
    roof, nose = pen.uniform(-0.52, -0.38), pen.uniform(0.0, 0.1)
    pen.polygon([(-0.68, 0.06), (-0.42, roof), (0.28, roof), (0.6, 0.06)])
    pen.polygon([(-0.5, 0.02), (-0.34, roof + 0.11), (-0.1, roof + 0.11), (-0.1, 0.02)], "glass")
    pen.polygon([(0.02, 0.02), (0.02, roof + 0.11), (0.22, roof + 0.11), (0.43, 0.02)], "glass")
    pen.polygon([(-1.0, 0.46), (-0.98, 0.1), (-0.68, 0.02), (0.6, 0.02), (0.95, nose + 0.08), (1.0, 0.46)])
    pen.dot(0.9, 0.22, 0.08, "yellow")
    for x in (-0.54, 0.54):
        _wheel(pen, x, 0.47, 0.24)


def bus(pen: Pen) -> None:
    windows, roof = pen.rng.choice((3, 4)), pen.uniform(-0.68, -0.56)
    pen.rectangle(-1.0, roof, 1.0, 0.5)
    step = 1.4 / windows
    for i in range(windows):
        left = -0.92 + i * step
        pen.rectangle(left, roof + 0.14, left + step - 0.1, -0.06, "glass")
    pen.rectangle(0.54, roof + 0.14, 0.9, 0.42, "glass")  # the door
    pen.line([(0.72, roof + 0.14), (0.72, 0.42)], "ink", 0.05)
    pen.line([(-0.98, 0.14), (0.5, 0.14)], "ivory", 0.08)
    for x in (-0.6, 0.3):
        _wheel(pen, x, 0.52, 0.22)


def boat(pen: Pen) -> None:
    front, back = pen.uniform(0.65, 0.85), pen.uniform(0.45, 0.65)
    pen.line([(0.0, 0.4), (0.0, -0.97)], "wood", 0.09)
    pen.polygon([(0.1, -0.92), (front, 0.22), (0.1, 0.22)], "ivory")
    pen.polygon([(-0.1, -0.7), (-back, 0.22), (-0.1, 0.22)], "light")
    pen.polygon([(-0.98, 0.36), (0.98, 0.36), (0.66, 0.88), (-0.66, 0.88)])
    pen.line([(-0.85, 0.54), (0.85, 0.54)], "dark", 0.07)


def rocket(pen: Pen) -> None:
    half, flame = pen.uniform(0.28, 0.35), pen.uniform(0.88, 1.0)
    pen.polygon([(-0.24, 0.4), (-0.14, flame - 0.16), (0.0, flame), (0.14, flame - 0.16), (0.24, 0.4)], "orange")
    for side in SIDES:
        pen.polygon([(side * 0.24, 0.12), (side * 0.66, 0.45), (side * 0.66, 0.75), (side * 0.2, 0.5)], "dark")
    pen.blob(
        [
            (0.0, -1.0),
            (half * 0.8, -0.5),
            (half, 0.05),
            (half * 0.7, 0.52),
            (-half * 0.7, 0.52),
            (-half, 0.05),
            (-half * 0.8, -0.5),
        ]
    )
    pen.ellipse(0.0, -0.28, 0.15, 0.15, "glass", corners=12)
    pen.line([(0.0, 0.15), (0.0, 0.5)], "dark", 0.09)


def airplane(pen: Pen) -> None:
    sweep, span = pen.uniform(0.35, 0.5), pen.uniform(0.82, 0.95)
    for side in SIDES:
        pen.polygon(
            [(0.3, side * 0.1), (-0.1, side * 0.1), (-sweep, side * span), (-sweep + 0.2, side * span)],
            "dark",
        )
        pen.polygon([(-0.66, side * 0.05), (-0.98, side * 0.42), (-0.82, side * 0.42), (-0.45, side * 0.05)], "dark")
        pen.rectangle(-0.02, side * 0.42 - 0.06, 0.2, side * 0.42 + 0.06, "grey")
    pen.blob(
        [
            (1.0, 0.0),
            (0.8, -0.14),
            (0.2, -0.17),
            (-0.6, -0.12),
            (-0.96, 0.0),
            (-0.6, 0.12),
            (0.2, 0.17),
            (0.8, 0.14),
        ]
    )
    pen.polygon([(0.72, -0.1), (0.84, -0.05), (0.84, 0.05), (0.72, 0.1)], "glass")
    for x in (-0.3, -0.05, 0.2, 0.45):
        pen.dot(x, 0.0, 0.06, "glass")


def bicycle(pen: Pen) -> None:
    radius, stem = pen.uniform(0.38, 0.43), pen.uniform(-0.62, -0.5)
    for x in (-0.56, 0.56):
        pen.arc(x, 0.38, radius, radius, 0, FULL_TURN, "ink", 0.09, 16)
        pen.dot(x, 0.38, 0.06, "ink")
    pen.line([(-0.56, 0.38), (-0.2, -0.2), (0.38, -0.2), (0.02, 0.38), (-0.56, 0.38)], "main", 0.14)
    pen.line([(0.02, 0.38), (-0.26, -0.42)], "main", 0.14)
    pen.line([(0.56, 0.38), (0.36, stem), (0.62, stem - 0.08), (0.7, stem + 0.06)], "main", 0.14)
    pen.line([(-0.46, -0.44), (-0.08, -0.44)], "ink", 0.13)
    pen.dot(0.02, 0.38, 0.1, "ink")
