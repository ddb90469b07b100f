"""How the twelve animals are drawn: shapes only, in the unit box, in any colour.

A drawing keeps the outline that tells the animal from the others (ears, tail, shell), for a silhouette has
nothing else; the rest is random.
"""

from math import cos, pi, sin

from minclip.data.picturebook.pen import Pen

SIDES = (-1, 1)  # left and right of a symmetrical drawing


def cat(pen: Pen) -> None:
    head_x, lean = pen.uniform(-0.18, 0.02), pen.uniform(-0.1, 0.1)
    ear, tip = pen.uniform(0.88, 1.0), pen.uniform(-0.2, 0.1)
    pen.line([(0.3, 0.82), (0.68, 0.8), (0.86, 0.5), (0.8, 0.2), (0.92 + lean, tip - 0.1)], "main", 0.17)
    width = pen.uniform(0.42, 0.52)
    pen.blob([(-0.28, -0.1), (0.2, -0.1), (width, 0.55), (0.3, 0.95), (-0.36, 0.95), (-width, 0.55)])
    for side in SIDES:
        pen.line([(side * 0.12 - 0.03, 0.5), (side * 0.14 - 0.03, 0.93)], "dark", 0.05)
        pen.polygon([(head_x + side * 0.5, -0.4), (head_x + side * 0.45, -ear), (head_x + side * 0.06, -0.6)])
        pen.polygon(
            [(head_x + side * 0.4, -0.5), (head_x + side * 0.39, -ear + 0.16), (head_x + side * 0.2, -0.6)],
            "pink",
        )
    pen.ellipse(head_x, -0.32, 0.52, 0.38)
    for side in SIDES:
        pen.ellipse(head_x + side * 0.21, -0.38, 0.08, 0.1, "eye", corners=8)
        pen.line([(head_x + side * 0.2, -0.17), (head_x + side * 0.74, -0.26)], "ink", 0.03)
        pen.line([(head_x + side * 0.2, -0.12), (head_x + side * 0.72, -0.06)], "ink", 0.03)
    pen.polygon([(head_x - 0.09, -0.25), (head_x + 0.09, -0.25), (head_x, -0.14)], "pink")


def dog(pen: Pen) -> None:
    feet, tail = pen.uniform(0.75, 0.9), pen.uniform(-0.7, -0.25)
    pen.line([(0.58, 0.0), (0.8, -0.15), (0.92, tail)], "main", 0.14)
    for x in (-0.3, 0.58):
        pen.rectangle(x - 0.09, 0.1, x + 0.09, feet - 0.04, "dark")
    for x in (-0.48, 0.4):
        pen.rectangle(x - 0.1, 0.1, x + 0.1, feet)
    pen.blob([(-0.6, -0.3), (0.1, -0.2), (0.62, -0.16), (0.72, 0.15), (0.5, 0.36), (-0.1, 0.3), (-0.6, 0.34)])
    pen.ellipse(-0.56, -0.42, 0.34, 0.32)
    pen.blob([(-0.7, -0.5), (-0.98, -0.42), (-1.0, -0.24), (-0.85, -0.14), (-0.55, -0.2)])
    pen.ellipse(-0.99, -0.38, 0.09, 0.08, "ink", corners=8)
    pen.ellipse(-0.33, -0.35, 0.14, pen.uniform(0.28, 0.38), "dark", pen.uniform(-0.3, 0.1))
    pen.dot(-0.66, -0.5, 0.07)
    pen.line([(-0.72, -0.08), (-0.36, 0.02)], "red", 0.1)


