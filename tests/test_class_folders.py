"""Class folders: zero-shot evaluation with names and templates of one's own, never training."""

import json

import pytest
from folder_examples import png, write

import minclip
from minclip.cli import main
from minclip.data import DataSource, open_dataset
from minclip.data.layouts.class_folders import ClassFolders
from minclip.evaluation.suites import evaluation_suite

ANIMALS = {f"{name}/{i}.png": None for name in ("cat", "hot_dog") for i in range(3)}


def names_of(root, **options):
    return open_dataset(root, "test", **options).class_names


def refusal(root, **options):
    with pytest.raises(ValueError) as caught:
        names_of(root, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_picture_is_asked_without_a_test_split(tmp_path):
    write(tmp_path, ANIMALS | {"overview.png": None, "notes.txt": "hello"})
    suite = evaluation_suite(tmp_path, 16)
    task = suite.tasks["class"]
    assert (task.labels.tolist(), list(task.class_names)) == ([0, 0, 0, 1, 1, 1], ["cat", "hot dog"])
    assert suite.found == (
        f"{tmp_path} is class folders: 6 pictures, 2 classes; all 6 (no test split is told: every picture is asked); "
        "left out: pictures without class 1"
    )
    assert suite.left_out["pictures_without_class"]["first"] == "overview.png"


@pytest.mark.parametrize(("splits", "asked"), [(("train", "val"), "val"), (("training", "validation", "test"), "test")])
def test_the_split_folders_above_classes_tell(splits, asked, tmp_path):
    write(tmp_path, {f"{split}/{name}": None for split in splits for name in ANIMALS})
    write(tmp_path, {"train/only_here/1.png": None})
    dataset = open_dataset(tmp_path, "test").to_ask()
    assert (dataset.split, len(dataset), dataset.class_names) == (asked, 6, ["cat", "hot dog", "only here"])
    assert len(open_dataset(tmp_path, "train")) == 7


def test_folders_in_a_class_belong_to_it(tmp_path):
    write(tmp_path, {"cat/persian/1.png": None, "cat/1.png": None, "dog/été/1.png": None, "empty/notes.txt": ""})
    dataset = ClassFolders(DataSource(tmp_path), None)
    assert dataset.class_names == ["cat", "dog"] and sorted(dataset.labels) == [0, 0, 1]


def test_numbers_before_the_names_are_left_out(tmp_path):
    write(tmp_path, {"001.Black_footed_Albatross/1.jpg": None, "002.Laysan_Albatross/1.jpg": None})
    assert names_of(tmp_path) == ["Black footed Albatross", "Laysan Albatross"]
    write(tmp_path, {"crow/1.jpg": None})
    assert names_of(tmp_path)[0] == "001.Black footed Albatross", "not every folder has a number"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat: a cat, the animal\nhot_dog: a hot dog", ["a cat, the animal", "a hot dog"]),
        ("hot_dog sausage in a roll", ["cat", "sausage in a roll"]),
        ("\ufeffhot_dog\tfood\r\ncat\tpet\r\n", ["pet", "food"]),
        ("# in the order of the folders\nkitten\nfood, warm\n", ["kitten", "food, warm"]),
        ("cat, kitten\nhot_dog = food", ["kitten", "food"]),
    ],
)
def test_names_of_ones_own_replace_the_folders(text, names, tmp_path):
    write(tmp_path, ANIMALS | {"class_names.txt": text})
    assert names_of(tmp_path) == names
    (tmp_path / "class_names.txt").rename(tmp_path / "mine.txt")
    assert names_of(tmp_path) == ["cat", "hot dog"]
    assert names_of(tmp_path, class_names=str(tmp_path / "mine.txt")) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cat: a cat\ndog: a dog", "line 2: 'dog: a dog' begins with none of the folders cat, hot_dog"),
        ("one\ntwo\nthree", "has 3 names and there are 2 class folders: write FOLDER: NAME"),
        ("cat: hot dog", "the classes cat and hot_dog have one name, 'hot dog'"),
        ("cat: a\nhot_dog: b\ncat: c", "line 3: the folder cat has the name 'a' already"),
        ("cat:", "gives no name"),
        (b"cat: \xfc", "is not UTF-8"),
    ],
)
def test_names_that_do_not_fit_are_refused(text, said, tmp_path):
    assert said in refusal(write(tmp_path, ANIMALS | {"class_names.txt": text}))


