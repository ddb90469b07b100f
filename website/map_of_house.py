"""The map in docs/contributing.md: every module of the library with its first sentence."""

import ast

from website.messages import module, names
from website.reference import first_sentence, path_of

PAGE = "docs/contributing.md"
MARK = "<!-- the map -->"


def with_map(text: str) -> str:
    """The page with a table for each folder, where its mark stands."""
    parts: dict[str, list[str]] = {}
    for name in names():
        if not name.startswith("minclip.course.lesson_"):
            parts.setdefault(folder_of(name), []).append(name)
    tables = ""
    for folder, listed in parts.items():
        tables += f"\n### {folder}/\n\n| file | what |\n|---|---|\n"
        for name in listed:
            home = module(name)
            assert home is not None
            path = path_of(name)
            said = first_sentence(ast.get_docstring(home.tree))
            tables += f"| [`{path.rpartition('/')[2]}`](../{path}) | {said} |\n"
    return text.replace(MARK, tables)


def folder_of(name: str) -> str:
    return path_of(name).rpartition("/")[0]
