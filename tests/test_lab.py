"""What a learner's JupyterLab is told: no teacher's menus, no news, the outline open; and no file of the user's."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install -e .[course]")

from minclip.course import lab
from minclip.course.workbook import make_workbook

ROOT = Path(__file__).parents[1]


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "Bøk med mellomrom"
    make_workbook(folder)
    return folder


def test_the_first_start_opens_the_first_lesson(book):
    assert lab.write_settings(book)
    assert lab.command(book, True)[-1] == "--LabApp.default_url=/lab/tree/00_meet_clip/00_meet_clip.ipynb"
    layout = book / lab.FOLDER / lab.WORKSPACE
    layout.write_text("as the learner left it", encoding="utf-8")
    assert not lab.write_settings(book)
    assert layout.read_text(encoding="utf-8") == "as the learner left it"
    assert lab.command(book, False, ["--no-browser"])[-1] == "--no-browser"


def test_a_failed_first_start_is_not_the_first(book):
    assert lab.write_settings(book) and lab.write_settings(book)  # JupyterLab did not start, and saved no layout
    (book / lab.FOLDER / lab.WORKSPACE).write_text('{"data": {}}', encoding="utf-8")
    assert not lab.write_settings(book)


class Ended:
    def __init__(self, words, cwd, env):
        self.code = 1

    def wait(self):
        return self.code


@pytest.mark.parametrize(("user", "options", "said"), [(0, [], True), (0, ["--allow-root"], False), (7, [], False)])
def test_root_is_told_the_option(book, monkeypatch, capsys, user, options, said):
    monkeypatch.setattr(lab.subprocess, "Popen", Ended)
    monkeypatch.setattr(lab.os, "geteuid", lambda: user, raising=False)
    assert lab.open_lab(book, options) == 1
    printed = capsys.readouterr()
    assert ("make lab ARGS=--allow-root" in printed.err) == said
    assert printed.out == (
        "Open 00_meet_clip/00_meet_clip.ipynb first.\n"
        "Starts JupyterLab, which takes some seconds. Ctrl-C in this window stops it.\n"
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
@pytest.mark.parametrize(("target", "said"), [("lab", ["1 of 2", "2 of 2"]), ("train", ["installs PyTorch"])])
def test_make_says_which_part_it_installs(tmp_path, target, said):
    words = ["make", "-n", target, f"VENV={tmp_path / 'new'}"]
    lines = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    told = [line.removeprefix('echo "') for line in lines if line.startswith("echo")]
    assert len(told) == len(said) and all(map(str.startswith, told, said))


def test_jupyter_without_the_settings_is_left_alone(book, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "elsewhere")
    found = lab.environment(book)
    assert found["JUPYTER_CONFIG_PATH"] == os.pathsep.join([str(book / lab.FOLDER), "elsewhere"])
    assert os.environ["JUPYTER_CONFIG_PATH"] == "elsewhere" and "JUPYTERLAB_WORKSPACES_DIR" not in os.environ
    assert {name for name in found if name.startswith("JUPYTER")} - set(os.environ) == {"JUPYTERLAB_WORKSPACES_DIR"}


def test_jupyterlab_itself_answers_an_interrupt(book, monkeypatch):
    calls = iter([KeyboardInterrupt, KeyboardInterrupt, 0])

    class Server:
        def __init__(self, command, cwd, env):
            assert cwd == book and str(book / lab.FOLDER) in env["JUPYTER_CONFIG_PATH"]

        def wait(self):
            call = next(calls)
            if call is KeyboardInterrupt:
                raise KeyboardInterrupt
            return call

    monkeypatch.setattr(lab.subprocess, "Popen", Server)
    assert lab.open_lab(book) == 0


@pytest.mark.slow
def test_the_page_carries_the_settings(book, tmp_path):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.token=t"]
    home = tmp_path / "home"
    environment = lab.environment(book) | {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home / "data")}
    command = lab.command(book, lab.write_settings(book), options)

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}?token=t", timeout=30) as answer:
            return answer.read().decode("utf-8")

    log = tmp_path / "lab.log"
    with log.open("w", encoding="utf-8") as written:
        server = subprocess.Popen(command, cwd=book, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        for _ in range(240):
            try:
                get("api")
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.5)
        page = get("lab")
        config = json.loads(
            re.search(r'id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.S)[1]
        )
        assert set(lab.TEACHERS) <= set(config["disabledExtensions"])
        news = json.loads(get("lab/api/settings/@jupyterlab/apputils-extension:notification"))
        default = {name: of["default"] for name, of in news["schema"]["properties"].items()}
        assert default["fetchNews"] == "false" and default["checkForUpdates"] is False
        shell = json.loads(get("lab/api/settings/@jupyterlab/application-extension:shell"))
        assert shell["schema"]["properties"]["layout"]["default"]["multiple"]["Table of Contents"] == {"area": "right"}
        tracker = json.loads(get("lab/api/settings/@jupyterlab/notebook-extension:tracker"))
        assert tracker["schema"]["properties"]["codeCellConfig"]["default"]["lineWrap"] is True
        workspace = json.loads(get("lab/api/workspaces/default"))
        assert workspace["data"]["layout-restorer:data"]["right"]["current"] == lab.OUTLINE
    finally:
        server.terminate()
        server.wait(20)
    assert "nbgrader" not in re.sub(r"@jupyter/nbgrader", "", log.read_text(encoding="utf-8"))
    assert not list(home.rglob("page_config.json"))


def test_all_that_nbgrader_installs_is_switched_off():
    paths = pytest.importorskip("jupyter_core.paths")
    servers = [Path(place) / "jupyter_server_config.d" / "nbgrader.json" for place in paths.jupyter_config_path()]
    pages = [Path(place) / "labextensions" / "@jupyter" / "nbgrader" for place in paths.jupyter_path()]
    found = next((path for path in servers if path.is_file()), None)
    if found is None:
        pytest.skip("nbgrader is not installed: pip install -e .[course]")
    enabled = json.loads(found.read_text(encoding="utf-8"))["ServerApp"]["jpserver_extensions"]
    assert set(enabled) <= set(lab.TEACHERS_ON_THE_SERVER)
    assert any(page.is_dir() for page in pages) and lab.TEACHERS == ("@jupyter/nbgrader",)
