"""`minclip eval` on classes: a linear probe beside zero-shot, confusions, and names and templates of one's own."""

import csv
import json

import numpy as np
import pytest
from folder_examples import write
from test_search_index import draw

import minclip
from minclip.cli import main
from minclip.data.protocol import ClassTask
from minclip.data.splits import hashed_split
from minclip.evaluation import probe_model
from minclip.evaluation.confusions import confusion_csv, confusion_lines, most_confused
from minclip.evaluation.evaluate import TaskResult
from minclip.evaluation.suites import Suite, with_words
from minclip.figures import plot_confusion

MODEL = ["--model", "picturebook-tiny", "--device", "cpu"]


@pytest.fixture
def colours(tmp_path):
    """train, val and test folders of three colours, a little different in each picture."""
    shades = {"red": (200, 20, 20), "green": (20, 160, 20), "blue": (30, 30, 200)}
    for split, count in {"train": 6, "val": 2, "test": 3}.items():
        for name, shade in shades.items():
            for i in range(count):
                draw(tmp_path / "colours" / split / name / f"{i}.png", tuple(value + 5 * i for value in shade))
    return tmp_path / "colours"


def result(confusion, names):
    counts = np.array(confusion)
    return TaskResult("class", 0.5, 0.4, 0.6, 9, 0.3, np.zeros(9), tuple(names), None, counts)


def test_confusions_are_named_and_counted():
    found = result([[5, 3, 0], [0, 4, 1], [0, 0, 0]], ["cat", "dog", "cow, the animal"])
    assert most_confused(found)[0] == {"class": "cat", "taken_for": "dog", "pictures": 3, "of": 8}
    assert confusion_lines(found)[1:] == ["  cat → dog: 3 of 8", "  dog → cow, the animal: 1 of 5"]
    rows = list(csv.reader(confusion_csv(found).splitlines()))
    assert rows[0] == ["true class", "cat", "dog", "cow, the animal"] and rows[1] == ["cat", "5", "3", "0"]
    assert confusion_lines(result([[1, 0], [0, 1]], "ab")) == []


def test_a_probe_and_zero_shot_see_one_test_split(colours):
    pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")
    model, _, tokenizer = minclip.load("picturebook-tiny", "cpu")
    probed = probe_model(model, tokenizer, colours)
    assert probed.pictures == {"train": 18, "val": 6, "test": 9}
    assert probed.zero_shot.n == probed.linear_probe.n == 9 and probed.linear_probe.accuracy == 1.0
    assert probed.linear_probe.class_names == probed.zero_shot.class_names == ("blue", "green", "red")


def test_eval_prints_probe_and_confusion(colours, tmp_path, capsys):
    pytest.importorskip("sklearn", reason="no scikit-learn here: pip install -e .[probe]")
    (colours / "test" / "red" / "broken.png").write_bytes(b"no")
    out, matrix = tmp_path / "scores.json", tmp_path / "confusion.csv"
    arguments = ["eval", *MODEL, "--data", str(colours), "--probe", "--json", str(out), "--confusion", str(matrix)]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "linear probe  100.0 %" in printed.out and "zero-shot" in printed.out
    assert "The probe learned from 18 of train and 6 of val; C = " in printed.out
    assert "broken.png" in printed.err
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["tasks"]["linear probe"]["n"] == 9 and report["probe"]["pictures"]["val"] == 6
    assert report["tasks"]["zero-shot"].keys() >= {"accuracy", "low", "high", "confused"}
    assert matrix.read_text(encoding="utf-8").splitlines()[1] == "blue,3,0,0"


def test_eval_draws_a_confusion(colours, tmp_path, capsys):
    assert main(["eval", *MODEL, "--data", str(colours), "--confusion", str(tmp_path / "c.png")]) == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert main(["eval", *MODEL, "--data", str(colours), "--confusion", "c.gif"]) == 2
    assert "must end in .csv or .png" in capsys.readouterr().err


