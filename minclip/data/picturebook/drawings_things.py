"""How toys, household things, clothes and devices are drawn: outlines in the unit box, in any colour."""

from math import cos, pi, sin

from minclip.data.picturebook.pen import FULL_TURN, Pen, arc_points

SIDES = (-1, 1)


def balloon(pen: Pen) -> None:
    width = pen.uniform(0.48, 0.56)
    pen.line([(0.0, 0.4), (pen.uniform(-0.16, 0.16), 0.65), (pen.uniform(-0.2, 0.2), 1.0)], "ink", 0.05)
    pen.polygon([(0.0, 0.28), (-0.12, 0.46), (0.12, 0.46)], "dark")
    pen.blob([(0.0, -0.95), (width, -0.62), (width, -0.2), (0.0, 0.36), (-width, -0.2), (-width, -0.62)])
    pen.ellipse(-0.22, -0.55, 0.09, 0.17, "white", 0.4, 12)


def kite(pen: Pen) -> None:
    half, sway = pen.uniform(0.52, 0.66), pen.uniform(-0.15, 0.15)
    pen.line([(0.0, 0.4), (sway, 0.62), (-sway, 0.8), (sway, 1.0)], "ink", 0.05)
    pen.polygon([(0.0, -0.97), (half, -0.3), (0.0, 0.45), (-half, -0.3)])
    pen.polygon([(0.0, -0.97), (half, -0.3), (0.0, -0.3)], "dark")
    pen.polygon([(0.0, 0.45), (-half, -0.3), (0.0, -0.3)], "dark")
    pen.line([(0.0, -0.9), (0.0, 0.38)], "cut", 0.04)
    pen.line([(-half, -0.3), (half, -0.3)], "cut", 0.04)
    for y in (0.64, 0.88):
        pen.polygon([(-0.16, y - 0.09), (0.16, y + 0.09), (0.16, y - 0.09), (-0.16, y + 0.09)], "red")


def umbrella(pen: Pen) -> None:
    height = pen.uniform(0.72, 0.92)
    pen.line([(0.0, -0.95), (0.0, 0.76)], "wood", 0.08)
    pen.arc(0.14, 0.76, 0.14, 0.18, pi, 0.0, "wood", 0.08, 6)
    hem = [p for i in range(4) for p in arc_points(0.72 - 0.48 * i, 0.12, 0.24, 0.16, 0.0, -pi, 4)]
    pen.polygon(arc_points(0.0, 0.12, 0.96, height, pi, 2 * pi, 12) + hem)
    for x in (-0.48, 0.0, 0.48):
        pen.line([(x, 0.1), (x * 0.7, 0.12 - height * 0.55), (0.0, 0.14 - height)], "dark", 0.05)


def cup(pen: Pen) -> None:
    width, foot = pen.uniform(0.5, 0.6), pen.uniform(0.7, 0.95)
    if pen.chance(0.5):
        for x in (-0.3, 0.0):
            pen.line([(x, -0.62), (x + 0.1, -0.72), (x, -0.84), (x + 0.1, -0.95)], "grey", 0.06)
    pen.arc(width - 0.18, 0.1, 0.36, 0.3, -1.5, 1.5, "main", 0.14, 8)
    pen.polygon([(-width - 0.1, -0.45), (width - 0.1, -0.45), (width * foot - 0.1, 0.78), (-width * foot - 0.1, 0.78)])
    pen.ellipse(-0.1, -0.45, width, 0.13, "ivory")
    pen.ellipse(-0.1, -0.43, width * 0.84, 0.08, "wood")


def bottle(pen: Pen) -> None:
    half, shoulder = pen.uniform(0.28, 0.36), pen.uniform(-0.3, -0.1)
    pen.rectangle(-0.15, -0.98, 0.15, -0.8, "wood")
    neck = [(0.12, -0.82), (0.12, shoulder - 0.2), (half, shoulder + 0.08), (half, 0.96)]
    pen.polygon([*neck, *[(-x, y) for x, y in reversed(neck)]])
    pen.rectangle(-half * 0.78, 0.2, half * 0.78, 0.64, "white")
    pen.line([(-half * 0.55, 0.42), (half * 0.55, 0.42)], "red", 0.08)


def key(pen: Pen) -> None:
    radius, teeth = pen.uniform(0.36, 0.42), pen.uniform(0.36, 0.46)
    for x, depth in ((0.9, teeth), (0.62, teeth - 0.08)):
        pen.rectangle(x - 0.08, 0.0, x + 0.08, depth)
    pen.rectangle(-0.3, -0.09, 0.99, 0.09)
    pen.ellipse(-0.58, 0.0, radius, radius)
    pen.ellipse(-0.64, 0.0, radius * 0.48, radius * 0.48, "cut", corners=12)


