"""Prompts, sentences around a class name: "car" -> "a photo of a car.", because captions are sentences.

No encoding here, see zero_shot.py. Source of the idea: CLIP paper section 3.1.4; the sentences are our own.
"""

import ast
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path


def prompts_for(name: str, templates: Sequence[str]) -> list[str]:
    """The class name in every template.

    >>> prompts_for("car", ["a photo of a {}.", "one {}"])
    ['a photo of a car.', 'one car']

    Raises ValueError for no template at all, and for one without exactly one "{}".
    """
    if isinstance(templates, str) or len(templates) == 0:
        raise ValueError(f'templates must be a list such as ["a photo of a {{}}."], found {templates!r}')
    # not str.format: a class name may hold braces, and other braces of a template are text
    return [check_template(template).replace("{}", name) for template in templates]


def check_template(template: str, where: str = "template") -> str:
    """The template itself, if it is a string with exactly one "{}"; else a ValueError that begins with `where`."""
    places = template.count("{}") if isinstance(template, str) else 0
    if places != 1:
        raise ValueError(f'{where} {template!r} has {places} "{{}}": write exactly one, where the class name goes')
    return template


# all are short: a small model reads 32 tokens, and a vocabulary that never saw a word spells it out
PHOTO_TEMPLATES = (
    "a photo of a {}.",
    "this is a {}.",
    "here is one {}.",
    "a {} from close by.",
    "a {} far away.",
    "several: {}.",
    "a snapshot with a {}.",
    "a colour photo: one {}.",
    "an unsharp photo of a {}.",
    "a {} at night.",
    "a {} in daylight.",
    "part of a {}.",
    "somebody's {}.",
    "a grainy snapshot of a {}.",
)

VARIED_PHOTO_TEMPLATES = (  # for models that have read the web: medium, distance, quality, light, number, tone
    *PHOTO_TEMPLATES,
    "a {} that fills the whole frame.",
    "a tiny {} on the horizon.",
    "a {} seen from above.",
    "a {} seen from behind.",
    "a {}, half hidden behind something.",
    "a sharp and detailed picture of a {}.",
    "an overexposed picture of a {}.",
    "an old, faded photograph of a {}.",
    "a heavily compressed image of a {}.",
    "a {} against the light.",
    "a {} on a foggy day.",
    "a {} lit by street lamps.",
    "a single {} on its own.",
    "a group, each one a {}.",
    "a postcard that shows a {}.",
    "a stamp with a {} on it.",
    "a watercolour of a {}.",
    "a child's drawing of a {}.",
    "a pencil study of a {}.",
    "a woodcut of a {}.",
    "a carved wooden {}.",
    "a {} made of clay.",
    "a {} knitted from wool.",
    "an icon of a {}.",
    "a computer graphic that shows a {}.",
    "look, a {}!",
    "the {} we met on our holiday.",
    "not a great picture, but it is a {}.",
)

PICTURE_TEMPLATES = (  # for drawn pictures, whatever their style; bare names are captions there, too
    "{}",
    "a {}",
    "a picture of a {}",
    "an image of a {}",
    "this is a {}",
    "there is a {} here",
    "here you see a {}",
    "one {}",
    "a small {}",
    "a large {}",
)

# what stands around a list that was copied out of Python code
LIST_BRACKET = re.compile(r"(\w+\s*=\s*)?\[|\]")


def read_templates(path: str | Path) -> list[str]:
    """Templates of a UTF-8 text file: one per line; empty lines and lines that begin with # are left out.

    Lines that were copied from a Python list, with quotes and commas, are read, too.
    Raises ValueError that names the line of a template without exactly one "{}", or a file without templates.
    """
    templates = [check_template(text, f"{path} line {number}:") for number, text in read_texts(path)]
    if not templates:
        raise ValueError(f'{path} holds no template: write one per line, such as "a photo of a {{}}."')
    return templates


def read_class_names(path: str | Path) -> list[str]:
    """Class names of a text file that is written like that of `read_templates`, in its order.

    Raises ValueError that names both lines where a name stands twice, or a file without names.
    """
    lines: dict[str, int] = {}
    names = []
    for number, name in read_texts(path):
        if (first := lines.setdefault(as_read(name), number)) != number or name in names:
            raise ValueError(
                f"{path} line {number}: {name!r} stands in line {first} already: leave one out, "
                "or say which is meant, as in 'crane, a bird'"
            )
        names.append(name)
    if not names:
        raise ValueError(f"{path} holds no class name: write one per line")
    return names


def as_read(name: str) -> str:
    """A name as models read it: in lower case, é as one character.

    >>> as_read("E\u0301te\u0301")
    'été'
    """
    return unicodedata.normalize("NFC", name).lower()


def read_texts(path: str | Path) -> list[tuple[int, str]]:
    """(line number, text) of every text in the file; comments and empty lines are left out."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is {'a folder' if path.is_dir() else 'not there'}: give a text file")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()  # -sig: Windows editors write a mark first
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error
    if lines and lines[0].lstrip().startswith("{") and "{}" not in lines[0]:
        raise ValueError(f"{path} looks like JSON (it begins {lines[0][:20]!r}): write one text on each line")
    return [
        (number, text)
        for number, line in enumerate(map(str.strip, lines), start=1)
        if line and not line.startswith("#") and not LIST_BRACKET.fullmatch(line)
        for text in unquoted(line)
    ]


def unquoted(line: str) -> list[str]:
    """The line itself, or the texts in it where it is quoted as in a Python list.

    >>> unquoted("'a photo of a {}.',"), unquoted('["tench", "goldfish"]'), unquoted("a mouse, an animal")
    (['a photo of a {}.'], ['tench', 'goldfish'], ['a mouse, an animal'])
    """
    quoted = line[1:-1].strip() if line[:1] == "[" and line[-1:] == "]" else line
    if quoted[:1] not in ("'", '"'):
        return [line]
    try:
        texts = ast.literal_eval(f"[{quoted}\n]")  # literals only, nothing is run; a comment may end the line
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return [line]  # it begins with a quotation mark, and is no list
    return texts if all(isinstance(text, str) and text.strip() for text in texts) else [line]
