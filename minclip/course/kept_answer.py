"""One kept answer as a text of its own: its imports, the small things it needs, and what the learner wrote.

The text runs alone. What it takes of other exercises it imports from minclip, whoever wrote them: learner_package.py
puts the learner's own in their place.
"""

import ast
from dataclasses import dataclass, field, replace

from minclip.course.statements import Statement, bound_names, outside_names, remembered, statements

HAND = "edited by hand"


@dataclass(frozen=True)
class Answer:
    """What a learner wrote for an exercise."""

    name: str
    text: str  # the def, class or assignment alone
    imports: dict[str, str] = field(default_factory=dict)  # name -> the line that imports it, and nothing else
    helpers: dict[str, str] = field(default_factory=dict)  # name -> the text that defines it, in the order of use
    by_hand: bool = False  # edited in a file since its check

    def file(self, about: str) -> str:
        """The text of its file. about: its first line."""
        head = f'"""{about}{", " + HAND if self.by_hand else ""}."""\n'
        imports = "\n".join(dict.fromkeys(self.imports.values()))
        helpers = list(dict.fromkeys(self.helpers.values()))
        body = [part for part in (imports, *helpers, self.text) if part]
        return head + ("\n" if imports else "\n\n") + "\n\n\n".join(part.strip("\n") for part in body) + "\n"


def read_answer(name: str, text: str) -> Answer:
    """The answer in the text of its file. ValueError where the file cannot be read or does not define it."""
    try:
        found = statements(text)
    except SyntaxError as error:
        raise ValueError(f"{error.msg}, line {error.lineno}") from error
    if not any(name in one.binds and not one.is_import for one in found):
        raise ValueError(f"it does not define {name}")
    answer = answer_from(name, found)
    head = found[0]
    return replace(answer, by_hand=head.is_docstring and HAND in head.text)


def answer_from(name: str, found: list[Statement], parts: dict[str, str] | None = None) -> Answer:
    """The answer among the statements of a file, with those that it needs, and those that they need.

    parts: other exercises in the file -> where minclip has them; they are imported from there.
    """
    parts = {key: home for key, home in (parts or {}).items() if key != name}
    found = joined(found)
    definitions = {bound: one for one in found for bound in one.binds}  # the last one holds, as when it runs
    own = definitions[name]
    imports, helpers = {}, {}
    waiting, seen = [own.text], {name}
    while waiting:
        for needed in outside_names(waiting.pop(), definitions):
            if needed in seen or (needed not in definitions and needed not in parts):
                continue
            seen.add(needed)
            if needed in parts:
                imports[needed] = f"from minclip.{parts[needed]} import {needed}"
            elif definitions[needed].is_import:
                imports[needed] = import_line(definitions[needed], needed)
            else:
                helpers[needed] = definitions[needed].text
                waiting.append(definitions[needed].text)
    future = [one for one in found if isinstance(one.node, ast.ImportFrom) and one.node.module == "__future__"]
    imports |= {f"__future__.{bound}": import_line(one, bound) for one in future for bound in one.binds}
    order = [text for one in found for text in [one.text] if text in helpers.values()]
    ordered = {bound: text for text in order for bound, given in helpers.items() if given == text}
    return Answer(name, own.text, dict(sorted(imports.items(), key=lambda item: item[1])), ordered)


def joined(found: list[Statement]) -> list[Statement]:
    """The statements; one that builds on what it names anew has the earlier one with it: f = cache(f)."""
    done: list[Statement] = []
    for one in found:
        for bound in () if one.is_import else one.binds:
            before = next((other for other in done[::-1] if bound in other.binds), None)
            if before is not None and reads(one.node, bound):
                done = [other for other in done if other is not before]
                one = Statement(f"{before.text}\n\n\n{one.text}", one.node)
        done.append(one)
    return done


def reads(node: ast.stmt | None, name: str) -> bool:
    """Whether a statement that assigns a name also reads it, when it runs: not in the body of its own function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        parts: list[ast.AST] = [*node.decorator_list, *getattr(node, "bases", [])]
    else:
        parts = [node] if node is not None else []
    names = [one for part in parts for one in ast.walk(part) if isinstance(one, ast.Name) and one.id == name]
    return isinstance(node, ast.AugAssign) or any(isinstance(one.ctx, ast.Load) for one in names)


def import_line(statement: Statement, name: str) -> str:
    """The part of an import statement that binds one name, as a line of its own."""
    node = statement.node
    assert isinstance(node, ast.Import | ast.ImportFrom)
    for alias in node.names:
        bound = alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])
        if bound == name:
            one = [ast.alias(alias.name, alias.asname)]
            if isinstance(node, ast.Import):
                parent, _, last = alias.name.rpartition(".")
                if alias.asname and parent:  # one form for import torch.nn.functional as F, so that two are equal
                    return ast.unparse(ast.ImportFrom(parent, [ast.alias(last, alias.asname)], 0))
                return ast.unparse(ast.Import(one))
            return ast.unparse(ast.ImportFrom(node.module, one, node.level))
    raise ValueError(f"{statement.text!r} does not import {name}")


@remembered
def imported(line: str) -> tuple[str, str, str]:
    """(module, name in it, name here) of a line that imports one name; the second is "" for a module.

    >>> imported("from torch.nn import functional as F"), imported("import torch")
    (('torch.nn', 'functional', 'F'), ('torch', '', 'torch'))
    """
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    alias = node.names[0]
    if isinstance(node, ast.Import):
        return alias.name, "", bound_names(line)[0]
    return "." * node.level + (node.module or ""), alias.name, alias.asname or alias.name
