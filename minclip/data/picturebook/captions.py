"""Captions as people write them on the web: what is in a picture, said in one of many ways and never in full.

A seeded grammar, no language model. The words are in `grammar.py`, the facts come from `sampling.py`.
"""

import random

from minclip.data.picturebook import grammar
from minclip.data.picturebook.grammar import plural, with_article
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.sampling import COLOURLESS, SCENELESS, UNLIT

# How often a caption says what. A caption is partial: nobody writes down all they see.
FIRST_NAME = 0.6  # "cat" rather than "kitten" or "kitty"
TAG_LIST = 0.06
COLOUR, SIZE, OPINION, POSITION = 0.5, 0.3, 0.04, 0.22
SCENE, SCENE_FAINT, SCENE_PLAIN = 0.4, 0.08, 0.1
CONTEXT, FAMILY = 0.35, 0.05
STYLE = {"photo": 0.25, "cartoon": 0.45}  # nobody calls a photo a photo ...
STYLE_RARE = 0.55  # ... and the rarer the style, the more it is worth a word
STYLE_ADJECTIVE = 0.3  # of the captions that say the style: "a cartoon cat", not "a cartoon of a cat"
EMPTY_FRAME = 0.3  # "a picture of", of the captions that do not say the style

# "mouse" and "bat": said alone, they leave open which of two classes is meant
SHARED_NAMES = {name for kind in grammar.CONTEXT for name in CLASSES[kind].names}
SHARED_NAMES = {n for n in SHARED_NAMES if sum(n in c.names for c in CLASSES.values()) > 1}


def caption(picture: Picture, rng: random.Random, noise: float = 0.0, other: str | None = None) -> str:
    """One caption of the picture, another one every time.

    noise: share of captions that are not of this picture: a file name, boilerplate, or `other`, the text of
    another picture (None leaves that kind out).
    """
    if noise and rng.random() < noise:
        return noise_text(rng, other)
    if rng.random() < TAG_LIST:
        return tag_list(picture, rng)
    return as_typed(sentence(picture, rng), rng)


def noise_text(rng: random.Random, other: str | None) -> str:
    """What stands beside a picture by accident: a third each of file names, boilerplate, another's text."""
    kind = rng.randrange(3)
    if kind == 0:
        stem, joint = rng.choice(grammar.FILE_STEMS), rng.choice(grammar.FILE_JOINTS)
        return f"{stem}{joint}{rng.randint(1, 9999):04}{rng.choice(grammar.FILE_ENDINGS)}"
    if kind == 1 or other is None:
        return rng.choice(grammar.BOILERPLATE)
    return other


def tag_list(picture: Picture, rng: random.Random) -> str:
    """ "kitten, orange, snow" or "#kitten #orange #snow"."""
    names = [spoken_name(thing.kind, rng) for thing in _different(picture)]
    tags = names if picture.count == 1 else [plural(names[0])]
    if colour_shows(picture, picture.things[0]) and rng.random() < 0.5:
        tags.append(picture.things[0].colour)
    if picture.scene != "plain" and picture.style not in SCENELESS and rng.random() < 0.5:
        tags.append(picture.scene)
    if picture.style != "photo" and rng.random() < STYLE_RARE:
        tags.append(grammar.STYLE_TAGS.get(picture.style, picture.style))
    rng.shuffle(tags)
    if rng.random() < 0.2:
        return " ".join("#" + tag.replace(" ", "") for tag in tags)
    return ", ".join(tags)


def sentence(picture: Picture, rng: random.Random) -> str:
    """What is there, where, and in which style, as far as it is said at all."""
    says_style = rng.random() < STYLE.get(picture.style, STYLE_RARE)
    adjective = ""
    possible = says_style and picture.layout != "two" and picture.style in grammar.STYLE_ADJECTIVES
    if possible and rng.random() < STYLE_ADJECTIVE:
        adjective = rng.choice(grammar.STYLE_ADJECTIVES[picture.style])
    if picture.layout == "two":
        text, is_label = two_things(picture, rng), False
    else:
        text, is_label = one_kind(picture, rng, adjective)
    if says_style and not adjective:
        return rng.choice(grammar.STYLE_FRAMES[picture.style]).format(text)
    if rng.random() < EMPTY_FRAME:
        frame = rng.choice(grammar.LABEL_FRAMES if is_label else grammar.PHRASE_FRAMES)
        return (grammar.PLURAL.get(frame, frame) if picture.count > 1 else frame).format(text)
    return text


def one_kind(picture: Picture, rng: random.Random, adjective: str) -> tuple[str, bool]:
    """One thing, or several of a kind: (text, whether it reads as a label, without an article)."""
    kind = picture.things[0].kind
    name = spoken_name(kind, rng)
    words = adjectives(picture, picture.things[0], name, rng) + ([adjective] if adjective else [])
    if picture.count > 1:
        text, is_label = counted(" ".join([*words, plural(name)]), picture.count, rng), False
    else:
        text, is_label = determined(" ".join([*words, name]), rng)
    if picture.position and rng.random() < POSITION:
        text += " " + position_words(*picture.position, rng)
    text += scene_words(picture, rng)
    return text + context_words(kind, name, picture.count, rng), is_label


