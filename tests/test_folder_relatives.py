"""Odd relatives of the layouts that people have: missing files, Unicode names, empty captions, other columns."""

import json
import re

import pytest
from folder_examples import TEST, TRAIN, VAL, coco, karpathy, png, write
from photo_sets import write_tar

from minclip.data import DataSource, open_dataset
from minclip.data.splits import SPLITS

NFC, NFD = "\u00e9t\u00e9", "e\u0301te\u0301"  # été, as a table and as a Mac spells it
OTHERS = {"v.png": None, "t.png": None}  # the only pictures of val and test


def only(root, **options):
    """The one picture of train, its captions and the counts of what was left out."""
    data = open_dataset(root, "train", **options)
    assert len(data) == 1 and data.image(0).size == (12, 10)
    return data.files[0], data.captions(0), {name: entry["count"] for name, entry in data.notes.items()}


def refusal(root, split="train", **options):
    with pytest.raises(ValueError) as caught:
        open_dataset(root, split, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_imagefolder_counts_what_it_cannot_use(tmp_path):
    rows = [
        {"file_name": f"{NFC}/1.png", "text": "summer", "split": "train"},
        {"file_name": "none.png", "text": "lost", "split": "train"},
        {"file_name": f"{NFC}/1.png", "text": ["", "warm", "summer"], "split": "train"},
        {"file_name": "b.png", "text": None, "split": "train"},
        {"text": "nothing"},
        ["a", "list"],
        {"file_name": "v.png", "text": "v", "split": "validation"},
        {"file_name": "t.png", "text": "t", "split": "test"},
    ]
    write(tmp_path, {"metadata.jsonl": rows, f"{NFD}/1.png": None, "b.png": None, "other.png": None, **OTHERS})
    left_out = {"without_picture": 1, "captions_empty": 2, "captions_twice": 1, "cannot_be_read": 2}
    assert only(tmp_path) == (f"{NFD}/1.png", ["summer", "warm"], left_out | {"pictures_not_named": 1})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('{"file_name": "a.png", "label": 3}\n', "line 1 is 'file_name, label': looked for an image column"),
        ('{"file_name": "a.png", "text": "a"}\n{"file_name"', "line 2 is no JSON"),
        ("[]\n", "line 1 is '[]', not an object (none of the 1 entries can be used)"),
        ("", "names no picture with a caption"),
        ('{"file_name": "a.png", "text": "\xfc"}\n'.encode("latin1"), "line 1 is not UTF-8"),
        ('{"file_name": "a.png", "text": "a", "split": "holdout"}\n', "line 1: split='holdout' is not known"),
    ],
)
def test_imagefolder_names_the_line_of_a_fault(table, said, tmp_path):
    assert said in refusal(write(tmp_path, {"metadata.jsonl": table, "a.png": None}))


