"""JupyterLab for a learner: on the workbook, without a teacher's menus, without news, with the outline at hand.

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
        "@jupyterlab/application-extension:shell": {
            "layout": {"single": {}, "multiple": {"Table of Contents": {"area": "right"}}}
        },
    },
    "jupyter_server_config.d/minclip.json": {
        "ServerApp": {"jpserver_extensions": dict.fromkeys(TEACHERS_ON_THE_SERVER, False)}
    },
}
WORKSPACE = "workspaces/default-37a8.jupyterlab-workspace"  # JupyterLab's name for the workspace "default"


def write_settings(workbook: Path) -> bool:
    """Writes JupyterLab's settings for this workbook; returns whether it is opened for the first time."""
    place = workbook / FOLDER
    for name, content in SETTINGS.items():
        write_json(place / name, content)
    first = not (place / WORKSPACE).is_file()
    if first:  # later the page is as the learner left it
        write_json(place / WORKSPACE, {"data": {"layout-restorer:data": LAYOUT}, "metadata": {"id": "default"}})
    return first


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


def command(workbook: Path, first: bool, options: Sequence[str] = ()) -> list[str]:
    """JupyterLab's command line. The first time it opens the first lesson."""
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={workbook}"]
    if first and (lessons := course_lessons()):
        words.append(f"--LabApp.default_url=/lab/tree/{lessons[0].name}/{lessons[0].name}.ipynb")
    return [*words, *options]


def open_lab(workbook: Path, options: Sequence[str] = ()) -> int:
    """Runs JupyterLab on a workbook until it is stopped; returns its exit code. ValueError where it is missing."""
    if find_spec("jupyterlab") is None:
        raise ValueError('JupyterLab is not installed: python -m pip install "jupyterlab>=4.2,<5"')
    words = command(workbook, write_settings(workbook), options)
    server = subprocess.Popen(words, cwd=workbook, env=environment(workbook))
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # Ctrl-C reaches JupyterLab, too, which asks whether to stop
            continue