def test_a_confusion_of_odd_names_is_drawn(tmp_path, capsys, recwarn):
    for name, shade in {"a $x$ b": "red", "$": "blue", "\u65e5\u672c": "green"}.items():
        draw(tmp_path / "odd" / name / "1.png", shade)
    assert main(["eval", *MODEL, "--data", str(tmp_path / "odd"), "--confusion", str(tmp_path / "c.png")]) == 0
    assert "lacks letters of some class names: a .csv has them" in capsys.readouterr().err and not list(recwarn)


def test_a_confusion_of_many_classes_stays_small():
    figure = plot_confusion(np.eye(400, dtype=int), [str(i) for i in range(400)])
    names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert max(figure.get_size_inches()) < 50 and "399" not in names


def test_a_probe_needs_classes(tmp_path, capsys):
    write(tmp_path, {"1.png": None, "captions.csv": "file,caption\n1.png,a cat\n"})
    assert main(["eval", *MODEL, "--data", str(tmp_path), "--probe"]) == 2
    assert "has captions and no classes" in capsys.readouterr().err


def test_what_cannot_be_written_is_refused_before_work(colours, tmp_path, capsys, monkeypatch):
    write(tmp_path, {"cap/1.png": None, "cap/captions.csv": "file,caption,split\n1.png,a cat,test\n"})
    monkeypatch.setattr("minclip.cli.eval.open_model", lambda arguments: pytest.fail("the model was loaded"))
    picture = colours / "test" / "red" / "0.png"
    for data, place, said in (
        (tmp_path / "cap", tmp_path / "c.csv", "--confusion: "),
        (colours, picture / "c.csv", "is a file, no folder: "),
        (colours, colours.with_name("x.png"), "is a folder, and was to be a file"),
    ):
        colours.with_name("x.png").mkdir(exist_ok=True)
        assert main(["eval", *MODEL, "--data", str(data), "--confusion", str(place)]) == 2
        assert said in capsys.readouterr().err


def test_a_probe_without_test_pictures_says_what_there_is(tmp_path, capsys):
    names = [f"{name}/{i}.png" for name in ("cat", "dog") for i in range(9)]
    write(tmp_path, {name: None for name in names if hashed_split(name) == "train"})
    assert main(["eval", *MODEL, "--data", str(tmp_path), "--probe"]) == 2
    said = capsys.readouterr().err
    assert "the test split holds no picture of a known class: " in said and "2 classes; train " in said


def test_labels_files_give_names_and_templates(colours, tmp_path, capsys):
    write(tmp_path, {"names.txt": "red: the colour red\n", "labels.txt": "a red picture\n# none\na blue picture\n"})
    assert main(["eval", *MODEL, "--data", str(colours), "--labels-file", str(tmp_path / "names.txt")]) == 0
    picture = str(colours / "test" / "red" / "0.png")
    for more, lines in (([], 2), (["-k", "1"], 1)):
        assert main(["classify", picture, *MODEL, "--labels-file", str(tmp_path / "labels.txt"), *more]) == 0
        assert len(capsys.readouterr().out.splitlines()[-1 - lines :]) == 1 + lines
    assert main(["classify", picture, *MODEL, "--labels", "a,b", "-k", "0"]) == 2
    assert main(["classify", picture, *MODEL, "--labels", "cat,dog,Cat"]) == 2
    assert "a model reads 'cat' and 'Cat' as one" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["classify", picture, *MODEL])
    assert "--labels --labels-file is required" in capsys.readouterr().err


def test_words_of_ones_own_for_a_named_set(tmp_path):
    pixels = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    suite = Suite({"object": ClassTask("object", pixels, np.zeros(2, int), ["cat", "dog"], ["{}"])})
    write(tmp_path, {"n.txt": "kitten\npuppy\n", "t.txt": "a photo of a {}.\n", "three.txt": "a\nb\nc\n"})
    task = with_words(suite, str(tmp_path / "n.txt"), str(tmp_path / "t.txt")).tasks["object"]
    assert (task.class_names, task.templates) == (["kitten", "puppy"], ["a photo of a {}."])
    assert with_words(suite, None, None) is suite
    with pytest.raises(ValueError, match="3 names, and object has 2 classes"):
        with_words(suite, str(tmp_path / "three.txt"), None)
