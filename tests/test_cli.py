"""The command line, called as a function: what it prints, where, and with which exit code."""

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minclip
from minclip import checkpoint, cli
from minclip.cli import doctor, main
from minclip.data.picturebook import PictureBook
from minclip.data.protocol import ClassTask
from minclip.evaluation.suites import Suite

COMMANDS = ["doctor", "data", "fetch", "train", "eval", "classify", "embed", "search", "serve", "export", "course"]
COMMANDS += ["classroom", "completion"]


@pytest.fixture
def model_file(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint.save(model, tokenizer, path)
    return str(path)


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255)), ("grey", (90, 90, 90))):
        Image.new("RGB", (24, 16), colour).save(folder / f"{name}.png")
    return folder


def test_classify_knows_four_snakes(tmp_path, capsys):
    book, picture = PictureBook("test", size=32), tmp_path / "snakes.png"
    book.image(9).save(picture)
    assert book.captions(9)[0] == "four snakes"
    assert main(["classify", str(picture), "--labels", "a car,snakes,a tree", "--model", "picturebook-tiny"]) == 0
    path, *answers = capsys.readouterr().out.splitlines()
    assert path == str(picture) and answers[0] == "  100.0 %  snakes"
    assert sorted(answers[1:]) == ["    0.0 %  a car", "    0.0 %  a tree"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"\n    minclip {command}" in capsys.readouterr().out


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0 and capsys.readouterr().out == f"minclip {minclip.__version__}\n"


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(f"\n    {command} " in printed for command in COMMANDS)


@pytest.mark.parametrize("argv", [[], ["fly"], ["classify", "a.png"], ["search", "a car", "--in", ".", "-k", "x"]])
def test_wrong_usage_is_exit_code_2(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2
    assert "usage: minclip" in capsys.readouterr().err


def test_the_command_line_imports_neither_torch_nor_numpy():
    look = (
        "import sys, types; m = types.ModuleType('minclip'); m.__path__ = sys.argv[1:];"
        "sys.modules['minclip'] = m;"
        "import minclip.cli; sys.exit(not {'torch', 'numpy'}.isdisjoint(sys.modules))"
    )
    package = str(Path(doctor.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", look, package], check=False).returncode == 0


def test_classify_prints_shares_of_every_picture(model_file, pictures, capsys):
    paths = [str(pictures / "red.png"), str(pictures / "blue.png")]
    assert main(["classify", *paths, "--labels", "red car, tree,fish,", "--model", model_file]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[4]] == paths
    shares = [float(line.split("%")[0]) for line in lines[1:4]]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(100, abs=0.2)
    assert {line.split("%")[1].strip() for line in lines[1:4]} == {"red car", "tree", "fish"}


def test_classify_answers_for_the_pictures_that_it_can_read(model_file, pictures, capsys):
    good = [str(pictures / "red.png"), str(pictures / "blue.png")]
    asked = ["--labels", "car,tree", "--model", model_file]
    assert main(["classify", *good, *asked]) == 0
    expected = capsys.readouterr().out
    bad = [str(pictures / "nowhere.png"), __file__, str(pictures)]
    assert main(["classify", bad[0], good[0], *bad[1:], good[1], *asked]) == 1
    printed = capsys.readouterr()
    assert printed.out == expected
    reasons = ["is not there", "is not a picture that Pillow can read", "is a folder: pass a picture file"]
    assert printed.err.splitlines() == [f"minclip: {p} {why}" for p, why in zip(bad, reasons, strict=True)]


def test_classify_without_a_readable_picture_loads_no_model(capsys):
    assert main(["classify", "nowhere.png", "--labels", "car,tree", "--model", "no/such/model"]) == 1
    assert capsys.readouterr() == ("", "minclip: nowhere.png is not there\n")


def test_classify_holds_one_picture_at_a_time(model_file, pictures, monkeypatch, capsys):
    alive = []

    def watched(path):
        assert sum(reference() is not None for reference in alive) <= 2  # the first, and the one before this
        picture = Image.new("RGB", (24, 16))
        alive.append(weakref.ref(picture))
        return picture

    monkeypatch.setattr("minclip.data.images.open_image", watched)
    monkeypatch.setattr("minclip.preprocess.as_seen", lambda picture: picture)
    paths = [f"{i}.png" for i in range(200)]
    assert main(["classify", *paths, "--labels", "car,tree", "--model", model_file]) == 0
    assert capsys.readouterr().out.splitlines()[::3] == paths


def test_classify_reads_pictures_as_a_viewer_shows_them(model_file, tmp_path, capsys):
    nothing, white = tmp_path / "nothing.png", tmp_path / "white.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(nothing)
    Image.new("RGB", (20, 20), "white").save(white)
    assert main(["classify", str(nothing), str(white), "--labels", "car,tree", "--model", model_file]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == lines[4:6]
    assert main(["search", "a car", "--in", str(tmp_path), "--model", model_file]) == 0
    first, second = (line.split()[0] for line in capsys.readouterr().out.splitlines())
    assert first == second


def test_classify_reads_templates(model_file, pictures, tmp_path, capsys):
    templates = tmp_path / "templates.txt"
    templates.write_text("the {} of\nno place for it\n", encoding="utf-8")
    asked = ["classify", str(pictures / "red.png"), "--labels", "car,tree", "--model", model_file]
    assert main([*asked, "--templates", str(templates)]) == 2
    assert "line 2" in capsys.readouterr().err
    templates.write_text("{}\n", encoding="utf-8")
    assert main([*asked, "--templates", str(templates)]) == 0
    own = capsys.readouterr().out
    assert main(asked) == 0
    assert capsys.readouterr().out != own


def test_search_ranks_the_pictures_of_a_folder(model_file, pictures, capsys):
    (pictures / "broken.png").write_bytes(b"no picture")
    assert main(["search", "a red car", "--in", str(pictures), "-k", "2", "--model", model_file]) == 0
    printed = capsys.readouterr()
    scores, paths = zip(*(line.split(maxsplit=1) for line in printed.out.splitlines()), strict=True)
    assert list(scores) == sorted(scores, key=float, reverse=True) and len(scores) == 2
    assert all(Path(path).parent == pictures for path in paths)
    assert f"minclip: 1 file could not be read: {pictures / 'broken.png'}\n" in printed.err
    assert "4/4" in printed.err  # the bar


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["classify", __file__, "--labels", "car,car"], "twice"),
        (["classify", __file__, "--labels", " , "], "empty"),
        (["search", "a car", "--in", ".", "-k", "0"], "-k 0"),
        (["search", " ", "--in", "."], "query is empty"),
        (
            ["search", "a car", "--in", ".", "--model", "nowhere.safetensors"],
            "no model at nowhere.safetensors",
        ),
        (["data", "picturebook", "--from", "a.zip"], "leave out --from"),
        (["data", "picturebook", "--size", "0"], "--size 0"),
        (["data", "cifar10", "--sheet"], "--sheet is for the picture book"),
        (["data", "picturebook", "--sheet", "--size", "600"], "from 8 to 512"),
        (["data", "cifar10", "--size", "64"], "--size is for the picture book"),
        (["data", "cifar10", "--from", "nowhere.tar.gz"], "nowhere.tar.gz is not there"),
        (["data", "rsicd"], "authors"),
        (["train", "--out", "runs/x"], "needs --data"),
        (["train", "--out", "runs/x", "--resume", "--lr", "1"], "leave out --lr"),
        (["train", "--out", "runs/x", "--data", "picturebook", "--config", "huge"], "'huge' is not known"),
        (
            ["train", "--out", "runs/x", "--data", "picturebook", "--config", "tiny", "--batch", "1"],
            "--batch 1",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(argv, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    assert main(argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("minclip: error: ") and printed.err.count("\n") == 1
    assert message in printed.err


def test_without_a_model_the_newest_run_is_used(model, tokenizer, pictures, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["search", "a red car", "--in", str(pictures)]
    assert main(asked) == 2
    assert "minclip train" in capsys.readouterr().err
    for age, name in ((200, "old"), (100, "new"), (300, "older")):
        path = tmp_path / "runs" / name / checkpoint.MODEL_FILE
        path.parent.mkdir(parents=True)
        checkpoint.save(model, tokenizer, path)
        os.utime(path, (10_000 - age, 10_000 - age))
    assert main(asked) == 0
    assert f"using the newest run, {Path('runs') / 'new'} " in capsys.readouterr().err


def test_eval_prints_a_table_and_writes_json(model_file, tmp_path, monkeypatch, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, size=(6, 16, 16, 3), dtype=np.uint8)
    task = ClassTask("object", pixels, np.arange(6) % 2, ["car", "tree"], ["a {}"])
    pairs = (pixels, [f"picture {i}" for i in range(6)], np.arange(6))
    suite = Suite({"object": task}, pairs)
    monkeypatch.setattr("minclip.evaluation.suites.evaluation_suite", lambda data, size, squash: suite)
    file = tmp_path / "new folder" / "scores.json"
    assert main(["eval", "--model", model_file, "--data", "picturebook", "--json", str(file)]) == 0
    scores = json.loads(file.read_text(encoding="utf-8"))
    assert scores["tasks"]["object"]["n"] == 6 and scores["tasks"]["object"]["chance"] == 0.5
    assert set(scores["retrieval"]["image_to_text"]) == {"R@1", "R@5", "R@10"}
    printed = capsys.readouterr()
    assert f"{100 * scores['tasks']['object']['accuracy']:.1f} %" in printed.out
    asked = "evaluating on picturebook: object, retrieval among 6 pictures and 6 texts"
    assert printed.err == f"minclip: {asked}\n"


def test_data_draws_the_picture_book_once(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    monkeypatch.setattr("minclip.data.picturebook.dataset.COUNTS", {"train": 5, "val": 3, "test": 2})
    assert main(["data", "picturebook", "--size", "24"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train: 5 pictures of 24 × 24 pixels"
    assert any(line.startswith("task object: ") for line in lines)
    drawn = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert len(drawn) == len(lines)
    assert main(["data", "picturebook", "--size", "24"]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == drawn


def test_data_shows_a_page_of_pictures(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minclip.data.picturebook.dataset.COUNTS", {"train": 5, "val": 3, "test": 2})
    assert main(["data", "picturebook", "--show"]) == 0
    assert capsys.readouterr().out == "picturebook.png: 2 of 2 test pictures\n"
    assert main(["data", "picturebook", "--show", "there/look.png"]) == 0
    for file in ("picturebook.png", "there/look.png"):
        with Image.open(tmp_path / file) as page:
            assert page.format == "PNG" and page.width > 200
    assert len(list(tmp_path.rglob("*.npy"))) == 1  # the test split alone was drawn


def test_data_shows_the_page_without_broken_pictures(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("minclip.data.sources.obtain", lambda name, source: tmp_path)
    rows = [f"{name}.png,a {name} square,test" for name in ("red", "broken", "blue")]
    (tmp_path / "captions.csv").write_text("\n".join(["file,caption,split", *rows]), encoding="utf-8")
    for name in ("red", "blue"):
        Image.new("RGB", (8, 8), name).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert main(["data", "flickr8k", "--show", str(tmp_path / "page.jpg")]) == 0
    said = capsys.readouterr()
    assert "page.jpg: 2 of 3 test pictures" in said.out
    assert "1 pictures of folder/test cannot be read" in said.err and "broken.png" in said.err
    for name in ("red", "blue"):
        (tmp_path / f"{name}.png").write_bytes(b"")
    assert main(["data", "flickr8k", "--show", str(tmp_path / "page.jpg")]) == 2
    assert "none of 3 test pictures can be read, first: " in capsys.readouterr().err


def test_data_writes_a_sheet_of_classes_by_styles(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    for given, file in (([], "picturebook-sheet.png"), (["there/sheet.png"], "there/sheet.png")):
        assert main(["data", "picturebook", "--size", "8", "--sheet", *given]) == 0
        assert capsys.readouterr().out.startswith(f"{Path(file)}: every class in every style")
        with Image.open(tmp_path / file) as sheet:
            assert sheet.format == "PNG" and sheet.height > 52 * 8 and sheet.width > 13 * 8
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["picturebook-sheet.png", "sheet.png"]


def test_a_page_is_one_or_the_other(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["data", "picturebook", "--show", "--sheet"])
    assert stopped.value.code == 2 and "not allowed with" in capsys.readouterr().err


def test_data_takes_a_set_that_is_here_already(shared, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    asked = ["data", "flickr8k", "--from", str(shared / "data" / "flickr8k-96")]
    assert main([*asked, "--show", str(tmp_path / "page.png")]) == 0
    assert "24 of 1,000 test pictures" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()  # nothing was copied


def test_ctrl_c_is_130_and_names_the_resuming_command(model, tokenizer, monkeypatch, capsys, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("minclip.experiments.experiment.run_training", interrupted)
    arguments = ["train", "--data", "picturebook", "--out", str(tmp_path)]
    assert main(arguments) == 130
    assert "--resume" not in capsys.readouterr().err, "there is no checkpoint to go on from"
    (tmp_path / "state.safetensors").write_bytes(b"a checkpoint")
    assert main(arguments) == 130
    assert f"minclip train --out {tmp_path} --resume" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no broken pipe of this kind")
def test_a_closed_pipe_is_no_mistake():
    long_answer = "cli.doctor.run = lambda _: print('x' * 10**6) or 0"
    code = f"import sys; from minclip import cli; {long_answer}; sys.exit(cli.main(['doctor']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(arguments):
        raise IndexError("a bug")

    monkeypatch.setattr(cli.doctor, "run", broken)
    with pytest.raises(IndexError, match="a bug"):
        main(["doctor"])


@pytest.mark.parametrize("command", ["search", "classify"])
def test_a_long_text_names_no_argument_of_the_library(command, model_file, pictures, capsys):
    text = " ".join(["a very long query"] * 12)
    asked = {
        "search": ["search", text, "--in", str(pictures)],
        "classify": ["classify", str(pictures / "red.png"), "--labels", f"car,{text}"],
    }
    assert main([*asked[command], "--model", model_file]) == 2
    said = capsys.readouterr().err
    assert "truncate" not in said and "caption" not in said and said.count("\n") == 1
    assert "tokens, the model reads 16: write a shorter one (it begins '" in said
