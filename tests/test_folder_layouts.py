"""Folders as people have them: each layout opens by its public description, and so do its odd relatives."""

import json

import pytest
from folder_examples import TEST, TRAIN, VAL, coco, karpathy, write

from minclip.data import open_dataset
from minclip.data.layouts import LAYOUTS

ROWS = [{"file_name": name, "text": f"number {name}"} for name in (TRAIN, VAL, TEST)]
THREE = dict.fromkeys((TRAIN, VAL, TEST))
SAID = {name: [f"number {name}", f"again {name}"] for name in THREE}


def below(folder: str) -> dict:
    return {f"{folder}/{name}": None for name in THREE}


SAMPLES = {  # what is in the folder; its layout; the train split's captions
    "imagefolder jsonl": (THREE | {"metadata.jsonl": ROWS}, "imagefolder", ["number 1.png"]),
    "imagefolder csv": (
        THREE | {"metadata.csv": "file_name,text\n" + "".join(f"{n},number {n}\n" for n in THREE)},
        "imagefolder",
        ["number 1.png"],
    ),
    "imagefolder splits": (
        {
            "train/metadata.jsonl": [{"file_name": "a.png", "text": ["one", "two"]}],
            "train/a.png": None,
            "validation/metadata.jsonl": [{"file_name": "a.png", "text": "three"}],
            "validation/a.png": None,
            "test/metadata.jsonl": [{"file_name": "a.png", "text": "four"}],
            "test/a.png": None,
        },
        "imagefolder",
        ["one", "two"],
    ),
    "imagefolder splits, one table": (
        {
            "metadata.csv": "file_name,text\ntrain/a.png,one\ntest/a.png,two\nval/a.png,three\n",
            "train/a.png": None,
            "test/a.png": None,
            "val/a.png": None,
        },
        "imagefolder",
        ["one"],
    ),
    "coco": (
        {
            "annotations/captions_train2017.json": coco({"000001.jpg": ["a cat", "a pet"]}),
            "annotations/instances_train2017.json": {"images": [], "annotations": [{"bbox": [1]}]},
            "annotations/captions_val2017.json": coco({f"{i:06d}.jpg": ["a dog"] for i in range(10, 20)}),
            "train2017/000001.jpg": None,
            **{f"val2017/{i:06d}.jpg": None for i in range(10, 20)},
        },
        "coco",
        ["a cat", "a pet"],
    ),
    "coco, val alone": (
        {"captions_val2017.json": coco(SAID), **below("images/val2017")},
        "coco",
        ["number 1.png", "again 1.png"],
    ),
    "karpathy": (
        {
            "dataset_coco.json": karpathy(
                {"1.jpg": ("restval", ["a cat", "a pet"]), "2.jpg": ("val", ["b"]), "3.jpg": ("test", ["c"])}, "val2014"
            ),
            "val2014/1.jpg": None,
            "val2014/2.jpg": None,
            "val2014/3.jpg": None,
        },
        "karpathy",
        ["a cat", "a pet"],
    ),
    "karpathy, pictures in one folder": (
        {
            "dataset_flickr30k.json": karpathy(
                {"1.jpg": ("train", ["a cat"]), "2.jpg": ("val", ["b"]), "3.jpg": ("test", ["c"])}, "somewhere"
            ),
            "flickr30k-images/1.jpg": None,
            "flickr30k-images/2.jpg": None,
            "flickr30k-images/3.jpg": None,
        },
        "karpathy",
        ["a cat"],
    ),
    "openclip": (
        THREE | {"train.csv": "filepath\ttitle\n" + "".join(f"{n}\tnumber {n}\n" for n in THREE)},
        "table",
        ["number 1.png"],
    ),
    "openclip, a table for each split": (
        {
            "train.tsv": "filepath\ttitle\nimages/1.png\ta cat, asleep\n",
            "val.tsv": "filepath\ttitle\nimages/0.png\tb\n",
            "test.tsv": "filepath\ttitle\nimages/7.png\tc\n",
            **below("images"),
        },
        "table",
        ["a cat, asleep"],
    ),
    "flickr30k's table": (
        {
            "results.csv": "image_name| comment_number| comment\n"
            + "".join(f"{n}| {k}| comment {k} .\n" for n in THREE for k in range(2)),
            **below("flickr30k_images"),
        },
        "table",
        ["comment 0 .", "comment 1 ."],
    ),
    "a list of records": (
        {
            "train.json": json.dumps([{"image": "1.png", "caption": ["a cat", "a pet"], "image_id": 4}]),
            "val.json": json.dumps([{"image": "0.png", "caption": "b"}]),
            "test.json": json.dumps([{"image": "7.png", "caption": "c"}]),
            **THREE,
        },
        "records",
        ["a cat", "a pet"],
    ),
    "json lines": (
        {"all.jsonl": [{"image": n, "caption": f"number {n}"} for n in THREE], **THREE},
        "records",
        ["number 1.png"],
    ),
    "texts": (THREE | {f"{n[0]}.txt": f"number {n}\n\nagain {n}\n" for n in THREE}, "texts", SAID[TRAIN]),
    "texts in split folders": (
        {f"{s}/a.{kind}": text for s in ("train", "valid", "test") for kind, text in (("png", None), ("txt", s))},
        "texts",
        ["train"],
    ),
    "kaggle's flickr8k": (
        {"captions.txt": "image,caption\n" + "".join(f'{n},"number {n}"\n' for n in THREE), **below("Images")},
        "flickr8k",
        ["number 1.png"],
    ),
    "kaggle's table, pictures beside": (
        THREE | {"captions.txt": "image,caption\n" + "".join(f"{n},number {n}\n" for n in THREE)},
        "table",
        ["number 1.png"],
    ),
    "numbered columns": (
        THREE | {"all.csv": "image,caption_0,caption_1\n" + "".join(f"{n},number {n},again {n}\n" for n in THREE)},
        "table",
        SAID[TRAIN],
    ),
    "lists in cells": (
        THREE | {"all.csv": "raw,filename\n" + "".join(f'"[""number {n}"", ""again {n}""]",{n}\n' for n in THREE)},
        "table",
        SAID[TRAIN],
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_layout_opens_by_its_public_description(sample, tmp_path):
    files, name, captions = SAMPLES[sample]
    data = open_dataset(write(tmp_path / "set", files), "train")
    assert (data.name, len(data), data.captions(0)) == (name, 1, captions)
    assert data.image(0).size == (12, 10) and data.image(0).mode == "RGB"
    assert data.notes.keys() <= {"columns_unknown"}
    line = str(data.found)
    assert line.startswith(f"{tmp_path / 'set'} is ") and "\n" not in line
    assert f"{sum(data.found.splits.values()):,} pictures" in line and "train 1" in line
    for split in ("val", "test"):
        assert len(open_dataset(tmp_path / "set", split)) == data.found.splits[split] > 0


def test_every_layout_of_the_table_has_its_functions():
    from importlib import import_module

    for layout in LAYOUTS:
        module = import_module(f"minclip.data.{layout.module}")
        assert callable(module.is_here) and callable(module.open_split)


def test_the_line_says_how_splits_were_made(tmp_path):
    write(tmp_path, SAMPLES["coco"][0])
    assert "half of val" in str(open_dataset(tmp_path, "train").found)
    kaggle = write(tmp_path / "kaggle", SAMPLES["kaggle's flickr8k"][0])
    line = str(open_dataset(kaggle, "test").found)
    assert line == (
        f"{kaggle} is Flickr8k: 3 pictures, 3 captions; train 1, val 1, test 1 (no split is told: a hash of each name "
        "puts a tenth of the pictures into val and a tenth into test); nothing left out"
    )
