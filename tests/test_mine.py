"""`--mine`: the learner's parts train and measure; where they are minclip's word for word, bit for bit as minclip's."""

import ast
import builtins
import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from minclip import training
from minclip.cli import main
from minclip.config import CLIPConfig, TrainConfig
from minclip.course.checking import judge
from minclip.course.exercise import library_source
from minclip.course.judging import RIGHT
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import installed
from minclip.course.learner_package import PARTS, given_answer
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import run_cell
from minclip.engine.replaced_step import is_replaced
from minclip.experiments.replaced_parts import (
    CALLED_BY_SOME,
    CALLED_INSTEAD,
    identical,
    refuse_other_parts,
    replaced_parts,
)
from minclip.formats.weights_files import read_tensors

EXERCISES = [exercise.name for lesson in LESSONS for exercise in lesson.exercises]
OF_A_VIT = {"PatchEmbedding", "VisionTransformer"}
CALLED = sorted(set(EXERCISES) - CALLED_INSTEAD.keys() - CALLED_BY_SOME.keys() | OF_A_VIT)
TINY = TrainConfig(), CLIPConfig.preset("tiny")
ATTENTION = """import torch
from torch import Tensor


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = torch.einsum("bhqd,bhkd->bhqk", query, key) / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    shares = (scores - scores.max(dim=-1, keepdim=True).values).exp()
    return torch.einsum("bhqk,bhkd->bhqd", shares / shares.sum(dim=-1, keepdim=True), value)
"""
ENCODE = "        return self.visual(pixels)\n"


@pytest.fixture
def mine(monkeypatch, tmp_path):
    folder = tmp_path / "my_minclip"
    monkeypatch.setenv("MINCLIP_MINE", str(folder))
    return KeptAnswers(folder)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of 40 pictures with captions."""
    folder = tmp_path_factory.mktemp("pictures")
    rows = ["file,caption"]
    for number in range(40):
        Image.new("RGB", (32, 32), (6 * number, 90, 250 - 6 * number)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,a picture of shade {number}")
    (folder / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def aerial(tmp_path_factory):
    """RSICD's layout in little: 32 photos of three scenes, of two sizes."""
    folder = tmp_path_factory.mktemp("aerial")
    (folder / "images").mkdir()
    around = ("near some green trees", "surrounded by many buildings", "there is a piece of it in an aerial photo")
    entries = []
    for number in range(32):
        scene = ("airport", "pond", "desert")[number % 3]
        name, split = f"{scene}_{number}.jpg", "train" if number < 20 else "val" if number < 26 else "test"
        picture = Image.new("RGB", (40 + number % 2, 50), (7 * number, 90, 250 - 7 * number))
        picture.save(folder / "images" / name)
        captions = [f"some buildings are around a {scene} , it is number {number} {words} ." for words in around]
        entries.append({"filename": name, "split": split, "captions": captions})
    (folder / "captions.json").write_text(json.dumps({"dataset": "rsicd", "images": entries}), encoding="utf-8")
    return folder


def fill(kept, *names):
    """Keeps minclip's own texts as the learner's."""
    for name in names or EXERCISES:
        kept.keep(given_answer(PARTS[name], name))


def trained(photos, out, *more):
    """(weights, report) of a short run on the CPU."""
    command = ["train", "--data", str(photos), "--samples", "64", "--batch", "16", "--seed", "3"]
    command += [] if "--config" in more else ["--config", "tiny"]
    assert main([*command, "--device", "cpu", "--out", str(out), *more]) == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return read_tensors(out / "model.safetensors").tensors, report


def test_minclips_texts_train_bit_for_bit(photos, mine, tmp_path):
    weights, report = trained(photos, tmp_path / "ours")
    fill(mine)
    own_weights, own_report = trained(photos, tmp_path / "mine", "--mine")
    masking = {"kept_patches", "keep_tokens"}  # the recipe of photos leaves half of the patches out
    assert own_report["run"]["parts"] == sorted({*CALLED, *masking}) and report["run"]["parts"] == []
    assert weights.keys() == own_weights.keys()
    assert all(torch.equal(weights[name], own_weights[name]) for name in weights)
    assert own_report["retrieval"] == report["retrieval"]


