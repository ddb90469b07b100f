"""JupyterLab for a learner: on the workbook, no teacher's menus, no news, long lines wrapped, the outline at hand.

The settings are files in the workbook's .jupyter/, which JUPYTER_CONFIG_PATH adds to Jupyter's own places for this one
start. They are defaults: what the learner chooses in JupyterLab wins, and is kept where it always is. The layout of the
page belongs to the workbook. Nothing is written into the user's own configuration.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from minclip.course.notebook_files import course_lessons
from minclip.data.paths import atomic_write

FOLDER = ".jupyter"
TEACHERS = ("@jupyter/nbgrader",)  # extensions of the page that a learner has no use for
TEACHERS_ON_THE_SERVER = (
    "nbgrader",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
)
OUTLINE = "@jupyterlab/toc:plugin"
LAYOUT = {  # files on the left, the outline of the notebook on the right
    "left": {"collapsed": False, "visible": True, "current": "filebrowser", "widgets": ["filebrowser"]},
    "right": {"collapsed": False, "visible": True, "current": OUTLINE, "widgets": [OUTLINE]},
    "relativeSizes": [0.18, 0.62, 0.2],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "labconfig/page_config.json": {"disabledExtensions": dict.fromkeys(TEACHERS, True)},
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        # the whole line, where files, outline and notebook share a small screen
        "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineNumbers": False, "lineWrap": True}},
        "@jupyterlab/application-extension:shell": {
            "layout": {"single": {}, "multiple": {"Table of Contents": {"area": "right"}}}
        },
    },
    "jupyter_server_config.d/minclip.json": {
        "ServerApp": {"jpserver_extensions": dict.fromkeys(TEACHERS_ON_THE_SERVER, False)}
    },
}
ROOT_ADVICE = (
    "You are root, and JupyterLab starts for root only if it is told so: minclip course lab --jupyter --allow-root, "
    "or make lab ARGS=--allow-root"
)
WORKSPACE = "workspaces/default-37a8.jupyterlab-workspace"  # JupyterLab's name for the workspace "default"


PAGE: dict[str, Any] = {"data": {"layout-restorer:data": LAYOUT}, "metadata": {"id": "default"}}


def write_settings(workbook: Path) -> bool:
    """Writes JupyterLab's settings for this workbook; returns whether its page was never opened before."""
    place = workbook / FOLDER
    for name, content in SETTINGS.items():
        write_json(place / name, content)
    first = never_opened(place / WORKSPACE)
    if first:  # later the page is as the learner left it
        write_json(place / WORKSPACE, PAGE)
    return first


def never_opened(layout: Path) -> bool:
    """Whether JupyterLab has saved no layout yet: a start that failed leaves the one that was written here."""
    try:
        return bool(json.loads(layout.read_text(encoding="utf-8")) == PAGE)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # the learner's, though not readable
        return False


def write_json(path: Path, content: dict[str, Any]) -> None:
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=2) + "\n").encode("utf-8"))


def environment(workbook: Path) -> dict[str, str]:
    """The variables with which JupyterLab finds these settings, before all others."""
    place = workbook / FOLDER
    paths = [str(place), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return dict(os.environ) | {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(paths),
        "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces"),
    }


def first_lesson() -> str:
    """The path of its notebook within a workbook."""
    lesson = course_lessons()[0]
    return f"{lesson.name}/{lesson.name}.ipynb"


def command(workbook: Path, first: bool, options: Sequence[str] = ()) -> list[str]:
    """JupyterLab's command line. The first time it opens the first lesson."""
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={workbook}"]
    if first:
        words.append(f"--LabApp.default_url=/lab/tree/{first_lesson()}")
    return [*words, *options]


def open_lab(workbook: Path, options: Sequence[str] = ()) -> int:
    """Runs JupyterLab on a workbook until it is stopped; returns its exit code. ValueError where it is missing."""
    if find_spec("jupyterlab") is None:
        raise ValueError('JupyterLab is not installed: python -m pip install "jupyterlab>=4.2,<5"')
    first = write_settings(workbook)
    if first:
        print(f"Open {first_lesson()} first.", flush=True)
    print("Starts JupyterLab, which takes some seconds. Ctrl-C in this window stops it.", flush=True)
    server = subprocess.Popen(command(workbook, first, options), cwd=workbook, env=environment(workbook))
    while True:
        try:
            code = server.wait()
            break
        except KeyboardInterrupt:  # Ctrl-C reaches JupyterLab, too, which asks whether to stop
            continue
    if code and is_root() and "--allow-root" not in options:
        print(ROOT_ADVICE, file=sys.stderr)
    return code


def is_root() -> bool:
    """Whether this is the user root, as in many containers. Never on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
