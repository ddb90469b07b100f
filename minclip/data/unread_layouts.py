"""Names the layout of a folder that minclip cannot read yet, so that the error gives the true reason.

This file looks at names and at the beginnings of tables. `open_folder` in data/__init__.py knows what minclip reads.
"""

from collections.abc import Sequence
from pathlib import Path, PurePath

from minclip.data.image_files import picture_names

TABLES = (".csv", ".tsv")
OTHERS = {
    ".parquet": "Parquet",
    ".arrow": "Arrow",
    ".zip": "zip",
    ".gz": "gzip",
    ".tgz": "gzip",
    ".jsonl": "JSON lines",
}
BEGINNING = 4096  # bytes of a table or JSON that are looked at
MANY = 1000  # files of a folder that are looked at, to name its layout
INSTEAD = "write a table captions.csv with the columns file,caption beside the pictures"


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


def unread_layout(root: Path) -> str | None:
    """What the folder looks like, in a sentence that says what to do; None where that cannot be told."""
    if root.is_file():
        return f"it is a file, and a folder is needed: {INSTEAD}"
    names = [path.name for path in sorted(root.iterdir()) if not path.name.startswith(".")]
    files = [name for name in names[:MANY] if (root / name).is_file()]
    folders = [name for name in names[:MANY] if (root / name).is_dir()]
    looks = (
        huggingface(root, files, folders)
        or coco(root, files, folders)
        or texts_beside(files)
        or other_table(root, files)
        or other_files(files)
        or further_down(root, folders)
        or class_folders(root, folders)
    )
    if looks:
        return looks
    pictures = picture_names(files)
    return f"it holds {len(pictures)} pictures, and no captions: {INSTEAD}" if pictures else None


def huggingface(root: Path, files: list[str], folders: list[str]) -> str | None:
    """metadata.jsonl (or .csv, .parquet) beside the pictures, or in train/."""
    kinds = [f"metadata.{kind}" for kind in ("jsonl", "csv", "parquet")]
    places = [*kinds, *(f"{folder}/{kind}" for folder in folders for kind in kinds)]
    found = next((place for place in places if (root / place).is_file()), None)
    return found and f"{found} is Hugging Face's ImageFolder, which is not read yet: {INSTEAD}"


def coco(root: Path, files: list[str], folders: list[str]) -> str | None:
    """A JSON with images and annotations, or with images and their sentences as Karpathy's."""
    candidates = [root / name for name in files if name.endswith(".json")]
    candidates += [path for name in folders for path in sorted((root / name).glob("*.json"))[:10]]
    for path in candidates:
        text = beginning(path)
        if '"images"' in text or '"annotations"' in text:
            name = path.relative_to(root).as_posix()
            return f"{name} is a JSON of images and captions, such as COCO's, which is not read yet: {INSTEAD}"
    return None


def texts_beside(files: list[str]) -> str | None:
    """A text for each picture, of the same name."""
    stems = {PurePath(name).stem for name in picture_names(files)}
    for suffix in (".txt", ".caption", ".json"):
        beside = [name for name in files if name.endswith(suffix) and name.removesuffix(suffix) in stems]
        if beside:
            return (
                f"{len(beside)} of {len(stems)} pictures have a {suffix} beside them (first {beside[0]}), which is not "
                f"read yet: {INSTEAD}"
            )
    return None


def other_table(root: Path, files: list[str]) -> str | None:
    """A table under another name than captions.csv."""
    found = next((name for name in files if name.lower().endswith(TABLES)), None)
    if found is None:
        return None
    header = beginning(root / found).split("\n")[0].strip()
    return (
        f"{found} is a table that begins with {header[:80]!r}, and none but captions.csv is read: name it so, with the "
        f"columns file,caption and with commas"
    )


def other_files(files: list[str]) -> str | None:
    """Archives and tables that are no text."""
    for name in files:
        kind = OTHERS.get(PurePath(name).suffix.lower())
        if kind and name != "sizes.json":  # it stands beside shards
            what = "unpack it first" if kind in ("zip", "gzip") else INSTEAD
            return f"{name} is {kind}, which is not read here: {what}"
    return None


def further_down(root: Path, folders: list[str]) -> str | None:
    """A folder in the folder that could be opened itself."""
    for name in folders:
        inside = [path.name for path in (root / name).iterdir()]
        known = [file for file in inside if file == "captions.csv" or file.endswith(".tar")]
        if known:
            return f"{known[0]} is one folder further down: pass {root / name}"
    return None


def class_folders(root: Path, folders: list[str]) -> str | None:
    """Pictures sorted into a folder for each class, or split."""
    sorted_in = [name for name in folders if picture_names(path.name for path in (root / name).iterdir())]
    if not sorted_in:
        return None
    names = ", ".join(sorted_in[:3])
    return (
        f"its pictures are in {len(sorted_in)} folders ({names}) without captions: the name of a class is not a "
        f"caption; {INSTEAD}"
    )


def beginning(path: Path) -> str:
    """The first bytes of a file as text, whatever they are."""
    with path.open("rb") as file:
        return file.read(BEGINNING).decode("utf-8-sig", errors="replace")