def test_another_right_way_trains_to_rounding(photos, mine, tmp_path):
    weights, _ = trained(photos, tmp_path / "ours", "--optimizer", "adamw")
    fill(mine)
    mine.adopt("attention", ATTENTION)
    own_weights, _ = trained(photos, tmp_path / "mine", "--mine", "--optimizer", "adamw")
    apart = max((weights[name] - own_weights[name]).abs().max().item() for name in weights)
    assert 0 < apart < 0.01  # four steps of AdamW, each of which may turn a gradient near 0 the other way


def marked(text, name):
    """The text of a part, which then says when it is called."""
    tree = ast.parse(text)
    part = next(node for node in tree.body if getattr(node, "name", "") == name)
    bodies = (
        [part.body] if isinstance(part, ast.FunctionDef) else [one.body for one in part.body if hasattr(one, "body")]
    )
    for body in bodies:
        body.insert(1, ast.parse(f"__import__('builtins').called_parts.add({name!r})").body[0])  # after the docstring
    return ast.unparse(ast.fix_missing_locations(tree))


def test_a_report_names_the_parts_that_were_called(aerial, mine, tmp_path, monkeypatch):
    """Of all answers kept and written otherwise than minclip's, in training with zero-shot tasks and retrieval."""
    called: set[str] = set()
    monkeypatch.setattr(builtins, "called_parts", called, raising=False)
    for name in EXERCISES:
        answer = given_answer(PARTS[name], name)
        mine.keep(replace(answer, text=marked(answer.text, name)))
    _, report = trained(aerial, tmp_path / "mine", "--mine", "--config", "small")
    assert report["run"]["parts"] == sorted(called & set(EXERCISES))
    assert set(CALLED) <= called


@pytest.mark.parametrize(
    ("changes", "preset", "more"),
    [
        ({"loss": "siglip"}, "tiny", {"siglip_loss", "prior_bias"}),
        ({"patch_dropout": 0.5}, "tiny", {"kept_patches", "keep_tokens"}),
        ({"short_texts": 8}, "tiny", {"shorten"}),
        ({}, "RN50", {"Bottleneck", "stage", "AttentionPool", "ModifiedResNet"}),
    ],
)
def test_parts_of_some_trainings_are_named_there(mine, changes, preset, more):
    fill(mine)
    with installed():
        named = set(replaced_parts(TrainConfig(**changes), CLIPConfig.preset(preset)))
    assert named == set(CALLED) - (OF_A_VIT if preset == "RN50" else set()) | more


def test_all_of_minclips_texts_are_known_as_such(mine):
    fill(mine)
    with installed() as names:
        assert sorted(names) == sorted(EXERCISES) and replaced_parts(*TINY) == CALLED
        assert all(exercise_of(name)[1].library.__module__.startswith("minclip.") for name in names)
    assert replaced_parts(*TINY) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("attention", "query.shape[-1] ** -0.5", "query.shape[-1] ** -0.51"),
        ("clamp_logit_scale", "clamp_(0,", "clamp_(0.1,"),
        ("causal_mask", "diagonal=1", "diagonal=2"),
        ("CLIP", "clamp_logit_scale(self.logit_scale)", "self.logit_scale.data.clamp_(0, 3)"),
    ],
)
def test_a_part_that_differs_stands_in_minclips_place(mine, name, old, new):
    fill(mine)
    answer = mine.answer(name)
    assert old in answer.text
    mine.keep(replace(answer, text=answer.text.replace(old, new)))
    library = exercise_of(name)[1].library
    with installed():
        assert exercise_of(name)[1].library is not library
    assert exercise_of(name)[1].library is library


def test_a_constant_that_differs_is_seen(mine):
    fill(mine)
    answer = mine.answer("clamp_logit_scale")
    helpers = {"MAX_LOGIT_SCALE": "MAX_LOGIT_SCALE = 3.0"}
    imports = {key: line for key, line in answer.imports.items() if key != "MAX_LOGIT_SCALE"}
    mine.keep(replace(answer, helpers=helpers, imports=imports))
    library = exercise_of("clamp_logit_scale")[1].library
    with installed():
        assert exercise_of("clamp_logit_scale")[1].library is not library


def test_comments_and_line_breaks_do_not_count(mine):
    fill(mine)
    answer = mine.answer("attention")
    mine.keep(replace(answer, text=answer.text.replace("    scores = query", "    # scores\n\n    scores = query")))
    library = exercise_of("attention")[1].library
    with installed():
        assert exercise_of("attention")[1].library is library


