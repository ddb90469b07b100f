"""Pages of the reference, out of the signatures and docstrings of the library. Nothing of it is imported."""

import ast
import re
from pathlib import Path

from website.messages import ROOT, Module, module, names

# what a page of the reference is made of, beside the pages at the top of minclip/
PACKAGES = ("data", "data.picturebook", "evaluation", "figures", "search", "course")
MODULES = (
    "experiments.fit", "experiments.recipes", "experiments.finetuning", "formats.export", "formats.resizing",
    "formats.precision", "engine.devices", "data.protocol",
)  # fmt: skip
CODE_SPAN = re.compile(r"(`+[^`]*`+)")
EMPHASIS = re.compile(r"(?<![\w*])\*\w[^*\n]*\w\*(?![\w*])")


def modules() -> list[str]:
    """Those with a page, in the order of the contents."""
    top = [path.stem for path in sorted((ROOT / "minclip").glob("*.py")) if path.stem != "__init__"]
    there = set(names())
    return [name for part in (*top, *PACKAGES, *MODULES) if (name := f"minclip.{part}") in there]


def pages() -> dict[str, str]:
    """The pages by their path on the site."""
    made = {f"reference/{name}.md": page_of(name) for name in modules()}
    return made | {"reference/index.md": face(made)}


def face(made: dict[str, str]) -> str:
    """The names of `import minclip`, with their first sentences, and a list of all pages."""
    home = module("minclip")
    assert home is not None
    text = "# Reference\n\nThe names that `import minclip` gives:\n\n| name | what |\n|---|---|\n"
    places = ast.literal_eval(home.constants["HOME_OF"])
    for name in ast.literal_eval(home.constants["__all__"]):
        place = f"minclip.{places.get(name, name)}"
        found = definition(name, module(place)) if name in places else None
        owner, node = found or (module(place), None)
        said = first_sentence(ast.get_docstring(node) if node else ast.get_docstring(owner.tree))
        page = place if f"reference/{place}.md" in made else place.rpartition(".")[0]
        text += f"| [`minclip.{name}`]({page}.md) | {said} |\n"
    text += "\nThe modules:\n\n| module | what |\n|---|---|\n"
    for name in modules():
        text += f"| [`{name}`]({name}.md) | {first_sentence(ast.get_docstring(module(name).tree))} |\n"
    listed = "\n".join(name.removeprefix("reference/").removesuffix(".md") for name in made)
    return f"{text}\nThe [commands](commands.md) are described as `--help` says them.\n\n" + (
        f"```{{toctree}}\n:hidden:\n\n{listed}\ncommands\n```\n"
    )


def page_of(name: str) -> str:
    """A module's page: its docstring, then each public name that it defines or hands on."""
    home = module(name)
    assert home is not None
    said = markdown(ast.get_docstring(home.tree) or "")
    text = f"# `{name}`\n\n{said}\n\n[The source](../{path_of(name)})\n\n"
    for public in public_names(home):
        if found := definition(public, home):
            owner, node = found
            if owner.name != name and owner.name in modules():  # described once
                text += f"`{public}` is described in [`{owner.name}`]({owner.name}.md).\n\n"
            else:
                text += described(node, f"{name}.{public}", owner)
    return text


