"""A learner's day in a real browser: JupyterLab, lesson 05, a wrong answer that is named, a right one that is ticked.

make test-browser          (a minute or two; needs Chromium, found as `chromium` or by the variable CHROMIUM)

Screenshots go to the folder SCREENSHOTS, where it is given: look at them.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from minclip.course.kept_answers import KeptAnswers

ROOT = Path(__file__).parents[1]
LESSON = "05_symmetric_infonce"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
HALF = """def clip_loss(image_features, text_features, scale):
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits), device=logits.device)
    return F.cross_entropy(logits, labels)
"""
WHOLE = """def clip_loss(image_features, text_features, scale):
    if len(image_features) != len(text_features):
        raise ValueError("these are no pairs")
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
"""

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A new workbook in JupyterLab, in a folder with a space and an umlaut; gives its address and the folder."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install -e .[course]")
    from minclip.course.lab import command, environment, write_settings
    from minclip.course.workbook_start import start

    monkeypatch.delenv("MINCLIP_MINE", raising=False)
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: None)  # nobody's answers
    lessons = tmp_path / "Kürs mit Leerzeichen" / "clip"
    start(lessons, KeptAnswers(tmp_path / "none"))
    port, home = free_port(), tmp_path / "home"
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.token=t"]
    words = command(lessons, write_settings(lessons), [*options, "--LabApp.expose_app_in_browser=True"])
    variables = {"JUPYTER_CONFIG_DIR": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings")}
    variables = environment(lessons) | variables | {"PYTHONPATH": str(ROOT)}
    with (tmp_path / "lab.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(words, cwd=tmp_path, env=variables, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api?token=t", timeout=2).close()
                break
            time.sleep(1)
        yield address, lessons
    finally:
        server.terminate()
        server.wait(20)


@contextlib.contextmanager
def chromium():
    """Headless Chromium. The test is skipped where it or Playwright is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it, or say where it is with the variable CHROMIUM")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page():
    """A tab of headless Chromium."""
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 900})


class Notebook:
    """What a learner does with a notebook, through JupyterLab itself."""

    def __init__(self, page, folder):
        self.page, self.folder = page, folder
        cells = json.loads((folder / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))["cells"]
        self.places = {cell["id"]: place for place, cell in enumerate(cells)}

    def command(self, name):
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def go_to(self, cell):
        script = """async place => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = place;
            await notebook.scrollToItem(place, 'center');
        }"""
        self.page.evaluate(script, self.places[cell])

    def wait_until_idle(self, seconds=240):
        script = """() => {
            const panel = window.jupyterapp.shell.currentWidget;
            const waits = cell => cell.promptNode && cell.promptNode.textContent.includes('*');
            const busy = panel.content.widgets.some(waits);
            return panel.sessionContext.session?.kernel?.status === 'idle' && !busy;
        }"""
        self.page.wait_for_timeout(1500)
        self.page.wait_for_function(script, timeout=1000 * seconds)
        self.page.wait_for_timeout(1000)

    def output(self, cell) -> str:
        script = """place => {
            const outputs = window.jupyterapp.shell.currentWidget.content.widgets[place].model.outputs;
            const texts = [];
            for (let i = 0; i < outputs.length; i++) texts.push(JSON.stringify(outputs.get(i).toJSON()));
            return texts;
        }"""
        found = [json.loads(text) for text in self.page.evaluate(script, self.places[cell])]
        return "".join("".join(one.get("text", one.get("evalue", ""))) for one in found)

    def write(self, cell, code):
        """By keyboard, over what stands there."""
        self.go_to(cell)
        self.command("notebook:enter-edit-mode")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.run(cell)

    def run(self, cell):
        self.go_to(cell)
        self.command("notebook:run-cell")
        self.wait_until_idle()

    def answer(self, name, code) -> str:
        self.write(name, code)
        self.run(f"check-{name}")
        return self.output(f"check-{name}")

    def picture(self, name):
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_learners_day(lab, page):
    address, lessons = lab
    page.goto(f"{address}/lab/tree/{LESSON}/{LESSON}.ipynb?token=t")
    page.wait_for_selector(".jp-Notebook", timeout=120_000)
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session", timeout=120_000)
    notebook = Notebook(page, lessons)
    page.wait_for_selector("#table-of-contents .jp-tocItem", timeout=60_000)  # the outline is open
    assert "File" in page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Nbgrader" not in page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert page.locator(".Toastify__toast").count() == 0  # no question about news
    assert page.locator(".jp-CodeCell .cm-lineWrapping").count()  # no line is cut off
    notebook.picture("1-opened")

    notebook.command("notebook:run-all-cells")
    notebook.wait_until_idle()
    for name in ("similarity_logits", "clip_loss", "clamp_logit_scale"):
        assert notebook.output(f"check-{name}") == f"○ {name}: not written yet. The lesson goes on with minclip's.\n"
    notebook.go_to("check-similarity_logits")
    notebook.picture("2-run-unsolved")

    said = notebook.answer("clip_loss", HALF)
    assert said.startswith("✗ clip_loss") and "picture-to-text half alone" in said
    notebook.picture("3-wrong-and-named")

    said = notebook.answer("clip_loss", "def clip_loss(a, b:\n    pass")
    assert said.startswith("✗ clip_loss: your last version does not run ('(' was never closed, line 1 of the cell)")
    notebook.picture("4-syntax-error")

    said = notebook.answer("clip_loss", WHOLE)
    assert re.match(r"✓ clip_loss: \d+ checks\. Kept in my_minclip/loss\.py", said)
    assert "def clip_loss" in (lessons / "my_minclip" / "loss.py").read_text(encoding="utf-8")
    notebook.picture("5-right")

    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_timeout(3000)
    notebook.picture("6-dark")
    notebook.go_to("title")
    notebook.picture("7-dark-top")
