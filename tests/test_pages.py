"""Every number in README and docs is the one in a kept result."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import result_files, update_docs
from benchmarks.learning import budgets
from minclip.config import CLIPConfig
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", update_docs.PAGES)
def test_a_page_shows_its_results(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert update_docs.MARKS.search(text), f"{page} has lost its marks"
    assert update_docs.with_results(text) == text, (
        f"{page} differs from benchmarks/results: run python -m benchmarks.update_docs"
    )


@pytest.mark.parametrize(
    "page", [*update_docs.PAGES, *(str(p.relative_to(ROOT)) for p in ROOT.glob("datasets/*/README.md"))]
)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), f"{page}: {target} is not there"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The kept budgets in a folder of their own."""
    for name in update_docs.KEPT_BUDGETS:
        shutil.copy(result_files.RESULTS / f"{name}.json", tmp_path)
    monkeypatch.setattr(result_files, "RESULTS", tmp_path)
    return tmp_path


def test_a_cpu_without_bfloat16_has_its_column(results):
    report = {**result_files.result("picturebook-5min"), "machine": "A Laptop"}
    assert "laptops" not in update_docs.first_run() and "no bfloat16" not in update_docs.budgets()
    (results / f"picturebook-5min{result_files.WITHOUT_BFLOAT16}.json").write_text(json.dumps(report), encoding="utf-8")
    header, _, _, on, *_ = (line.split(" | ") for line in update_docs.budgets().splitlines())
    place = header.index("399,872 samples, no bfloat16")
    assert header[place - 1] == "399,872 samples" and on[place] == "2 cores of A Laptop" != on[place - 1]
    assert "cores of A Laptop" in update_docs.first_run()


def test_a_trick_has_a_gain_for_each_cpu(results):
    for name, tricks in (
        ("tricks", ("cores", "bfloat16")),
        (f"tricks{result_files.WITHOUT_BFLOAT16}", ("cores", "muon")),
    ):
        gain = {"median": 1.5, "lowest": 1.4, "highest": 1.6}
        gains = {one: {"trick": f"what {one} does", "gain": gain} for one in tricks}
        made_up = {"machine": name, "device": "cpu", "threads": 2, "rounds": 5, "tricks": gains}
        (results / f"{name}.json").write_text(json.dumps(made_up), encoding="utf-8")
    header, _, *lines = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in update_docs.tricks().splitlines()[:5]
    )
    assert header[2:] == ["CPU with bfloat16", "CPU without bfloat16"]
    found = "1.50 (1.40 to 1.60) ×"
    assert [(line[0], *line[2:]) for line in lines] == [
        ("`cores`", found, found),
        ("`bfloat16`", found, "not asked"),
        ("`muon`", "not asked", found),
    ]


def test_every_table_against_peers_has_both_kinds_of_cpu(results):
    for name in ("train_speed", "encode_speed", "scaling"):
        one = (ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8")
        table, other = getattr(update_docs, name), f"{name}{result_files.WITHOUT_BFLOAT16}"
        (results / f"{name}.json").write_text(one, encoding="utf-8")
        assert "does not multiply bfloat16" not in table()
        alone = table()
        (results / f"{other}.json").write_text(json.dumps({**json.loads(one), "machine": "A Laptop"}), encoding="utf-8")
        assert table().startswith(f"{alone}\nOn a CPU that does not multiply bfloat16:\n")
        assert "A Laptop" in table().removeprefix(alone) and "A Laptop" not in alone
    assert "docs/scaling.png" in alone and f"docs/{other}.png" in table()


def test_parts_left_out_and_failed_are_named(results):
    parts = {
        "tricks": {"minutes": 2.4},
        "scaling": {"failed": 1},
        "bpe_training": {"left out": "needs --captions FILE"},
    }
    (results / "bench.json").write_text(json.dumps({"machine": "A Laptop", "parts": parts}), encoding="utf-8")
    assert update_docs.bench() == "`make bench` took 2 minutes on A Laptop: tricks 2. Without scaling, bpe_training.\n"


def test_the_load_is_shown_where_the_system_counts_it():
    assert (
        result_files.load({"load_before": 0.55}) == ", load 0.6 before"
        and result_files.load({"load_before": None}) == ""
    )


def test_results_of_a_cpu_without_bfloat16_are_kept_apart(monkeypatch):
    monkeypatch.setattr(result_files, "multiplies_bfloat16", lambda device: None)
    assert result_files.by_cpu("tricks") == "tricks-without-bfloat16"
    monkeypatch.setattr(result_files, "multiplies_bfloat16", lambda device: "this CPU (AMX)")
    assert result_files.by_cpu("tricks") == "tricks"


@pytest.fixture
def training(monkeypatch, tmp_path):
    """Budgets in a folder of their own, where training only notes how many samples it was asked for."""
    started = []

    def run_training(data, preset, config, out, device):
        assert device.device.type == "cpu"
        started.append(config.samples)
        return {"samples": config.samples}

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(budgets, "by_cpu", lambda name: f"{name}-here")
    monkeypatch.setattr(budgets, "run_training", run_training)
    return started


def test_a_budget_is_kept_under_its_name(training, monkeypatch, capsys):
    reports = []
    monkeypatch.setattr(budgets, "keep_report", lambda name, report, out: reports.append((name, report, out.name)))
    budgets.main(["160000"])
    assert reports == [("picturebook-2min-here", {"samples": 160_000}, "budget-160000-here")]
    budgets.main([])
    assert training == [160_000, 160_000, 400_000, 800_000, 3_200_000]
    with pytest.raises(SystemExit):
        budgets.main(["5"])
    assert "[5] are no budget: choose of 160000, 400000" in capsys.readouterr().err


def leave_a_run(samples, patch_size=8, **changes):
    """What a training of so many samples leaves after its first checkpoint."""
    tokenizer = BPETokenizer([], context_length=32)
    config = CLIPConfig.preset(budgets.RECIPE.preset, vocab_size=tokenizer.vocab_size, patch_size=patch_size)
    model = CLIP(config)
    run, config = Run(budgets.folder(samples)), replace(budgets.RECIPE.config, samples=samples, **changes)
    run.create()
    run.save(model, tokenizer, [], config, step=1, seconds=1.0, data="picturebook", pairs="")
    return run.folder


def test_a_stopped_run_goes_on_a_finished_is_read(training, monkeypatch):
    monkeypatch.setattr(budgets, "resume_run", lambda out, device: {"gone on with": out.name})
    out = leave_a_run(160_000)
    assert budgets.trained(160_000) == {"gone on with": "budget-160000-here"}
    (out / "report.json").write_text('{"finished": true}', encoding="utf-8")
    assert budgets.trained(160_000) == {"finished": True}
    assert training == []


@pytest.mark.parametrize("other", [{"learning_rate": 0.5}, {"patch_size": 16}])
def test_another_recipes_run_is_no_budget(training, other):
    leave_a_run(400_000, **other)
    with pytest.raises(ValueError, match=r"budget-400000-here holds a run of another recipe"):
        budgets.trained(400_000)
    assert training == []