def test_the_learners_clip_loads_weights_and_is_measured(photos, mine, capsys, tmp_path):
    assert main(["eval", "--model", "picturebook-tiny", "--data", str(photos), "--device", "cpu"]) == 0
    expected = capsys.readouterr().out
    fill(mine)
    mine.keep(
        replace(mine.answer("CLIP"), text=mine.answer("CLIP").text.replace(ENCODE, f"        print('seen')\n{ENCODE}"))
    )
    command = ["eval", "--mine", "--model", "picturebook-tiny", "--data", str(photos), "--device", "cpu"]
    assert main([*command, "--json", str(tmp_path / "scores.json")]) == 0
    came = capsys.readouterr()
    assert "minclip: with your " in came.err and "CLIP" in came.err
    assert "seen" in came.out
    assert came.out.replace("seen\n", "") == expected


def test_eval_without_data_says_so(mine, capsys):
    assert main(["eval", "--model", "picturebook-tiny"]) == 2
    assert "--data is missing" in capsys.readouterr().err


def test_eval_mine_without_answers_says_so(mine, capsys):
    assert main(["eval", "--mine", "--model", "picturebook-tiny"]) == 2
    assert "solve an exercise of the lessons first" in capsys.readouterr().err


def test_a_train_step_of_ones_own_takes_the_steps(photos, tmp_path, monkeypatch):
    """As the course puts a learner's train_step in minclip's place."""
    weights, _ = trained(photos, tmp_path / "ours", "--optimizer", "adamw")
    calls = []

    def train_step(*arguments):
        calls.append(len(arguments[2]))
        return minclips(*arguments)

    minclips = training.train_step
    monkeypatch.setattr(training, "train_step", train_step)
    assert is_replaced()
    own_weights, _ = trained(photos, tmp_path / "mine", "--optimizer", "adamw")
    assert calls == [16] * 4
    assert max((weights[name] - own_weights[name]).abs().max().item() for name in weights) < 0.01


def test_a_train_step_of_ones_own_steps_both_optimizers(photos, tmp_path, monkeypatch):
    before, _ = trained(photos, tmp_path / "ours")
    minclips = training.train_step
    monkeypatch.setattr(training, "train_step", lambda *arguments: minclips(*arguments))
    after, _ = trained(photos, tmp_path / "mine")
    apart = {name: (before[name] - after[name]).abs().max().item() for name in before}
    assert max(apart.values()) < 0.05, max(apart, key=apart.get)


def test_a_train_step_of_ones_own_refuses_micro_batches(photos, tmp_path, monkeypatch, capsys):
    minclips = training.train_step
    monkeypatch.setattr(training, "train_step", lambda *arguments: minclips(*arguments))
    command = ["train", "--data", str(photos), "--config", "tiny", "--samples", "64", "--batch", "16"]
    assert main([*command, "--device", "cpu", "--out", str(tmp_path / "run"), "--micro-batch", "4"]) == 2
    assert "your train_step takes whole batches" in capsys.readouterr().err


def test_minclips_own_text_is_known_when_kept(mine):
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            setup = f"{lesson.answers.SETUP}\nfrom minclip.{exercise.home} import *"  # what a notebook imports
            space = run_cell(library_source(exercise.library), setup)
            verdict = judge(space[exercise.name], lesson, exercise)
            assert verdict.sign == RIGHT, verdict
    with installed():
        assert sorted(identical) == sorted(EXERCISES)


@pytest.mark.parametrize(
    ("earlier", "now", "words"),
    [
        (["ViT"], [], "begun with your ViT: continue it with --mine"),
        ([], ["ViT"], "begun without parts of yours, and now there is your ViT: leave out --mine, or begin a new run"),
        (["ViT"], ["MLP", "ViT"], "begun with your ViT, and now there is your MLP, ViT: bring the same parts back"),
    ],
)
def test_a_run_keeps_the_parts_it_began_with(earlier, now, words, monkeypatch):
    monkeypatch.setattr("minclip.experiments.replaced_parts.replaced_parts", lambda config, model: now)
    config, model = TrainConfig(), CLIPConfig.preset("tiny", vocab_size=600)
    refuse_other_parts(now, config, model)
    with pytest.raises(ValueError, match=words):
        refuse_other_parts(earlier, config, model)
