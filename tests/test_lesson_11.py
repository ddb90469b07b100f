"""What lesson 11 says in its text, held against the kept results and against shots of its own."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from benchmarks.after_training.shots import TEST_SEED, TRAIN_SEED, VAL_SEED, classifier, labelled, scale
from benchmarks.claims import report
from minclip.adapters import ClipAdapter, TipAdapter, measured
from minclip.course.lesson_08_zero_shot_evaluation.learning_from_labels import shots_of
from minclip.course.lesson_11_after_training import pictures

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "lessons" / "11_after_training" / "lesson.md").read_text(encoding="utf-8").split())
RESULTS = {one["claim"]: one for one in report.read_results(ROOT / "benchmarks" / "results", report.ADAPTED)}


def finding(claim, statement):
    return next(one for one in RESULTS[claim]["findings"] if one["statement"] == statement)


def points(found, digits=1):
    """-8.6 (-12.2 to -5.1) as three texts without signs, the ends in the order of their size."""
    ends = sorted((found["low"], found["high"]), key=abs)
    return [f"{abs(100 * share):.{digits}f}" for share in (found["mean"], *ends)]


def test_the_lesson_draws_the_kept_results():
    told = json.loads(pictures.KEPT.read_text(encoding="utf-8"))
    assert set(told) == set(RESULTS) == set(report.ADAPTED), "run python -m benchmarks.after_training"
    for claim, result in RESULTS.items():
        for row in result["rows"]:
            assert told[claim][row["label"]][row["series"]] == [row["mean"], row["low"], row["high"]]


SAID = [
    ("few_shot", "At 16 shots, Tip-Adapter beats zero-shot.",
     "19.7 points on zero-shot with 16 shots (from 17.1 to 22.4)"),
    ("few_shot", "At 1 shot, Tip-Adapter beats zero-shot.", "with one shot 2.3 (from 1.3 to 3.4)"),
    ("few_shot", "At 1 shot, CLIP-Adapter beats zero-shot.", "gains 14.8 points on zero-shot (from 6.1 to 23.5)"),
    ("few_shot", "At 16 shots, CLIP-Adapter beats a linear probe.", "by 6.2 (from 0.3 to 12.1)"),
    ("learned_prompts", "On base classes, the learned context beats words.",
     "14.3 points over the words that it began as (from 10.8 to 17.8)"),
    ("weight_mixing", "On other styles, half of each beats after.", "by 1.1 points (from 0.6 to 1.6)"),
    ("learned_prompts", "On new classes, words beat the learned context.", "8.6 points (from 5.1 to 12.2)"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "statement", "words"), SAID, ids=range(len(SAID)))
def test_differences_are_quoted_as_they_are(claim, statement, words):
    assert words in TEXT
    assert re.findall(r"\d+\.\d", words) == points(finding(claim, statement))


def test_differences_that_hold_nothing_are_quoted_so():
    assert "(from -5.5 to 5.9 points)" in TEXT and "(-0.3 points, from -1.5 to 0.9)" in TEXT
    probe = finding("few_shot", "Zero-shot beats a linear probe of 4 shots.")
    keys = finding("few_shot", "Trained keys (F) beat Tip-Adapter's at 16 shots.")
    assert [round(100 * probe[name], 1) for name in ("low", "high")] == [-5.5, 5.9]
    assert [round(100 * keys[name], 1) for name in ("mean", "low", "high")] == [-0.3, -1.5, 0.9]


def test_shares_are_quoted_as_they_are():
    table = pictures.kept("few_shot")
    assert "the probe names 27 %" in TEXT and round(100 * table["1 shot"]["linear probe"][0]) == 27
    assert "57.9 % against 58.1 %" in TEXT
    assert [f"{100 * table['4 shots'][name][0]:.1f}" for name in ("linear probe", "zero-shot")] == ["57.9", "58.1"]
    assert "CLIP-Adapter has the highest mean at every number of shots" in TEXT
    assert all(max(row, key=lambda name: row[name][0]) == "CLIP-Adapter" for row in table.values())
    assert table["8 shots"]["class means"][0] < table["8 shots"]["zero-shot"][0] < table["16 shots"]["class means"][0]


def test_the_arc_is_told_as_it_is():
    table, other = pictures.kept("weight_mixing"), "other styles of training"
    assert "before names 83.5 %, and the model after 82.8 %" in TEXT and "half of each weight names 83.9 %" in TEXT
    said = [f"{100 * table[f'share {share}'][other][0]:.1f}" for share in ("0", "1", "0.5")]
    assert said == ["83.5", "82.8", "83.9"]
    photos = finding("weight_mixing", "On photos, after beats half of each.")
    assert "(0.1 points, from -2.5 to 2.8)" in TEXT
    assert [round(-100 * photos[name], 1) for name in ("mean", "high", "low")] == [0.1, -2.5, 2.8]
    assert finding("weight_mixing", "On other styles, half of each beats before.")["verdict"] == "not seen"
    unseen = finding("weight_mixing", "On styles never seen, half of each beats after.")
    assert unseen["verdict"] == "not seen" and unseen["mean"] < 0


def test_the_shots_are_those_of_the_first_draw():
    assert f"new_kind(seed={TRAIN_SEED}, each=10)" in TEXT and f"new_kind(seed={VAL_SEED}, each=2)" in TEXT


@pytest.mark.slow
def test_choosing_on_the_test_flatters_as_said():
    """Section 6 for tests of two sizes, beside the choice of the validation pictures."""
    (test, labels), pools = labelled(TEST_SEED, 10), (labelled(TRAIN_SEED, 10), labelled(VAL_SEED, 2))
    zero = ((test @ classifier()).argmax(dim=1) == labels).float()
    gaps: dict[object, list[float]] = {"validation": [], 104: [], 208: []}
    for draw in range(3):
        train, val = (
            (features[rows], classes[rows])
            for features, classes in pools
            for rows in [shots_of(classes, 1, torch.Generator().manual_seed(draw))]
        )
        right, known = [], []
        for share in (0.1, 0.2, 0.4, 0.6):
            torch.manual_seed(0)
            adapter = ClipAdapter(classifier(), scale(), share)
            optimizer = torch.optim.AdamW(adapter.parameters(), 1e-3)
            for _ in range(50):
                loss = F.cross_entropy(adapter(train[0]), train[1])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                with torch.no_grad():
                    right.append((adapter(test).argmax(dim=1) == labels).float())
                known.append(measured(adapter, *val))
        gains = torch.stack(right) - zero  # [200, 1040]
        gaps["validation"].append(gains[known.index(max(known))].mean().item())
        for size in (104, 208):
            for small in torch.arange(len(labels)).split(size):
                others = torch.ones(len(labels), dtype=torch.bool)
                others[small] = False
                best = gains[gains[:, small].mean(dim=1).argmax()]
                gaps[size].append((best[small].mean() - best[others].mean()).item())
    means = {name: 100 * sum(found) / len(found) for name, found in gaps.items()}
    assert "by three to four points on average" in TEXT and means[104] == pytest.approx(3.5, abs=0.6)
    assert sum(gap > 0 for gap in gaps[104]) > 25
    assert "it is some two points" in TEXT and means[208] == pytest.approx(2.3, abs=0.6)
    assert "have a gain of 13.7 points on average" in TEXT and means["validation"] == pytest.approx(13.7, abs=0.6)


@pytest.mark.slow
def test_the_strengths_of_the_votes_are_as_said():
    """Section 2: why α is large with 16 shots of the first draw."""
    (test, labels), pools = labelled(TEST_SEED, 10), (labelled(TRAIN_SEED, 10), labelled(VAL_SEED, 2))
    (keys, classes), (val, val_labels) = (
        (features[rows], known[rows])
        for (features, known), count in zip(pools, (16, 4), strict=True)
        for rows in [shots_of(known, count, torch.Generator().manual_seed(0))]
    )
    tip = TipAdapter(classifier(), scale(), keys, classes)
    tip.choose_strengths(val, val_labels)
    assert (tip.alpha, tip.beta) == (300, 32) and "Its α is 300" in TEXT and "300 is also the end of the grid" in TEXT
    cosines, same = test @ keys.T, labels[:, None] == classes
    assert "of its own class is 0.46 on average, with a shot of another class 0.23" in TEXT
    assert [round(cosines[which].mean().item(), 2) for which in (same, ~same)] == [0.46, 0.23]
    assert "with only 0.008 on average" in TEXT
    assert round(torch.exp(-32 * (1 - cosines))[same].mean().item(), 3) == 0.008
    known = measured(tip, val, val_labels)[0]
    tip.alpha = 1000
    assert "just as many validation pictures are right" in TEXT
    assert measured(tip, val, val_labels)[0] == pytest.approx(known, abs=0.01)
