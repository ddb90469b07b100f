"""The words of the picture book's captions: tables, plurals and articles. No sentences (`captions.py`).

Every table is a tuple of ways to say the same thing. Frames have one "{}" for what is in the picture.
"""

from functools import lru_cache

VOWELS = "aeiou"  # decides a or an; no name of the picture book is an exception (hour, unicorn)
NUMBERS = {2: "two", 3: "three", 4: "four"}
SIZES = {"small": ("small", "little", "tiny"), "large": ("large", "big", "huge")}
SIZE_WORDS = frozenset(word for words in SIZES.values() for word in words)
OPINIONS = ("cute", "beautiful", "nice", "lovely", "funny", "pretty")

# Classes that share a name with another, and what tells them apart. Written at the end of a caption.
CONTEXT = {
    "mouse": (", an animal", ", a small animal", ", a wild animal"),
    "bat": (", an animal", ", a small animal", ", a wild animal"),
    "computer mouse": (", for a computer", ", a device", ", computer equipment"),
    "baseball bat": (", for baseball", " with a ball", ", sports equipment"),  # a ball is in every drawing of it
}
CONTEXT_MANY = {
    "mouse": ", animals",
    "bat": ", animals",
    "computer mouse": ", devices",
    "baseball bat": ", for baseball",
}
# What a class is called in a question, with its article; other classes go by their first name.
PROMPT_NAMES = {
    "mouse": "a mouse, an animal",
    "bat": "a bat, an animal",
    "computer mouse": "a computer mouse",
    "baseball bat": "a baseball bat",
}
MASS_NOUNS = frozenset({"food", "clothing", "sports equipment", "equipment", "furniture", "fruit"})  # no article

SCENE_PHRASES = {
    "plain": ("on a plain background", "isolated"),
    "sky": ("in the sky", "against a blue sky", "under a blue sky"),
    "night": ("at night", "in the dark", "under the stars"),
    "sea": ("by the sea", "at sea", "on the water", "in the ocean"),
    "field": ("in a field", "on the grass", "in a meadow"),
    "snow": ("in the snow", "on a snowy day", "in winter"),
    "desert": ("in the desert", "on the sand"),
    "room": ("in a room", "indoors", "inside the house"),
}
SCENE_PHRASES_UNCOLOURED = SCENE_PHRASES | {"sky": ("in the sky", "against the sky")}  # where the sky is not blue

RELATION_WORDS = {
    "left": ("to the left of", "left of", "on the left of"),
    "right": ("to the right of", "right of", "on the right of"),
    "above": ("above", "over", "on top of"),
    "below": ("below", "under", "beneath", "underneath"),
}
INVERSE = {"left": "right", "right": "left", "above": "below", "below": "above"}
WITH_WORDS = {"left": "to its left", "right": "to its right", "above": "above it", "below": "below it"}
SIDES = {"left": "on the left", "right": "on the right", "above": "at the top", "below": "at the bottom"}

# Frames of a style. Those of the second table stand before the noun: "a cartoon cat", "two blurry keys".
STYLE_FRAMES = {
    "photo": ("a photo of {}", "photo of {}", "a photograph of {}", "photo: {}", "a good photo of {}"),
    "cartoon": (
        "a cartoon of {}",
        "a cartoon drawing of {}",
        "clip art of {}",
        "{}, clip art",
        "{}, cartoon",
    ),
    "sketch": (
        "a sketch of {}",
        "pencil sketch of {}",
        "a drawing of {}",
        "{}, pencil drawing",
        "a doodle of {}",
    ),
    "chalk": ("a chalk drawing of {}", "{}, drawn in chalk", "{} on a blackboard", "chalk sketch of {}"),
    "pixel": ("pixel art of {}", "{}, pixel art"),
    "silhouette": ("a silhouette of {}", "the silhouette of {}", "{}, silhouette", "the shadow of {}"),
    "negative": (
        "a negative of {}",
        "negative image of {}",
        "{} in inverted colors",
        "a film negative of {}",
    ),
    "watercolour": (
        "a watercolour of {}",
        "watercolor painting of {}",
        "{}, watercolour",
        "a painting of {}",
    ),
    "blurry": ("a blurry photo of {}", "{} out of focus", "blurred picture of {}", "a blurry picture of {}"),
    "grainy": ("a grainy photo of {}", "{}, very noisy", "grainy picture of {}", "a low quality photo of {}"),
    "grey": (
        "a black and white photo of {}",
        "{} in black and white",
        "a grayscale picture of {}",
        "an old photo of {}",
        "{} in grey",
    ),
    "blueprint": ("a blueprint of {}", "technical drawing of {}"),
    "neon": ("a neon sign of {}", "{} in neon lights", "a glowing sign of {}", "neon light: {}"),
}
STYLE_ADJECTIVES = {
    "cartoon": ("cartoon",),
    "pixel": ("pixelated",),
    "watercolour": ("painted", "watercolor"),
    "blurry": ("blurry", "blurred"),
    "neon": ("neon", "glowing"),
}
STYLE_TAGS = {
    "photo": "photo",
    "grey": "black and white",
    "watercolour": "watercolor",
}  # others: their own id

# Frames that say nothing. A noun without an article ("cat in the snow") needs one that reads as a label.
LABEL_FRAMES = (
    "picture of {}",
    "image of {}",
    "{} wallpaper",
    "{} - free download",
    "{} for sale",
    "stock image: {}",
    "one of my pictures: {}",
    "{}!",
    "new: {}",
)
PHRASE_FRAMES = (
    "a picture of {}",
    "an image of {}",
    "picture of {}",
    "stock image of {}",
    "here is {}",
    "this is {}",
    "there is {}",
    "look at {}",
    "i saw {}",
    "one of my pictures: {}",
    "{} today",
)
PLURAL = {"here is {}": "here are {}", "this is {}": "these are {}", "there is {}": "there are {}"}

FILE_STEMS = ("img", "dsc", "pic", "photo", "image", "screenshot")
FILE_JOINTS = ("_", "-", " ")
FILE_ENDINGS = (".jpg", ".png", ".jpeg", "")
BOILERPLATE = (
    "click to enlarge",
    "free shipping on all orders",
    "untitled",
    "image may be subject to copyright",
    "page not found",
    "sign up for our newsletter",
    "happy birthday to my friend",
    "best price guaranteed, 50 % off",
    "see more pictures like this",
    "what a lovely day that was",
    "home | about | contact",
    "posted by admin in 2019",
    "thumbnail",
    "logo",
    "banner ad",
    "buy now",
    "share this on social media",
    "my holiday album",
    "new post!",
    "photo by john smith",
)

IRREGULAR = {"mouse": "mice", "fish": "fish", "goldfish": "goldfish", "cactus": "cacti", "snowman": "snowmen"}


@lru_cache(maxsize=1024)
def plural(name: str) -> str:
    """
    >>> plural("computer mouse"), plural("fir tree"), plural("slug with a shell")
    ('computer mice', 'fir trees', 'slugs with shells')
    """
    if " with a " in name:
        head, _, tail = name.partition(" with a ")
        return f"{plural(head)} with {plural(tail)}"
    if " of " in name:
        head, _, tail = name.partition(" of ")
        return f"{plural(head)} of {tail}"
    start, space, last = name.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2] not in VOWELS:
        last = last[:-1] + "ies"
    else:
        last += "s"
    return start + space + last


def with_article(phrase: str) -> str:
    """
    >>> with_article("orange cat")
    'an orange cat'
    """
    return ("an " if phrase[0] in VOWELS else "a ") + phrase