def test_templates_of_ones_own_are_used(tmp_path):
    write(tmp_path, ANIMALS | {"templates.txt": "a drawing of {}.\n"})
    assert open_dataset(tmp_path, "test").templates == ["a drawing of {}."]
    write(tmp_path, {"others.txt": "{} here\n", "wrong.txt": "no place\n"})
    assert open_dataset(tmp_path, "test", templates=str(tmp_path / "others.txt")).templates == ["{} here"]
    assert "wrong.txt line 1:" in refusal(tmp_path, templates=str(tmp_path / "wrong.txt"))


def test_training_on_class_folders_says_why_not(tmp_path, capsys):
    write(tmp_path / "animals", ANIMALS)
    assert main(["train", "--data", str(tmp_path / "animals"), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert (
        "has 2 class names and no captions, and cannot be trained on: pictures of one class would be negatives" in said
    )
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match="cannot be trained on"):
        minclip.fit(tmp_path / "animals", device="cpu")


def test_eval_asks_class_folders(tmp_path, capsys):
    write(tmp_path / "animals", {f"{name}/{i}.png": png(name) for name in ("red", "blue") for i in range(4)})
    write(tmp_path, {"animals/red/broken.png": b"\x89PNG", "t.txt": "a {} thing\n", "n.txt": "red: red colour\n"})
    out = tmp_path / "scores.json"
    arguments = ["eval", "--model", "picturebook-tiny", "--data", str(tmp_path / "animals"), "--json", str(out)]
    assert main([*arguments, "--templates", str(tmp_path / "t.txt"), "--class-names", str(tmp_path / "n.txt")]) == 0
    printed = capsys.readouterr()
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["tasks"]["class"]["n"] == 8 and report["tasks"]["class"]["low"] <= report["tasks"]["class"]["high"]
    assert set(report["tasks"]["class"]["per_class"]) == {"red colour", "blue"}
    assert "9 pictures, 2 classes" in printed.err and report["found"] in printed.err
    assert "test_pictures_unreadable" in report["left_out"] and "class" in printed.out


CLASSES = {  # what is in the folder; class names, and words of the line on what was found
    "words of splits in classes": (
        {"test bench/1.png": None, "train station/2.png": None},
        ["test bench", "train station"],
        "2 pictures, 2 classes",
    ),
    "folders of programs": (
        {"cat/1.png": None, "dog/1.png": None, "__MACOSX/cat/1.png": b"x", "@eaDir/1.png": b"x", "cat/Thumbs.db": ""},
        ["cat", "dog"],
        "2 pictures, 2 classes",
    ),
    "an empty class": ({"cat/1.png": None, "dog/1.png": None, "ox/.keep": ""}, ["cat", "dog"], "without pictures 1"),
    "a log beside them": ({"cat/1.png": None, "dog/1.png": None, "log.jsonl": [{"step": 1}]}, ["cat", "dog"], "2 cla"),
    "labels without a header": (
        {"cat/1.png": None, "dog/1.png": None, "labels.csv": "cat/1.png,cat\ndog/1.png,dog\n"},
        ["cat", "dog"],
        "2 pictures, 2 classes",
    ),
    "a table of labels": (
        {"cat/1.png": None, "dog/1.png": None, "metadata.csv": "id,label\n1,cat\n"},
        ["cat", "dog"],
        "2 pictures, 2 classes",
    ),
    "splits in capitals": (
        {f"{split}/{name}/1.png": None for split in ("Train", "Testing") for name in ("cat", "dog")},
        ["cat", "dog"],
        "test 2",
    ),
}


@pytest.mark.parametrize("sample", CLASSES)
def test_class_folders_are_told_from_what_lies_beside(sample, tmp_path):
    files, names, line = CLASSES[sample]
    data = open_dataset(write(tmp_path, files), "test")
    assert (data.name, data.class_names) == ("class_folders", names) and line in str(data.found)
