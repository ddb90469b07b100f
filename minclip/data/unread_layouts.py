"""Says what a folder looks like that is in no layout that is read, so that the error gives the true reason.

This file looks at names and at the beginnings of tables. layouts/ has what is read.
"""

import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath

from minclip.data.image_files import picture_names
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.table import first_line, no_columns, read_text
from minclip.data.splits import split_in

TABLES = (".csv", ".tsv")
OTHERS = {
    ".zip": "zip",
    ".gz": "gzip",
    ".tgz": "gzip",
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
    names = [path.name for path in sorted(root.iterdir()) if not path.name.startswith(".")]
    files = [name for name in names[:MANY] if (root / name).is_file()]
    folders = [name for name in names[:MANY] if (root / name).is_dir()]
    looks = (
        saved_to_disk(files)
        or json_beside(files)
        or other_table(root, files, source)
        or other_files(files)
        or further_down(root, folders)
        or no_captions_in_folders(root, folders)
    )
    if looks:
        return looks
    pictures = picture_names(files)
    return f"it holds {len(pictures)} pictures, and no captions: {INSTEAD}" if pictures else None


def saved_to_disk(files: list[str]) -> str | None:
    """What `Dataset.save_to_disk` of the package `datasets` writes."""
    if "dataset_dict.json" in files or any(name.endswith(".arrow") for name in files):
        return (
            "it was written by save_to_disk of the package datasets: in Python, "
            "minclip.fit(datasets.load_from_disk(FOLDER)) trains on it"
        )
    return None


def json_beside(files: list[str]) -> str | None:
    """A JSON for each picture, of the same name."""
    stems = {PurePath(name).stem for name in picture_names(files)}
    beside = [name for name in files if name.endswith(".json") and name.removesuffix(".json") in stems]
    if not beside:
        return None
    return (
        f"{len(beside)} of {len(stems)} pictures have a .json beside them (first {beside[0]}), and a .txt or .caption "
        f"is read there: {INSTEAD}"
    )


def other_table(root: Path, files: list[str], source: DataSource) -> str | None:
    """A table whose columns are unknown."""
    found = next((name for name in files if name.lower().endswith(TABLES)), None)
    if found is None:
        return None
    read_text(root / found)  # where it is not UTF-8, that is the reason
    return f"the header of {found} {no_columns(first_line(root / found), source)}"


def other_files(files: list[str]) -> str | None:
    """Archives."""
    for name in files:
        kind = OTHERS.get(PurePath(name).suffix.lower())
        if kind:
            return f"{name} is {kind}, which is not read here: unpack it first"
    return None


def further_down(root: Path, folders: list[str]) -> str | None:
    """A folder in the folder that could be opened itself."""
    from minclip.data.layouts import layout_of  # here: it imports this file

    for name in folders[:FEW]:
        if layout := layout_of(DataSource(root / name)):
            return f"{name} is {layout.title}, one folder further down: pass {root / name}"
    return None


def no_captions_in_folders(root: Path, folders: list[str]) -> str | None:
    """Pictures in folders that are no classes: one folder, or folders of splits."""
    with_pictures = [name for name in folders if picture_names(path.name for path in (root / name).iterdir())]
    if not with_pictures:
        return None
    names = ", ".join(with_pictures[:3])
    what = "the folders of splits" if all(map(split_in, with_pictures)) else "a folder"
    return f"its pictures are in {what} ({names}) without captions, and one folder is no choice of classes: {INSTEAD}"
