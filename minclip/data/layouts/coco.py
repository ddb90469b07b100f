"""COCO's captions: a JSON of images and annotations, and the pictures in any folder beside it.

    annotations/captions_val2017.json    {"images": [{"id": 139, "file_name": "000000000139.jpg"}],
                                          "annotations": [{"image_id": 139, "caption": "a room with a table"}]}
    val2017/000000000139.jpg

The name of the JSON tells the split, or its folder does: train/_annotations.coco.json, as Roboflow writes it.
Source: https://cocodataset.org/#format-data, "Image Captioning".
"""

from collections.abc import Iterator
from pathlib import Path

from minclip.data.layouts.captioned import Captioned, Entry, Unit
from minclip.data.layouts.data_source import DataSource
from minclip.data.layouts.json_files import holds_keys, json_files, listed, read_json
from minclip.data.layouts.named_pictures import NamedPictures, split_of_folders
from minclip.data.layouts.near_files import shown_names
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import split_in

ANNOTATIONS = "annotations"  # the folder of the JSONs beside those of the pictures


def annotation_files(source: DataSource) -> list[Path]:
    """The JSONs with captions; not COCO's others, of boxes and of key points."""
    return [path for path in json_files(source.path) if holds_keys(path, "images", "annotations", "caption")]


def is_here(source: DataSource) -> bool:
    return bool(annotation_files(source))


def entries_of(path: Path, left_out: LeftOut, told: str | None = None) -> Iterator[Entry]:
    """An entry for each image, with all its captions. told: the split. ValueError where the file is not COCO's."""
    content = read_json(path)
    images, annotations = listed(path, content, "images"), listed(path, content, "annotations")
    captions: dict[str, list[str]] = {str(image["id"]): [] for image in images if "id" in image}
    for annotation in annotations:
        text, owner = annotation.get("caption"), str(annotation.get("image_id"))  # a number here, a text there
        if not isinstance(text, str) or owner not in captions:
            what = f"annotations of {path.name} have no text or no image and are left out"
            note(left_out, "annotations_without_image", what, annotation)
            continue
        captions[owner].append(text.strip())
    for number, image in enumerate(images, start=1):
        name, texts = image.get("file_name"), captions.pop(str(image.get("id")), None)
        if not isinstance(name, str) or texts is None:
            yield Entry(f"image {number}", "", [], fault="has no file_name, no id, or the id of another one")
            continue
        yield Entry(f"image {image['id']}", name, texts, told)


def open_split(source: DataSource, split: str) -> Captioned:
    """One split. Where the names of the JSONs tell train and val alone, half of val is test."""
    files = annotation_files(source)
    root = root_of(source.path)
    left_out: LeftOut = {}

    def entries() -> Iterator[tuple[Unit, str, Entry]]:
        for path in files:
            below = path.relative_to(root)
            told = split_in(path.stem) or split_of_folders(below.as_posix())
            beside = "" if below.parent.name in ("", ANNOTATIONS) else below.parent.as_posix()
            for entry in entries_of(path, left_out, told):
                yield Unit(f"images of {path.name}", str(path)), beside, entry

    title = f"COCO's captions, {shown_names(files, root)}"
    return Captioned("coco", title, NamedPictures(root), entries(), split, left_out, folders_tell=True)


def root_of(path: Path) -> Path:
    """The folder in which the pictures are: above annotations/, where the path is a file in it."""
    if path.is_dir():
        return path
    return path.parent.parent if path.parent.name == ANNOTATIONS else path.parent
