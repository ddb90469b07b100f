"""Checks of `minclip doctor` on places: data, caches, the working folder, the workbook, and Jupyter's kernel."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minclip.cli.checks import Check

ROOM = 1e9  # bytes: the picture book at 64 px takes 1.2 GB, at 32 px 0.3 GB; a run takes some 0.1
SECONDS = 60  # for another Python to import minclip
ANOTHER_FOLDER = "change to a folder of your own, or name one with --out"
KERNEL = "python3"


def unwritable(folder: Path, make: bool = False) -> str:
    """Why nothing can be written there; "" where it can."""
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def check_data() -> Iterator[Check]:
    from minclip.data.paths import data_root

    root = data_root()
    remedy = "set the environment variable MINCLIP_DATA to a folder that can be written to"
    if why := unwritable(root, make=True):
        yield Check(f"data folder {root}: {why}", remedy)
        return
    yield Check(f"data folder {root} can be written to")
    free = shutil.disk_usage(root).free
    text = f"{free / 1e9:.1f} GB are free there"
    yield Check(text) if free >= ROOM else Check(text, f"make room for {ROOM / 1e9:.0f} GB, or {remedy}")
    drawn = sorted((root / "picturebook" / "cache").glob("*.npy"))
    megabytes = sum(path.stat().st_size for path in drawn) / 1e6
    later = "drawn on first use" if not drawn else f"{len(drawn)} files, {megabytes:.0f} MB, drawn already"
    yield Check(f"picture book: {later}")


def check_working_folder() -> Check:
    """Where `minclip train` puts its runs."""
    here = Path.cwd()
    if why := unwritable(here):
        return Check(f"working folder {here}: {why}; minclip train writes runs/ there", ANOTHER_FOLDER)
    return Check(f"working folder {here} can be written to")


def check_caches() -> Iterator[Check]:
    """The folders that keep what was fetched and indexed."""
    from minclip.data.pretrained import models_root
    from minclip.search.kept_place import indexes_root

    for what, folder in (("fetched weights", models_root()), ("search indexes", indexes_root())):
        if folder.is_dir():
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            yield Check(f"{what}: {size / 1e6:.0f} MB in {folder}")


def check_kernel() -> Iterator[Check]:
    """Whether a notebook's Python has minclip. Nothing where Jupyter is not installed."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return
    install = "python -m pip install ipykernel && python -m ipykernel install --sys-prefix"
    try:
        python = KernelSpecManager().get_kernel_spec(KERNEL).argv[0]
    except NoSuchKernel:
        yield Check(f"Jupyter has no kernel {KERNEL}", install)
        return
    if same_python(python):
        yield Check(f"Jupyter's kernel {KERNEL} is this Python")
        return
    asked = [python, "-c", "import minclip"]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=SECONDS, check=False, cwd=tempfile.gettempdir())
        works = done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    text = f"Jupyter's kernel {KERNEL} is another Python, {python}"
    yield Check(f"{text}, which has minclip, too") if works else Check(f"{text}, which cannot import minclip", install)


def same_python(python: str) -> bool:
    """Whether it is this interpreter. Links are not followed: each virtual environment's leads to the system's.

    A bare `python` or `python3` is: Jupyter puts its own interpreter in its place.
    """
    if python in ("python", f"python{sys.version_info[0]}", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
        return True
    found, this = (os.path.normcase(Path(one).absolute()) for one in (shutil.which(python) or python, sys.executable))
    return found == this


def check_workbook() -> Iterator[Check]:
    """The workbook that the course's commands would take."""
    from minclip.course.workbook import ANSWERS, default_folder, is_workbook, short

    folder = default_folder()
    if not is_workbook(folder):
        yield Check("no workbook here: minclip course start makes one", fails=False)
        return
    if why := unwritable(folder):
        yield Check(f"workbook {short(folder)}: {why}", "make the folder writable, or copy it to another place")
        return
    try:
        import nbformat  # noqa: F401
    except ImportError:  # the optional part course, of which check_optional speaks
        return
    from minclip.course.kept_answers import KeptAnswers
    from minclip.course.learner_package import PARTS
    from minclip.course.workbook_lessons import behind

    solved = len(KeptAnswers(folder / ANSWERS).names())
    yield Check(f"workbook {short(folder)}: {solved} of {len(PARTS)} exercises are solved")
    if old := behind(folder):
        yield Check(f"the course has a newer version of {', '.join(old)}: minclip course update brings it", fails=False)
