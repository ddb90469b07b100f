"""A folder of pictures with a table captions.csv."""

import pytest
from photo_sets import make_folder

from minclip.data.folder import Folder
from minclip.data.splits import hashed_split


def test_folder_reads_quotes_umlauts_sub_folders_and_splits(tmp_path):
    table = 'file,caption,split\na.png,"eins, zwei",train\nsub/ü.png,Grüße,test\na.png,drei,train\n'
    root = make_folder(tmp_path, table, ("a.png", "sub/ü.png"))
    train, test = Folder(root, "train"), Folder(root, "test")
    assert (train.files, train.captions(0)) == (["a.png"], ["eins, zwei", "drei"])
    assert (test.files, test.captions(0)) == (["sub/ü.png"], ["Grüße"])
    assert test.image(0).mode == "RGB"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_folder_does_not_mind_who_wrote_the_table(tmp_path, start, end):
    rows = [b"file,caption,split", b"a.png,one,train", b"", b"b.png, two ,train"]
    dataset = Folder(make_folder(tmp_path, start + end.join(rows)), "train")
    assert [dataset.captions(i) for i in range(len(dataset))] == [["one"], ["two"]]


def test_folder_ends_lines_where_a_table_does(tmp_path):
    said = "one\u2028two\u0085three\x0cfour"  # str.splitlines would end four lines here
    root = make_folder(tmp_path, f'file,caption,split\na.png,{said},train\nb.png,"five\nsix",train\n')
    dataset = Folder(root, "train")
    assert [dataset.captions(i) for i in range(2)] == [[said], ["five\nsix"]]


def test_folder_drops_and_counts_duplicates(tmp_path):
    table = "file,caption,split\na.png,one,train\na.png,one,train\nb.png,one,train\na.png,two,train\n"
    dataset = Folder(make_folder(tmp_path, table), "train")
    assert dataset.duplicates == 1
    assert [dataset.captions(i) for i in range(2)] == [["one", "two"], ["one"]]


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        ("url,text\na.png,one\n", 1, "an image column called file, .* and a caption column called caption"),
        ("url;caption\na.png;one\n", 1, "separated by semicolons"),
        ("", 1, "an image column called file"),
        ("file,caption\n\nnone.png,two\n", 3, "no picture 'none.png'"),
        ("file,caption\n\n../b.png,two\n", 3, r"no picture '\.\./b.png'"),
        ("file,caption\n,one\n", 2, "no picture ''"),
        ("file,caption\na.png,   \n", 2, "the caption of a.png is empty"),
        ("file,caption\na.png,red, and blue\n", 2, "3 cells, the header 2"),
        ("file,caption\na.png\n", 2, "1 cells, the header 2"),
        ('file,caption\na.png,"never closed\n', 2, "end of data"),
        (b"file,caption\na.png,one\nb.png,gr\xfc\xdfe\n", 3, "not UTF-8"),
        ("file,caption\na.png,one\u2028two\x0c\nb.png,a,b\n", 3, "3 cells, the header 2"),
        ("file,caption\r\na.png,one\r\nb.png,a,b\r\n", 3, "3 cells, the header 2"),
        ("file,caption,split\na.png,one,holdout\n", 2, "split='holdout' is not known"),
        ("file,caption,split\na.png,one,train\na.png,two,test\n", 3, "in train already"),
    ],
)
def test_folder_names_the_line_of_a_fault(tmp_path, table, line, reason):
    with pytest.raises(ValueError, match=rf"captions\.csv line {line}\b.*{reason}") as caught:
        Folder(make_folder(tmp_path / "own", table), "train")
    assert "\n" not in str(caught.value)


def test_folder_splits_by_name_and_keeps_them():
    names = [f"pictures/{index}.jpg" for index in range(5000)]
    counts = {split: sum(hashed_split(name) == split for name in names) for split in ("train", "val", "test")}
    assert abs(counts["val"] - 500) < 70 and abs(counts["test"] - 500) < 70  # 3 standard deviations: 64
    known = {"0.png": "val", "1.png": "train", "7.png": "test"}  # for ever: trained models depend on it
    assert {name: hashed_split(name) for name in known} == known
    assert hashed_split("1\u00e9.png") == hashed_split("1e\u0301.png")  # é as a Mac may spell it


def test_a_split_without_pictures_says_what_to_do(tmp_path):
    root = make_folder(tmp_path, "file,caption,split\na.png,one,train\n")
    with pytest.raises(
        ValueError, match=r"no picture in its val split \(1 train, 0 val, 0 test\): add some or a split"
    ):
        Folder(root, "val")