def fish(pen: Pen) -> None:
    height, fin = pen.uniform(0.38, 0.52), pen.uniform(0.25, 0.42)
    pen.polygon([(0.42, 0.0), (0.98, -0.5), (0.84, 0.0), (0.98, 0.5)], "dark")
    pen.polygon([(-0.3, -height + 0.1), (0.1, -height - fin), (0.4, -0.2)], "dark")
    pen.polygon([(-0.1, height - 0.08), (0.15, height + 0.22), (0.3, 0.2)], "dark")
    pen.ellipse(-0.18, 0.0, 0.78, height)
    pen.arc(-0.55, 0.0, 0.2, height * 0.8, -1.1, 1.1, "dark", 0.06, 6)
    pen.ellipse(-0.62, -0.12, 0.12, 0.12, "white", corners=12)
    pen.dot(-0.64, -0.12, 0.07)
    pen.polygon([(-0.1, 0.02), (0.22, 0.16), (-0.08, 0.24)], "dark")
    for x in (0.1, 0.35):
        pen.arc(x - 0.1, -0.12, 0.1, 0.12, -1.2, 1.2, "dark", 0.05, 4)


def bird(pen: Pen) -> None:
    tail, wing = pen.uniform(-0.4, 0.0), pen.uniform(-0.25, 0.1)
    for x in (-0.1, 0.15):
        pen.line([(x, 0.45), (x - 0.03, 0.9), (x - 0.24, 0.93)], "orange", 0.07)
    pen.polygon([(0.3, 0.0), (0.95, tail), (1.0, tail + 0.26), (0.4, 0.38)], "dark")
    pen.polygon([(-0.72, -0.52), (-1.05, -0.36), (-0.7, -0.26)], "orange")
    pen.blob(
        [
            (-0.45, -0.76),
            (-0.76, -0.5),
            (-0.66, -0.15),
            (-0.5, 0.3),
            (0.0, 0.55),
            (0.45, 0.36),
            (0.5, 0.05),
            (-0.1, -0.3),
        ]
    )
    pen.polygon([(-0.25, 0.0), (0.2, wing - 0.1), (0.72, wing), (0.45, 0.3), (0.05, 0.35)], "dark")
    pen.dot(-0.53, -0.48, 0.08)


def rabbit(pen: Pen) -> None:
    for side in SIDES:
        lean, height = side * pen.uniform(0.0, 0.4), pen.uniform(0.36, 0.42)
        pen.ellipse(side * 0.2 + lean * 0.2, -0.6, 0.14, height, "main", lean)
        pen.ellipse(side * 0.2 + lean * 0.2, -0.6, 0.06, height - 0.12, "pink", lean, 12)
    pen.ellipse(0.42, 0.72, 0.16, 0.15, "ivory", corners=12)
    pen.ellipse(0.0, 0.52, 0.42, 0.44)
    pen.ellipse(0.0, 0.6, 0.23, 0.27, "ivory")
    for side in SIDES:
        pen.ellipse(side * 0.26, 0.88, 0.22, 0.11)
    pen.ellipse(0.0, -0.12, 0.37, 0.33)
    for side in SIDES:
        pen.ellipse(side * 0.16, -0.18, 0.06, 0.09, "eye", corners=8)
    pen.dot(0.0, -0.04, 0.06, "pink")
    pen.rectangle(-0.06, 0.03, 0.06, 0.14, "white")


def butterfly(pen: Pen) -> None:
    upper, lower, spread = pen.uniform(0.4, 0.5), pen.uniform(0.28, 0.36), pen.uniform(0.85, 1.0)
    for side in SIDES:
        pen.line([(0.0, -0.45), (side * 0.12, -0.75), (side * 0.3, -0.92)], "ink", 0.05)
        pen.ellipse(side * 0.38, 0.42, 0.36 * spread, lower, "dark", side * -0.5)
        wing = [(0.04, -0.2), (0.3, -0.3 - upper), (0.8, -0.8), (0.98, -0.5), (0.8, 0.0), (0.3, 0.16)]
        pen.blob([(side * spread * x, y) for x, y in wing])
        pen.ellipse(side * 0.58 * spread, -0.4, 0.17, 0.17, "light", corners=12)
        pen.dot(side * 0.42, 0.46, 0.1, "light")
    pen.ellipse(0.0, 0.05, 0.1, 0.6, "ink")


