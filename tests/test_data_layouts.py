"""What a reader leaves out of a folder, and the true reason where it reads none of it."""

import io
import json
import tarfile
import unicodedata

import pytest
from PIL import Image

from minclip.cli import main
from minclip.data import open_dataset
from minclip.data.flickr8k import Flickr8k
from minclip.data.folder import Folder
from minclip.data.left_out import lines
from minclip.data.rsicd import RSICD

ÉTÉ = {form: unicodedata.normalize(form, "été") for form in ("NFC", "NFD")}


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(buffer, "png")
    return buffer.getvalue()


def write(root, **files):
    """Files by their names, in which __ is a dot and ___ a slash; a picture where None is given."""
    for name, content in files.items():
        write_file(root / name.replace("___", "/").replace("__", "."), content)
    return root


def write_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png() if content is None else content if isinstance(content, bytes) else content.encode("utf-8"))


def tar(**files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            content = png() if content is None else content
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


TABLE = "file,caption,split\n"
LAYOUTS = {  # what is in the folder, and words of the reason
    "another table": (
        {"a__png": None, "Labels__TSV": "url\tlabel\na.png\ta cat\n", "notes__json": "{}"},
        r"the header of Labels\.TSV is 'url\\tlabel', separated by tabs: looked for an image column called file, "
        r"filepath.* and a caption "
        r"column called caption, title.*--image-column",
    ),
    "a JSON without captions beside each": (
        {"a__png": None, "b__png": None, "a__json": '{"shapes": [], "imagePath": "a.png"}'},
        r"1 of 2 pictures have a \.json beside them, and a\.json has no text under .* \(it has shapes, imagePath\)",
    ),
    "one folder": ({"photos___a__png": None, "photos___b__JPG": None}, r"in a folder \(photos\) without captions"),
    "split folders": (
        {"train___a__png": None, "test___b__JPG": None},
        r"in the folders of splits \(test, train\) with",
    ),
    "one further down": (
        {"my___captions__csv": TABLE, "my___a__png": None},
        r"my is a table of captions, one folder further down: pass .*my",
    ),
    "shards further down": (
        {"train___0__tar": b""},
        r"train is WebDataset shards, one folder further down: pass .*train",
    ),
    "classes further down": (
        {"images___cat___a__png": None, "images___dog___a__png": None},
        r"images is class folders, one folder further down: pass .*images",
    ),
    "saved by datasets": ({"state__json": "{}", "data-0__arrow": b""}, r"written by save_to_disk .*load_from_disk"),
    "archive": ({"photos__zip": b"PK"}, r"photos\.zip is zip, which is not read here: unpack it first"),
    "pictures": ({"a__png": None, "b__webp": None, "___c__png": None}, r"it holds 2 pictures, and no captions"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_that_is_not_read_is_named(layout, tmp_path):
    files, reason = LAYOUTS[layout]
    root = write(tmp_path / "set", **{name.lstrip("_") if name[0] == "_" else name: c for name, c in files.items()})
    if layout == "pictures":
        (root / "c.png").rename(root / "._a.png")  # as a Mac adds it
    with pytest.raises(ValueError, match=rf"set is no data set that minclip knows: .*{reason}.*Looked for: ") as caught:
        open_dataset(root, "train")
    assert "\n" not in str(caught.value)


def test_a_file_of_no_layout_is_told_so(tmp_path):
    write(tmp_path, notes__md="a cat", labels__csv="url,label\n")
    with pytest.raises(ValueError, match="it is a file of no layout"):
        open_dataset(tmp_path / "notes.md", "train")
    with pytest.raises(ValueError, match=r"labels\.csv line 1 is 'url,label': looked for an image column"):
        open_dataset(tmp_path / "labels.csv", "train")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("url\tlabel\na.png\ta cat\n", r"line 1 is 'url\\tlabel', separated by tabs: looked for an image column"),
        ("url;caption\na.png;a cat\n", "line 1 is 'url;caption', separated by semicolons"),
        ("file,caption\n/photos/x.png,a cat\n", "line 2: '/photos/x.png' is an absolute path, and leads nowhere"),
        ("file,caption\nC:\\photos\\x.png,a cat\n", "'C:.*x.png' is an absolute path"),
        (
            "file,caption\nb.png,a cat\nc.png,\n",
            r"line 2: there is no picture 'b.png' .*none of the 2 entries can be used",
        ),
    ],
)
def test_a_table_of_another_layout_gets_the_true_reason(table, reason, tmp_path):
    with pytest.raises(ValueError, match=rf"captions\.csv .*{reason}"):
        Folder(write(tmp_path, a__png=None, captions__csv=table), "train")


@pytest.mark.parametrize(("stored", "said"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_is_found_however_it_is_spelled(stored, said, tmp_path):
    folder, file = f"{ÉTÉ[stored]} 1", f"{ÉTÉ[stored]}.png"
    name = f"{ÉTÉ[said]} 1/{ÉTÉ[said]}.png"
    write_file(tmp_path / folder / file, None)
    write_file(tmp_path / "captions.csv", f"{TABLE}{name},summer,train\n{name},warm,train\n{folder}/{file},hot,train\n")
    data = Folder(tmp_path, "train")
    assert data.image(0).size == (9, 9) and len(data) == 1 and data.captions(0) == ["summer", "warm", "hot"]
    assert data.notes == {}, "the picture is in the table"
    write_file(tmp_path / "captions.csv", f"{TABLE}{ÉTÉ[said]}/none.png,summer,train\n")
    with pytest.raises(ValueError, match=r"there is no picture '.*none\.png'"):
        Folder(tmp_path, "train")


@pytest.mark.parametrize(("stored", "said"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_flickr8k_and_rsicd_find_names_however_they_are_spelled(stored, said, tmp_path):
    for folder in ("images", "Images"):
        write_file(tmp_path / folder / f"{ÉTÉ[stored]}.png", None)
    write_file(tmp_path / "captions.txt", f"image,caption\n{ÉTÉ[said]}.png,summer\n")
    write_file(tmp_path / "Flickr_8k.trainImages.txt", f"{ÉTÉ[stored]}.png\n")
    entry = {"filename": f"{ÉTÉ[said]}.png", "split": "train", "captions": ["summer"]}
    write_file(tmp_path / "captions.json", json.dumps({"dataset": "rsicd", "images": [entry]}))
    for kind in (Flickr8k, RSICD):
        assert (kind(tmp_path).image(0).size, kind(tmp_path).captions(0)) == ((9, 9), ["summer"])


def test_a_folder_counts_what_it_leaves_out(tmp_path):
    rows = (
        "a.png,one,train,x\na.png,one,train,x\nnone.png,two,train,\n/b.png,two,train,\nb.png, ,train,\nb.png,b,val,\n"
    )
    root = write(tmp_path, a__png=None, b__png=None, sub___c__JPG=None, notes__txt="", captions__csv="")
    write_file(root / "captions.csv", f"File,Caption,split,URL\n{rows}")
    data = Folder(root, "train")
    assert (data.files, data.captions(0), data.duplicates) == (["a.png"], ["one"], 1)
    assert lines(data.notes) == [
        "1 columns of captions.csv are not read, first: URL",
        "1 rows of captions.csv say what another one says and are left out, first: line 3: a.png",
        "1 rows of captions.csv have no picture and are left out, first: line 4: 'none.png'",
        "1 rows of captions.csv have an absolute path that leads nowhere and are left out, first: line 5: '/b.png'",
        "1 captions are empty and left out, first: line 6: 'b.png'",
        "1 pictures of the folder are named nowhere in the captions and are left out, first: sub/c.JPG",
    ]


def test_flickr8k_and_rsicd_count_what_they_leave_out(tmp_path):
    write(tmp_path, images___a__png=None, Images___a__png=None)
    write_file(tmp_path / "captions.txt", "image,caption\na.png,one\na.png, \nlost.png,two\n")
    write_file(tmp_path / "Flickr_8k.trainImages.txt", "a.png\n")
    assert {name: (entry["count"], entry["first"]) for name, entry in Flickr8k(tmp_path).notes.items()} == {
        "rows_empty": (1, "row 3: a.png"),
        "captions_without_picture": (1, "lost.png"),
    }
    images = [{"filename": "a.png", "split": "train", "captions": ["one", " "]}]
    images += [{"filename": "b.png", "split": "restval", "captions": ["two"]}]
    write_file(tmp_path / "captions.json", json.dumps({"dataset": "rsicd", "images": images}))
    assert {name: (entry["count"], entry["first"]) for name, entry in RSICD(tmp_path).notes.items()} == {
        "captions_empty": (1, "a.png"),
        "pictures_in_no_split": (1, "b.png in 'restval'"),
    }


def test_shards_count_what_they_pass_over(tmp_path):
    pytest.importorskip("webdataset")
    files = {
        "1__jpg": None, "1__json": b'{"caption": "a cat", "url": "x"}',  # img2dataset's, without its .txt
        "2__jpg": None, "2__json": b'{"captions": ["a", ""]}', "2__txt": b"a dog",
        "3__gif": None, "4__v2__jpg": None, "5__jpg": None, "5__txt": b" ", "6__jpg": None, "6__cls": b"3",
        ".___7__jpg": None, "8__txt": b"alone", "README": b"",
    }  # fmt: skip
    write_file(tmp_path / "train-0.tar", tar(**files))
    data = open_dataset(tmp_path, "train")
    assert [data.captions(i) for i in range(len(data))] == [[], ["a dog"], [], []]
    assert data.filenames[0] == "train-0.tar: '1'"
    assert {
        name: (entry["count"], entry["first"].removeprefix("train-0.tar: ")) for name, entry in data.notes.items()
    } == {
        "json_without_captions": (2, "'1': it holds caption, url"),
        "files_unknown": (3, "3.gif"),
        "files_with_dots": (1, "4.v2.jpg"),
        "samples_left_out": (3, "'3': no picture stands beside it (jpg, png, jpeg, webp)"),
    }


def test_a_run_without_captions_says_what_was_found(tmp_path, capsys):
    pytest.importorskip("webdataset")
    names = {f"{i}__png": None for i in range(30)}
    write_file(tmp_path / "set" / "images.tar", tar(**names))
    write_file(tmp_path / "set" / "words.zip", b"PK")
    assert main(["train", "--data", str(tmp_path / "set"), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "pictures in its train split and no caption of any: looked for a .json with a list" in said
    assert "found: words.zip is zip" in said
    assert "class name" not in said
