"""The site, built and opened from its plain folder in headless Chromium, with the network off.

make test-site             (needs Chromium, found as `chromium` or by the variable CHROMIUM)

Screenshots go to the folder SCREENSHOTS, where it is given: look at them.
SITE=folder takes a site that is built already.
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from site_questions import ANSWERS, answered
from test_browser import chromium

pytest.importorskip("myst_nb", reason="pip install -e .[site]")

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LOOKED_AT = {  # pages that stand for their kind
    "start": "index.html",
    "lesson": "lessons/05_symmetric_infonce/05_symmetric_infonce.html",
    "glossary": "docs/glossary.html",
    "troubleshooting": "docs/troubleshooting.html",
    "messages": "docs/troubleshooting/training-settings.html",
    "reference": "reference/minclip.loss.html",
    "commands": "reference/commands.html",
    "results": "docs/recipes.html",
    "map": "docs/contributing.html",
    "readme": "README.html",
    "search": "search.html?q=temperature",
}
ERRORS = {  # what people paste -> the page of the message
    "minclip: error: batch_size=1 must be at least 2: a single pair has no negatives to learn from": "training-sett",
    "ValueError: my-photos/3.png cannot be read as a picture: image file is truncated": "pictures",
    "minclip: error: runs/mine holds a run already: pass --resume to go on with it, or another --out": "stopped",
    "the loss is nan at step 1200: lower learning_rate=0.01 and start again": "stopped",  # its end is missing
    "unrecognized arguments: --epochs abc": "",
}
OTHER = {"clip_loss": "reference/minclip.loss.html#minclip.loss.clip_loss"}  # a name of the library


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site; no warning of Sphinx's is allowed."""
    if built := os.environ.get("SITE"):
        return Path(built)
    from website import build

    out = tmp_path_factory.mktemp("a site with spaces")
    assert build.main(["--out", str(out)]) == 0
    return out / "html"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def tab(browser):
    """Opens a tab without a network that notes what goes wrong in it, and what it asks of other places."""
    contexts = []

    def opened(viewport=DESK, scheme="light"):
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme, offline=True))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on(
            "console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(("file:", "data:", "blob:")) else page.complaints.append(request.url)
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()


class Parts(HTMLParser):
    """The links, the targets and the pictures of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.targets, self.silent, self.foreign = [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.targets |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img" and not (found.get("alt") or "").strip():
            self.silent.append(found.get("src"))
        if tag in ("img", "script", "link", "source", "iframe"):
            source = found.get("src") or (found.get("href") if found.get("rel") != "canonical" else "") or ""
            if source.startswith(("http:", "https:", "//")):
                self.foreign.append(source)


@pytest.fixture(scope="module")
def pages(site):
    found = {path: Parts(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    return {path: parts for path, parts in found.items() if "_static" not in path.parts}


def test_no_link_is_dead(site, pages):
    dead = []
    for path, parts in pages.items():
        for link in parts.links:
            where = urlsplit(link)
            if where.scheme or where.netloc:
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            anchors = {"", *pages[target].targets} if target in pages else {"", unquote(where.fragment)}
            if not target.exists() or unquote(where.fragment) not in anchors:
                dead.append((path.relative_to(site).as_posix(), link))
    assert dead == []


def test_every_picture_has_a_text_and_nothing_is_foreign(site, pages):
    silent = {path.relative_to(site).as_posix(): parts.silent for path, parts in pages.items() if parts.silent}
    foreign = {path.relative_to(site).as_posix(): parts.foreign for path, parts in pages.items() if parts.foreign}
    assert silent == {} and foreign == {}


def test_every_page_opens_on_a_phone(site, pages, tab):
    page = tab(PHONE, "dark")
    faults = {}
    for path in pages:
        name = path.relative_to(site).as_posix()
        if name.startswith("source/") and "/course/" in name:
            continue  # of the pages with source, the others stand for them
        page.goto(path.as_uri())
        broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if page.complaints or broken or wide > 0:
            faults[name] = (list(page.complaints), broken, wide)
        page.complaints.clear()
    assert faults == {}


CONTRAST = """() => {
    const light = ([r, g, b]) => {
        const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const numbers = colour => {
        const found = (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
        return found.length < 4 ? [...found, 1] : found;
    };
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = numbers(getComputedStyle(at).backgroundColor);
            if (colour[3] > 0.5) return colour;
        }
        return [255, 255, 255, 1];
    };
    const bad = new Map();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        const style = getComputedStyle(element);
        const silent = element.closest('script, style, noscript');
        const hidden = style.visibility === 'hidden' || style.opacity < 0.5 || silent;
        const text = walk.currentNode.textContent.trim();
        if (!text || hidden || !element.getClientRects().length) continue;
        const a = light(numbers(style.color)), b = light(ground(element));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
        if (ratio < (large ? 3 : 4.5)) {
            bad.set(element.className + ' ' + element.tagName, text.slice(0, 40) + ' ' + ratio.toFixed(2));
        }
    }
    return Object.fromEntries(bad);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_can_be_read(site, tab, scheme):
    """Contrast as WCAG's AA asks it: 4.5, and 3 for large letters."""
    page = tab(DESK, scheme)
    for name, place in LOOKED_AT.items():
        page.goto(f"{site.as_uri()}/{place}")
        page.wait_for_timeout(300)
        picture(page, f"{name}-{scheme}")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate(CONTRAST) == {}, name
    assert page.complaints == []


def test_it_looks_right_on_a_phone(site, tab):
    page = tab(PHONE, "light")
    for name, place in LOOKED_AT.items():
        page.goto(f"{site.as_uri()}/{place}")
        page.wait_for_timeout(300)
        picture(page, f"{name}-phone")
    assert page.complaints == []


def picture(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


def results(page, site, query) -> list[str]:
    """Where the search leads for a query that is typed on the start page, the first ten."""
    page.goto((site / "index.html").as_uri())
    page.locator("button.search-button__button").first.click()
    page.keyboard.insert_text(query)
    page.keyboard.press("Enter")
    page.wait_for_function("() => /finished|did not match/.test(document.querySelector('.search-summary')?.innerText)")
    links = page.locator("#search-results ul.search li > a").evaluate_all("all => all.map(one => one.href)")
    return [unquote(link).removeprefix(unquote(site.as_uri()) + "/") for link in links[:10]]


@pytest.mark.parametrize("query", ANSWERS)
def test_a_question_finds_its_answer(site, tab, query):
    page = tab()
    found = [link.replace(".html", "") for link in results(page, site, query)]
    assert answered(query, found), found
    assert page.complaints == []


@pytest.mark.parametrize("name", OTHER)
def test_a_name_of_the_library_finds_its_page(site, tab, name):
    assert results(tab(), site, name)[0].startswith(OTHER[name])


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_finds_its_cause(site, tab, error):
    page = tab()
    found = results(page, site, error)
    assert re.search(rf"troubleshooting.*{ERRORS[error]}.*\.html#message-", found[0]), found
    page.goto(f"{site.as_uri()}/{found[0]}")
    target = page.locator(f"[id='{found[0].partition('#')[2]}']")
    assert target.count() == 1 and page.complaints == []


def test_a_pasted_traceback_finds_its_cause(site, tab):
    lines = 'Traceback (most recent call last):\n  File "x.py", line 3, in <module>\n    clip_loss(a, b, 1)\n'
    (found, *_) = results(tab(), site, f"{lines}ValueError: a batch is made of pairs, found 3 pictures and 2 texts")
    assert found.startswith("docs/troubleshooting/training-settings.html#message-")


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", "a(b[c*+?", "constructor __proto__", "how do I", "Größe"]
)
def test_no_query_breaks_the_search(site, tab, query):
    page = tab()
    results(page, site, query)
    assert page.complaints == []


def test_words_that_are_nowhere_do_not_end_the_search(site, tab):
    assert results(tab(), site, "temperature xyzzyplugh")[:1] == results(tab(), site, "temperature")[:1]
    assert results(tab(), site, "xyzzyplugh") == []


def test_a_formula_is_drawn_without_a_script(site, tab):
    page = tab()
    page.goto((site / "docs" / "glossary.html").as_uri())
    assert page.locator("#softmax math mfrac").first.bounding_box()["height"] > 15
