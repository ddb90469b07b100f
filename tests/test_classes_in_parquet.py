"""Parquet with classes, and with columns whose types the Hugging Face hub tells."""

import json

import pytest
from folder_examples import png
from test_parquet_and_huggingface import structs, table

import minclip
from minclip.data import open_dataset
from minclip.evaluation.suites import evaluation_suite

HUB = {
    "info": {"features": {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["hot_dog", "cat"]}}}
}


@pytest.mark.parametrize(
    ("labels", "told", "names", "numbers"),
    [
        ([0, 1, -1, None, 1], HUB, ["hot dog", "cat"], [0, 1, None, None, 1]),
        (["red_car", "boat", None, "boat", "boat"], {}, ["boat", "red car"], [1, 0, None, 0, 0]),
    ],
)
def test_classes_in_parquet_are_asked(labels, told, names, numbers, tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = arrow.table({"image": structs(5), "label": labels})
    parquet.write_table(columns.replace_schema_metadata({"huggingface": json.dumps(told)}), tmp_path / "test-0.parquet")
    data = open_dataset(tmp_path, "test")
    assert (data.class_names, data.labels, data.captions(0)) == (names, numbers, [])
    assert "Parquet with classes, test-0.parquet: 5 pictures, 2 classes; test 5" in str(data.found)
    suite = evaluation_suite(tmp_path, 16)
    assert suite.tasks["class"].labels.tolist() == [one for one in numbers if one is not None]
    with pytest.raises(ValueError, match=r"looked for an image column .* and a caption column 'said'"):
        open_dataset(tmp_path, "test", caption_column="said")


def test_training_on_classes_in_parquet_says_why_not(tmp_path):
    table({"image": structs(20), "label": ["a", "b"] * 10}, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="has 2 class names and no captions, and cannot be trained on"):
        minclip.fit(tmp_path, device="cpu")


def of_hub(columns, features, path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    told = json.dumps({"info": {"features": features}})
    parquet.write_table(arrow.table(columns).replace_schema_metadata({"huggingface": told}), path)


def test_files_may_number_their_classes_otherwise(tmp_path):
    for split, names in (("train", ["a", "b"]), ("val", ["a"]), ("test", ["b", "c", "a"])):
        features = {"label": {"_type": "ClassLabel", "names": names}}
        of_hub({"image": structs(3), "label": [0, 0, len(names) - 1]}, features, tmp_path / f"{split}.PARQUET")
    data = open_dataset(tmp_path, "test")
    assert [data.class_names[label] for label in data.labels] == ["b", "b", "a"]
    assert "9 pictures, 3 classes; train 3, val 3, test 3;" in str(data.found)


def test_a_column_of_type_image_is_taken_first(tmp_path):
    columns = {"mask": [b"x"] * 2, "photo": structs(2), "sentences": [[{"raw": "a", "tokens": ["a"]}]] * 2}
    of_hub(columns, {"photo": {"_type": "Image"}}, tmp_path / "train.parquet")
    data = open_dataset(tmp_path / "train.parquet", "train")
    assert data.image(0).size == (12, 10) and data.captions(0) == ["a"]


@pytest.mark.parametrize(("labels", "said"), [(["Cat", "cat"], "'Cat' and 'cat' as one"), ([], "no row")])
def test_classes_that_cannot_be_asked_are_refused(labels, said, tmp_path):
    arrow = pytest.importorskip("pyarrow")
    columns = {
        "image": arrow.array([png()] * len(labels), arrow.binary()),
        "label": arrow.array(labels, arrow.string()),
    }
    of_hub(columns, {}, tmp_path / "test.parquet")
    with pytest.raises(ValueError, match=said):
        open_dataset(tmp_path, "test")
