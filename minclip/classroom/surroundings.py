"""What surrounds a notebook while it is graded: copies of its files, a home of its own, data sets to read."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import minclip
from minclip.course.grading import GRADING
from minclip.course.workbook import PLACE
from minclip.data.paths import data_root

LARGEST_GIVEN = 200 * 2**20  # bytes of a file that lies beside a notebook: a larger one does not come along
KEPT = (
    *("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
    "MINCLIP_CLASSROOM_SEED",
)  # of the environment
PLACES = {
    "HOME": "home",
    "USERPROFILE": "home",
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter",
    "JUPYTER_DATA_DIR": "jupyter",
    "JUPYTER_RUNTIME_DIR": "jupyter",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "MPLCONFIGDIR": "matplotlib",
    "MINCLIP_DATA": "data",
    "MINCLIP_INDEXES": "indexes",
    PLACE: "my_minclip",
}  # where a program finds its own files


def copy_files(given: Path, folder: Path) -> None:
    """What lies beside a notebook, writable; without what is too large to come along, and without links."""
    folder.mkdir(parents=True)
    for path, inner, names in os.walk(given):
        there = folder / Path(path).relative_to(given)
        inner[:] = [name for name in inner if not (Path(path) / name).is_symlink()]
        there.mkdir(exist_ok=True)
        for name in names:
            file = Path(path) / name
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST_GIVEN:
                shutil.copyfile(file, there / name)


def environment(work: Path, here: Path) -> dict[str, str]:
    """What a kernel knows of its surroundings: nothing of the teacher's, and the same on every machine.

    work: a folder for all that it writes. here: its working folder.
    """
    found = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
    for name in set(PLACES.values()):
        (work / name).mkdir()
    copy_fonts(work / "matplotlib")
    link_data(data_root(), work / "data")
    search = [str(Path(minclip.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return (
        found
        | {name: str(work / place) for name, place in PLACES.items()}
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(filter(None, search))),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "",
            "OMP_NUM_THREADS": "1",  # the same sums whatever runs beside it
            "MKL_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",  # points do not depend on who has a GPU
            GRADING: "autograde",
            "USER": "student",
            "LOGNAME": "student",
            "PWD": str(here),
        }
    )


def copy_fonts(folder: Path) -> None:
    """matplotlib's list of fonts, which takes seconds to make."""
    import matplotlib

    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        with suppress(OSError):
            shutil.copyfile(path, folder / path.name)


def link_data(root: Path, folder: Path) -> None:
    """The data sets as they are, to be read; what is drawn anew stays in the folder."""
    cache = folder / "picturebook" / "cache"
    cache.mkdir(parents=True)
    for path in (root / "picturebook" / "cache").glob("*.npy"):
        link(path, cache / path.name)
    for path in root.iterdir() if root.is_dir() else ():
        if path.name != "picturebook":
            link(path, folder / path.name)


def link(path: Path, name: Path) -> None:
    try:
        name.symlink_to(path.resolve())
    except OSError:  # Windows, for an ordinary user
        if path.is_file():
            shutil.copyfile(path, name)
