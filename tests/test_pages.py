"""Every number in README and docs is the one in a kept result."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import budgets  # noqa: E402
import kept  # noqa: E402
import pages  # noqa: E402


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_page_shows_its_results(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert pages.MARKS.search(text), f"{page} has lost its marks"
    assert pages.with_results(text) == text, f"{page} differs from benchmarks/results: run python benchmarks/pages.py"


@pytest.mark.parametrize("page", [*pages.PAGES, *(str(p.relative_to(ROOT)) for p in ROOT.glob("datasets/*/README.md"))])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), f"{page}: {target} is not there"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The kept budgets in a folder of their own, without the speed of a training step."""
    for name in pages.KEPT_BUDGETS:
        shutil.copy(kept.RESULTS / f"{name}.json", tmp_path)
    monkeypatch.setattr(kept, "RESULTS", tmp_path)
    return tmp_path


def keep_train_speed(folder, dtype="bfloat16", **rates):
    """A made-up one, with pairs a second of each contender."""
    contenders = {name: {"pairs_per_second": {"median": rate}} for name, rate in rates.items()}
    made_up = {
        "machine": "Some Processor",
        "threads": 2,
        "settings": {f"{dtype}, cut": {"contenders": contenders}},
    }
    (folder / "train_speed.json").write_text(json.dumps(made_up), encoding="utf-8")


def test_minutes_are_computed_only_where_a_step_was_measured(results):
    assert pages.step_rate() is None and "omputed" not in pages.budgets()
    keep_train_speed(results, minclip=2000.0)
    text = pages.budgets()
    place = list(budgets.BUDGETS.values()).index(400_000) + 1
    assert text.splitlines()[2].split(" | ")[place] == "3.3 min"
    assert "2,000 training steps' pairs a second on 2 cores of Some Processor" in text
    assert "| training, measured | " in text


def test_a_rate_is_of_what_minclip_train_does(results):
    keep_train_speed(results, **{"minclip": 1100.0, "minclip, as it is": 1000.0})
    assert pages.step_rate()[0] == 1000
    keep_train_speed(results, dtype="float32", minclip=2000.0)
    assert pages.step_rate()[0] == 2000 and "float32, cut" in pages.step_rate()[1]


def test_a_budget_is_a_number_of_samples_and_kept_under_its_name(monkeypatch, capsys):
    reports = []
    monkeypatch.setattr(budgets, "run_training", lambda data, preset, config, out: config.samples)
    monkeypatch.setattr(budgets, "keep_report", lambda name, report, out: reports.append((name, report, out.name)))
    budgets.main(["160000"])
    assert reports == [("picturebook-2min", 160_000, "budget-160000")]
    budgets.main([])
    assert [samples for _, samples, _ in reports[1:]] == [160_000, 400_000, 800_000, 3_200_000]
    with pytest.raises(SystemExit):
        budgets.main(["5"])
    assert "[5] are no budget: choose of 160000, 400000" in capsys.readouterr().err
