"""What is true of one picture of the picture book: the facts, before anything is drawn or said.

`sampling.py` samples facts, `render.py` draws them, `captions.py` talks about them. Facts make the
evaluation tasks; training never sees them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """One drawn object. Lengths are shares of the picture's side, (0, 0) is the top left corner."""

    kind: str  # class name, a key of `objects.CLASSES`
    colour: str  # a key of `palette.COLOURS`
    x: float  # centre, 0 = left edge, 1 = right edge
    y: float  # centre, 0 = top edge, 1 = bottom edge
    radius: float  # half of the drawing's side
    rotation: float = 0.0  # radians
    flip: bool = False  # mirrored left to right


@dataclass(frozen=True)
class Picture:
    """The facts of one picture, complete enough to draw it again."""

    things: tuple[Thing, ...]
    scene: str  # a member of `scenes.SCENES`
    style: str  # a member of `styles.STYLES`
    layout: str  # "one" thing, "many" of a kind, or "two" kinds in a relation
    drawing_seed: int  # random shape, jitter and texture come from here
    relation: str | None = None  # of things[0] to things[1]: "left", "right", "above", "below"
    size: str = "medium"  # "small", "medium" or "large", said of a single thing
    position: tuple[str, str] | None = None  # ("top" | "bottom" | "", "left" | "right" | ""), off-centre only
    written: str | None = None  # a word written into the picture

    @property
    def count(self) -> int:
        """How many of things[0]'s kind are drawn, 1 to 4."""
        return sum(thing.kind == self.things[0].kind for thing in self.things)
