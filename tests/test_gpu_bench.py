"""The GPU bench in miniature on a CPU: every line of it, what it keeps when a part fails, and how it plans its time.

How fast anything is, is never asked here.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu import figures, sizes, timed_training, training_speed
from benchmarks.speed import peers
from minclip.cli import main as minclip
from minclip.config import TrainConfig
from minclip.engine.batches import text_length
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.devices import choose_device
from minclip.experiments.runs import Run
from minclip.model import CLIP

ROOT = Path(__file__).parents[1]
CPU = choose_device("cpu", torch.float32)


@pytest.fixture
def in_process(monkeypatch):
    """Parts run here instead of in processes of their own, which would load torch each."""
    calls = []

    def started(command, limit):
        calls.append((command[1], limit))
        return f"its process ended with code {code}" if (code := gpu.main(command)) else None

    monkeypatch.setattr(gpu, "started", started)
    return calls


def kept(folder, name="gpu-dry"):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_a_dry_run_goes_through_everything(in_process, tmp_path, capsys):
    timed_training.album(tmp_path / "photos" / "flickr8k")
    before = sorted(gpu.RESULTS.iterdir())
    out, names = tmp_path / "out", ["minute", "flickr8k", "small"]
    asked = ["--dry", "--photos", str(tmp_path / "photos"), "--parts", ",".join([*names, "rsicd"]), "--out", str(out)]
    assert gpu.main(asked) == 0
    assert sorted(gpu.RESULTS.iterdir()) == before, "a dry run is no result"
    assert {path.name for path in out.iterdir()} == {"gpu-dry.json", "gpu-throughput.png", "gpu-minute.png"}
    result = kept(out)
    assert list(result["parts"]) == names and result["gpu"] is None
    assert result["not_reached"] == {"rsicd": "no photos: --photos FOLDER, with FOLDER/rsicd in it"}
    for name in ("minute", "flickr8k"):
        part = result["parts"][name]
        assert part["run"]["samples"] == 160 and part["run"]["data"] == ("album" if name == "minute" else name)
        assert set(part["calibration"]) == {"samples_per_second", "first_steps_seconds"}
        assert [point["samples"] for point in part["curve"]] == list(range(8, 161, 8))
        assert all({"seconds", "R@5"} <= set(point) for point in part["curve"])  # of 12 pictures
        assert part["retrieval"]["n_images"] == 12
    assert result["parts"]["flickr8k"]["run"]["recipe"]["patch_dropout"] == 0.5
    assert_speeds(result["parts"]["small"])
    assert result["parts"]["small"]["agreement"].keys() == set(peers.installed()) - {peers.OURS}
    assert "160 samples" in capsys.readouterr().out


def assert_speeds(part):
    words = {
        name: [words for stage in training_speed.STAGES for n, words in stage if n == name]
        for name in peers.installed()
    }
    expected = {f"{name}, {w}, {kind}" for name in words for w in words[name] for kind in training_speed.kinds(name, w)}
    assert set(part["contenders"]) == expected
    for one in part["contenders"].values():
        assert 0 < one["pairs_per_second"]["lowest"] <= one["pairs_per_second"]["highest"]
        assert one["share_of_peak"] > 0 and one["first_step_seconds"] >= 0 and one["memory_mb"] is None
        assert one["tokens_of_a_text"] == (6 if one["text"] == "cut" else 8)
        assert one["first_loss"] == pytest.approx(
            part["contenders"]["minclip, as it is, whole"]["first_loss"], abs=0.05
        )
    if len(words) > 1:
        assert all(found["against"] in peers.NAMES[1:] for found in part["ratio"].values())
    assert part["peak_tflops"].keys() == {part["dtype"], "float32"}


@pytest.mark.slow  # a minute; the same tests hold on the pretend GPU, in test_pretend.py
def test_the_gpus_tests_hold_on_a_cpu(tmp_path):
    command = [*gpu.COMMAND, "--dry", "--parts", "tests", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    part = kept(tmp_path)["parts"]["tests"]
    assert part["passed"] > 12 and (part["failed"], part["skipped"]) == ([], 0)


@pytest.mark.slow
@pytest.mark.skipif(" " in torch.__file__, reason="torch.compile hands paths to the compiler without quotes")
def test_compiling_holds_on_a_cpu():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "gpu and slow",
        "tests/test_gpu.py",
    ]
    variables = {**os.environ, "MINCLIP_TEST_DEVICE": "cpu"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_failing_part_is_named_others_go_on(in_process, monkeypatch, tmp_path, capsys):
    def fails(work):
        work.save({"begun": 1})
        raise RuntimeError("no such kernel")

    monkeypatch.setitem(gpu.PARTS, "tests", (10, fails))
    monkeypatch.setitem(gpu.PARTS, "small", (10, lambda work: {"done": [work.sizes.device, work.photos]}))
    assert gpu.main(["--dry", "--parts", "tests,small", "--out", str(tmp_path)]) == 1
    parts = kept(tmp_path)["parts"]
    assert parts["tests"].pop("seconds") >= 0
    assert parts["tests"] == {"begun": 1, "error": "RuntimeError: no such kernel\n"}
    assert parts["small"]["done"] == ["cpu", None]
    assert "no such kernel" in capsys.readouterr().out.splitlines()[-3]


def test_what_a_killed_part_kept_stays(monkeypatch, tmp_path):
    def started(command, limit):
        folder = Path(command[command.index("--folder") + 1])
        gpu.write(gpu.part_file(folder, "small"), {"first": 1})
        return "stopped after 30 s: its time was over"

    monkeypatch.setattr(gpu, "started", started)
    assert gpu.main(["--dry", "--parts", "small", "--out", str(tmp_path)]) == 1
    part = kept(tmp_path)["parts"]["small"]
    assert (part["first"], part["error"]) == (1, "stopped after 30 s: its time was over")


def test_a_process_is_stopped_when_its_time_is_over(monkeypatch, tmp_path):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(gpu, "COMMAND", [sys.executable, str(sleeper)])
    assert gpu.started([], limit=0.05) == "stopped after 0 s: its time was over"
    monkeypatch.setattr(gpu, "COMMAND", [sys.executable, str(ROOT / "not there.py")])
    assert gpu.started([], limit=60) == "its process ended with code 2"


def test_the_parts_share_the_time():
    names = [name for name in gpu.PARTS if name != "long"]
    assert sum(gpu.PARTS[name][0] for name in names) == 60 * gpu.MINUTES
    left, taken = 60.0 * gpu.MINUTES, []
    for place in range(len(names)):
        taken.append(gpu.share(names[place:], left))
        left -= taken[-1]
    assert taken == pytest.approx([gpu.PARTS[name][0] for name in names]) and left == pytest.approx(0)
    assert gpu.share(["ViT-B/32", "small"], 290) == pytest.approx(200)
    assert gpu.share(["small"], 200) == 200


def test_parts_without_time_or_data_are_named(in_process, tmp_path):
    assert gpu.main(["--dry", "--minutes", "0.5", "--parts", "rsicd,small", "--out", str(tmp_path)]) == 0
    result = kept(tmp_path)
    assert result["parts"] == {} and in_process == []
    assert "--photos" in result["not_reached"]["rsicd"] and "more --minutes" in result["not_reached"]["small"]


def test_a_part_knows_when_it_must_have_ended(in_process, monkeypatch, tmp_path):
    monkeypatch.setitem(gpu.PARTS, "tests", (50, lambda work: {"left": work.left()}))
    assert gpu.main(["--dry", "--minutes", "1", "--parts", "tests", "--out", str(tmp_path)]) == 0
    limit = in_process[0][1]
    assert 60 - gpu.CLOSING - 30 < limit <= 60 - gpu.CLOSING  # half a minute for a slow machine
    assert kept(tmp_path)["parts"]["tests"]["left"] <= limit - gpu.GRACE


def test_a_long_run_that_was_stopped_goes_on(tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    save = Run.save

    def save_and_stop(self, *rest):
        save(self, *rest)
        raise Stop

    until = time.time() + 1000
    work = sizes.Work(sizes.DRY, tmp_path, None, until, save=print)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "save", save_and_stop)
        with pytest.raises(Stop):
            timed_training.learned("long", sizes.DRY.long, work)
    first = Run(tmp_path / "long").read_log()[-1]["samples"]
    report = timed_training.learned("long", sizes.DRY.long, work)
    assert first < report["run"]["samples"] == 320 and report["curve"][-1]["samples"] == 320


def test_as_many_samples_as_fit_the_time():
    assert (
        timed_training.samples_for(rate=1000, seconds=55, batch_size=64, most=10**9) == 51_136
    )  # 0.93 × 55,000 in batches
    assert timed_training.samples_for(rate=1000, seconds=55, batch_size=64, most=6_400) == 6_400
    for seconds in (1, -3):
        with pytest.raises(ValueError, match="give more --minutes"):
            timed_training.samples_for(rate=1000, seconds=seconds, batch_size=64, most=10**9)


def test_a_calibration_steps_as_a_run_does(monkeypatch):
    steps = []
    step = timed_training.train_step
    monkeypatch.setattr(timed_training, "train_step", lambda *given: steps.append(given) or step(*given))
    rate, warm = timed_training.calibrated(sizes.MINIATURE, sizes.ALBUM.train, CPU, seconds=0.01)
    assert rate > 0 and warm > 0
    assert (
        len(steps) >= timed_training.WARM_STEPS + timed_training.BLOCK
        and (len(steps) - timed_training.WARM_STEPS) % timed_training.BLOCK == 0
    )
    batch = steps[0][2]
    assert batch.pixels.shape == (8, 3, 16, 16) and batch.tokens.shape == (8, 16)


def test_a_batch_that_does_not_fit_is_halved(monkeypatch):
    tried = []

    def measure(measured, pairs, work):
        tried.append(pairs)
        if pairs > 256:
            raise torch.OutOfMemoryError("too much")
        return {"pairs": pairs}

    monkeypatch.setattr(training_speed, "measure", measure)
    work = sizes.Work(sizes.DRY, Path(), None, 0, print)
    assert training_speed.speed(replace(sizes.STEP, pairs=1024), work) == {"pairs": 256} and tried == [1024, 512, 256]
    monkeypatch.setattr(training_speed, "LEAST_PAIRS", 512)
    with pytest.raises(ValueError, match="not even 512 pairs fit"):
        training_speed.speed(replace(sizes.STEP, pairs=1024), work)


def test_a_contender_that_does_not_fit_leaves(monkeypatch):
    saved, raced = [], []

    def race(entries, *_):
        raced.append(list(entries))
        if len(raced) == 3:
            raise torch.OutOfMemoryError("too much")
        return {"contenders": list(entries)}

    monkeypatch.setattr(
        training_speed, "warmed", lambda name, *_: training_speed.Entry(name, None, {}, {"first_loss": 1.0})
    )
    monkeypatch.setattr(training_speed, "race", race)
    work = sizes.Work(sizes.DRY, Path(), None, time.time() + 1000, lambda result: saved.append(dict(result)))
    result = training_speed.measure(replace(sizes.STEP, agreeing=0), 4, work)
    graphs = f"{peers.OURS}, {training_speed.GRAPHS}"
    assert raced[2][-1] == graphs and result["contenders"] == raced[1] == saved[-1]["contenders"]
    assert "does not fit" in result["left_out"][graphs]
    monkeypatch.setattr(
        training_speed, "race", lambda *_: race([], *[None] * 3)
    )  # the third again, but in the first stage
    raced[:] = [[], []]
    with pytest.raises(torch.OutOfMemoryError):
        training_speed.measure(replace(sizes.STEP, agreeing=0), 4, work)


def test_other_work_takes_no_part():
    entries = {f"{i}": training_speed.Entry("x", None, {}, {"first_loss": loss}) for i, loss in enumerate((5.0, 5.01))}
    assert training_speed.other_work(entries) is None
    entries["2"] = training_speed.Entry("x", None, {}, {"first_loss": 5.2})
    assert training_speed.other_work(entries) == "other work: its first loss is 0.2 from 0's"
    entries["2"] = training_speed.Entry("x", None, {}, {"first_loss": float("nan")})
    assert "other work" in training_speed.other_work(entries)


def test_ours_is_compared_with_a_peer_at_its_best():
    runs = {
        label: (training_speed.Entry(name, None, {}, {}), text)
        for label, name, text in (
            ("a", peers.OURS, "whole"), ("b", peers.OURS, "cut"), ("c", peers.OPEN_CLIP, "whole"),
            ("d", peers.TRANSFORMERS, "whole"), ("e", peers.TRANSFORMERS, "cut"),
        )
    }  # fmt: skip
    taken = {"a": [2.0], "b": [1.0], "c": [3.0], "d": [4.0], "e": [5.0]}
    assert training_speed.best(taken, runs, "whole") == {
        peers.OURS: [2.0],
        peers.OPEN_CLIP: [3.0],
        peers.TRANSFORMERS: [4.0],
    }
    assert training_speed.best(taken, runs, "cut") == {
        peers.OURS: [1.0],
        peers.OPEN_CLIP: [3.0],
        peers.TRANSFORMERS: [4.0],
    }
    taken["e"] = [0.5]
    assert training_speed.best(taken, runs, "cut")[peers.TRANSFORMERS] == [0.5]


def test_a_figure_of_learning_shows_the_tests_interval_too(tmp_path):
    report = {
        "run": {"data": "picturebook", "samples": 1000, "seconds": 9.5},
        "tasks": {"object": {"accuracy": 0.9, "low": 0.85, "high": 0.95}},
        "curve": [
            {"seconds": 4.0, "samples": 500, "zero_shot": 0.5},
            {"seconds": 9.5, "samples": 1000, "zero_shot": 0.8},
        ],
    }
    axes = figures.plot_learning(report).axes[0]
    assert (
        list(axes.lines[0].get_ydata()) == [50, 80]
        and "90.0 % (85.0 to 95.0)" in axes.get_legend_handles_labels()[1][1]
    )
    with pytest.raises(ValueError, match="never evaluated"):
        figures.plot_learning({**report, "curve": []})


def test_a_missing_gpu_and_an_unknown_part_are_named(capsys):
    if not torch.cuda.is_available():
        assert gpu.main([]) == 2
        told = capsys.readouterr().err
        assert f"torch {torch.__version__}" in told and "--dry goes through" in told
    assert gpu.main(["--dry", "--parts", "small,huge"]) == 2
    assert "huge: choose of smoke, tests, minute" in capsys.readouterr().err


def test_texts_for_a_gpu_have_few_lengths():
    tokens = torch.zeros(3, 20, dtype=torch.long)
    tokens[0, 9] = tokens[1, 4] = tokens[2, 2] = 99
    assert [text_length(tokens, few) for few in (False, True)] == [10, 16]
    tokens[0, 18] = 100
    assert [text_length(tokens, few) for few in (False, True)] == [19, 20]


def test_each_length_of_text_may_have_its_program(monkeypatch):
    """PyTorch compiles 8 and goes on without; CLIP's 77 tokens have 10 lengths."""
    asked = []

    def compiles(function, *, dynamic=None, recompile_limit=None):
        asked.append((dynamic, recompile_limit))
        return function

    def compiled_before_2_12(function, *, dynamic=None):
        asked.append((dynamic, torch._dynamo.config.cache_size_limit))
        return function

    model = CLIP(replace(sizes.MINIATURE, context_length=77))
    monkeypatch.setattr(torch._dynamo.config, "cache_size_limit", 8)
    for compiler in (compiles, compiled_before_2_12):
        monkeypatch.setattr(torch, "compile", compiler)
        with_compiled_encoders(model, CPU)
        assert asked[-1] == (False, 40)