def path_of(name: str) -> str:
    """The file of a module, from the repository's root on."""
    path = Path(*name.split("."))
    return (path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")).as_posix()


def with_source() -> set[str]:
    """Files whose text has a page: all of the library but the exercises' checks and answers."""
    return {path_of(name) for name in names() if not name.startswith("minclip.course.lesson_")}


def public_names(home: Module) -> list[str]:
    if "__all__" in home.constants:
        return ast.literal_eval(home.constants["__all__"])
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in home.tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def definition(name: str, home: Module | None, depth: int = 0) -> tuple[Module, ast.FunctionDef | ast.ClassDef] | None:
    """Where a function or class is written, followed through imports."""
    if home is None or depth > 4:
        return None
    for node in home.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return home, node
    place, there = home.imported.get(name, ("", ""))
    return definition(there, module(place), depth + 1) if place else None


def described(node: ast.FunctionDef | ast.ClassDef, name: str, home: Module) -> str:
    """A function or class in Sphinx's form, so that the search knows its name."""
    if isinstance(node, ast.FunctionDef):
        return directive("function", name + signature(node), docstring(node))
    made = method(node, "__init__")
    takes = signature(made, skip_self=True, result=False) if made else fields_as_arguments(node, home)
    text = docstring(node)
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name != "__init__":
            special = part.name.startswith("_") and part.name not in ("__call__", "__len__", "__getitem__")
            if not special and ast.get_docstring(part):
                kind = {"property": "property", "classmethod": "classmethod", "staticmethod": "staticmethod"}
                kinds = [kind[d.id] for d in part.decorator_list if isinstance(d, ast.Name) and d.id in kind]
                what = kinds[0] if kinds else "method"
                words = "" if what == "property" else signature(part, skip_self=what != "staticmethod")
                text += "\n\n" + directive(what, f"{part.name}{words}", docstring(part)).rstrip()
    return directive("class", name + takes, text)


def directive(kind: str, what: str, text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{fence}{{py:{kind}}} {what}\n\n{text}\n{fence}\n\n"


def signature(node: ast.FunctionDef, skip_self: bool = False, result: bool = True) -> str:
    arguments = ast.parse(ast.unparse(node.args).join(("def f(", "): 0"))).body[0].args
    if skip_self:
        (arguments.posonlyargs or arguments.args).pop(0)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and result else ""
    return f"({ast.unparse(arguments)}){returns}"


def fields_as_arguments(node: ast.ClassDef, home: Module) -> str:
    """Those of a dataclass; nothing for another class."""
    if not any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        return ""
    return f"({', '.join(ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign))})"


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == name), None)


def docstring(node: ast.FunctionDef | ast.ClassDef) -> str:
    """As Markdown, with a list of a dataclass's fields and what is said of them."""
    parts = {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    return markdown(ast.get_docstring(node) or "", parts)


def first_sentence(text: str | None) -> str:
    lines = (text or "").split("\n\n")[0].split()
    sentence = re.split(r"(?<=[.?!])\s", " ".join(lines))[0]
    return escaped(sentence).replace("|", "\\|")


def markdown(text: str, arguments: set[str] | None = None) -> str:
    """A docstring as Markdown: arguments as a list, examples as code, signs that mean something else escaped."""
    lines: list[str] = []
    example = False
    for line in text.split("\n"):
        is_example = line.lstrip().startswith((">>>", "...")) or (example and bool(line.strip()))
        if is_example and not example:
            lines += ["", "```pycon"]
        if example and not is_example:
            lines += ["```", ""]
        example = is_example
        if example or line.startswith("    "):
            lines.append(line)
            continue
        argument = re.match(r"(\w+)(?:, \w+)*: ", line)
        if argument and argument[1] in (arguments or ()):
            names_of, _, rest = line.partition(": ")
            bold = ", ".join(f"**{name}**" for name in names_of.split(", "))
            lines += ["", f"{bold}: {with_bold(escaped(rest), arguments)}"]
        elif re.match(r"(Returns|Raises|Yields)\b", line):
            lines += ["", escaped(line)]
        else:
            lines.append(with_bold(escaped(line), arguments))
    return "\n".join([*lines, "```"] if example else lines).strip()


def with_bold(line: str, arguments: set[str] | None) -> str:
    """A line in which the description of another argument begins: "...; scale: exp(logit_scale)"."""
    return re.sub(
        r"(?<=[.,;] )(\w+): ", lambda match: f"**{match[1]}**: " if match[1] in (arguments or ()) else match[0], line
    )


def escaped(line: str) -> str:
    """A line whose signs mean themselves, outside of `code`."""
    parts = CODE_SPAN.split(line)
    for place in range(0, len(parts), 2):
        kept = EMPHASIS.findall(parts[place])
        plain = EMPHASIS.sub("\0", parts[place])
        plain = re.sub(r"([<*$])", r"\\\1", plain)
        for words in kept:
            plain = plain.replace("\0", words, 1)
        parts[place] = plain
    return "".join(parts)
