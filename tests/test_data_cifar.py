"""CIFAR-10 and CIFAR-100: arrays out of pickles that run nothing."""

import os
import pickle
import shutil

import numpy as np
import pytest
from photo_sets import make_cifar, write_tar

from minclip.data import open_dataset
from minclip.data.cifar import CIFAR, object_task


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_reads_pixels_labels_and_names(tmp_path, protocol):
    root = make_cifar(tmp_path / "cifar-100-python", protocol=protocol)
    dataset = CIFAR(tmp_path, "test")
    assert (dataset.name, len(dataset), dataset.labels) == ("cifar100", 4, [1, 0, 1, 0])
    assert dataset.class_names == ["apple", "aquarium fish"]
    flat = pickle.loads((root / "test").read_bytes())["data"]
    assert dataset.pixels[2, 5, 7].tolist() == [flat[2, c * 1024 + 5 * 32 + 7] for c in range(3)]
    assert np.array_equal(np.asarray(dataset.image(2)), dataset.pixels[2])
    assert dataset.captions(0) == []


def test_cifar_reads_the_archive_in_the_same_way(tmp_path):
    root = make_cifar(tmp_path / "cifar-100-python")
    expected = CIFAR(root, "train").pixels
    files = {f"cifar-100-python/{p.name}": p.read_bytes() for p in root.iterdir()}
    write_tar(tmp_path / "cifar-100-python.tar.gz", files, "w:gz")
    shutil.rmtree(root)
    for where in (tmp_path, tmp_path / "cifar-100-python.tar.gz"):
        assert np.array_equal(open_dataset(where, "train").pixels, expected)


def test_object_task_of_cifar(tmp_path):
    dataset = CIFAR(make_cifar(tmp_path / "c"), "test")
    task = object_task(dataset, 32)
    assert task.name == "object" and task.class_names == ["apple", "aquarium fish"]
    assert np.array_equal(task.pixels, dataset.pixels) and task.labels.tolist() == [1, 0, 1, 0]
    assert object_task(dataset, 16).pixels.shape == (4, 16, 16, 3)


class Evil:
    """What a poisoned pickle looks like: loading it would call os.mkdir."""

    def __reduce__(self):
        return os.mkdir, ("poisoned",)


def test_cifar_runs_no_code_from_a_pickle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(pickle.dumps({"data": Evil()}, 2))
    with pytest.raises(ValueError, match=r"test is not a file of CIFAR: it asks for (posix|nt)\.mkdir") as caught:
        CIFAR(root, "test")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "poisoned").exists()


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2]), pickle.dumps({"data": 1})])
def test_cifar_faulty_file_is_one_clear_error(tmp_path, content):
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(content)
    with pytest.raises(ValueError, match=r"CIFAR"):
        CIFAR(root, "test")


def test_cifar_label_count_must_fit(tmp_path):
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(pickle.dumps({"data": np.zeros((3, 3072), np.uint8), "fine_labels": [0]}, 2))
    with pytest.raises(ValueError, match=r"uint8 \[3, 3072\] for 1 labels"):
        CIFAR(root, "test")


def test_cifar_has_no_val(tmp_path):
    with pytest.raises(ValueError, match="split='val' is not in CIFAR: choose of train, test"):
        CIFAR(make_cifar(tmp_path / "c"), "val")


def test_cifar10_real_test_set(shared):
    dataset = open_dataset(shared / "data" / "cifar10-test", "test")
    assert (dataset.name, len(dataset)) == ("cifar10", 10_000)
    assert dataset.class_names[:3] == ["airplane", "automobile", "bird"]
    assert np.bincount(dataset.labels).tolist() == [1000] * 10
    means = dataset.pixels.reshape(-1, 3).mean(axis=0) / 255
    assert np.abs(means - [0.4942, 0.4851, 0.4504]).max() < 1e-3  # the test set's known channel means
    with pytest.raises(ValueError, match="lacks data_batch_1"):
        open_dataset(shared / "data" / "cifar10-test", "train")
