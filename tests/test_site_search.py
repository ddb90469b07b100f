"""The ranking of the site's search, run in Node: no browser, no Sphinx. tests/test_site_in_browser.py asks the page."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from site_questions import ANSWERS, answered

from website import build, troubles
from website.search_sections import parts, sections, words_of

ROOT = Path(__file__).parents[1]
NODE = shutil.which("node")
CODE = """
const ranking = require(process.argv[1]);
const { sections, queries } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const prepared = ranking.prepared(sections);
console.log(JSON.stringify(queries.map((query) => ranking.ranked(prepared, query))));
"""


def ranked(rows, queries):
    """For each query the places that are found, as the site names them: page#heading-in-small-letters."""
    given = json.dumps({"sections": rows, "queries": list(queries)})
    command = [NODE, "-e", CODE, str(ROOT / "website" / "static" / "ranking.js")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, encoding="utf-8")
    return [[place(one) for one in found] for found in json.loads(done.stdout)]


def place(one):
    slug = re.sub(r"[^a-z0-9]+", "-", one["heading"].lower()).strip("-")
    return one["page"] if one["first"] else f"{one['page']}#{slug}"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """All that Sphinx reads."""
    folder = tmp_path_factory.mktemp("pages")
    build.write_pages(folder)
    return folder


def test_every_page_is_in_the_contents_or_marked(pages):
    """Sphinx warns of a page that no table of contents has, and a warning ends the build."""
    texts = {path.relative_to(pages): path.read_text(encoding="utf-8") for path in pages.rglob("*.md")}
    tables = [(page, re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL)) for page, text in texts.items()]
    lines = [(page, line.strip()) for page, blocks in tables for block in blocks for line in block.splitlines()]
    listed = {page.parent / re.sub(r".*<(.+)>$", r"\1", line) for page, line in lines}
    free = [page for page, text in texts.items() if page.with_suffix("") not in listed and "orphan: true" not in text]
    assert free == [Path("index.md")]


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_questions_find_their_answers(pages):
    found = dict(zip(ANSWERS, ranked(sections(pages), ANSWERS), strict=True))
    assert {query: places[:4] for query, places in found.items() if not answered(query, places)} == {}


MATCHED = """
const { matched, flat } = require(process.argv[1]);
const { templates, queries } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const best = (query) => templates.map((one) => [matched(one, flat(query)), one]).sort((a, b) => b[0] - a[0])[0];
console.log(JSON.stringify(queries.map(best)));
"""


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_errors_are_known_and_questions_are_none():
    templates = [*(message.text for message in troubles.met()), *troubles.others()]
    errors = {
        "the loss is nan at step 1200: lower learning_rate=0.01 and start again": "the loss is … at step …: lower",
        "unrecognized arguments: --epochs abc": "unrecognized arguments: …",
        "Running as root is not recommended": "Running as root is not recommended.",
    }
    queries = [*errors, *(query for query in ANSWERS if query != "CUDA out of memory")]
    given = json.dumps({"templates": templates, "queries": queries})
    command = [NODE, "-e", MATCHED, str(ROOT / "website" / "static" / "ranking.js")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, encoding="utf-8")
    found = dict(zip(queries, json.loads(done.stdout), strict=True))
    assert {query: found[query] for query, text in errors.items() if not found[query][1].startswith(text)} == {}
    assert {query: best for query, best in found.items() if query not in errors and best[0]} == {}


ROWS = [
    ["docs/faq", "Questions", ""],
    ["docs/faq", "How do I bake bread?", "take flour and water"],
    ["docs/bread", "Bread", "flour"],
    ["docs/bread", "Salt", "a word that is here alone: zanzibar"],
    ["docs/troubleshooting/bread", "Bread", "bread is bad: bake it again"],
]


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("how do I bake bread?", "docs/faq#how-do-i-bake-bread"),
        ("baking breads in a nonexistentoven", "docs/faq#how-do-i-bake-bread"),  # endings; a word that is nowhere
        ("flour of zanzibar", "docs/bread#salt"),  # the rare word decides
        ("bread", "docs/bread"),  # a page before a list of errors
        ("xyzzyplugh", None),
        ("", None),
    ],
)
def test_words_are_weighed(query, first):
    ((*found,),) = ranked(ROWS, [query])
    assert (found[0] if found else None) == first


def test_sections_are_cut_at_headings_alone():
    text = "# A `b`\n\nfirst\n\n```bash\n# no heading\n```\n\n## [C](d.md) \\_e\n\n(anchor)=\nsaid {term}`x`"
    assert [heading for heading, _ in parts(text)] == ["A b", "C _e"]
    assert words_of(parts(text)[0][1]) == ["first", "bash", "no", "heading"]
    assert words_of(parts(text)[1][1]) == ["said", "x"]