def two_things(picture: Picture, rng: random.Random) -> str:
    """Two things and how they stand to each other: told from either end, by sides, or not at all."""
    first, second = (
        with_article(" ".join([*colour_words(picture, thing, rng), spoken_name(thing.kind, rng)]))
        for thing in picture.things
    )
    relation = str(picture.relation)
    if rng.random() < 0.5:  # the same picture, told from the other thing
        first, second, relation = second, first, grammar.INVERSE[relation]
    way = rng.random()
    if way < 0.6:
        text = f"{first} {rng.choice(grammar.RELATION_WORDS[relation])} {second}"
    elif way < 0.7:
        text = f"{first} with {second} {grammar.WITH_WORDS[grammar.INVERSE[relation]]}"
    elif way < 0.8:
        text = f"{first} {grammar.SIDES[relation]} and {second} {grammar.SIDES[grammar.INVERSE[relation]]}"
    else:
        text = f"{first} and {second}"
    return text + scene_words(picture, rng)


def adjectives(picture: Picture, thing: Thing, name: str, rng: random.Random) -> list[str]:
    """In the order of English: opinion, size, colour."""
    words = [rng.choice(grammar.OPINIONS)] if rng.random() < OPINION else []
    sized = grammar.SIZE_WORDS.intersection(name.split())  # no "large little bird"
    if picture.layout == "one" and picture.size != "medium" and not sized and rng.random() < SIZE:
        words.append(rng.choice(grammar.SIZES[picture.size]))
    return words + colour_words(picture, thing, rng)


def colour_words(picture: Picture, thing: Thing, rng: random.Random) -> list[str]:
    return [thing.colour] if colour_shows(picture, thing) and rng.random() < COLOUR else []


def colour_shows(picture: Picture, thing: Thing) -> bool:
    return picture.style not in COLOURLESS and not (picture.style == "neon" and thing.colour in UNLIT)


def spoken_name(kind: str, rng: random.Random) -> str:
    names = CLASSES[kind].names
    return names[0] if len(names) == 1 or rng.random() < FIRST_NAME else rng.choice(names[1:])


def determined(noun: str, rng: random.Random) -> tuple[str, bool]:
    """(noun with its determiner, whether it has none)."""
    way = rng.random()
    if way < 0.72:
        return with_article(noun), False
    if way < 0.88:
        return noun, True
    return ("the " if way < 0.96 else "my ") + noun, False


def counted(nouns: str, count: int, rng: random.Random) -> str:
    way = rng.random()
    if way < 0.6:
        return f"{grammar.NUMBERS[count]} {nouns}"
    if way < 0.7:
        return f"{count} {nouns}"
    if way < 0.8:
        return ("a pair of " if count == 2 else "a group of ") + nouns
    return "some " + nouns if way < 0.86 else nouns


def position_words(down: str, across: str, rng: random.Random) -> str:
    """Where a thing stands, in one of two ways. down: top, bottom or ""; across: left, right or "".

    >>> position_words("top", "left", random.Random(0))
    'at the top left'
    """
    if down and across:
        return rng.choice(("in the {} corner", "at the {}")).format(f"{down} {across}")
    return rng.choice(("on the {}", "on the {} side") if across else ("at the {}", "near the {}")).format(
        down or across
    )


def scene_words(picture: Picture, rng: random.Random) -> str:
    rate = SCENE_PLAIN if picture.scene == "plain" else SCENE_FAINT if picture.style in SCENELESS else SCENE
    coloured = picture.style not in COLOURLESS and picture.style not in SCENELESS
    phrases = grammar.SCENE_PHRASES if coloured else grammar.SCENE_PHRASES_UNCOLOURED
    return " " + rng.choice(phrases[picture.scene]) if rng.random() < rate else ""


def context_words(kind: str, name: str, count: int, rng: random.Random) -> str:
    """What tells a mouse from a mouse; rarely, what any class belongs to."""
    if name in SHARED_NAMES:
        if rng.random() > CONTEXT:
            return ""
        return rng.choice(grammar.CONTEXT[kind]) if count == 1 else grammar.CONTEXT_MANY[kind]
    if count == 1 and rng.random() < FAMILY:
        family = CLASSES[kind].family
        return ", " + (family if family in grammar.MASS_NOUNS else with_article(family))
    return ""


def as_typed(text: str, rng: random.Random) -> str:
    """Most people type in small letters and without a full stop."""
    way = rng.random()
    if way > 0.15:
        return text
    return text[0].upper() + text[1:] + ("." if way < 0.07 and text[-1] not in "!." else "")


def _different(picture: Picture) -> tuple[Thing, ...]:
    return picture.things if picture.layout == "two" else picture.things[:1]
