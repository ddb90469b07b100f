"""Whether a kept part is word for word minclip's own, so that nothing needs to stand in minclip's place.

The engine knows shortcuts for minclip's own parts (engine/features.py): the same numbers to rounding, faster. A part
that a learner wrote just as minclip has it gets them, too, and its run is bit for bit minclip's.
"""

import ast
import inspect
import linecache
import sys
from types import FunctionType, GenericAlias, UnionType
from typing import Any

from minclip.course.answer_dependencies import is_plain
from minclip.course.learner_package import PARTS
from minclip.course.statements import outside_names
from minclip.course.workbook import ANSWERS as PACKAGE

TYPES = (GenericAlias, UnionType)  # Pair = tuple[str, str]


def is_same_code(mine: Any, theirs: Any, seen: frozenset[int] = frozenset()) -> bool:
    """Whether a part of my_minclip has the text of minclip's, and every name in it stands for the same.

    Other exercises may stand for the learner's own: they are compared for themselves. Comments and line breaks do not
    count.
    """
    if mine is theirs or id(mine) in seen:
        return True
    try:
        text, own = source(mine), source(theirs)
    except (OSError, TypeError, SyntaxError):
        return False
    if ast.dump(ast.parse(text)) != ast.dump(ast.parse(own)):
        return False
    around, library = (vars(sys.modules[one.__module__]) for one in (mine, theirs))
    return all(
        is_same_name(name, around, library, seen | {id(mine)})
        for name in outside_names(text)
        if name in around or name in library
    )


def source(thing: Any) -> str:
    linecache.checkcache()  # the file may have changed since the package was loaded last
    return inspect.getsource(thing)


def is_same_name(name: str, around: dict[str, Any], library: dict[str, Any], seen: frozenset[int]) -> bool:
    """Whether a name means the same in the learner's file and in minclip's."""
    missing = object()
    mine, theirs = around.get(name, missing), library.get(name, missing)
    if mine is theirs:
        return True
    if mine is missing or theirs is missing:
        return False
    if name in PARTS:
        return getattr(mine, "__module__", "").partition(".")[0] in (PACKAGE, "minclip")
    if isinstance(mine, FunctionType | type):
        return isinstance(theirs, FunctionType | type) and is_same_code(mine, theirs, seen)
    return type(mine) is type(theirs) and (is_plain(mine) or isinstance(mine, TYPES)) and mine == theirs