def clock(pen: Pen) -> None:
    if pen.chance(0.4):  # an alarm clock
        for side in SIDES:
            pen.line([(side * 0.4, 0.6), (side * 0.6, 0.97)], "ink", 0.12)
            pen.ellipse(side * 0.52, -0.76, 0.26, 0.18, "dark", side * 0.6, 12)
    pen.ellipse(0.0, 0.0, 0.86, 0.86, "main", corners=20)
    pen.ellipse(0.0, 0.0, 0.66, 0.66, "white", corners=20)
    for i in range(12):
        x, y = cos(i * pi / 6), sin(i * pi / 6)
        pen.line([(0.52 * x, 0.52 * y), (0.61 * x, 0.61 * y)], "black", 0.05)
    for length, width in ((0.5, 0.06), (0.34, 0.1)):
        angle = pen.uniform(0, FULL_TURN)
        pen.line([(0.0, 0.0), (length * cos(angle), length * sin(angle))], "black", width)


def book(pen: Pen) -> None:
    tilt = pen.uniform(-0.06, 0.06)
    for side in SIDES:
        edge = side * tilt
        pen.polygon([(0.0, -0.46), (side * 0.98, -0.64 + edge), (side * 0.98, 0.56 + edge), (0.0, 0.76)])
    for side in SIDES:
        edge = side * tilt
        pen.polygon(
            [
                (side * 0.03, -0.44),
                (side * 0.84, -0.62 + edge),
                (side * 0.84, 0.38 + edge),
                (side * 0.03, 0.6),
            ],
            "white",
        )
        for y in (-0.28, -0.05, 0.18):
            pen.line([(side * 0.14, y), (side * 0.7, y - 0.12 + edge)], "grey", 0.06)


def lamp(pen: Pen) -> None:
    half, top = pen.uniform(0.58, 0.72), pen.uniform(0.26, 0.36)
    pen.line([(0.0, -0.2), (0.0, 0.88)], "wood", 0.11)
    pen.pie(0.0, 0.97, 0.44, 0.2, pi, 2 * pi, "wood", 8)
    pen.ellipse(0.0, -0.06, 0.18, 0.18, "yellow", corners=12)
    pen.polygon([(-top, -0.93), (top, -0.93), (half, -0.1), (-half, -0.1)])
    pen.line([(-half * 0.92, -0.24), (half * 0.92, -0.24)], "dark", 0.07)
    pen.line([(0.28, -0.08), (0.28, 0.26)], "ink", 0.04)


def hat(pen: Pen) -> None:
    half, flare = pen.uniform(0.46, 0.54), pen.uniform(0.85, 1.1)
    pen.ellipse(0.0, 0.5, 0.98, 0.22)
    pen.polygon([(-half, 0.5), (-half * flare, -0.62), (half * flare, -0.62), (half, 0.5), (0.0, 0.58)])
    pen.polygon([(-half, 0.5), (-half, 0.22), (0.0, 0.3), (half, 0.22), (half, 0.5), (0.0, 0.58)], "band")


def guitar(pen: Pen) -> None:
    width = pen.uniform(0.44, 0.52)
    pen.line([(0.0, 0.0), (0.0, -0.85)], "wood", 0.15)
    pen.polygon([(-0.16, -1.0), (0.16, -1.0), (0.12, -0.7), (-0.12, -0.7)], "wood")
    for y in (-0.94, -0.8):
        pen.line([(-0.24, y), (0.24, y)], "ink", 0.06)
    half = [(0.0, -0.24), (0.28, -0.2), (0.36, 0.02), (0.28, 0.24), (width, 0.5), (width * 0.85, 0.86)]
    pen.blob([*half, (0.0, 0.98), *[(-x, y) for x, y in reversed(half[1:])]])
    pen.ellipse(0.0, 0.24, 0.15, 0.15, "cut", corners=12)
    pen.rectangle(-0.2, 0.64, 0.2, 0.73, "cut")
    pen.line([(0.0, -0.7), (0.0, 0.64)], "ivory", 0.03)


def ladder(pen: Pen) -> None:
    half, narrow = pen.uniform(0.32, 0.42), pen.uniform(0.75, 1.0)
    for y in (-0.74, -0.37, 0.0, 0.37, 0.74):
        pen.rectangle(-half, y - 0.05, half, y + 0.05)
    for side in SIDES:
        x, top = side * half, side * half * narrow
        pen.polygon([(top - 0.07, -0.98), (top + 0.07, -0.98), (x + 0.07, 0.98), (x - 0.07, 0.98)])


def candle(pen: Pen) -> None:
    half, top = pen.uniform(0.19, 0.27), pen.uniform(-0.3, -0.1)
    pen.line([(0.0, top), (0.0, top - 0.2)], "ink", 0.06)
    pen.blob([(0.0, top - 0.68), (0.17, top - 0.3), (0.0, top - 0.14), (-0.17, top - 0.3)], "orange")
    pen.ellipse(0.0, top - 0.28, 0.07, 0.11, "yellow", corners=8)
    pen.arc(0.56, 0.78, 0.2, 0.15, -2.0, 2.0, "wood", 0.08, 6)
    pen.rectangle(-half, top, half, 0.84)
    pen.polygon(
        [(-half, top), (-half, top + 0.3), (-half * 0.3, top + 0.12), (half * 0.3, top + 0.2), (half, top)],
        "light",
    )
    pen.polygon([(-0.58, 0.74), (0.58, 0.74), (0.42, 0.94), (-0.42, 0.94)], "wood")


