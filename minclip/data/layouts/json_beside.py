"""A JSON beside each picture, of the same name, as img2dataset and other programs that fetch pictures write it.

    photos/1.jpg
    photos/1.json    {"caption": "a cat on a sofa", "url": "https://..."}

Also `1.jpg.json`. The key is one of caption, captions, text and description, or one that an option names.
"""

from collections.abc import Iterator
from typing import Any

from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.cells import captions_in
from minclip.data.layouts.columns import JSON_CAPTION, find_column
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import read_json
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.texts_beside import LARGEST, beside_pictures, files_below
from minclip.data.left_out import LeftOut, note

SUFFIXES = (".json",)
FEW = 20  # that are read to tell whether they hold captions


def captions_of(content: Any, source: DataSource) -> list[str] | None:
    """The captions in what a JSON says; None where it has no such key."""
    keys = list(map(str, content)) if isinstance(content, dict) else []
    place = find_column(keys, source.caption_column, JSON_CAPTION)
    return None if place is None else captions_in(list(content.values())[place])


def is_here(source: DataSource) -> bool:
    """Has any of some JSONs beside pictures a caption?"""
    if not source.path.is_dir():
        return False
    files = files_below(source.path, SUFFIXES)
    found = beside_pictures(NamedPictures(source.path), files) if files else {}
    for path in list(found.values())[:: len(found) // FEW + 1]:
        try:
            if any(captions_of(read_json(source.path / path), source) or ()):
                return True
        except ValueError:
            continue
    return False


def entries_of(pictures: NamedPictures, source: DataSource, left_out: LeftOut) -> Iterator[Entry]:
    """An entry for each picture that has a JSON."""
    files = files_below(pictures.root, SUFFIXES)
    beside = beside_pictures(pictures, files)
    for picture, path in beside.items():
        if (pictures.root / path).stat().st_size > LARGEST:
            yield Entry(path, picture, [], fault=f"has more than {LARGEST:,} bytes")
            continue
        try:
            captions = captions_of(read_json(pictures.root / path), source)
        except ValueError:
            yield Entry(path, picture, [], fault="is not JSON in UTF-8, or it is cut off")
            continue
        asked = source.caption_column or ", ".join(JSON_CAPTION)
        yield Entry(path, picture, captions or [], fault="" if captions else f"has no {asked}")
    if alone := sorted(set(files) - set(beside.values())):
        note(left_out, "jsons_without_picture", "JSON files have no picture beside them", alone[0], len(alone))


def open_split(source: DataSource, split: str) -> Captioned:
    pictures = NamedPictures(source.path)
    left_out: LeftOut = {}
    unit = Unit("JSON files", str(source.path))
    entries = ((unit, "", entry) for entry in entries_of(pictures, source, left_out))
    title = "pictures with a JSON beside each"
    return Captioned("json_beside", title, pictures, entries, split, left_out, folders_tell=True)