def test_coco_with_few_of_its_pictures_says_how_many(tmp_path):
    train = coco({"1.jpg": ["a cat", " "], f"{NFC}.jpg": ["summer"], "3.jpg": ["lost"], "4.jpg": []})
    train["annotations"] += [{"image_id": 99, "caption": "of nothing"}, {"image_id": [], "caption": 3}]
    train["images"] += [{"id": 77}]
    write(tmp_path, {"annotations/captions_train2017.json": train, "train2017/1.jpg": None, "train2017/4.jpg": None})
    write(tmp_path, {"annotations/captions_val2017.json": coco({"1.jpg": ["b"], "0.jpg": ["c"], "5.jpg": ["d"]})})
    write(tmp_path, {f"val2017/{i}.jpg": None for i in (0, 1, 5)} | {f"elsewhere/{NFD}.jpg": None})
    data = open_dataset(tmp_path, "train")
    assert [data.captions(i) for i in range(2)] == [["a cat"], ["summer"]]
    assert data.files == ["train2017/1.jpg", f"elsewhere/{NFD}.jpg"], "each split has its own 1.jpg"
    assert {name: entry["count"] for name, entry in data.notes.items()} == {
        "annotations_without_image": 2,
        "captions_empty": 1,
        "without_picture": 1,
        "without_caption": 1,
        "cannot_be_read": 1,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"images": [{"id": 1}], "annotations": [{"caption": "a"', "is not JSON in UTF-8, or it is cut off"),
        ('{"images": {"caption": 1}, "annotations": []}', "has no list 'images' of objects"),
        ('{"images": [], "annotations": [{"caption": "a", "image_id": 1}]}', "names no picture with a caption"),
        (coco({"a.png": ["a cat"]}), "image 10: there is no picture 'a.png'"),
    ],
)
def test_a_coco_that_is_none_says_why(content, said, tmp_path):
    assert said in refusal(write(tmp_path, {"captions_val.json": content, "b.png": None}))


def test_pictures_stay_in_a_tar(tmp_path):
    files = {f"images/{name}": png("blue") for name in (TRAIN, VAL, TEST)}
    write_tar(write(tmp_path, {"captions.json": coco({n: ["a"] for n in (TRAIN, VAL, TEST)})}) / "images-12.tar", files)
    assert only(tmp_path)[0] == f"images-12.tar/{TRAIN}"
    assert open_dataset(tmp_path, "train").image(0).getpixel((3, 3)) == (20, 20, 220)


def test_karpathys_odd_entries_are_counted(tmp_path):
    content = karpathy({f"{NFC}.png": ("restval", ["a", "", "a"]), "v.png": ("dev", ["v"]), "t.png": ("test", ["t"])})
    content["images"] += [{"filename": "x.png"}, {"filename": "n.png", "split": "none", "sentences": [{"raw": "n"}]}]
    content["images"] += [{"filename": "gone.png", "split": "train", "sentences": [{"tokens": ["a"]}]}]
    write(tmp_path, {"dataset_mine.json": content, f"photos/{NFD}.png": None, "n.png": None, **OTHERS})
    file, captions, left_out = only(tmp_path)
    assert (file, captions) == (f"photos/{NFD}.png", ["a"])
    assert left_out == {
        "captions_empty": 1, "captions_twice": 1, "cannot_be_read": 1, "without_picture": 1, "pictures_in_no_split": 1,
    }  # fmt: skip


def test_karpathys_archive_holds_three_sets(tmp_path):
    """COCO's own captions may lie beside it: its splits are meant."""
    for name in ("coco", "flickr30k", "flickr8k"):
        content = karpathy({f"{name}-{split}.png": (split, [name]) for split in SPLITS})
        write(tmp_path, {f"dataset_{name}.json": content})
    write(tmp_path, {"annotations/captions_val.json": coco({"flickr30k-train.png": ["another text"]})})
    write(tmp_path, {f"images/flickr30k-{split}.png": None for split in SPLITS})
    assert only(tmp_path)[1] == ["flickr30k"]


def test_texts_of_odd_names_are_read(tmp_path):
    write(tmp_path, {f"train/{NFC}.txt": "\ufeffsummer\r\nwarm\r\n", f"train/{NFD}.png": None})
    write(tmp_path, {"val/a.png": None, "val/a.png.txt": "a", "test/a.JPG": png(kind="JPEG"), "test/a.caption": "t"})
    write(tmp_path, {"train/b.png": None, "train/b.txt": "", "train/c.png": None, "README.txt": "hello"})
    write(tmp_path, {"train/d.png": None, "train/d.txt": "\xfc".encode("latin1"), "train/.hidden.txt": "no"})
    assert only(tmp_path) == (
        f"train/{NFD}.png",
        ["summer", "warm"],
        {"captions_empty": 1, "cannot_be_read": 1, "texts_without_picture": 1, "pictures_not_named": 2},
    )


def test_a_table_takes_columns_by_option(tmp_path):
    rows = "id;where;what;part\n1;a.png;a cat, asleep;training\n2;v.png;v;dev\n3;t.png;t;eval\n4;;x;train\n5;a.png;b\n"
    write(tmp_path, {"all.csv": rows, "a.png": None, **OTHERS})
    options = {"image_column": "where", "caption_column": "What", "split_column": "part"}
    said = only(tmp_path, **options)
    assert said == ("a.png", ["a cat, asleep"], {"columns_unknown": 1, "without_picture": 1, "cannot_be_read": 1})
    assert only(DataSource(tmp_path / "all.csv", **options)) == said
    assert "an image column called file, filepath" in refusal(tmp_path)
    assert "an image column 'nowhere'" in refusal(tmp_path, image_column="nowhere", caption_column="what")


def test_absolute_paths_are_read_wherever_they_lead(tmp_path):
    write(tmp_path / "photos", {f"{NFD}.png": None, **OTHERS})
    where = tmp_path / "photos"
    rows = (
        f"{where}/{NFC}.png\ta cat\ttrain\n{where}/v.png\tv\tval\n../photos/t.png\tt\ttest\n/no/where.png\tx\ttrain\n"
    )
    write(tmp_path / "tables", {"openclip.csv": f"filepath\ttitle\tsplit\n{rows}"})
    file, captions, left_out = only(tmp_path / "tables" / "openclip.csv")
    assert (file, captions) == (f"{where.as_posix()}/{NFD}.png", ["a cat"])
    assert left_out == {"absolute_paths_nowhere": 1}
    inside = write(
        where, {"captions.csv": f"file,caption\n{where}/{NFC}.png,a cat\n{where}/v.png,v\n{where}/t.png,t\n"}
    )
    splits = open_dataset(inside, "train").found.splits
    write(inside, {"captions.csv": f"file,caption\n{NFC}.png,a cat\nv.png,v\nt.png,t\n"})
    assert open_dataset(inside, "train").found.splits == splits, "a path in the folder counts from the folder on"


def test_paths_count_from_where_one_is(tmp_path, monkeypatch):
    """As open_clip reads its tables."""
    rows = "".join(
        f"data/photos/{name}\t{name}\t{split}\n" for name, split in zip((TRAIN, VAL, TEST), SPLITS, strict=True)
    )
    write(tmp_path, {f"data/photos/{name}": None for name in (TRAIN, VAL, TEST)})
    write(tmp_path, {"tables/a.tsv": f"filepath\ttitle\tsplit\n{rows}"})
    assert "there is no picture" in refusal(tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    assert only("tables")[1] == [TRAIN]


def test_quotation_marks_are_text_between_tabs(tmp_path):
    rows = f'{TRAIN}\t"red" cat\n{VAL}\tv\n{TEST}\tsaid "no\n'
    write(tmp_path, {"a.tsv": f"filepath\ttitle\n{rows}", **dict.fromkeys((TRAIN, VAL, TEST))})
    assert only(tmp_path)[1] == ['"red" cat']
    quoted = f'{TRAIN}\t"a ""red"" cat"\n{VAL}\tv\n{TEST}\tt\n'
    write(tmp_path, {"a.tsv": f"filepath\ttitle\n{quoted}"})
    assert only(tmp_path)[1] == ['a "red" cat']


def test_several_tables_need_the_names_of_splits(tmp_path):
    write(tmp_path, {f"{name}.csv": "file,caption\na.png,a\n" for name in ("old", "new")} | {"a.png": None})
    assert "holds several tables (new.csv, old.csv)" in refusal(tmp_path)


def test_kaggles_flickr8k_leaves_out_what_has_no_photo(tmp_path):
    rows = "".join(f"{name},{name}\n" for name in (TRAIN, VAL, TEST, f"{NFC}.png", "gone.jpg"))
    write(tmp_path, {"captions.txt": f"image,caption\n{rows}{TRAIN}, \n", f"Images/{NFD}.png": None})
    write(tmp_path, {f"Images/{name}": None for name in (TRAIN, VAL, TEST)})
    data = open_dataset(tmp_path, "train")
    assert data.name == "flickr8k" and TRAIN in data.filenames
    assert {name: entry["count"] for name, entry in data.notes.items()} == {
        "rows_empty": 1,
        "captions_without_picture": 1,
    }
    write(tmp_path, {"Flickr_8k.trainImages.txt": f"{TRAIN}\n"})
    assert len(open_dataset(tmp_path, "train")) == 1
    assert "lacks Flickr_8k.testImages.txt" in refusal(tmp_path, "test")


def test_options_of_another_layout_are_refused(tmp_path):
    write(tmp_path, {"a.png": None, "a.txt": "a cat"})
    said = refusal(tmp_path, caption_column="said")
    assert re.search("is a text beside each picture, which takes no caption_column: that is for a table of cap", said)
    assert "flickr8k takes no image_column" in refusal("flickr8k", image_column="x")


def test_one_picture_is_in_one_split(tmp_path):
    rows = [{"file_name": "a.png", "text": "a", "split": one} for one in ("train", "test")]
    said = refusal(write(tmp_path, {"metadata.jsonl": rows, "a.png": None}))
    assert "line 2: a.png is in train already, it cannot be in test, too" in said


def test_a_set_of_test_pictures_is_not_trained_on(tmp_path):
    write(tmp_path, {"test/a.png": None, "test/a.txt": "a cat"})
    assert len(open_dataset(tmp_path, "test")) == 1
    assert "no picture in its train split (0 train, 0 val, 1 test)" in refusal(tmp_path)


def test_records_with_another_first_object_are_no_records(tmp_path):
    assert "no data set that minclip knows" in refusal(
        write(tmp_path, {"a.json": json.dumps([{"box": [1]}]), "b.png": None})
    )


@pytest.mark.parametrize("said", ["IMG_1.png", "img_1", "Sub/IMG_1.PNG", "./sub/../sub/img_1.PNG", "sub\\img_1.PNG"])
def test_names_are_found_however_they_are_written(said, tmp_path):
    rows = [{"image": said, "caption": "a", "split": "train"}]
    rows += [{"image": f"{s[0]}.png", "caption": s, "split": s} for s in ("val", "test")]
    write(tmp_path, {"all.jsonl": rows, "photos/sub/img_1.PNG": None, **OTHERS})
    assert only(tmp_path)[0] == "photos/sub/img_1.PNG"
    write(tmp_path, {"elsewhere/sub/img_1.PNG": None})
    assert "(0 train, 1 val, 1 test)" in refusal(tmp_path), "of two nobody knows which is meant"


HOSTILE = {  # what is in the folder, and words of the error
    "a caption as a name": ({"a.csv": f"file,caption\n{'word ' * 200},a\n"}, "there is no picture 'word word"),
    "a zero byte": ({"a.jsonl": [{"image": "a\0.png", "caption": "a"}]}, "there is no picture"),
    "addresses": (
        {"a.csv": "image,caption\nhttps://x.org/a.png,a\n"},
        "is a web address, and pictures are not fetched",
    ),
    "a folder as a picture": ({"a.csv": "image,caption\nsub,a\n", "sub/b.txt": ""}, "there is no picture 'sub'"),
    "utf-16": ({"a.tsv": "filepath\ttitle\na.png\ta\n".encode("utf-16")}, "line 1 is not UTF-8"),
    "utf-16 captions.csv": ({"captions.csv": "file,caption\na.png,a\n".encode("utf-16")}, "line 1 is not UTF-8"),
    "a long cell": ({"a.csv": f"image,caption\na.png,{'a' * 200_000}\n"}, "field larger than field limit"),
    "deep lists": (
        {"captions.json": '{"images": ' + "[" * 100_000 + ', "annotations": "caption"'},
        "is not JSON in UTF-8",
    ),
    "numbers as captions": ({"a.jsonl": [{"image": "a.png", "caption": 5}]}, "the caption of a.png is empty"),
    "a header alone": ({"a.csv": "image,caption\n"}, "names no picture with a caption"),
    "nothing in JSON lines": ({"a.jsonl": ""}, "a.jsonl line 1 is 'None': looked for an image column"),
    "another kind of JSON lines": ({"a.jsonl": [{"box": [1]}]}, "line 1 is 'box': looked for an image column called"),
    "one id twice": (
        {"captions.json": {"images": [{"id": 1}], "annotations": [{"caption": "a", "image_id": 1}]}},
        "image 1 has no file_name, no id, or the id of another one",
    ),
    "a large text": ({"a.txt": "a" * 2_000_000}, "a.txt has 2,000,000 bytes, the limit is 1,048,576"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_get_one_clear_line(case, tmp_path):
    files, said = HOSTILE[case]
    assert said in refusal(write(tmp_path, files | {"a.png": None}))


def test_linked_folders_are_followed_once(tmp_path):
    write(tmp_path / "far", {f"{name}": None for name in (TRAIN, VAL, TEST)})
    rows = "".join(f"{name}\t{name}\n" for name in (TRAIN, VAL, TEST))
    write(tmp_path / "set", {"a.tsv": f"filepath\ttitle\n{rows}"})
    try:
        (tmp_path / "set" / "photos").symlink_to(tmp_path / "far", target_is_directory=True)
        (tmp_path / "far" / "circle").symlink_to(tmp_path / "set", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert only(tmp_path / "set")[0] == f"photos/{TRAIN}"


def test_ids_of_coco_may_be_texts(tmp_path):
    content = coco({TRAIN: ["a"], VAL: ["b"], TEST: ["c"]})
    content["images"] = [{**image, "id": str(image["id"])} for image in content["images"]]
    assert only(write(tmp_path, {"captions.json": content, **dict.fromkeys((TRAIN, VAL, TEST))}))[1] == ["a"]


def test_img2datasets_files_are_texts(tmp_path):
    """Its table of addresses and its JSONs stand beside the pictures."""
    names = [f"0000{k}/0000{k}000{i}" for k in range(4) for i in range(9)]
    write(tmp_path, {f"{name}.jpg": None for name in names} | {f"{name}.txt": f"number {name}" for name in names})
    write(tmp_path, {f"{name}.json": {"caption": "x", "url": "y"} for name in names} | {"00000.parquet": b"PAR1"})
    data = open_dataset(tmp_path, "train")
    assert data.name == "texts" and data.found.pictures == 36
