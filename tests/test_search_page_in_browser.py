"""The search page in a real browser: `minclip serve` on a folder of drawn pictures, by mouse and by keyboard.

make test-browser          (needs Chromium, found as `chromium` or by the variable CHROMIUM)

Screenshots go to the folder SCREENSHOTS, where it is given: look at them, light, dark and on a phone.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_browser import ROOT, chromium

from minclip.data.picturebook import PictureBook

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    photos = tmp_path_factory.mktemp("served") / "Fotos & <b>mehr"
    photos.mkdir()
    book = PictureBook("val", size=96, count=120, progress=False, cache=tmp_path_factory.mktemp("cache"))
    for i in range(len(book)):
        book.image(i).save(photos / f"{i:03} {' '.join(re.findall('[a-z]+', book.captions(i)[0].lower()))[:40]}.png")
    (photos / "broken.png").write_bytes(b"no picture")
    return photos


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    pytest.importorskip("uvicorn", reason="no uvicorn here: pip install -e .[serve]")
    variables = {"PYTHONPATH": str(ROOT), "MINCLIP_INDEXES": str(tmp_path_factory.mktemp("indexes"))}
    command = [sys.executable, "-m", "minclip.cli", "serve", "--in", str(folder), "--port", "0"]
    command += ["--model", "picturebook-small", "--device", "cpu"]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, env=os.environ | variables, **how) as server:
        line = server.stdout.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+", line)[0]
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


@pytest.fixture
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def tab(browser, address):
    """Opens the page, and notes what goes wrong in it and what it asks of whom."""

    def opened(**how):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **how})
        page.complaints, page.asked = [], []
        page.on(
            "console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        page.wait_for_function("() => document.getElementById('about').textContent.includes('pictures')")
        return page

    return opened


def picture(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def results(page, count=24):
    page.wait_for_function(f"() => document.querySelectorAll('#found li').length === {count}")
    page.wait_for_function("() => [...document.querySelectorAll('#found img')].slice(0, 4).every(i => i.naturalWidth)")
    return page.locator("#found .name").all_inner_texts()


def test_a_person_searches(tab, address, folder):
    page = tab()
    page.get_by_label("What are you looking for?").fill("in the snow")
    results(page)
    assert page.locator("#said").inner_text() == "24 pictures for “in the snow”"
    scores = [float(text) for text in page.locator("#found .score").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    picture(page, "1-sentence")

    page.get_by_role("button", name=re.compile("^More like ")).first.click()
    page.wait_for_function("() => document.getElementById('said').textContent.startsWith('24 pictures like')")
    page.wait_for_function("() => document.querySelectorAll('#shares tr').length === 5")
    page.get_by_label("Class names, one on a line").fill("in the snow\nin the desert")
    page.wait_for_function("() => document.querySelectorAll('#shares tr').length === 2")
    shares = [float(text.removesuffix(" %")) for text in page.locator("#shares .number").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.11)
    picture(page, "2-alike-and-classes")

    first = sorted(folder.glob("*.png"))[0]
    page.get_by_label("Choose a file").set_input_files(str(first))
    page.wait_for_function("name => document.getElementById('chosen-name').textContent === name", arg=first.name)
    page.wait_for_function("name => document.querySelector('#found .name')?.textContent === name", arg=first.name)
    page.get_by_role("button", name="Without the picture").click()
    page.get_by_label("What are you looking for?").fill("very " * 150)
    page.wait_for_function("() => document.getElementById('said').className === 'bad'")
    assert "tokens" in page.locator("#said").inner_text()
    assert all(url.startswith((address, "blob:")) for url in page.asked)
    assert [line for line in page.complaints if "400" not in line] == []


def test_a_picture_is_dropped(tab, folder):
    page = tab()
    name = sorted(folder.glob("*.png"))[5].name
    script = """async name => {
        const found = await (await fetch('/picture/5?size=large')).blob();
        const bag = new DataTransfer();
        bag.items.add(new File([found], name, { type: 'image/jpeg' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: bag, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(script, name)
    assert results(page)[0] == name and page.locator("#chosen").get_attribute("alt").endswith(name)
    assert page.complaints == []


def test_the_keyboard_is_enough(tab):
    page = tab()
    page.keyboard.type("a cat")  # the field has the focus
    page.keyboard.press("Enter")
    results(page)
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("() => document.activeElement.textContent || document.activeElement.id"))
        if seen[-1] == "More like this":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#compose:not([hidden])")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert seen[-1] == "More like this" and outline == "solid"
    assert page.complaints == []


def test_a_screen_reader_hears_names(tab):
    page = tab()
    page.get_by_label("What are you looking for?").fill("a cat")
    results(page)
    unnamed = """() => [...document.querySelectorAll('button, a, input, textarea, img:not([hidden]), select')]
        .filter(e => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label') || e.alt
            || [...e.querySelectorAll('img')].some(i => i.alt)))
        .map(e => e.outerHTML)"""
    assert page.evaluate(unnamed) == []
    assert page.locator("#said").get_attribute("role") == "status"
    assert page.evaluate("() => document.documentElement.lang") == "en"


@pytest.mark.parametrize(("name", "scheme", "width"), [("dark", "dark", 1280), ("phone", "light", 360)])
def test_dark_and_on_a_phone(tab, name, scheme, width):
    page = tab(color_scheme=scheme, viewport={"width": width, "height": 760})
    page.get_by_label("What are you looking for?").fill("a blue car")
    results(page)
    page.get_by_role("button", name=re.compile("^More like ")).first.click()
    page.wait_for_selector("#shares tr")
    page.wait_for_function("() => document.getElementById('said').textContent.startsWith('24 pictures like')")
    picture(page, f"3-{name}")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(22, 24, 28)" if scheme == "dark" else "rgb(255, 255, 255)")
