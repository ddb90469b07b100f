"""The sweep in miniature: every point trains and is kept once, the stem is one, table and plot show what was kept."""

import json
from dataclasses import replace

import pytest
import torch

from benchmarks import result_files, update_docs
from benchmarks.claims.training_arms import Arm, Book
from benchmarks.learning import sweep
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.devices import choose_device
from minclip.experiments.preparation import new_model
from minclip.experiments.recipes import RECIPES
from minclip.loss import clip_loss

SMALL = CLIPConfig(32, 16, 8, 64, 2, 64, 1, 1, context_length=32, vocab_size=900)
CONFIG = TrainConfig(samples=32, batch_size=16, log_every=1, save_every=sweep.NEVER)
MINIATURE = Arm(data=Book(pictures=400), config=CONFIG, model=SMALL)
STEM = next(point for point in sweep.points(MINIATURE) if point.name == "stem")


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory):
    """A base of two steps, asked little; nothing is drawn, kept or plotted outside of a folder of its own."""
    folder = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINCLIP_DATA", str(folder / "data"))
        patch.setattr(sweep, "BASE", MINIATURE)
        patch.setattr(sweep, "PER_CLASS", 1)
        patch.setattr(sweep, "PLOT", folder / "sweep.png")
        patch.setattr(result_files, "RESULTS", folder)
        yield folder


@pytest.fixture(scope="module")
def out(small):
    """The folder of a sweep that has run to its end."""
    sweep.main(["--out", str(small / "points")])
    return small / "points"


def copied(out, folder, *names):
    """Another sweep's folder, with some of the points."""
    for name in names:
        (folder / f"{name}.json").write_text((out / f"{name}.json").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_the_sweep_is_of_the_recipe_in_whole_batches():
    base = Arm(config=replace(RECIPES["picturebook"].config, samples=sweep.SAMPLES))
    found = sweep.points(base)
    names = [point.name for point in found]
    assert len(set(names)) == len(names) == 18
    assert (names[0], names[-1]) == ("base-0", "patch-4") and {point.axis for point in found} == set(sweep.AXES)
    assert all(sweep.SAMPLES % point.arm.config.batch_size == 0 for point in found)
    grid = [point.arm.config for point in found if point.axis == "rates and batch"] + [base.config]
    assert {(one.learning_rate, one.muon_learning_rate, one.batch_size) for one in grid} == {
        (factor * 1e-3, factor * 0.02, batch) for factor in (0.5, 1, 2) for batch in (128, 256, 512)
    }


def test_every_point_but_the_bases_seeds_is_another_arm():
    descriptions = {json.dumps(sweep.description(point)) for point in sweep.points(MINIATURE)}
    assert len(descriptions) == 18
    assert len({json.dumps(point.arm.description()) for point in sweep.points(MINIATURE)}) == 16


def test_every_point_is_trained_and_kept(out):
    assert {path.stem for path in out.iterdir()} == {point.name for point in sweep.points(MINIATURE)}
    for point in sweep.points(MINIATURE):
        content = sweep.measured(point, out)
        assert content["stopped"] is None
        assert [content["tasks"][name]["n"] for name in sweep.ASKED] == [572, 104, 52]
        assert all(task["low"] <= task["accuracy"] <= task["high"] for task in content["tasks"].values())


def test_operations_say_what_a_point_costs(out):
    contents = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in out.iterdir()}
    operations = {name: content["operations_per_pair"] for name, content in contents.items()}
    assert operations["patch-16"] < operations["base-0"] < operations["patch-4"]
    assert operations["base-0"] < operations["resolution-24"]
    assert operations["adamw-0.001"] < operations["base-0"] < operations["stem"]
    assert operations["rates-0.5-batch-16"] == operations["base-0"] < operations["rates-1-batch-8"], "Muon's, by steps"


def test_a_point_that_is_there_is_not_trained_again(out, monkeypatch, capsys):
    monkeypatch.setattr(sweep, "train_clip", None)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    sweep.main(["--out", str(out)])
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert "to train" not in capsys.readouterr().out


def test_the_list_says_what_is_left_and_trains_nothing(out, tmp_path, capsys):
    sweep.main(["--list", "--out", str(copied(out, tmp_path, "base-0", "stem"))])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 18 and sum("to train" in line for line in lines) == 16
    assert lines[0].startswith("base-0: seed 0, 32 samples: object ")
    assert len(list(tmp_path.iterdir())) == 2


def test_some_points_are_trained_alone_and_nothing_is_kept(out, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sweep, "collected", None)  # whoever gathers fails
    sweep.main(["patch-16", "stem", "--list", "--out", str(copied(out, tmp_path, "stem"))])
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["stem", "patch-16"]
    sweep.main(["patch-16", "stem", "--out", str(tmp_path)])
    assert {path.stem for path in tmp_path.iterdir()} == {"stem", "patch-16"}
    with pytest.raises(SystemExit):
        sweep.main(["patch-15", "--list"])
    assert "patch-15" in capsys.readouterr().err


