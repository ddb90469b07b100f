"""What lesson 13 says in its text, held against the kept trainings and the formulas."""

import json
import math
import re
from pathlib import Path

import pytest
import torch

from minclip.classroom.notebook import written_question
from minclip.course.lesson_05_symmetric_infonce.pictures import turning
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs
from minclip.course.lesson_13_siglip.small_siglip import KEPT, RATES, SEEDS, STARTS, train_siglip
from minclip.course.outline import LESSONS
from minclip.loss import similarity_logits
from minclip.siglip import prior_bias, siglip_loss, start_loss

TEXT = " ".join((Path(__file__).parents[1] / "lessons" / "13_siglip" / "lesson.md").read_text(encoding="utf-8").split())
LINES = json.loads(KEPT.read_text(encoding="utf-8"))


def found(start, rate):
    return [100 * line["image_to_text"] for line in LINES if (line["start"], line["rate"]) == (start, rate)]


def test_the_kept_trainings_are_whole():
    assert len(LINES) == len(STARTS) * len(RATES) * len(SEEDS) == 27
    assert {(line["start"], line["rate"], line["seed"]) for line in LINES} == {
        (start, rate, seed) for start in STARTS for rate in RATES for seed in SEEDS
    }


@pytest.mark.parametrize(
    ("start", "words"), [("0", "1.1 to 1.4 %"), ("-10", "1.6 to 2.0 %"), ("-ln 63", "3.5 to 5.1 %")]
)
def test_the_means_are_those_of_the_trainings(start, words):
    means = [sum(found(start, rate)) / len(SEEDS) for rate in RATES]
    assert f"{min(means):.1f} to {max(means):.1f} %" == words and words in TEXT


def test_the_prior_wins_every_pair_of_trainings():
    assert "more than from the other two in each of the nine pairs" in TEXT
    for rate in RATES:
        for other in ("0", "-10"):
            assert all(a > b for a, b in zip(found("-ln 63", rate), found(other, rate), strict=True))


def test_the_bias_hardly_moves():
    assert "by 0.01 at most" in TEXT
    assert max(abs(line["bias"] - STARTS[line["start"]]) for line in LINES) < 0.0105


def test_from_zero_the_loss_ends_where_the_prior_begins():
    assert "The loss falls from 27 to 5.15" in TEXT and "turned *all* its cosines to -0.414" in TEXT
    assert start_loss(64, prior_bias(64)) == pytest.approx(5.15, abs=0.005)
    assert all(line["last"] == pytest.approx(5.15, abs=0.01) for line in LINES if line["start"] == "0")
    assert prior_bias(64) / 10 == pytest.approx(-0.414, abs=0.0005)


def test_a_fresh_cosine_is_a_little_below_zero():
    pixels, tokens = pairs("train", 64)
    model, _, _ = train_siglip(pixels, tokens, bias=0.0, steps=0)
    with torch.no_grad():
        cosines = similarity_logits(model.encode_image(pixels), model.encode_text(tokens), 1.0)
    assert cosines.mean().item() == pytest.approx(-0.06, abs=0.005) and "a cosine is about -0.06" in TEXT


def test_the_table_is_that_of_the_kept_claim():
    path = Path(__file__).parents[1] / "benchmarks" / "results" / "claims-siglip.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    names = {
        "InfoNCE": "InfoNCE",
        "SigLIP": "SigLIP, its bias from -ln(B - 1)",
        "SigLIP from -10": "SigLIP, its bias from -10",
    }
    means = {
        row["label"]: f"{100 * row['mean']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        for row in kept["rows"]
    }
    for name, words in names.items():
        numbers = " | ".join(means[f"{name}, {size} pairs"] for size in (16, 64, 256))
        assert f"| {words} | {numbers} |" in TEXT
    against = [one for one in kept["findings"] if one["statement"].startswith("SigLIP beats")]
    assert [one["verdict"] for one in against] == ["not seen"] * 3 and "So *not seen*" in TEXT
    assert all(abs(one["mean"]) < 0.005 and one["high"] < 0.026 for one in against[:2])
    assert "ahead by -0.2, 0.3 and -2.1 points" in TEXT
    assert [100 * one["mean"] for one in against] == pytest.approx([-0.2, 0.3, -2.1], abs=0.051)
    assert all(one["low"] < 0 < one["high"] for one in against)
    seeds = {row["label"]: row["by_seed"] for row in kept["rows"]}
    by_seed = zip(seeds["InfoNCE, 256 pairs"], seeds["SigLIP from -10, 256 pairs"], strict=True)
    behind = [100 * (one - other) for one, other in by_seed]
    assert (round(min(behind)), round(max(behind))) == (5, 8) and "by 5 to 8 points" in TEXT


def test_the_numbers_of_the_start():
    assert "64 · 0.693 = 44.4" in TEXT and start_loss(64, 0.0) == pytest.approx(44.4, abs=0.05)
    assert round(1 / (1 + math.exp(-10)), 5) == 0.99995 and "0.99995" in TEXT
    assert round(prior_bias(32_768), 1) == -10.4 and "32,768 pairs is -10.4" in TEXT
    assert round(math.log(32_767 / 63), 1) == 6.3 and "= 6.3" in TEXT
    assert siglip_loss(torch.eye(2), torch.eye(2), 1.0, 0.0).item() == pytest.approx(1.006, abs=0.0005)
    assert "0.313 + 0.693 = 1.006" in TEXT


@pytest.mark.parametrize(("bias", "largest"), [(prior_bias(3), -0.5), (-10.0, 0.64)])
def test_pairs_on_the_circle_end_so_far_apart(bias, largest):
    angles = torch.tensor([[0.1, 1.2], [2.0, 0.6], [2.9, 4.2]])
    for _ in range(200):
        angles = angles - 0.3 * turning(lambda a, b, scale: siglip_loss(a, b, scale, bias), angles)
    points = torch.stack([angles.cos(), angles.sin()], dim=-1)
    cosines = points[:, 0] @ points[:, 1].T
    assert cosines.diagonal().min() > 0.99
    assert cosines[~torch.eye(3, dtype=torch.bool)].max().item() == pytest.approx(largest, abs=0.005)
    assert f"{largest}"[-4:] in TEXT or largest == -0.5


def test_the_mark_scheme_is_right():
    (lesson,) = [one for one in LESSONS if one.number == 13]
    scheme = written_question(lesson).mark_scheme
    flat, right = torch.eye(8).split(4), torch.eye(4) * 2 - 1
    assert siglip_loss(*flat, 10.0, 0.0).item() == pytest.approx(2.77, abs=0.005) and "2.77" in scheme
    assert prior_bias(4) == pytest.approx(-1.10, abs=0.005) and "-1.10" in scheme
    assert start_loss(4, prior_bias(4)) == pytest.approx(2.25, abs=0.005) and "2.25" in scheme
    logits = 10 * right + prior_bias(4)
    perfect = -torch.nn.functional.logsigmoid(right * logits).sum() / 4
    assert perfect.item() == pytest.approx(0.0002, abs=0.00005) and re.search(r"= 0\.0002", scheme)
