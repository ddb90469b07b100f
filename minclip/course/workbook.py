"""Where the learner's workbook is: a folder of their own with the notebooks, and their answers in my_minclip/.

What a folder holds decides, never what it is called. A workbook holds workbook.json. The repository is the folder with
the pyproject.toml of minclip and lessons/NN_name/lesson.md. The nearest of them counts, from the working folder upward.
In the repository's own solutions/ nothing is kept.
"""

import json
import os
import tomllib
from pathlib import Path

from minclip.course.grading import grading
from minclip.data.paths import atomic_write

MARKER = "workbook.json"
PLACE = "MINCLIP_MINE"  # environment variable: another folder for the answers
ANSWERS, COPIES, SOURCES = "my_minclip", "copies", "sources"  # folders of a workbook
NAMES = ("workbook", "minclip-workbook")  # where nobody named one: in the repository, and elsewhere
said: set[Path] = set()  # folders that this process has named already
ABOUT = "A workbook of minclip's course. `minclip course update` brings new lessons and keeps your work."


def is_workbook(folder: Path) -> bool:
    return (folder / MARKER).is_file()


def is_repository(folder: Path) -> bool:
    """Whether the folder is the root of minclip's repository, whatever its name."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return project["name"] == "minclip" and any(folder.glob("lessons/*/lesson.md"))
    except (OSError, ValueError, KeyError, TypeError):  # not there, not readable, not a project
        return False


def upward(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents)


def repository() -> Path | None:
    """The repository that the working folder belongs to; None elsewhere, and in a workbook outside of it."""
    return next((folder for folder in upward(Path.cwd()) if is_repository(folder)), None)


def foreign(folder: Path) -> list[str]:
    """The names in a folder that no workbook would have put there; without hidden files. None for a new folder."""
    if not folder.is_dir():
        return [folder.name] if folder.exists() else []
    own = (MARKER, ANSWERS, COPIES, SOURCES)
    return sorted(path.name for path in folder.iterdir() if path.name not in own and not path.name.startswith("."))


def workbook() -> Path | None:
    """The workbook of the working folder, which need not exist yet. None in the repository's own solutions/.

    The nearest folder upward that is a workbook; else workbook/ in the repository; else workbook/ in the working
    folder, or minclip-workbook/ where that is a workbook or the other name is taken.
    """
    here = Path.cwd()
    for folder in upward(here):
        if is_workbook(folder):
            return folder
        if is_repository(folder):
            return None if folder / "solutions" in upward(here) else default_in(folder)
    return default_in(here)


def default_in(folder: Path) -> Path:
    places = [folder / name for name in NAMES]
    known, free = [place for place in places if is_workbook(place)], [place for place in places if not foreign(place)]
    return (known + free + places)[0]


def default_folder() -> Path:
    """The workbook that is meant where nobody names one: the one that is there, else the place for a new one."""
    found, root = workbook(), repository()
    if found is not None and (is_workbook(found) or root is not None):
        return found
    return Path.cwd() / NAMES[1] if root is None else default_in(root)


def answers_folder() -> Path | None:
    """Where answers are kept, a folder that need not exist yet. None in the repository's own solutions/.

    MINCLIP_MINE names the folder itself; else it is my_minclip/ in `workbook()`.
    """
    if chosen := os.environ.get(PLACE):
        return Path(chosen).expanduser().absolute()
    book = workbook()
    return None if book is None else book / ANSWERS


def make_workbook(folder: Path) -> None:
    """Makes the folder a workbook, where it is none: writes workbook.json. In the repository, git is to ignore it."""
    if is_workbook(folder):
        return
    with atomic_write(folder / MARKER) as file:
        file.write((json.dumps({"about": ABOUT}, indent=2) + "\n").encode("utf-8"))
    if any(map(is_repository, folder.parents)) and not (folder / ".gitignore").exists():
        with atomic_write(folder / ".gitignore") as file:
            file.write(b"*\n")


def make_answers_folder() -> Path | None:
    """`answers_folder()`, made where it is not there yet, with its workbook."""
    folder = answers_folder()
    if folder is not None:
        if not os.environ.get(PLACE):
            make_workbook(folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def short(path: Path) -> str:
    """A path as people write it: ~ is the home folder."""
    try:
        home = Path.home()
    except RuntimeError:  # nobody's process
        return str(path)
    return f"~/{path.relative_to(home).as_posix()}" if home in path.parents else str(path)


def where_answers_go() -> str:
    """`where_answers_are()` the first time that this process asks for a folder; "" afterwards, and while grading."""
    folder = answers_folder()
    if folder is None or folder in said or grading():  # a graded notebook runs in a folder that is gone afterwards
        return ""
    said.add(folder)
    return where_answers_are()


def where_answers_are() -> str:
    """One friendly line: where answers are kept. "" where nothing is kept."""
    folder = answers_folder()
    if folder is None:
        return ""
    if not in_the_courses_own():
        return f"Right answers are kept in {short(folder)}."
    return (
        "These are the course's own notebooks, which change when the course does. `make lab` (or `minclip course lab`) "
        f"opens a workbook of your own with the same lessons. Right answers are kept there, too: {short(folder)}."
    )


def in_the_courses_own() -> bool:
    """Whether the working folder is in the repository's lessons/, where a learner should not stay."""
    root = repository()
    return root is not None and root / "lessons" in upward(Path.cwd())
