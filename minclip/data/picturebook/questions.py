"""The questions of the tasks: which texts compete for a picture, and which of them is true of it.

No pictures are made here (`tasks.py`). Prompts are of the captions' grammar: a model is not tested on words
that it never read.
"""

from collections.abc import Sequence

import numpy as np

from minclip.data.picturebook import grammar
from minclip.data.picturebook.grammar import plural, with_article
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.picture import Picture
from minclip.data.picturebook.sampling import COLOUR_NAMES, KINDS, RELATIONS, SPURIOUS_SCENES, TRAIN_STYLES
from minclip.data.picturebook.scenes import SCENES
from minclip.data.protocol import ChoiceTask, ClassTask

OBJECT_TEMPLATES = (
    "{}",
    "a photo of {}",
    "a picture of {}",
    "an image of {}",
    "a drawing of {}",
    "this is {}",
    "look at {}",
)
STYLE_NAMES = {
    "photo": "a photo",
    "cartoon": "a cartoon",
    "sketch": "a sketch",
    "chalk": "a chalk drawing",
    "silhouette": "a silhouette",
    "negative": "a negative",
    "watercolour": "a watercolour",
    "blurry": "a blurry photo",
    "grainy": "a grainy photo",
    "grey": "a black and white photo",
    "neon": "a neon sign",
    "pixel": "pixel art",
    "blueprint": "a blueprint",
}
SCENE_NAMES = {scene: phrases[0] for scene, phrases in grammar.SCENE_PHRASES.items()}
ANY_THINGS = (
    "a cat",
    "a car",
    "a house",
    "a flower",
    "a hat",
    "an apple",
    "a clock",
)  # stand for whatever is shown
RELATION_NAMES = {relation: words[0] for relation, words in grammar.RELATION_WORDS.items()}


def prompt_name(kind: str, colour: str = "") -> str:
    """
    >>> prompt_name("mouse"), prompt_name("apple", "red")
    ('a mouse, an animal', 'a red apple')
    """
    name = grammar.PROMPT_NAMES.get(kind) or with_article(CLASSES[kind].names[0])
    return with_article(f"{colour} {name.partition(' ')[2]}") if colour else name


def _labels(answers: Sequence[int]) -> np.ndarray:
    return np.array(answers, dtype=np.int64)


def which_kind(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ClassTask:
    labels = _labels([KINDS.index(picture.things[0].kind) for picture in pictures])
    return ClassTask(name, pixels, labels, tuple(map(prompt_name, KINDS)), OBJECT_TEMPLATES)


def which_vehicle(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ClassTask:
    kinds = tuple(SPURIOUS_SCENES)
    labels = _labels([kinds.index(picture.things[0].kind) for picture in pictures])
    return ClassTask(name, pixels, labels, tuple(map(prompt_name, kinds)), OBJECT_TEMPLATES)


def which_combination(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ClassTask:
    """Every colour with every class: 520 names, of which 52 were never seen."""
    pairs = [(kind, colour) for kind in KINDS for colour in COLOUR_NAMES]
    labels = _labels([pairs.index((picture.things[0].kind, picture.things[0].colour)) for picture in pictures])
    return ClassTask(name, pixels, labels, tuple(prompt_name(*pair) for pair in pairs), OBJECT_TEMPLATES)


def which_colour(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ChoiceTask:
    """The class is told: "a red cat" or "a blue cat"."""
    labels = _labels([COLOUR_NAMES.index(picture.things[0].colour) for picture in pictures])
    texts = [[prompt_name(picture.things[0].kind, colour) for colour in COLOUR_NAMES] for picture in pictures]
    return ChoiceTask(name, pixels, labels, texts)


def which_style(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ClassTask:
    labels = _labels([TRAIN_STYLES.index(picture.style) for picture in pictures])
    class_names = tuple(STYLE_NAMES[style] for style in TRAIN_STYLES)
    return ClassTask(name, pixels, labels, class_names, tuple(f"{{}} of {thing}" for thing in ANY_THINGS))


def which_scene(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ClassTask:
    labels = _labels([SCENES.index(picture.scene) for picture in pictures])
    class_names = tuple(SCENE_NAMES[scene] for scene in SCENES)
    return ClassTask(name, pixels, labels, class_names, tuple(f"{thing} {{}}" for thing in ANY_THINGS))


def how_many(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ChoiceTask:
    """The class is told: "a cat", "two cats", "three cats" or "four cats"."""
    labels = _labels([picture.count - 1 for picture in pictures])
    texts = [_counted(picture.things[0].kind) for picture in pictures]
    return ChoiceTask(name, pixels, labels, texts)


def _counted(kind: str) -> list[str]:
    first = CLASSES[kind].names[0]
    return [with_article(first), *(f"{number} {plural(first)}" for number in grammar.NUMBERS.values())]


def which_relation(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ChoiceTask:
    """Both classes are told: "a cat to the left of a dog", "a cat above a dog", ..."""
    labels = _labels([RELATIONS.index(str(picture.relation)) for picture in pictures])
    texts = [[_related(picture, relation) for relation in RELATIONS] for picture in pictures]
    return ChoiceTask(name, pixels, labels, texts)


def which_order(name: str, pixels: np.ndarray, pictures: list[Picture]) -> ChoiceTask:
    """The same words in another order: "a cat above a dog" or "a dog above a cat"."""
    labels = [index // len(RELATIONS) % 2 for index in range(len(pictures))]  # as often first as second
    pairs = [[_related(picture), _related(picture, swapped=True)] for picture in pictures]
    texts = [pair[::-1] if label else pair for pair, label in zip(pairs, labels, strict=True)]
    return ChoiceTask(name, pixels, _labels(labels), texts)


def _related(picture: Picture, relation: str | None = None, swapped: bool = False) -> str:
    first, second = (with_article(CLASSES[thing.kind].names[0]) for thing in picture.things)
    if swapped:
        first, second = second, first
    return f"{first} {RELATION_NAMES[relation or str(picture.relation)]} {second}"
