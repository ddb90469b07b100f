"""Sentences around a class name: "car" -> "a photo of a car.", because captions are sentences and not labels.

No encoding here, see zero_shot.py. Source of the idea: CLIP paper section 3.1.4; the sentences are our own.
"""

from collections.abc import Sequence
from pathlib import Path

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


def check_template(template: str, where: str = "template") -> str:
    """The template itself, if it is a string with exactly one "{}"; else a ValueError on `where`."""
    if not isinstance(template, str):
        raise ValueError(f"{where} must be a string, found {type(template).__name__}")
    places = template.count("{}")
    if places != 1:
        raise ValueError(f'{where} {template!r} has {places} "{{}}": write exactly one, where the class name goes')
    return template


def expand(templates: Sequence[str], name: str) -> list[str]:
    """Every template with the class name in it.

    >>> expand(["a photo of a {}.", "one {}"], "car")
    ['a photo of a car.', 'one car']

    Raises ValueError for no template at all, and for one without exactly one "{}".
    """
    if isinstance(templates, str):
        raise ValueError(f"templates must be a list of strings, found the string {templates!r}: put it in brackets")
    if len(templates) == 0:
        raise ValueError('templates is empty: the bare class name would be the template "{}"')
    # not str.format: a class name may hold braces, and other braces of a template are text
    return [check_template(template).replace("{}", name) for template in templates]


def read_templates(path: str | Path) -> list[str]:
    """Templates of a UTF-8 text file: one per line; empty lines and lines that begin with # are left out.

    Raises ValueError that names the line of a template without exactly one "{}", or a file without templates.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()  # -sig: Windows editors write a mark first
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error
    templates = [
        check_template(line.strip(), where=f"{path} line {number}:")
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.strip().startswith("#")
    ]
    if not templates:
        raise ValueError(f'{path} holds no template: write one per line, such as "a photo of a {{}}."')
    return templates