def letter(pen: Pen) -> None:
    half, fold = pen.uniform(0.54, 0.64), pen.uniform(0.05, 0.18)
    pen.rectangle(-0.95, -half, 0.95, half)
    for side in SIDES:
        pen.line([(side * 0.92, half - 0.03), (side * 0.25, -0.05)], "cut", 0.06)
    pen.line([(-0.93, -half + 0.02), (0.0, fold), (0.93, -half + 0.02)], "cut", 0.09)
    pen.dot(0.0, fold - 0.02, 0.13, "red")


def flag(pen: Pen) -> None:
    wave = pen.uniform(-0.1, 0.1)
    top = [(-0.66, -0.9), (-0.2, -0.78 + wave), (0.3, -0.92), (0.98, -0.8 + wave)]
    pen.line([(-0.74, -0.97), (-0.74, 0.98)], "wood", 0.13)
    pen.polygon([*top, *[(x, y + 0.84) for x, y in reversed(top)]])
    pen.polygon([*[(x, y + 0.28) for x, y in top], *[(x, y + 0.56) for x, y in reversed(top)]], "ivory")
    pen.dot(-0.74, -0.95, 0.1, "yellow")


def crown(pen: Pen) -> None:
    side, middle = pen.uniform(-0.6, -0.4), pen.uniform(-0.8, -0.65)
    pen.polygon([(-0.8, 0.7), (-0.95, side), (-0.45, 0.06), (0.0, middle), (0.45, 0.06), (0.95, side), (0.8, 0.7)])
    pen.rectangle(-0.82, 0.44, 0.82, 0.74, "dark")
    for x, y in ((-0.93, side - 0.06), (0.0, middle - 0.06), (0.93, side - 0.06)):
        pen.dot(x, y, 0.12, "red")
    for x in (-0.45, 0.0, 0.45):
        pen.dot(x, 0.59, 0.09, "glass")


def snowman(pen: Pen) -> None:
    for side in SIDES:
        hand = pen.uniform(-0.45, -0.1)
        pen.line([(side * 0.25, 0.0), (side * 0.85, hand)], "wood", 0.07)
    for y, radius in ((0.56, 0.43), (0.04, 0.34), (-0.42, 0.31)):
        pen.ellipse(0.0, y, radius * 1.05, radius, "ivory")
    pen.rectangle(-0.27, -1.0, 0.27, -0.68)
    pen.line([(-0.46, -0.67), (0.46, -0.67)], "main", 0.11)
    pen.line([(-0.3, -0.14), (0.3, -0.14)], "main", 0.15)
    pen.line([(0.18, -0.14), (0.24, 0.22)], "main", 0.13)
    pen.polygon([(0.0, -0.44), (0.36, -0.36), (0.0, -0.32)], "orange")
    for x, y in ((-0.12, -0.48), (0.12, -0.48), (0.0, 0.44), (0.0, 0.68)):
        pen.dot(x, y, 0.05, "button")


def computer_mouse(pen: Pen) -> None:
    half, plug = pen.uniform(0.46, 0.55), pen.uniform(-0.5, 0.5)
    pen.line([(0.0, -0.3), (0.04, -0.62), (-plug * 0.5, -0.78), (plug, -0.86), (plug + 0.1, -1.0)], "grey", 0.08)
    pen.blob(
        [
            (0.0, -0.5),
            (half * 0.8, -0.36),
            (half, 0.2),
            (half * 0.85, 0.75),
            (0.0, 0.97),
            (-half * 0.85, 0.75),
            (-half, 0.2),
            (-half * 0.8, -0.36),
        ]
    )
    pen.arc(0.0, -0.1, half, 0.25, 0.0, pi, "cut", 0.07, 8)
    pen.line([(0.0, -0.48), (0.0, 0.14)], "cut", 0.07)
    pen.ellipse(0.0, -0.18, 0.1, 0.17, "grey", corners=12)


def baseball_bat(pen: Pen) -> None:
    wide = pen.uniform(0.17, 0.22)
    c, s = cos(0.7), sin(0.7)  # it leans, handle at the lower left
    half = [
        (0.11, 1.16),
        (0.11, 1.06),
        (0.06, 1.02),
        (0.07, 0.4),
        (wide, -0.5),
        (wide, -0.95),
        (wide * 0.7, -1.12),
    ]
    outline = [*half, *[(-x, y) for x, y in reversed(half)]]
    pen.polygon([(c * x - s * y, s * x + c * y) for x, y in outline])
    grip = [(-0.07, 0.5), (0.07, 0.5), (0.06, 1.0), (-0.06, 1.0)]
    pen.polygon([(c * x - s * y, s * x + c * y) for x, y in grip], "ink")
    x, y = pen.uniform(0.42, 0.56), pen.uniform(0.46, 0.6)
    pen.ellipse(x, y, 0.3, 0.3, "ivory")
    for side in SIDES:
        middle = 0.0 if side < 0 else pi
        pen.arc(x + side * 0.3, y, 0.18, 0.24, middle - 1.0, middle + 1.0, "red", 0.05, 5)
