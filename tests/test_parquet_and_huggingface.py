"""Parquet with the bytes of pictures, and the objects of Hugging Face's package `datasets`."""

import io
import sys

import numpy as np
import pytest
from folder_examples import NAMES, TEST, TRAIN, VAL, png, write
from PIL import Image

import minclip
from minclip.data import DataSource, open_dataset
from minclip.data.layouts import huggingface
from minclip.evaluation.suites import evaluation_suite


def table(columns: dict, path, **how):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(arrow.table(columns), path, **how)
    return path


def structs(n: int) -> list[dict]:
    """As the Hugging Face hub has them."""
    return [{"bytes": png(NAMES[i % 4]), "path": f"{i}.png"} for i in range(n)]


def test_parquet_of_the_hub_opens(tmp_path):
    for split, rows in (("train", 7), ("validation", 2), ("test", 3)):
        columns = {"image": structs(rows), "caption": [[f"{split} {i}", f"again {i}"] for i in range(rows)]}
        table(
            columns | {"id": list(range(rows))}, tmp_path / "data" / f"{split}-00000-of-00001.parquet", row_group_size=2
        )
    data = open_dataset(tmp_path, "train")
    assert (data.name, len(data), data.captions(6)) == ("parquet", 7, ["train 6", "again 6"])
    for i in (6, 0, 3):
        assert np.array_equal(np.asarray(data.image(i)), np.asarray(Image.open(write_png(tmp_path, NAMES[i % 4]))))
    assert str(data.found).endswith("12 pictures, 24 captions; train 7, val 2, test 3; left out: columns unknown 3")
    assert len(open_dataset(tmp_path, "val")) == 2


def write_png(root, colour):
    path = root / f"{colour}.png"
    path.write_bytes(png(colour))
    return path


@pytest.mark.parametrize("columns", [{"jpg": bytes, "caption": str}, {"photo": bytes, "said": str}])
def test_parquet_of_bytes_opens(columns, tmp_path):
    picture, caption = columns
    values = {picture: [png() for _ in range(40)], caption: [f"number {i}" for i in range(40)], "key": ["k"] * 40}
    table(values, tmp_path / "00000.parquet")
    options = {} if caption == "caption" else {"image_column": picture, "caption_column": caption}
    counts = [len(open_dataset(tmp_path, split, **options)) for split in ("train", "val", "test")]
    assert sum(counts) == 40 and min(counts) > 0
    assert open_dataset(tmp_path / "00000.parquet", "train", **options).image(0).size == (12, 10)


def test_parquet_counts_what_it_cannot_use(tmp_path):
    rows = [*structs(3), {"bytes": None, "path": "gone.png"}, {"bytes": b"GIF", "path": None}]
    table({"image": rows, "text": ["a", None, "", "b", "c"]}, tmp_path / "train.parquet")
    table({"image": structs(1), "text": ["v"]}, tmp_path / "val.parquet")
    table({"image": structs(1), "text": ["t"]}, tmp_path / "test.parquet")
    data = open_dataset(tmp_path, "train")
    assert [data.captions(i) for i in range(3)] == [["a"], ["b"], ["c"]]
    assert {name: entry["count"] for name, entry in data.notes.items()} == {"captions_empty": 2}
    for i, said in ((1, "row 4 holds no picture, and there is no gone.png"), (2, "row 5 is not a picture")):
        with pytest.raises(ValueError, match=said):
            data.image(i)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"url": ["http"], "caption": ["a"]}, "is 'url, caption': looked for an image column"),
        ({"image": [b"a"], "label": [1]}, "and a caption column called caption"),
        ({"image": [{"bytes": b"", "path": ""}], "label": [1]}, "--caption-column"),
    ],
)
def test_parquet_without_the_columns_says_what_it_has(columns, said, tmp_path):
    table(columns, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=said) as caught:
        open_dataset(tmp_path, "train")
    assert "\n" not in str(caught.value)


def test_a_parquet_that_is_cut_off_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    write(tmp_path, {"a.parquet": b"PAR1 and no end"})
    with pytest.raises(ValueError, match=r"a\.parquet is not a whole Parquet file"):
        open_dataset(tmp_path, "train")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    write(tmp_path, {"a.parquet": b"PAR1"})
    for name in [name for name in sys.modules if name.startswith("pyarrow")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ValueError, match=r'pip install "minclip\[parquet\]"'):
        open_dataset(tmp_path, "train")


def test_metadata_may_be_parquet(tmp_path):
    columns = {"file_name": [TRAIN, VAL, TEST], "text": ["a", "b", "c"]}
    table(columns, write(tmp_path, dict.fromkeys((TRAIN, VAL, TEST))) / "metadata.parquet")
    data = open_dataset(tmp_path, "train")
    assert (data.name, data.files, data.captions(0)) == ("imagefolder", [TRAIN], ["a"])


class Feature:
    """A column's type: the class is called as in `datasets`."""

    def __init__(self, names=()):
        self.names = list(names)


Kinds = {name: type(name, (Feature,), {}) for name in ("Image", "Value", "ClassLabel")}


class Fake:
    """What minclip asks of a `datasets.Dataset`."""

    def __init__(self, split="train", **columns):
        self.split, self.columns = split, columns
        self.column_names = list(columns)
        kinds = {"photo": "Image", "label": "ClassLabel"}
        self.features = {name: Kinds[kinds.get(name, "Value")](["cat", "hot_dog"]) for name in columns}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, key):
        if isinstance(key, str):
            return self.columns[key]
        return {name: values[key] for name, values in self.columns.items()}


