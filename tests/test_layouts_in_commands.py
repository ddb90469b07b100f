"""Every command that takes --data works with the layouts that people have."""

import json

import pytest
from folder_examples import coco, karpathy, pictures, whole_set, write
from PIL import Image

import minclip
from minclip.cli import main
from minclip.data import DataSource, open_dataset
from minclip.evaluation import class_task
from minclip.experiments import finetuning
from minclip.experiments.runs import Run

NAMES = whole_set(40)
SPLITS = ["train"] * 28 + ["val"] * 6 + ["test"] * 6
OPTIONS = ["--image-column", "where", "--caption-column", "what"]


def folder(layout, root):
    """The same forty pictures in a layout; the options that it needs."""
    if layout == "imagefolder":
        return write(
            pictures(root, NAMES), {"metadata.jsonl": [{"file_name": n, "text": t} for n, t in NAMES.items()]}
        ), []
    if layout == "coco":
        return write(pictures(root, NAMES, "val2017"), {"annotations/captions_val2017.json": coco(NAMES)}), []
    if layout == "karpathy":
        said = {n: (s, t) for (n, t), s in zip(NAMES.items(), SPLITS, strict=True)}
        return write(pictures(root, NAMES, "photos"), {"dataset_mine.json": karpathy(said)}), []
    if layout == "table":
        rows = "".join(f"{root}/photos/{n}\t{text}\n" for n, t in NAMES.items() for text in t)
        return write(pictures(root, NAMES, "photos"), {"all.tsv": f"where\twhat\n{rows}"}) / "all.tsv", OPTIONS
    if layout == "texts":
        return write(pictures(root, NAMES), {n.replace("png", "txt"): "\n".join(t) for n, t in NAMES.items()}), []
    if layout == "kaggle":
        rows = "".join(f"{n},{text}\n" for n, t in NAMES.items() for text in t)
        return write(pictures(root, NAMES, "Images"), {"captions.txt": f"image,caption\n{rows}"}), []
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pictures(root / "once", NAMES)
    structs = [{"bytes": (root / "once" / n).read_bytes(), "path": n} for n in NAMES]
    (root / "set").mkdir()
    table = arrow.table({"image": structs, "captions": list(NAMES.values())})
    parquet.write_table(table, root / "set" / "all.parquet")
    return root / "set", []


FAST = ["--config", "tiny", "--samples", "32", "--batch", "16", "--device", "cpu"]


@pytest.mark.parametrize("layout", ["imagefolder", "coco", "karpathy", "table", "texts", "kaggle", "parquet"])
def test_train_and_eval_take_a_layout(layout, tmp_path, capsys):
    data, options = folder(layout, tmp_path / "set")
    run = tmp_path / "run"
    assert main(["train", "--data", str(data), *options, "--out", str(run), *FAST]) == 0
    said = capsys.readouterr().err
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert ": 40 pictures, 80 captions; train " in report["run"]["found"]
    assert f"minclip: {report['run']['found']}\n" in said
    assert report["run"]["found"] in (run / "report.md").read_text(encoding="utf-8")
    assert main(["eval", "--data", str(data), *options, "--model", str(run), "--device", "cpu"]) == 0
    printed = capsys.readouterr()
    assert ": 40 pictures, 80 captions; train " in printed.err and "text → image R@10" in printed.out


def test_a_run_keeps_the_options_of_its_data(tmp_path, monkeypatch, capsys):
    folder("table", tmp_path / "set")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--data", "set/all.tsv", *OPTIONS, "--out", "run", *FAST]) == 0
    state = Run("run").load()[2]
    kept = {"data": str(tmp_path / "set" / "all.tsv"), "image_column": "where", "caption_column": "what"}
    assert state["data"] == kept
    monkeypatch.chdir(tmp_path / "set")
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--device", "cpu"]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["data"] == f"{kept['data']} (image_column=where, caption_column=what)"
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "--image-column NAME" in capsys.readouterr().out
    resume = ["train", "--out", str(tmp_path / "run"), "--resume", *OPTIONS]
    assert main(resume) == 2 and "leave out --image-column, --caption-column" in capsys.readouterr().err


def test_fit_and_fine_tuning_take_options(tmp_path, monkeypatch):
    data, _ = folder("table", tmp_path / "set")
    source = DataSource(data, image_column="where", caption_column="what")
    small = minclip.CLIPConfig(64, 16, 8, 64, 1, 32, 1, 1, context_length=16, vocab_size=600)
    run = minclip.fit(source, config=small, samples=32, batch_size=16, device="cpu")
    assert run.report["retrieval"]["n_images"] == len(open_dataset(source, "test"))
    task = class_task("colour", [Image.new("RGB", (8, 8), "red")], ["red"], ["red", "blue"])
    monkeypatch.setattr(finetuning, "not_trained_for", lambda size, split: task)
    tuned = minclip.fit(source, model="picturebook-tiny", samples=32, batch_size=16, device="cpu")
    assert tuned.report["run"]["data"].endswith("all.tsv (image_column=where, caption_column=what)")
    with pytest.raises(ValueError, match="brings its own captions"):
        minclip.fit(source, ["a"] * 40)


@pytest.mark.parametrize("layout", ["coco", "table", "parquet"])
def test_shards_are_written_of_a_layout(layout, tmp_path, capsys):
    pytest.importorskip("webdataset")
    data, options = folder(layout, tmp_path / "set")
    assert main(["data", "shards", "--data", str(data), *options, "--out", str(tmp_path / "shards")]) == 0
    assert "40 pictures, 80 captions" in capsys.readouterr().err
    again = open_dataset(tmp_path / "shards", "train")
    first = open_dataset(DataSource(data, image_column="where", caption_column="what") if options else data, "train")
    assert len(again) == len(first) and again.captions(3) == first.captions(3)
    assert again.image(3).tobytes() == first.image(3).tobytes()


def test_search_finds_the_pictures_of_a_layout(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINCLIP_INDEXES", str(tmp_path / "indexes"))
    data, _ = folder("coco", tmp_path / "set")
    assert main(["search", "a red thing", "--in", str(data), "--model", "picturebook-tiny", "-k", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
