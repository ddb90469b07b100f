"""More relatives of the layouts: tables without a header, moved sets, JSONs of many forms, folders of programs."""

import json

import pytest
from folder_examples import TEST, TRAIN, VAL, coco, karpathy, png, write

from minclip.data import open_dataset
from minclip.data.splits import SPLITS

THREE = (TRAIN, VAL, TEST)
HERE = dict.fromkeys(THREE)
ROWS = [{"image": name, "caption": f"number {name}"} for name in THREE]
NUMBER = ["number 1.png"]


def table(mark: str = ",", header: str = "image,caption", names: str = "{}", end: str = "\n") -> str:
    rows = "".join(f"{names.format(name)}{mark}number {name}{end}" for name in THREE)
    return f"{header.replace(',', mark)}{end}{rows}" if header else rows


def below(folder: str) -> dict:
    return {f"{folder}/{name}": None for name in THREE}


def in_splits(name: str, content: dict[str, object]) -> dict:
    """Each of the three pictures in the folder of its split, with a file beside it."""
    folders = dict(zip(THREE, ("train", "valid", "test"), strict=True))
    files = {f"{folders[one]}/{one}": None for one in THREE}
    return files | {f"{folders[one]}/{name}": content[one] for one in THREE}


SAMPLES = {  # what is in the folder; words of the line on what was found; the train split's captions
    "no header": ({"all.csv": table(header=""), **HERE}, "all.csv (without a header: column 1 is the", NUMBER),
    "no header in captions.csv": (
        {"captions.csv": table(header=""), **HERE},
        "captions.csv (without a header: column 1 is the picture, 2 is the caption)",
        NUMBER,
    ),
    "no header, tabs": ({"captions.txt": table("\t", ""), **below("x")}, "captions.txt (without a header", NUMBER),
    "no header, a split": (
        {"a.csv": "".join(f"9,{n},a b,{s}\n" for n, s in zip(THREE, SPLITS, strict=True)), **HERE},
        "column 2 is the picture, 3 is the caption, 4 is the split)",
        ["a b"],
    ),
    "flickr30k's token file": (
        {
            "results_20130124.token": "".join(f"{n}#{k}\tA {n} , {k} .\n" for n in THREE for k in range(2)),
            **below("flickr30k-images"),
        },
        "results_20130124.token (without a header",
        ["A 1.png , 0 .", "A 1.png , 1 ."],
    ),
    "the token file in a folder": (
        {"flickr30k/r.token": "".join(f"{n}#0\tA {n} .\n" for n in THREE[1:]), **below("flickr30k_images")},
        "pictures not named 1",
        None,
    ),
    "empty lines first, an old Mac's line ends": (
        {"a.csv": "\r\r" + table(end="\r"), **HERE},
        "a table of captions, a.csv: 3 pictures",
        NUMBER,
    ),
    "JSON lines called .ndjson": (
        {"a.ndjson": [{**row, "image": {"path": row["image"]}} for row in ROWS], **HERE},
        "a list of records, a.ndjson",
        NUMBER,
    ),
    "a mark for Excel": ({"a.csv": "sep=;\r\n" + table(";", end="\r\n"), **HERE}, "is a table", NUMBER),
    "windows paths of another machine": (
        {"a.csv": table(names="C:\\Users\\me\\photos\\{}"), **below("photos")},
        "a.csv (its paths without C:/Users/me/)",
        NUMBER,
    ),
    "linux paths of another machine": (
        {"a.csv": table(names="/home/x/photos/{}"), **below("pictures")},
        "a.csv (its paths without /home/x/photos/)",
        NUMBER,
    ),
    "paths from elsewhere": (
        {"a.jsonl": [{**row, "image": f"data/set/photos/{row['image']}"} for row in ROWS], **below("photos")},
        "a.jsonl (its paths without data/set/)",
        NUMBER,
    ),
    "addresses of files": (
        {"a.csv": table(names="file:///mnt/{}"), **HERE},
        "a.csv (its paths without /mnt/)",
        NUMBER,
    ),
    "names as in an address": (
        {"a.csv": table(names="my%20photos/%C3%A9/{}"), **below("my photos/é")},
        "nothing left out",
        NUMBER,
    ),
    "a list as Python prints it": (
        {"a.csv": "image,captions\n" + "".join(f'{n},"[\'a cat\', ""it\'s a pet""]"\n' for n in THREE), **HERE},
        "6 captions",
        ["a cat", "it's a pet"],
    ),
    "a list as NumPy prints it": (
        {"a.csv": "image,captions\n" + "".join(f"{n},\"['a cat'\n 'a pet']\"\n" for n in THREE), **HERE},
        "6 captions",
        ["a cat", "a pet"],
    ),
    "a text in brackets": ({"a.csv": table().replace("number", "[red] number"), **HERE}, "", ["[red] number 1.png"]),
    "ids in place of names": ({"a.csv": f"image_id,caption\n{TRAIN[0]},a\n0,b\n7,c\n", **below("i")}, "3 pict", ["a"]),
    "long JSON lines": ({"a.jsonl": [{"x": "y" * 99_999, **row} for row in ROWS], **HERE}, "columns unknown 1", NUMBER),
    "JSON lines called .json": ({"a.json": "".join(json.dumps(r) + "\n" for r in ROWS), **HERE}, "records", NUMBER),
    "a list under a key": ({"a.json": {"version": 1, "data": ROWS}, **HERE}, "a list of records, a.json", NUMBER),
    "a list for each split": (
        {"a.json": {s: [row] for s, row in zip(("train", "dev", "test"), ROWS, strict=True)}, **HERE},
        "train 1, val 1, test 1; nothing",
        NUMBER,
    ),
    "names to captions": ({"a.json": {n: ["a", "b"] for n in THREE}, **HERE}, "a list of records", ["a", "b"]),
    "names to objects": ({"m.json": {n: {"caption": "a", "tags": "x"} for n in THREE}, **HERE}, "unknown 1", ["a"]),
    "roboflow's COCO": (
        in_splits("_annotations.coco.json", {n: coco({n: [f"number {n}"]}) for n in THREE}),
        "test/_annotations.coco.json, train/_annotations.coco.json, valid/_annotations.coco.json: 3 pictures, 3 "
        "captions; train 1, val 1, test 1; nothing left out",
        NUMBER,
    ),
    "tables in the folders of splits": (
        in_splits("labels.csv", {n: f"image,text\n{n},number {n}\n" for n in THREE}),
        "test/labels.csv, train/labels.csv, valid/labels.csv: 3 pictures, 3 captions; train 1, val 1, test 1;",
        NUMBER,
    ),
    "records in the folders of splits": (
        in_splits("captions.jsonl", {n: [{"image": n, "text": f"number {n}"}] for n in THREE}),
        "train 1, val 1, test 1; nothing left out",
        NUMBER,
    ),
    "folders of a table's pictures tell splits": (
        {"a.csv": f"file,text\nval/{TRAIN},a\ntrain/{VAL},b\ntest/{TEST},c\n"}
        | {f"val/{TRAIN}": None, f"train/{VAL}": None, f"test/{TEST}": None},
        "train 1, val 1, test 1; nothing",
        ["b"],
    ),
    "a word in one folder tells no split": (
        {"dogs/1.png": None, "dogs/1.txt": "a", "test shots/1.png": None, "test shots/1.txt": "b"},
        "no split is told",
        None,
    ),
    "an empty split": (
        {"a.csv": f"file,text,split\n{TRAIN},a,train\n{VAL},b,val\n{TEST},c,test\nn.png,d,\n", **HERE, "n.png": None},
        "pictures in no split 1",
        ["a"],
    ),
    "karpathy's sentences as texts": (
        {
            "d.json": {"images": [{"filename": n, "split": "train", "sentences": [f"number {n}"]} for n in THREE]},
            **HERE,
        },
        "Karpathy's splits, d.json",
        NUMBER,
    ),
    "texts in a folder of their own": (
        {**below("images/a"), **{f"captions/a/{n[0]}.txt": f"number {n}" for n in THREE}},
        "pictures with a text beside each: 3 pictures",
        None,
    ),
    "capitals of texts": ({"IMG 1.PNG": png(), "img 1.TXT": "a", **HERE}, "a text beside each: 1 pictures", None),
    "a JSON beside each": (
        {f"{n[0]}.json": {"caption": f"number {n}", "url": "x"} for n in THREE} | HERE,
        "pictures with a JSON beside each: 3 pictures, 3 captions",
        NUMBER,
    ),
    "a JSON of an export": (
        {f"{n}.json": {"title": n, "description": f"number {n}"} for n in THREE} | HERE,
        "a JSON beside each",
        NUMBER,
    ),
    "folders of programs": (
        {"a.csv": table(), **below("photos"), "__MACOSX/photos/1.png": b"x", "@eaDir/1.png": b"x", ".b/1.png": b"x"},
        "3 pictures, 3 captions; train 1, val 1, test 1",
        NUMBER,
    ),
    "flickr8k unpacked twice": (
        {
            "Flickr8k_text/Flickr8k.token.txt": "".join(f"{n}#0\tnumber {n}\n" for n in THREE),
            **below("Flicker8k_Dataset/Flicker8k_Dataset"),
        },
        "is Flickr8k: 3 pictures",
        NUMBER,
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sibling_opens_and_says_what_was_found(sample, tmp_path):
    files, line, captions = SAMPLES[sample]
    write(tmp_path, files)
    found = None
    for split in SPLITS:
        try:
            data = open_dataset(tmp_path, split)
        except ValueError as error:
            assert f"has no picture in its {split} split" in str(error)
            continue
        assert len(data) and all(data.captions(i) and data.image(i).mode == "RGB" for i in range(len(data)))
        found = data.found
        if split == "train" and captions is not None:
            assert data.captions(0) == captions
    assert line in str(found)


def test_the_splits_of_karpathy_are_not_those_of_folders(tmp_path):
    said = {n: (s, [s]) for n, s in zip(THREE, ("restval", "val", "test"), strict=True)}
    write(tmp_path, {"d.json": karpathy(said, "val2014"), **below("val2014")})
    assert open_dataset(tmp_path, "train").captions(0) == ["restval"]


def test_columns_of_a_table_without_a_header_by_number(tmp_path):
    write(tmp_path, {"a.tsv": f"x\t1\ta cat\n{'y'}\t0\tb, b\nz\t7\tc\n", **HERE})
    data = open_dataset(tmp_path, "train", image_column="2", caption_column="3")
    assert data.captions(0) == ["a cat"] and "column 2 is the picture, 3 is the caption" in str(data.found)


def test_a_key_of_the_jsons_by_name(tmp_path):
    write(tmp_path, {f"{name[0]}.json": {"alt": ["a", ""], "caption": "b"} for name in THREE} | HERE)
    data = open_dataset(tmp_path, "train", caption_column="alt")
    assert data.captions(0) == ["a"] and data.notes["captions_empty"]["count"] == 3
    with pytest.raises(ValueError, match="has no text under caption"):
        open_dataset(tmp_path, "train", caption_column="said")
    with pytest.raises(ValueError, match="a JSON beside each picture, which takes no image_column"):
        open_dataset(tmp_path, "train", image_column="alt")


def test_a_json_that_cannot_be_read_is_counted(tmp_path):
    files = {f"{i}.json": {"caption": f"c{i}"} for i in range(9)} | {f"{i}.png": None for i in range(9)}
    write(tmp_path, files | {"0.json": "{", "1.json": "[1]", "3.json": {"caption": ""}, "other.json": {"caption": "x"}})
    counts = {name: entry["count"] for name, entry in open_dataset(tmp_path, "train").notes.items()}
    assert counts == {
        "cannot_be_read": 2,
        "captions_empty": 1,
        "jsons_without_picture": 1,
        "pictures_not_named": 2,
    }
