"""The 52 classes of the picture book: how each is drawn and called, and where and in which colours it is met.

A class id names one drawing. Two names are shared by two classes, as in the world: "mouse" and "bat".
"""

from collections.abc import Callable
from dataclasses import dataclass

from minclip.data.picturebook import drawings_animals as animals
from minclip.data.picturebook import drawings_buildings_vehicles as built
from minclip.data.picturebook import drawings_nature as nature
from minclip.data.picturebook import drawings_things as things
from minclip.data.picturebook.pen import Pen


@dataclass(frozen=True)
class ObjectClass:
    """What is known of a class before any picture is made."""

    draw: Callable[[Pen], None]
    family: str  # "animal", "vehicle", ...: a word for captions
    names: tuple[str, ...]  # the usual one first, then synonyms
    colours: tuple[str, ...]  # typical ones, keys of `palette.COLOURS`
    scenes: tuple[str, ...] = ()  # typical ones, members of `scenes.SCENES`; empty: any


def _entry(draw: Callable[[Pen], None], family: str, names: str, colours: str, scenes: str = "") -> ObjectClass:
    """One row of the table: names are separated by commas, colours and scenes by spaces."""
    return ObjectClass(draw, family, tuple(names.split(", ")), tuple(colours.split()), tuple(scenes.split()))


CLASSES: dict[str, ObjectClass] = {
    "cat": _entry(animals.cat, "animal", "cat, kitten, kitty", "orange black white", "room"),
    "dog": _entry(animals.dog, "animal", "dog, puppy, hound", "brown black white", "field room"),
    "fish": _entry(animals.fish, "animal", "fish, goldfish", "orange blue", "sea"),
    "bird": _entry(animals.bird, "animal", "bird, little bird, songbird", "blue red yellow", "sky field"),
    "rabbit": _entry(animals.rabbit, "animal", "rabbit, bunny, hare", "white brown", "field snow"),
    "butterfly": _entry(animals.butterfly, "animal", "butterfly, moth", "purple orange blue", "field"),
    "snail": _entry(animals.snail, "animal", "snail, slug with a shell", "brown orange", "field"),
    "turtle": _entry(animals.turtle, "animal", "turtle, tortoise", "green", "sea desert"),
    "mouse": _entry(animals.mouse, "animal", "mouse, field mouse", "white brown", "field"),
    "bat": _entry(animals.bat, "animal", "bat, flying bat", "black purple", "night"),
    "whale": _entry(animals.whale, "animal", "whale", "blue black", "sea"),
    "snake": _entry(animals.snake, "animal", "snake, serpent", "green yellow", "desert"),
    "tree": _entry(nature.tree, "plant", "tree, leafy tree, oak", "green", "field"),
    "pine": _entry(nature.pine, "plant", "pine, pine tree, fir tree", "green", "snow field"),
    "cactus": _entry(nature.cactus, "plant", "cactus", "green", "desert"),
    "flower": _entry(nature.flower, "plant", "flower, blossom, daisy", "red pink purple", "field"),
    "mushroom": _entry(nature.mushroom, "plant", "mushroom, toadstool", "red brown", "field"),
    "apple": _entry(nature.apple, "food", "apple", "red green"),
    "banana": _entry(nature.banana, "food", "banana", "yellow"),
    "carrot": _entry(nature.carrot, "food", "carrot", "orange"),
    "ice cream": _entry(nature.ice_cream, "food", "ice cream, ice cream cone, gelato", "pink white brown"),
    "house": _entry(built.house, "building", "house, cottage, home", "red yellow white", "field snow"),
    "castle": _entry(built.castle, "building", "castle, fortress", "purple brown", "field"),
    "car": _entry(built.car, "vehicle", "car, automobile", "red blue black"),
    "bus": _entry(built.bus, "vehicle", "bus, coach", "yellow red"),
    "boat": _entry(built.boat, "vehicle", "boat, sailboat, ship", "brown red", "sea"),
    "rocket": _entry(built.rocket, "vehicle", "rocket, spaceship", "red white", "night"),
    "airplane": _entry(built.airplane, "vehicle", "airplane, plane, jet", "white blue", "sky"),
    "bicycle": _entry(built.bicycle, "vehicle", "bicycle, bike", "red blue green", "field"),
    "balloon": _entry(things.balloon, "toy", "balloon", "red pink", "sky"),
    "kite": _entry(things.kite, "toy", "kite", "red blue", "sky field"),
    "umbrella": _entry(things.umbrella, "object", "umbrella, parasol", "purple red black"),
    "cup": _entry(things.cup, "object", "cup, mug", "white blue", "room"),
    "bottle": _entry(things.bottle, "object", "bottle", "green", "room"),
    "key": _entry(things.key, "object", "key", "yellow"),
    "clock": _entry(things.clock, "object", "clock, watch", "brown black", "room"),
    "book": _entry(things.book, "object", "book, open book", "red brown", "room"),
    "lamp": _entry(things.lamp, "object", "lamp, desk lamp", "yellow orange", "room"),
    "hat": _entry(things.hat, "clothing", "hat", "black brown", "room"),
    "guitar": _entry(things.guitar, "instrument", "guitar", "brown orange", "room"),
    "ladder": _entry(things.ladder, "tool", "ladder", "brown", "room"),
    "candle": _entry(things.candle, "object", "candle", "white red", "room night"),
    "letter": _entry(things.letter, "object", "letter, envelope", "white", "room"),
    "flag": _entry(things.flag, "object", "flag, banner", "red blue", "sky"),
    "crown": _entry(things.crown, "clothing", "crown", "yellow"),
    "star": _entry(nature.star, "shape", "star", "yellow", "night"),
    "moon": _entry(nature.moon, "shape", "moon, crescent moon", "yellow white", "night"),
    "heart": _entry(nature.heart, "shape", "heart", "red pink"),
    "cloud": _entry(nature.cloud, "shape", "cloud", "white", "sky"),
    "snowman": _entry(things.snowman, "toy", "snowman", "black red", "snow"),
    "computer mouse": _entry(things.computer_mouse, "device", "mouse, computer mouse", "black white", "room"),
    "baseball bat": _entry(things.baseball_bat, "sports equipment", "bat, baseball bat", "brown"),
}
