"""The readable package my_minclip, made from the kept answers: one file for each module of minclip, as its files are.

Imports stand once on top, parts in the order in which minclip has them, what two parts share stands once. Two parts
that give the same name to different things get two names. What the learner wrote into a file by hand is found by
comparing the file with what the answers make, and stays.
"""

import ast
import builtins
import inspect
import io
import sys
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from itertools import groupby

from minclip.course.kept_answer import Answer, answer_from, import_line, imported
from minclip.course.outline import LESSONS
from minclip.course.statements import Statement, outside_names, renamed, statements, with_names, without_annotations
from minclip.course.workbook import ANSWERS as PACKAGE

HEADER = (
    '"""Written by you: the answers that passed their checks. minclip\'s own stand in minclip/{home}.py.\n\n'
    "What you change or add here stays.\n"
    '"""'
)
WIDTH = 88  # of a line of imports
END = ""  # the anchor of what stands below the last part


@dataclass(frozen=True)
class ByHand:
    """What the learner changed in a file of the package."""

    answers: dict[str, Answer] = field(default_factory=dict)  # parts that were edited or added
    taken_out: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()  # (the part above which it stands, its text)
    imports: tuple[str, ...] = ()  # lines
    head: str = ""  # the docstring, with comments above it


HOMES = tuple(dict.fromkeys(exercise.home for lesson in LESSONS for exercise in lesson.exercises))
PARTS = {exercise.name: exercise.home for lesson in LESSONS for exercise in lesson.exercises}


@cache
def library_statements(home: str) -> tuple[Statement, ...]:
    """minclip's own file of that name."""
    return tuple(statements(inspect.getsource(import_module(f"minclip.{home}"))))


@cache
def library_definitions(home: str) -> dict[str, Statement]:
    """name -> the function or class of minclip's own file."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {one.node.name: one for one in library_statements(home) if isinstance(one.node, kinds)}


def rests_on(home: str, name: str, kept: Iterable[str], seen: frozenset[str] = frozenset()) -> bool:
    """Whether minclip's `name`, which is no exercise, uses one of the kept parts, itself or through others."""
    definitions = library_definitions(home)
    if name not in definitions or name in PARTS or name in seen:
        return False
    used = outside_names(without_annotations(definitions[name].text))  # a type that is written down runs nothing
    return any(one in kept or rests_on(home, one, kept, seen | {name}) for one in used)


def given_parts(answers: Mapping[str, Answer]) -> dict[str, str]:
    """name -> module of what the answers import from minclip and what rests on kept parts: it must use theirs."""
    found: dict[str, str] = {}
    for answer in answers.values():
        for line in answer.imports.values():
            module, name, _ = imported(line)
            home = module.removeprefix("minclip.")
            if module.startswith("minclip.") and home in HOMES and rests_on(home, name, answers):
                found[name] = home
    return found


def given_answer(home: str, name: str) -> Answer:
    """minclip's own `name` as a part; what it needs of minclip it imports."""
    definitions = dict.fromkeys(library_definitions(home), home)
    return answer_from(name, list(library_statements(home)), PARTS | definitions)


def package_file(home: str, answers: Mapping[str, Answer], by_hand: ByHand, made_only: bool = False) -> str:
    """The text of my_minclip/home.py; "" where there is nothing to write. made_only: without what was added by hand."""
    given = given_parts(answers)
    own = {name: answer for name, answer in answers.items() if PARTS[name] == home}
    hand_names = {bound for _, text in by_hand.added for one in statements(text) for bound in one.binds}
    own |= {name: given_answer(home, name) for name, at in given.items() if at == home and name not in hand_names}
    if not own and not by_hand.added:
        return ""
    order = list(library_definitions(home))
    own = dict(sorted(own.items(), key=lambda item: order.index(item[0])))
    places = {**{name: PARTS[name] for name in answers}, **given}
    taken: dict[str, str] = dict.fromkeys(own, "part") | dict.fromkeys(hand_names, "by hand")
    taken |= {imported(line)[2]: line for line in by_hand.imports}
    added = () if made_only else by_hand.added
    imports, body = ([] if made_only else list(by_hand.imports)), []
    for name, answer in own.items():
        body += [text for above, text in added if above == name]
        lines, helpers, text = fitted(answer, home, places, taken)
        imports += lines
        body += [helper for helper in helpers if helper not in body]
        body.append(text)
    body += [text for above, text in added if above not in own]
    block = import_block(imports)
    head = HEADER.format(home=home) if made_only or not by_hand.head else by_hand.head
    top = head + (f"\n\n{block}" if block else "")
    return "\n\n\n".join([top, *body]) + "\n"