def fake(n: int, split="train", **more) -> Fake:
    photos = [Image.open(write_bytes(NAMES[i % 4])) for i in range(n)]
    return Fake(split, photo=photos, **({"caption": [[f"a {NAMES[i % 4]} {split}"] for i in range(n)]} | more))


def write_bytes(colour):
    return io.BytesIO(png(colour))


def test_a_dictionary_of_splits_opens():
    data = {"train": fake(5), "validation": fake(2, "validation"), "test": fake(3, "test")}
    counts = {split: len(open_dataset(data, split)) for split in ("train", "val", "test")}
    assert counts == {"train": 5, "val": 2, "test": 3}
    opened = open_dataset(data, "val")
    assert opened.captions(1) == ["a green validation"] and opened.image(1).getpixel((3, 3)) == (20, 200, 20)


def test_one_data_set_is_trained_on_as_a_whole():
    run = minclip.fit(fake(24), samples=24, batch_size=8, config=SMALL, device="cpu", optimizer="adamw")
    assert run.report["run"]["found"].startswith("huggingface is a data set of Hugging Face, train: 24 pictures")
    assert "retrieval" not in run.report


def test_fit_evaluates_the_splits_of_a_dictionary():
    data = {"train": fake(24), "validation": fake(8, "validation"), "test": fake(9, "test")}
    run = minclip.fit(data, samples=24, batch_size=8, config=SMALL, device="cpu", optimizer="adamw")
    assert run.report["retrieval"]["n_images"] == 9 and run.report["run"]["data"] == "dict"
    renamed = {name: Fake(one.split, photo=one["photo"], said=one["caption"]) for name, one in data.items()}
    with pytest.raises(
        ValueError, match=r"is 'photo, said': looked for an image column called .* and a caption column"
    ):
        minclip.fit(renamed, samples=24, batch_size=8, config=SMALL, device="cpu")
    source = DataSource(renamed, caption_column="said")
    again = minclip.fit(source, samples=24, batch_size=8, config=SMALL, device="cpu", optimizer="adamw")
    assert again.log[-1]["loss"] == run.log[-1]["loss"]


SMALL = minclip.CLIPConfig(64, 16, 8, 64, 1, 32, 1, 1, context_length=16, vocab_size=600)


def test_labels_of_huggingface_are_a_zero_shot_task():
    data = {"train": fake(4, label=[0, 1, 0, 1], caption=[0] * 4), "test": fake(3, "test", label=[1, -1, 0])}
    data["test"].columns.pop("caption"), data["test"].column_names.remove("caption")
    data["train"].columns.pop("caption"), data["train"].column_names.remove("caption")
    task = evaluation_suite(data, 16).tasks["class"]
    assert (task.labels.tolist(), list(task.class_names)) == ([1, 0], ["cat", "hot dog"])
    assert len(evaluation_suite(data["train"], 16).tasks["class"].labels) == 4, "no test split: all are asked"
    with pytest.raises(ValueError, match="cannot be trained on"):
        minclip.fit(data, device="cpu")


@pytest.mark.parametrize("value", ["dict", "path", "path in a dict", "array", "list"])
def test_pictures_of_huggingface_have_several_forms(value, tmp_path):
    path = write_png(tmp_path, "blue")
    pixels = np.asarray(Image.open(path))
    one = {
        "dict": {"bytes": png("blue"), "path": None},
        "path": str(path),
        "path in a dict": {"bytes": None, "path": str(path)},
        "array": pixels,
        "list": pixels.tolist(),
    }[value]
    opened = huggingface.open_split(DataSource(Fake(photo=[one], caption=["a"])), "train", whole=True)
    assert opened.image(0).getpixel((3, 3)) == (20, 20, 220)


@pytest.mark.parametrize("nothing", [None, {"bytes": None, "path": None}, {}])
def test_a_row_without_a_picture_is_named(nothing):
    pictures = [Image.open(write_bytes("red")), nothing]
    opened = huggingface.open_split(DataSource(Fake(photo=pictures, caption=["a", "b"])), "train", whole=True)
    assert opened.image(0).size == (12, 10)
    with pytest.raises(ValueError, match="row 1 of the split 'train' has no picture"):
        opened.image(1)


def test_a_split_without_pictures_says_its_columns():
    data = {"train": fake(2), "test": Fake("test", caption=["a"])}
    with pytest.raises(ValueError, match=r"the split 'test' .*'caption'"):
        open_dataset(data, "train")


def test_a_stream_of_huggingface_is_refused():
    class Stream:
        column_names, features = ["photo"], {}

    for data in (Stream(), {"train": Stream()}):
        with pytest.raises(ValueError, match="streams, and its pictures have no numbers"):
            open_dataset(data, "train")
    with pytest.raises(ValueError, match="data is of type int"):
        open_dataset(5, "train")


def test_parquet_of_paths_opens(tmp_path):
    table({"path": [TRAIN, VAL, TEST], "text": ["a", "b", "c"]}, tmp_path / "all.parquet")
    data = open_dataset(write(tmp_path, dict.fromkeys((TRAIN, VAL, TEST))), "train")
    assert (data.files, data.captions(0)) == ([TRAIN], ["a"])
    assert "is Parquet with paths, all.parquet: 3 pictures" in str(data.found)