def snail(pen: Pen) -> None:
    radius, turns = pen.uniform(0.52, 0.6), pen.uniform(0.8, 0.95)
    pen.line([(-0.8, 0.3), (-0.98, -0.12)], "yellow", 0.07)
    pen.line([(-0.7, 0.25), (-0.66, -0.15)], "yellow", 0.07)
    pen.blob(
        [(-0.98, 0.4), (-0.75, 0.2), (-0.45, 0.5), (0.4, 0.62), (1.0, 0.84), (-0.1, 0.86), (-0.78, 0.82)],
        "yellow",
    )
    pen.dot(-0.82, 0.42, 0.06)
    pen.ellipse(0.16, 0.14, radius, radius, "main", corners=20)
    spiral = [(radius * 0.86 * (1 - i / 15), turns * i) for i in range(14)]
    pen.line([(0.16 + r * cos(t), 0.14 + r * sin(t)) for r, t in spiral], "cut", 0.08)


def turtle(pen: Pen) -> None:
    dome, neck = pen.uniform(0.8, 0.98), pen.uniform(-0.2, 0.08)
    pen.polygon([(0.55, 0.25), (1.0, 0.45), (0.55, 0.46)], "leaf")
    for x in (-0.5, 0.38):
        pen.polygon([(x - 0.12, 0.3), (x + 0.2, 0.3), (x + 0.15, 0.74), (x - 0.14, 0.74)], "leaf")
    pen.blob(
        [
            (-0.5, 0.4),
            (-0.62, 0.12),
            (-0.74, neck - 0.2),
            (-1.0, neck - 0.05),
            (-0.98, neck + 0.14),
            (-0.76, 0.42),
        ],
        "leaf",
    )
    pen.dot(-0.87, neck - 0.02, 0.06)
    pen.pie(0.0, 0.4, 0.72, dome, pi, 2 * pi)
    top = 0.4 - dome
    pen.polygon([(-0.24, top + 0.34), (0.0, top + 0.16), (0.24, top + 0.34), (0.16, 0.2), (-0.16, 0.2)], "dark")
    for side in SIDES:
        pen.line([(side * 0.24, top + 0.34), (side * 0.5, top + 0.34)], "dark", 0.05)
        pen.line([(side * 0.16, 0.2), (side * 0.3, 0.38)], "dark", 0.05)
    pen.line([(-0.74, 0.4), (0.74, 0.4)], "cut", 0.07)


def mouse(pen: Pen) -> None:
    ear, tail = pen.uniform(0.27, 0.33), pen.uniform(-0.4, 0.1)
    pen.line([(0.55, 0.55), (0.85, 0.62), (0.92, 0.25), (0.84, 0.0), (1.0, tail)], "pink", 0.08)
    pen.ellipse(-0.02, -0.34, ear * 0.85, ear * 0.9, "dark", corners=12)
    pen.blob(
        [
            (-1.0, 0.42),
            (-0.7, 0.08),
            (-0.25, -0.14),
            (0.3, -0.2),
            (0.72, 0.15),
            (0.72, 0.58),
            (0.2, 0.68),
            (-0.7, 0.62),
        ]
    )
    pen.ellipse(-0.32, -0.26, ear, ear)
    pen.ellipse(-0.32, -0.26, ear * 0.6, ear * 0.6, "pink", corners=12)
    pen.dot(-0.68, 0.22, 0.07)
    pen.dot(-0.98, 0.42, 0.09, "pink")
    for end in (0.34, 0.54):
        pen.line([(-0.82, 0.45), (-0.5, end)], "ink", 0.03)
    for x in (-0.4, 0.35):
        pen.ellipse(x, 0.68, 0.18, 0.08, "pink", corners=8)


