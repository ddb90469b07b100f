"""What the site is made of, without building it: terms, messages, lessons, commands, and links that lead somewhere.

tests/test_site_in_browser.py builds the site and opens it.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from minclip.cli import COMMANDS
from minclip.course.outline import LESSONS
from website import commands, contents, map_of_house, messages, reference, troubles
from website.lessons import lesson_pages, unsolved_with_figures
from website.links import Links, outside_code

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
BUILT, OURS = GLOSSARY.split("\n## Words of this project\n")
TERMS = dict(re.findall(r"^## (.+)\n\n((?:.+\n)+)", BUILT, re.MULTILINE))


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_in_its_lesson_and_module(term):
    (lesson,) = re.findall(r"\]\(\.\./(lessons/[^)]+)\)", TERMS[term])
    text = " ".join((ROOT / lesson).read_text(encoding="utf-8").lower().split())
    assert any(word.strip().lower() in text for word in term.split(",")), f"{lesson} does not say {term}"
    (module,) = re.findall(r"\]\(\.\./(minclip/[^)]+)\)", TERMS[term])
    assert (ROOT / module).is_file()


def test_terms_are_short_and_in_order():
    assert len(TERMS) > 40 and list(TERMS) == sorted(TERMS, key=str.lower)
    for text in TERMS.values():
        assert len(re.findall(r"[.?:](?:\s|$)", text.partition("[Lesson")[0])) <= 4


def test_every_message_says_a_way_out():
    """A new error without one, in its own words or in docs/troubleshooting.md, fails here."""
    silent = [
        f"{message.module} line {message.line}: {message.text!r} does not say what to do. Say it behind a colon, or "
        f"add its cause to docs/troubleshooting.md, in the section {troubles.topic_of(message).title!r}"
        for message in troubles.met()
        if not message.advice and message.text not in troubles.topic_of(message).causes
    ]
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize(
    "text, advice",
    [
        ("size=… is wrong", ""),
        ("size=… must be at least 1", "at least 1"),
        ("… is cut off: fetch it again", "fetch it again"),
        ("… is cut off: it ends at byte …", ""),
        ("the zip claims too much: refused", ""),
    ],
)
def test_a_way_out_is_told_from_a_reason(text, advice):
    assert messages.Message(text, "ValueError", "minclip.loss", 1).advice == advice


def test_no_message_is_said_again_as_its_cause():
    again = [
        message.text
        for message in troubles.met()
        if message.advice
        and message.advice.rstrip(".").lower() in troubles.cause(message, troubles.topic_of(message)).lower()
    ]
    assert again == []


def test_causes_belong_to_messages_that_are_there():
    there = {message.text: troubles.topic_of(message) for message in troubles.met()}
    for topic in troubles.topics():
        for text in topic.causes:
            assert there.get(text) is topic, f"docs/troubleshooting.md, {topic.title}: nothing raises {text!r} there"
        assert set(topic.modules) <= set(messages.names()) | {"minclip.cli"}


def test_a_message_is_read_as_it_is_said(tmp_path, monkeypatch):
    code = """
NEEDED = "this needs the package: pip install it"
def f(n, kind):
    if n < 1:
        raise ValueError(f"n={n} must be at least 1, "
                         "as counts are")
    if n > 9:
        raise OSError(5, f"no room for {n:,} files in {kind}")
    problem = f"kind {kind!r} is unknown" if kind else NEEDED
    raise ValueError(problem)
def g(error):
    return FileNotFoundError(other(error))
def other(error):
    return "the file went away" + f": {error}"
def h():
    raise Wrong("not for users of the library")
"""
    (tmp_path / "minclip").mkdir()
    (tmp_path / "minclip" / "new.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    messages.module.cache_clear()
    found = {(message.kind, message.text) for message in messages.messages()}
    messages.module.cache_clear()
    assert found == {
        ("ValueError", "n=… must be at least 1, as counts are"),
        ("OSError", "no room for … files in …"),
        ("ValueError", "kind … is unknown"),
        ("ValueError", "this needs the package: pip install it"),
        ("FileNotFoundError", "the file went away: …"),
    }


def test_no_raise_is_missed():
    """Counted in another way: every ValueError whose words stand there has its line among the messages."""
    for name in {message.module for message in messages.messages()}:
        home = messages.module(name)
        calls = [
            node.exc for node in ast.walk(home.tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        ]
        lines = {
            call.lineno
            for call in calls
            if ast.unparse(call.func) == "ValueError" and len(re.findall(r"[a-z]", words_of(call.args[0]))) >= 8
        }
        assert lines <= {line for _, line, _ in messages.raised(home)}, name


def words_of(argument: ast.expr) -> str:
    """The text that stands in a string or an f-string itself."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return "".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


