"""Says what a folder looks like that is in no layout that is read, so that the error gives the true reason.

This file looks at names and at the beginnings of tables. layouts/ has what is read.
"""

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath

from minclip.data.image_files import is_passed_over, picture_names, pictures_below
from minclip.data.layouts.columns import JSON_CAPTION, no_columns
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import LARGEST, LINES, json_files, json_lines, read_json
from minclip.data.layouts.near_files import files_near
from minclip.data.layouts.table import first_line, read_text
from minclip.data.splits import split_in

TABLES = (".csv", ".tsv")
UNPACK = "which is not read here: unpack it first"
OTHERS = {
    **dict.fromkeys((".zip",), f"zip, {UNPACK}"),
    **dict.fromkeys((".gz", ".tgz"), f"gzip, {UNPACK}"),
    **dict.fromkeys((".bz2", ".xz", ".zst", ".7z", ".rar"), f"an archive, {UNPACK}"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet, which is not read here: save it as CSV UTF-8"),
}
SIGNS = set("*?[{")  # of patterns
FEW = 10  # folders that are looked into, to find a layout there
MANY = 1000  # files of a folder that are looked at, to name its layout
INSTEAD = "write a table captions.csv with the columns file,caption beside the pictures"


def no_place(text: str) -> str | None:
    """What was given for a folder and is a pattern of shards or an address, as other programs take them, in words.

    >>> no_place("shards/train-{000000..000099}.tar")
    'a pattern, and minclip takes the folder: pass shards'
    >>> no_place("photos") is None
    True
    """
    if re.match(r"[a-z][a-z0-9+]+:", text):
        return "an address, and minclip reads folders: fetch it first, and pass the folder"
    if SIGNS & set(text):
        folder = PurePath(*takewhile(SIGNS.isdisjoint, PurePath(text).parts))
        return f"a pattern, and minclip takes the folder: pass {folder}"
    return None


def why_passed_over(name: str, kinds: Sequence[str]) -> tuple[str, str] | None:
    """(a name for the note, what it says) of a file in a shard that is of none of the kinds; None for the others.

    WebDataset takes what follows the first dot as the kind: that of 1.v2.jpg is v2.jpg. Hidden files, such as a Mac's
    ._1.jpg, are nobody's and do not count.

    >>> why_passed_over("a/1.jpg", ("jpg", "txt")), why_passed_over("a/1.v2.jpg", ("jpg", "txt"))[0]
    (None, 'files_with_dots')
    """
    file = name.rpartition("/")[2].lower()
    if file.startswith(".") or file.partition(".")[2] in kinds:
        return None
    if file.rpartition(".")[2] in kinds and "." in file:
        return "files_with_dots", "files in shards are passed over: a dot in the name is taken for that of the suffix"
    return "files_unknown", f"files in shards are of a kind that is not read ({', '.join(kinds)} are)"


def unread_layout(root: Path, source: DataSource | None = None) -> str | None:
    """What the folder looks like, in a sentence that says what to do; None where that cannot be told.

    source: the options that were given with the folder.
    """
    source = source or DataSource(root)
    if root.is_file():
        if root.suffix.lower() in TABLES:
            return f"its line 1 {no_columns(first_line(root), source)}"
        if root.suffix.lower() == ".tar":
            return f"one shard alone is not read: pass the folder of the shards, {root.parent}"
        return f"it is a file of no layout that is a file: {INSTEAD}"
    names = [path.name for path in sorted(root.iterdir()) if not is_passed_over(path)]
    files = [name for name in names[:MANY] if (root / name).is_file()]
    folders = [name for name in names[:MANY] if (root / name).is_dir()]
    return (
        saved_to_disk(files)
        or json_beside(root, files)
        or other_table(root, files, source)
        or other_json(root, source)
        or other_files(root)
        or further_down(root, folders)
        or pictures_alone(root)
    )


def saved_to_disk(files: list[str]) -> str | None:
    """What `Dataset.save_to_disk` of the package `datasets` writes."""
    if "dataset_dict.json" in files or any(name.endswith(".arrow") for name in files):
        return (
            "it was written by save_to_disk of the package datasets: in Python, "
            "minclip.fit(datasets.load_from_disk(FOLDER)) trains on it"
        )
    return None


def json_beside(root: Path, files: list[str]) -> str | None:
    """A JSON for each picture, of the same name, without captions."""
    pictures = picture_names(files)
    names = {PurePath(name).stem for name in pictures} | set(pictures)
    beside = [name for name in files if name.endswith(".json") and name.removesuffix(".json") in names]
    if not beside:
        return None
    return (
        f"{len(beside)} of {len(pictures)} pictures have a .json beside them, and {beside[0]} has no text under "
        f"{', '.join(JSON_CAPTION)} (it has {keys_in(root / beside[0])}): {INSTEAD}"
    )


def other_table(root: Path, files: list[str], source: DataSource) -> str | None:
    """A table whose columns are unknown."""
    found = next((name for name in files if name.lower().endswith(TABLES)), None)
    if found is None:
        return None
    read_text(root / found)  # where it is not UTF-8, that is the reason
    return f"the header of {found} {no_columns(first_line(root / found), source)}"


def other_json(root: Path, source: DataSource) -> str | None:
    """A JSON, or JSON lines, whose keys are unknown."""
    for path in json_files(root, (*LINES, ".json")):
        if path.suffix.lower() in LINES:
            return f"{path.name} line 1 {no_columns(keys_in(path), source)}"
        if path.stat().st_size <= LARGEST:
            return f"{path.name} {no_columns(keys_in(path), source)}"
    return None


def keys_in(path: Path) -> str:
    """The first keys of a JSON, or of the first of JSON lines; ValueError where it is neither, which is the reason."""
    found = next((one for _, one in json_lines(path)), None) if path.suffix.lower() in LINES else read_json(path)
    first = found[0] if isinstance(found, list) and found else found
    return ", ".join(map(str, list(first)[:FEW])) if isinstance(first, dict) else str(first)


def other_files(root: Path) -> str | None:
    """Archives and spreadsheets."""
    for path in files_near(root, lambda name: PurePath(name).suffix.lower() in OTHERS, depth=1):
        return f"{path.name} is {OTHERS[path.suffix.lower()]}"
    return None


def further_down(root: Path, folders: list[str], depth: int = 2) -> str | None:
    """A folder in the folder, or in one of these, that could be opened itself."""
    from minclip.data.layouts import layout_of  # here: it imports this file

    for name in folders[:FEW]:
        if layout := layout_of(DataSource(root / name)):
            return f"{name} is {layout.title}, one folder further down: pass {root / name}"
    for name in folders[:FEW] if depth > 1 else ():
        below = [path.name for path in sorted((root / name).iterdir()) if path.is_dir() and not is_passed_over(path)]
        if found := further_down(root / name, below, depth - 1):
            return found
    return None


def pictures_alone(root: Path) -> str:
    """Pictures in no folders, or in folders that are no classes: one folder, or folders of splits."""
    pictures = list(pictures_below(root))
    if not pictures:
        return "it holds no picture"
    folders = sorted({str(PurePath(picture).parent) for picture in pictures} - {"."})
    if not folders or any("/" not in picture for picture in pictures):
        return f"it holds {len(pictures)} pictures, and no captions: {INSTEAD}"
    what = "the folders of splits" if all(map(split_in, folders)) else "a folder"
    shown = ", ".join(folders[:3])
    return f"its pictures are in {what} ({shown}) without captions, and one folder is no choice of classes: {INSTEAD}"