def bat(pen: Pen) -> None:
    lift, dip = pen.uniform(-0.2, 0.15), pen.uniform(0.3, 0.5)
    for side in SIDES:
        wing = [(0.0, -0.1), (0.3, -0.2), (0.55, -0.6 + lift), (1.0, -0.25 + lift), (0.98, dip)]
        wing += [(0.82, 0.12), (0.64, dip + 0.12), (0.46, 0.2), (0.28, dip + 0.1), (0.0, 0.3)]
        pen.polygon([(side * x, y) for x, y in wing], "dark")
        pen.line([(side * 0.55, -0.5 + lift), (side * 0.46, 0.2)], "main", 0.05)
    for side in SIDES:
        pen.polygon([(side * 0.22, -0.3), (side * 0.24, -0.82), (side * 0.02, -0.5)])
    pen.ellipse(0.0, 0.16, 0.2, 0.4)
    pen.ellipse(0.0, -0.34, 0.25, 0.22)
    for side in SIDES:
        pen.dot(side * 0.1, -0.38, 0.06)
        pen.polygon([(side * 0.12, -0.22), (side * 0.03, -0.22), (side * 0.07, -0.1)], "white")


def whale(pen: Pen) -> None:
    spout, rise = pen.uniform(0.16, 0.26), pen.uniform(-0.15, 0.05)
    pen.polygon(
        [
            (0.72, -0.2 + rise),
            (0.6, -0.66 + rise),
            (0.84, -0.5 + rise),
            (1.04, -0.7 + rise),
            (0.94, -0.15 + rise),
        ]
    )
    body = [
        (-1.0, 0.2),
        (-0.85, -0.28),
        (-0.3, -0.42),
        (0.3, -0.1),
        (0.74, -0.28 + rise),
        (0.94, -0.2 + rise),
    ]
    pen.blob([*body, (0.84, 0.3), (0.3, 0.62), (-0.4, 0.66), (-0.9, 0.5)])
    pen.blob([(-0.94, 0.36), (-0.3, 0.36), (0.25, 0.6), (-0.4, 0.64), (-0.86, 0.5)], "ivory")
    pen.polygon([(-0.2, 0.36), (0.16, 0.4), (0.1, 0.84)], "dark")
    pen.dot(-0.62, 0.1, 0.07)
    pen.line([(-0.45, -0.42), (-0.45, -0.7)], "glass", 0.08)
    for side in SIDES:
        start, end = (pi, 2 * pi) if side > 0 else (0.0, -pi)
        pen.arc(-0.45 + side * 0.16, -0.74, 0.16, spout, start, end, "water", 0.08, 6)


def snake(pen: Pen) -> None:
    height, phase, waves = pen.uniform(0.26, 0.34), pen.uniform(-0.4, 0.4), pen.uniform(4.6, 5.6)
    upper, lower = [], []
    for i in range(23):
        x = -0.62 + 1.6 * i / 22
        angle = phase + waves * (x + 0.62)
        slope = height * waves * cos(angle)
        y, length = 0.15 + height * sin(angle), (1 + slope * slope) ** 0.5
        thick = 0.18 * (1 - (i / 22) ** 3)  # the tail ends in a point
        upper.append((x + thick * slope / length, y - thick / length))
        lower.append((x - thick * slope / length, y + thick / length))
    pen.polygon(upper + lower[::-1])
    for i in range(4, 20, 3):
        pen.line([upper[i], lower[i]], "dark", 0.07)
    y = (upper[0][1] + lower[0][1]) / 2 - 0.03
    pen.line([(-0.75, y), (-0.92, y + 0.02), (-1.05, y - 0.08)], "red", 0.05)
    pen.line([(-0.92, y + 0.02), (-1.05, y + 0.12)], "red", 0.05)
    pen.ellipse(-0.64, y, 0.28, 0.22)
    pen.dot(-0.7, y - 0.08, 0.06)