@pytest.mark.parametrize("page", lesson_pages())
def test_a_lesson_is_unsolved_with_its_figures(page):
    notebook = unsolved_with_figures(page)
    solved = json.loads((ROOT / page.replace("lessons/", "solutions/", 1)).read_text(encoding="utf-8"))
    figures = [
        {output["metadata"]["image/png"]["alt"] for cell in book["cells"] for output in cell.get("outputs", [])
         if "image/png" in output.get("data", {})}
        for book in (notebook, solved)
    ]  # fmt: skip
    assert figures[0] == figures[1] and all(len(text) > 20 for text in figures[0])
    code = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}
    (lesson,) = [lesson for lesson in LESSONS if lesson.name in page]
    for exercise in lesson.exercises:
        assert "raise NotImplementedError" in code[exercise.name] or "YOUR CODE" in code[exercise.name].upper()


def test_every_page_of_docs_is_on_the_site():
    listed = set(re.findall(r"^(?:.+ <)?([\w/.-]+?)>?$", contents.start_page(), re.MULTILINE))
    listed |= {f"datasets/{card}" for card in re.findall(r"^\w+/README$", contents.with_cards(""), re.MULTILINE)}
    assert {page.removesuffix(".md") for page in contents.repository_pages()} <= listed


def test_pages_of_the_contents_are_there():
    there = {*contents.repository_pages(), *contents.MADE}
    planned = {page for pages in contents.CONTENTS.values() for page in pages}
    assert planned <= there


def test_links_lead_to_the_same_things():
    pages = {"README.md", "docs/a.md", "lessons/05_x/05_x.ipynb", "datasets/README.md"}
    links = Links(ROOT, pages, {"minclip/loss.py"})
    text = (
        "[a](../lessons/05_x/lesson.md#the-loss) [b](../minclip/loss.py) [c](https://x.org/a.md) [d](#here) "
        "[e](../datasets) ![f](front_page.png)\n```python\n[x](../minclip/loss.py)\n```"
    )
    assert links.rewritten(text, "docs/a.md") == (
        "[a](../lessons/05_x/05_x.ipynb#the-loss) [b](../source/minclip/loss.md) [c](https://x.org/a.md) [d](#here) "
        "[e](../datasets/README.md) ![f](front_page.png)\n```python\n[x](../minclip/loss.py)\n```"
    )
    assert links.needed == {"docs/front_page.png"}


def test_pictures_in_tags_are_known():
    links = Links(ROOT, {"README.md"}, set())
    tag = '<picture><source srcset="docs/scaling.png"><img src="docs/front_page.png" alt="a"></picture>'
    assert links.rewritten(f'{tag}<img src="https://x.org/y.png">', "README.md").startswith(tag)
    assert links.in_tags == links.needed == {"docs/scaling.png", "docs/front_page.png"}


def test_code_within_a_list_stays():
    assert outside_code("a\n  ```\n  a\n  ```\na", lambda line: line.upper()) == "A\n  ```\n  a\n  ```\nA"


def test_the_reference_has_every_public_name():
    made = reference.pages()
    import minclip

    for name in minclip.__all__:
        assert f"[`minclip.{name}`](" in made["reference/index.md"]
    assert "{py:function} minclip.loss.clip_loss(image_features: Tensor" in made["reference/minclip.loss.md"]
    assert "**image_features**, **text_features**: float" in made["reference/minclip.loss.md"]


def test_a_docstring_becomes_markdown():
    said = reference.markdown("Cuts *gently* at <b>.\n\na: of `x*y`\nReturns 2 * a.\n\n>>> f(1)\n2\n\nEnd.", {"a"})
    assert said == (
        "Cuts *gently* at \\<b>.\n\n\n**a**: of `x*y`\n\nReturns 2 \\* a.\n\n\n```pycon\n>>> f(1)\n2\n```\n\n\nEnd."
    )


def test_the_commands_page_has_every_command():
    page = commands.page()
    assert all(f"\n## minclip {name}\n" in page for name in COMMANDS)


def test_the_map_has_every_file():
    page = map_of_house.with_map((ROOT / map_of_house.PAGE).read_text(encoding="utf-8"))
    for path in sorted((ROOT / "minclip").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        assert f"(../{place})" in page or "/lesson_" in place, place


def test_steps_of_a_lesson_name_its_files():
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    for lesson in LESSONS:
        for name in ("__init__.py", "checks.py", "answers.py", "questions.py", "pictures.py"):
            assert f"`{name}`" in page
            assert (ROOT / "minclip" / "course" / f"lesson_{lesson.name}" / name).is_file()


def test_formulas_have_no_brackets_of_fixed_size():
    """docutils, which draws them on the site, knows \\left and \\right, and ends the build at a \\big."""
    for page in [*ROOT.glob("lessons/*/lesson.md"), *ROOT.glob("docs/*.md")]:
        assert not re.findall(r"\\[bB]igg?[lrm]?\b", page.read_text(encoding="utf-8")), page