def fitted(
    answer: Answer, home: str, places: Mapping[str, str], taken: dict[str, str]
) -> tuple[list[str], list[str], str]:
    """(import lines, helpers, text) of a part with names that no other part gives to another thing.

    places: part -> the module of my_minclip that holds it. taken: name -> what it is in this file; grows.
    """
    names: dict[str, str] = {}  # here -> in the file
    lines = []
    for line in answer.imports.values():
        module, name, here = imported(line)
        own = module.startswith("minclip.") and places.get(name) == module.removeprefix("minclip.")
        if own and places[name] == home:
            names[here] = name
            continue
        line = f"from {PACKAGE}.{places[name]} import {name}" + (f" as {here}" if here != name else "") if own else line
        new = here
        if module != "__future__" and (hasattr(builtins, here) or taken.get(here, line) != line) and name:
            new = f"{here}_of_{answer.name}"
            line = f"{line.partition(' as ')[0]} as {new}"
        names[here] = new
        taken[new] = line
        lines.append(line)
    clashing = {one for one, text in answer.helpers.items() if hasattr(builtins, one) or taken.get(one, text) != text}
    moved = {one for one, new in names.items() if one != new}
    while more := {
        one
        for one, text in answer.helpers.items()
        if one not in clashing and (clashing | moved) & set(outside_names(text, answer.helpers))
    }:
        clashing |= more
    names |= {one: f"{one}_of_{answer.name}" if one in clashing else one for one in answer.helpers}
    for one, text in answer.helpers.items():
        taken[names[one]] = text
    changed = {one: new for one, new in names.items() if one != new}
    helpers = [with_names(text, changed) for text in dict.fromkeys(answer.helpers.values())]
    return lines, helpers, renamed(answer.text, changed)


def import_block(lines: Iterable[str]) -> str:
    """The lines as a formatter sets them: Python's own, then others', then minclip's; a line for each module."""
    modules: dict[str, set[str]] = {}
    plain: set[str] = set()
    for line in lines:
        module, name, here = imported(line)
        if name not in ("", "*"):
            modules.setdefault(module, set()).add(name if name == here else f"{name} as {here}")
        else:
            plain.add(line)
    found = [(line.split()[1], 0, line) for line in plain]
    for module, names in modules.items():
        inside = ", ".join(sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)))
        line = f"from {module} import {inside}"
        if len(line) > WIDTH:
            line = f"from {module} import (\n    " + inside.replace(", ", ",\n    ") + ",\n)"
        found.append((module, 1, line))
    found.sort(key=lambda one: (group(one[0]), one[1], one[0]))
    groups = groupby(found, key=lambda one: group(one[0]))
    return "\n\n".join("\n".join(line for _, _, line in members) for _, members in groups)


def group(module: str) -> int:
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    if not top:  # from .notes import
        return 3
    if top in sys.stdlib_module_names:
        return 1
    return 3 if top in ("minclip", PACKAGE) else 2


def found_by_hand(home: str, text: str, written: str) -> ByHand:
    """What the learner changed in a file: its text compared with what was written last. SyntaxError if it is none."""
    found, made = statements(text), statements(written)
    here = [name for name, at in PARTS.items() if at == home]
    present, before = ({bound for one in many if not one.is_import for bound in one.binds} for many in (found, made))
    edited = {}
    for name in [name for name in here if name in present]:
        mine = from_package(name, found)
        if name not in before or mine != from_package(name, made):
            edited[name] = replace(mine, by_hand=True)
    used = {bound for answer in edited.values() for bound in (*answer.helpers, answer.name)}
    lines = {to_minclip(line) for one in made if one.is_import for line in import_lines(one)}
    lines |= {line for answer in edited.values() for line in answer.imports.values()}
    added, imports, comments = [], [], []
    for place, one in enumerate(found):
        if one.is_import:
            imports += [line for line in import_lines(one) if to_minclip(line) not in lines]
            comments += comments_of(one.text)
            continue
        made_here = (one.is_docstring and place == 0) or any(one.same(other) for other in made)
        if not made_here and not (used | set(here)) & set(one.binds):
            below = [bound for other in found[place + 1 :] for bound in other.binds if bound in here]
            added.append((below[0] if below else END, one.text))
    gone = tuple(name for name in here if name in before and name not in present)
    return ByHand(edited, gone, tuple(added), tuple(imports), head_of(found, made, comments))


def head_of(found: list[Statement], made: list[Statement], comments: list[str]) -> str:
    """What the learner made of the file's first lines: another docstring, comments above it; "" for none."""
    head, before = ([one.text for one in many[:1] if one.is_docstring] for many in (found, made))
    if head == before and not comments:
        return ""
    return "\n".join([*comments, *(head or before)])


def comments_of(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def from_package(name: str, found: list[Statement]) -> Answer:
    """A part of one of the package's files as an answer; what it takes of other parts it imports from minclip."""
    answer = answer_from(name, found, PARTS)
    return replace(answer, imports={bound: to_minclip(line) for bound, line in answer.imports.items()})


def to_minclip(line: str) -> str:
    module = imported(line)[0]
    home = module.removeprefix(PACKAGE).removeprefix(".")
    return line.replace(module, f"minclip.{home}", 1) if home in HOMES and module != home else line


def import_lines(statement: Statement) -> list[str]:
    if isinstance(statement.node, ast.ImportFrom) and statement.node.names[0].name == "*":
        return [ast.unparse(statement.node)]
    return [import_line(statement, bound) for bound in statement.binds]