def test_an_old_runs_settings_mean_not_compiled():
    old = {name: value for name, value in TrainConfig().to_dict().items() if name != "compiled"}
    assert TrainConfig.from_dict(old) == TrainConfig(compiled=False)
    assert TrainConfig.from_dict(TrainConfig(compiled=True).to_dict()).compiled


def test_a_missing_compiler_is_named_before_training(monkeypatch):
    def missing(*_, **__):
        raise RuntimeError("no C++ here\nmore")

    monkeypatch.setattr(torch, "compile", missing)
    with pytest.raises(ValueError, match=r"compiled=True: torch.compile does not work on cpu here \(no C\+\+ here\)"):
        with_compiled_encoders(CLIP(sizes.MINIATURE), CPU)


def test_the_command_line_takes_compiled(tmp_path, monkeypatch, capsys):
    configs = []
    monkeypatch.setattr(
        "minclip.experiments.experiment.run_training",
        lambda data, model, config, *_, **__: configs.append(config) or {},
    )
    monkeypatch.setattr("minclip.evaluation.evaluate.format_table", lambda report: "")
    asked = ["train", "--data", "picturebook", "--out", str(tmp_path / "run")]
    assert minclip(asked) == 0 and minclip([*asked, "--compiled"]) == 0
    assert [config.compiled for config in configs] == [False, True]
    assert minclip(["train", "--resume", "--out", str(tmp_path), "--compiled"]) == 2
    assert "leave out --compiled" in capsys.readouterr().err