def test_a_file_of_other_settings_is_refused(out, tmp_path, monkeypatch):
    copied(out, tmp_path, "base-0")
    monkeypatch.setattr(sweep, "BASE", MINIATURE.with_config(weight_decay=0.1))
    with pytest.raises(ValueError, match=r"base-0\.json was measured with other settings"):
        sweep.main(["--page", "--out", str(tmp_path)])


def test_a_loss_of_nan_is_a_result(tmp_path):
    def no_number(images, texts, scale):
        return clip_loss(images, texts, scale) * float("nan")

    point = sweep.Point("wild", "optimiser", "no number", replace(MINIATURE, loss=no_number))
    content = sweep.measure(point, tmp_path, choose_device("cpu"))
    assert content["tasks"] == sweep.measured(point, tmp_path)["tasks"]
    assert content["stopped"].startswith("the loss is nan") and content["tasks"]["object"]["accuracy"] < 0.1


def test_the_stem_has_the_tokens_of_one_convolution():
    for dtype in (torch.float32, torch.bfloat16):
        model, plain = new_model(SMALL, 0), new_model(SMALL, 0)
        sweep.conv_stem(model)
        pixels = torch.randn(2, 3, 16, 16, generator=torch.manual_seed(1))
        with choose_device("cpu", dtype).precision():
            tokens = model.visual.embedding(pixels)
            model.encode_image(pixels).float().square().sum().backward()
        assert tokens.shape == plain.visual.embedding(pixels).shape == (2, 5, 64)
        gradients = [parameter.grad for parameter in model.visual.embedding.parameters()]
        assert len(gradients) > 10 and all(bool((gradient != 0).any()) for gradient in gradients)


def test_the_stem_keeps_cls_and_positions():
    model = new_model(SMALL, 0)
    embedding = model.visual.embedding
    pixels = torch.zeros(1, 3, 16, 16)
    before = embedding(pixels)[:, 0]
    sweep.conv_stem(model)
    assert torch.equal(embedding(pixels)[:, 0], before)
    corner = pixels.clone()
    corner[..., 12:, 12:] = 1  # the lower right patch is the last token
    moved = (embedding(corner) - embedding(pixels)).abs().sum(dim=-1)[0]
    assert moved[0] == 0 and moved[4] == moved.max() > 0


def test_the_stem_has_the_same_weights_every_time():
    drawn = []
    for _ in range(2):
        model = new_model(SMALL, 0)
        STEM.arm.change(model)
        drawn.append(model.visual.embedding.conv1.layers[0].weight)
    assert torch.equal(*drawn)


def test_the_kept_result_has_every_point_axis_by_axis(out, small):
    result = json.loads((small / "sweep.json").read_text(encoding="utf-8"))
    assert " core" in result["machine"] and result == json.loads(json.dumps(sweep.collected(MINIATURE, out)))
    assert (result["split"], result["missing"], result["recipe"]["samples"]) == ("validation", [], 32)
    axes = [point["axis"] for point in result["points"]]
    assert axes == sorted(axes, key=sweep.AXES.index) and len(axes) == 18
    assert [point["value"] for point in result["points"][:3]] == ["seed 0", "seed 1", "seed 2"]
    assert [point["operations"] for point in result["points"][:3]] == [1, 1, 1]
    assert result["points"][0]["tasks"] == sweep.measured(sweep.points(MINIATURE)[0], out)["tasks"]


def test_points_that_are_not_done_are_named(out, tmp_path):
    with pytest.raises(ValueError, match=r"does not hold base-0\.json"):
        sweep.collected(MINIATURE, copied(out, tmp_path, "stem"))
    result = sweep.collected(MINIATURE, copied(out, tmp_path, "base-0"))
    assert [point["axis"] for point in result["points"]] == ["base", "stem"]
    assert len(result["missing"]) == 16 and "patch: 4 pixels" in result["missing"]


def test_the_plot_shows_every_point_and_the_bases_band(out, small):
    result = sweep.collected(MINIATURE, out)
    axes = sweep.plot_sweep(result).axes[0]
    assert len(axes.containers) == len(axes.get_yticklabels()) == 18
    seeds = [100 * point["tasks"]["object"]["accuracy"] for point in result["points"][:3]]
    band = axes.patches[0]
    assert (band.get_x(), band.get_width()) == pytest.approx((min(seeds), max(seeds) - min(seeds)))
    assert (small / "sweep.png").stat().st_size > 10_000


def test_the_table_shows_every_point_with_its_interval(out, small):
    text = update_docs.sweep()
    lines = text.splitlines()
    points = json.loads((small / "sweep.json").read_text(encoding="utf-8"))["points"]
    assert len([line for line in lines if line.startswith("| ")]) == 2 + len(points)
    shown = next(line for line in lines if line.startswith("| stem | 3 × 3 convolutions | "))
    stem = next(point for point in points if point["axis"] == "stem")
    assert shown.split(" | ")[2] == update_docs.percent(stem["tasks"]["object"])
    assert shown.endswith(f"{stem['operations']:.2f} × |")
    seeds = [f"{100 * point['tasks']['object']['accuracy']:.1f}" for point in points[:3]]
    assert f"of the base, seed by seed: {', '.join(seeds)}." in text
    assert "validation pictures" in text and "(sweep.png)" in text
