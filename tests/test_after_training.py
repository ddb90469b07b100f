"""The benchmark of adapted models: shots that overlap nowhere, its rule, and the kept results on their page."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.after_training import __main__ as command
from benchmarks.after_training import few_shot, shots
from benchmarks.after_training.result import ShippedClaim, result_of
from benchmarks.claims import report
from minclip.similarity import unit_rows

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
KEPT = report.read_results(RESULTS, report.ADAPTED)


@pytest.fixture
def made_up(monkeypatch):
    """Features in place of encoded pictures: 4 classes, 6 pictures of each."""

    def labelled(seed, each):
        generator = torch.Generator().manual_seed(seed)
        return unit_rows(torch.randn(24, 8, generator=generator)), torch.arange(24) % 4

    monkeypatch.setattr(shots, "labelled", labelled)


def test_few_shots_are_the_first_of_many(made_up):
    few, many = shots.shots(1, 2), shots.shots(1, 5)
    assert (len(few.train[1]), len(many.train[1])) == (8, 20)
    assert (len(few.val[1]), len(many.val[1])) == (8, 16), "as many as shots, four at most"
    assert all(any(row.equal(other) for other in many.train[0]) for row in few.train[0])
    assert few.train[1].bincount().tolist() == [2, 2, 2, 2]


def test_draws_have_shots_of_their_own(made_up):
    first, second = shots.shots(0, 3).train[0], shots.shots(1, 3).train[0]
    assert not any(row.equal(other) for row in first for other in second)


def test_no_set_of_pictures_has_anothers_seed():
    train, val = ({seed + draw for draw in shots.DRAWS} for seed in (shots.TRAIN_SEED, shots.VAL_SEED))
    assert not train & val and shots.TEST_SEED not in train | val


def test_classes_of_a_part_are_numbered_anew():
    features = torch.arange(6.0)[:, None]
    chosen, labels = few_shot.of_classes((features, torch.tensor([0, 1, 2, 3, 2, 0])), (1, 2))
    assert chosen.flatten().tolist() == [1, 2, 4] and labels.tolist() == [0, 1, 1]


def test_a_claim_goes_from_answers_to_verdict():
    first, second = np.arange(100) < 80, np.arange(100) < 50

    def answers(draws):
        return {("16 shots", "this"): [first for _ in draws], ("16 shots", "that"): [second for _ in draws]}

    findings = (("This beats that.", ("16 shots", "this"), ("16 shots", "that")),
                ("That beats this.", ("16 shots", "that"), ("16 shots", "this")))  # fmt: skip
    claim = ShippedClaim(
        "few_shot", "A title", "It is said.", "Somebody", "It was.", "a-model", (0,), answers, findings
    )
    result = result_of(claim, [0, 1, 2])
    assert [finding["verdict"] for finding in result["findings"]] == ["seen", "opposite"]
    assert json.loads(json.dumps(result)) == result
    text = report.section(result)
    assert "Draws 0, 1, 2 take the place of seeds" in text and "--only few_shot" in text and "a-model" in text


def test_results_of_part_of_the_draws_are_not_kept(monkeypatch, tmp_path):
    answers = {("1 shot", "this"): [np.ones(4)], ("1 shot", "that"): [np.zeros(4)]}
    claim = ShippedClaim("few_shot", "", "", "", "", "", (0, 1), lambda draws: answers, ())
    monkeypatch.setitem(command.CLAIMS, "few_shot", lambda: claim)
    monkeypatch.setattr(command.result_files, "keep", None)  # whoever keeps fails
    command.main(["--only", "few_shot", "--draws", "0", "--out", str(tmp_path)])
    assert (tmp_path / "claims-few_shot.json").is_file()


@pytest.mark.parametrize("result", KEPT, ids=lambda one: one["claim"])
def test_a_kept_result_is_of_todays_claim(result):
    claim = command.CLAIMS[result["claim"]]()
    same = ("title", "said", "source", "measured", "model")
    assert [getattr(claim, name) for name in same] == [result[name] for name in same]
    assert result["seeds"] == list(claim.draws)
    assert [finding["statement"] for finding in result["findings"]] == [statement for statement, _, _ in claim.findings]
    cells = {(row["label"], row["series"]) for row in result["rows"]}
    assert all({better, worse} <= cells for _, better, worse in claim.findings)
