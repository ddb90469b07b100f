"""RSICD: both layouts of its captions, scenes from file names."""

import json

import numpy as np
import pytest
from photo_sets import AERIAL

from minclip.data import open_dataset
from minclip.data.flickr8k import Flickr8k
from minclip.data.protocol import ClassTask
from minclip.data.rsicd import RSICD, SCENE_TEMPLATES, scene_label, scene_task
from minclip.evaluation.suites import watched_suite


def test_rsicd_reads_the_authors_layout(rsicd):
    dataset = RSICD(rsicd, "val")
    assert (dataset.name, dataset.split, len(dataset)) == ("rsicd", "val", 2)
    assert dataset.captions(0)[4] == "sentence 4 of storagetanks_2.jpg ."
    assert [None if k is None else dataset.class_names[k] for k in dataset.labels] == ["storage tanks", None]
    assert abs(dataset.image(0).getpixel((5, 4))[1] - 40) < 4


def test_rsicd_short_layout_says_the_same(rsicd):
    expected = [RSICD(rsicd, "val").captions(i) for i in range(2)]
    images = [
        {
            "filename": n,
            "split": "dev" if s == "val" else s,
            "captions": [f"sentence {k} of {n} ." for k in range(5)],
        }
        for n, s in AERIAL.items()
    ]
    (rsicd / "captions.json").write_text(json.dumps({"dataset": "rsicd", "images": images}), encoding="utf-8")
    (rsicd / "dataset_rsicd.json").unlink()
    dataset = open_dataset(rsicd, "val")
    assert isinstance(dataset, RSICD)
    assert [dataset.captions(i) for i in range(2)] == expected


def test_scene_label_comes_from_the_file_name():
    assert RSICD.class_names[scene_label("baseballfield_12.jpg")] == "baseball field"
    assert scene_label("00012.jpg") is None
    assert len(RSICD.class_names) == len(set(RSICD.class_names)) == 30


def test_scene_task_leaves_out_pictures_without_a_scene(rsicd):
    task = scene_task(RSICD(rsicd, "val"), 8)
    assert isinstance(task, ClassTask) and task.name == "scene"
    assert task.pixels.shape == (1, 8, 8, 3) and abs(int(task.pixels[0, 4, 4, 1]) - 40) < 4
    assert task.labels.dtype == np.int64 and [task.class_names[k] for k in task.labels] == ["storage tanks"]
    assert all(template.count("{}") == 1 for template in SCENE_TEMPLATES)


def test_rsicd_is_watched_without_an_unreadable_photo(rsicd):
    (rsicd / "RSICD_images" / "00001.jpg").write_bytes(b"not a picture")
    suite = watched_suite(rsicd, 8)
    assert [suite.tasks["scene"].class_names[k] for k in suite.tasks["scene"].labels] == ["storage tanks"]
    assert suite.retrieval[0].shape == (1, 8, 8, 3) and suite.retrieval[1][0] == "sentence 0 of storagetanks_2.jpg ."
    (unreadable,) = suite.left_out["pictures_unreadable"]["all"]
    assert "00001.jpg is not a picture" in unreadable


def test_scene_task_needs_scenes(flickr):
    with pytest.raises(ValueError, match="flickr8k/train has no file name that says its scene"):
        scene_task(Flickr8k(flickr, "train"), 8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"images": [', "not JSON"),
        ('{"images": [{"filename": "a.jpg"}]}', "not RSICD's"),
        ("[]", "not RSICD's"),
    ],
)
def test_a_faulty_caption_file_is_one_clear_error(rsicd, content, reason):
    (rsicd / "dataset_rsicd.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"dataset_rsicd\.json is {reason}"):
        RSICD(rsicd, "train")


def test_rsicd_names_a_missing_photo(rsicd):
    (rsicd / "RSICD_images" / "pond_3.jpg").unlink()
    with pytest.raises(ValueError, match=r"1 of the 1 pictures .*pond_3\.jpg"):
        RSICD(rsicd, "test")


def test_rsicd_real_counts(shared):
    folder = shared / "data" / "rsicd-80"
    labelled = 0
    for split, count in (("train", 8734), ("val", 1094), ("test", 1093)):
        dataset = open_dataset(folder, split)
        assert (dataset.name, len(dataset)) == ("rsicd", count)
        assert all(len(dataset.captions(i)) == 5 for i in range(count))
        labelled += sum(label is not None for label in dataset.labels)
    assert labelled == 10_000
    task = scene_task(dataset, 16)
    assert len(task.labels) == 1027 and set(task.labels.tolist()) == set(range(30))
