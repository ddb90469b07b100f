"""Probe and confusion of sets that have a name: tiny copies of CIFAR and RSICD, a small picture book."""

import csv
import json
import pickle

import numpy as np
import pytest
from photo_sets import jpeg

from minclip.cli import main
from minclip.evaluation import probing

MODEL = ["--model", "picturebook-tiny", "--device", "cpu"]
SHADES = {"airport": (200, 30, 30), "pond": (30, 30, 200), "forest": (30, 160, 30)}


@pytest.fixture
def cifar(tmp_path):
    """CIFAR-100's layout: pictures of one colour, red apples and blue fish."""
    root, random = tmp_path / "cifar", np.random.default_rng(0)
    root.mkdir()
    for name, n in {"train": 40, "test": 12}.items():
        labels = [i % 2 for i in range(n)]
        shades = np.array([(200, 30, 30), (30, 30, 200)])[labels][:, :, None] + random.integers(0, 20, (n, 1, 1))
        data = np.broadcast_to(shades, (n, 3, 1024)).reshape(n, 3072).astype(np.uint8)
        (root / name).write_bytes(pickle.dumps({"data": data, "fine_labels": labels}, 2))
    (root / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "aquarium_fish"]}, 2))
    return root


@pytest.fixture
def rsicd(tmp_path):
    """The authors' layout: three scenes in three colours, and a picture whose name tells no scene."""
    root, images = tmp_path / "rsicd", []
    (root / "RSICD_images").mkdir(parents=True)
    for split, count in {"train": 6, "val": 2, "test": 3}.items():
        for scene, shade in SHADES.items():
            for i in range(count):
                name = f"{scene}_{split}{i}.jpg".replace(f"_{split}", f"_{len(images)}")
                (root / "RSICD_images" / name).write_bytes(jpeg(tuple(value + 4 * i for value in shade), (36, 32)))
                images.append({"filename": name, "split": split, "sentences": [{"raw": f"a {scene} ."}]})
        (root / "RSICD_images" / f"0{count}.jpg").write_bytes(jpeg((0, 0, 0)))
        images.append({"filename": f"0{count}.jpg", "split": split, "sentences": [{"raw": "nobody knows ."}]})
    (root / "dataset_rsicd.json").write_text(json.dumps({"images": images, "dataset": "rsicd"}), encoding="utf-8")
    return root


def evaluate(data, tmp_path, *more):
    """(report, rows of the confusion) of `minclip eval`."""
    out, matrix = tmp_path / "scores.json", tmp_path / "confusion.csv"
    arguments = ["eval", *MODEL, "--data", str(data), "--json", str(out), "--confusion", str(matrix), *more]
    assert main(arguments) == 0
    rows = list(csv.reader(matrix.read_text(encoding="utf-8").splitlines()))
    return json.loads(out.read_text(encoding="utf-8")), rows


def count(rows):
    return sum(int(cell) for _, *cells in rows[1:] for cell in cells)


def test_cifar_has_a_confusion(cifar, tmp_path):
    report, rows = evaluate(cifar, tmp_path)
    assert rows[0] == ["true class", "apple", "aquarium fish"] and count(rows) == 12
    right = int(rows[1][1]) + int(rows[2][2])
    assert report["tasks"]["object"]["accuracy"] == pytest.approx(right / 12)
    assert sum(one["pictures"] for one in report["tasks"]["object"]["confused"]) == 12 - right


def test_cifar_has_a_probe(cifar, tmp_path):
    pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")
    report, rows = evaluate(cifar, tmp_path, "--probe")
    assert report["probe"]["pictures"] == {"train": 40, "val": 0, "test": 12}
    assert report["probe"]["notes"] == ["C was chosen by 8 pictures of train, as there is no val split"]
    assert report["tasks"]["linear probe"]["accuracy"] == 1 and report["tasks"]["zero-shot"]["n"] == 12
    assert [row[1:] for row in rows[1:]] == [["6", "0"], ["0", "6"]]


def test_rsicd_has_a_confusion_of_scenes(rsicd, tmp_path):
    report, rows = evaluate(rsicd, tmp_path)
    assert len(rows) == 31 and count(rows) == 9 == report["tasks"]["scene"]["n"]
    assert "retrieval" in report


def test_rsicd_has_a_probe_of_scenes(rsicd, tmp_path):
    pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")
    report, rows = evaluate(rsicd, tmp_path, "--probe")
    assert report["probe"]["pictures"] == {"train": 18, "val": 6, "test": 9} and len(rows) == 31
    assert report["probe"]["notes"] == ["27 of 30 classes have no picture to learn from and are never answered"]
    assert report["tasks"]["linear probe"]["accuracy"] == 1


def test_the_picture_book_has_a_probe(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")
    monkeypatch.setattr(probing, "PICTUREBOOK", {"train": (10, 1), "val": (1, 1), "test": (0, 1)})
    monkeypatch.setattr("minclip.evaluation.linear_probe.COARSE", (2,))
    monkeypatch.setattr("minclip.evaluation.linear_probe.HALVINGS", 0)
    monkeypatch.setattr("minclip.evaluation.linear_probe.ITERATIONS", 20)
    report, rows = evaluate("picturebook", tmp_path, "--probe")
    tasks = report["tasks"]
    assert tasks["zero-shot"]["n"] == tasks["linear probe"]["n"] == report["probe"]["pictures"]["train"] > 500
    assert tasks["linear probe"]["accuracy"] > 10 * tasks["linear probe"]["chance"]
    assert len(rows) == 53 and count(rows) == tasks["linear probe"]["n"]


def test_names_for_cifar_come_from_a_file(cifar, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "cifar100").mkdir(parents=True)
    cifar.rename(tmp_path / "data" / "cifar100" / "files")
    (tmp_path / "names.txt").write_text("\ufeffa red square\r\n\r\na blue square\r\n", encoding="utf-8")
    _, rows = evaluate("cifar100", tmp_path, "--labels-file", str(tmp_path / "names.txt"))
    assert rows[0] == ["true class", "a red square", "a blue square"]
    (tmp_path / "names.txt").write_text("a\nb\nc\n", encoding="utf-8")
    assert main(["eval", *MODEL, "--data", "cifar100", "--labels-file", str(tmp_path / "names.txt")]) == 2
    assert "3 names, and object has 2 classes" in capsys.readouterr().err
