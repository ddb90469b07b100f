"""Folders that are in no layout, close to one that is: each gets one line with the true reason."""

import gzip
import io
import zipfile

import pytest
from folder_examples import coco, write

from minclip.data import open_dataset


def zipped() -> bytes:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    return buffer.getvalue()


REFUSED = {  # what is in the folder, and words of the error
    "two pictures of one name": (
        {"a.csv": "image,text\n1.png,a\n", "photos/1.png": None, "thumbs/1.png": None},
        "line 2: 2 pictures are called '1.png' (photos/1.png, thumbs/1.png): write the folder before the name",
    ),
    "commas in a table without a header": (
        {"a.csv": "1.png,a cat\n2.png,a cat, asleep\n", "1.png": None},
        "line 2 has 3 cells, line 1 has 2: put a caption with commas in quotes",
    ),
    "pictures in a zip": (
        {"captions.json": coco({"1.jpg": ["a"]}), "train2017.zip": zipped()},
        "holds no picture, and train2017.zip is zip, which is not read here: unpack it first",
    ),
    "a packed JSON": (
        {"annotations/captions.json.gz": gzip.compress(b"{}"), "train2017/1.jpg": None},
        "captions.json.gz is gzip, which is not read here: unpack it first",
    ),
    "a spreadsheet": ({"a.xlsx": b"PK", "1.png": None}, "a.xlsx is a spreadsheet, which is not read here: save it as"),
    "two folders further down": (
        {"data/coco/annotations/captions_val2017.json": coco({"1.jpg": ["a"]}), "data/coco/val2017/1.jpg": None},
        "coco is COCO's captions, one folder further down: pass ",
    ),
    "labels without a header": (
        {"a.csv": "1.png,cat\n2.png,dog\n", "1.png": None},
        "or numbers where there is no header",
    ),
    "labels in a JSON": ({"a.json": {"1.png": 3}, "1.png": None}, "a.json is '1.png': looked for an image column"),
    "an export without descriptions": (
        {"1.png.json": {"title": "1.png", "description": ""}, "1.png": None},
        "1.png.json has no text under caption, captions, text, description (it has title, description)",
    ),
    "a JSON of another form": (
        {"a.json": [{"id": 1, "image": "1.png", "conversations": []}], "1.png": None},
        "a.json is 'id, image, conversations': looked for an image column",
    ),
    "photos of flickr8k that are others": (
        {"Flickr8k.token.txt": "1.png#0\ta\n", "Images/2.png": None},
        "none of the 1 names with captions has a photo in Images",
    ),
    "pictures two folders down": (
        {"train/images/1.png": None, "val/images/1.png": None},
        "in the folders of splits (train/images, val/images) without captions",
    ),
    "JSON lines that are none": ({"a.jsonl": '{"image": \n'}, "a.jsonl line 1 is no JSON: "),
    "JSON lines in latin-1": ({"a.jsonl": '{"image": "\xfc"}\n'.encode("latin1")}, "a.jsonl line 1 is not UTF-8"),
    "a JSON that is cut off": ({"a.json": '{"1.png": "a'}, "a.json is not JSON in UTF-8, or it is cut off"),
    "no picture": ({"notes/.keep": ""}, "it holds no picture"),
    "a web address": ({"a.csv": "image,text\nhttps://x.org/1.png,a\n", "1.png": None}, "fetch them first, for example"),
}


@pytest.mark.parametrize("sample", REFUSED)
def test_a_sibling_that_cannot_be_read_says_why(sample, tmp_path):
    files, said = REFUSED[sample]
    with pytest.raises(ValueError) as caught:
        open_dataset(write(tmp_path, files), "train")
    assert said in str(caught.value) and "\n" not in str(caught.value)
