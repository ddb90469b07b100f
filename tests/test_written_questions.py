"""The written questions of a class: nbgrader takes them, and what their mark schemes claim is so."""

import math
from dataclasses import replace

import pytest
import torch
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearMarkScheme, ClearSolutions

from minclip.accuracy import bootstrap_interval, top_k_correct
from minclip.classroom.notebook import classroom_notebook, version, written_question
from minclip.config import CLIPConfig
from minclip.course import build
from minclip.course.outline import LESSONS
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import lr_schedule
from minclip.text import TextTransformer
from minclip.ties import rank_of_right
from minclip.tokenizer import BPETokenizer
from minclip.transformer import MultiHeadAttention, causal_mask
from minclip.vision import PatchEmbedding
from minclip.zero_shot import ensemble_features

NAMES = [lesson.name for lesson in LESSONS]


def scheme(number: int) -> str:
    return written_question(LESSONS[number]).mark_scheme


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_students_get_the_question_without_its_marks(lesson):
    notebook, question = classroom_notebook(lesson), written_question(lesson)
    for preprocessor in (ClearSolutions, ClearHiddenTests, ClearMarkScheme, CheckCellMetadata):
        notebook, _ = preprocessor().preprocess(notebook, {})
    cell = notebook.cells[-1]
    assert question.words in cell.source and cell.source.strip().endswith("YOUR ANSWER HERE")
    assert cell.source.index(question.words) < cell.source.index("### Your answer") < cell.source.index("YOUR ANSWER")
    text = "\n".join(one.source for one in notebook.cells)
    assert question.mark_scheme.splitlines()[0] not in text and "points_of" not in text
    nbgrader = cell.metadata.nbgrader
    assert (nbgrader.grade_id, nbgrader.points) == (f"question-{lesson.number:02}", question.points)
    assert nbgrader.grade and nbgrader.solution and not nbgrader.locked
    assert notebook.metadata.minclip.version == version(classroom_notebook(lesson))


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_the_marks_add_up(lesson):
    question = written_question(lesson)
    earned = [line for line in question.mark_scheme.splitlines() if line.startswith("- **")]
    assert sum(int(line[4]) for line in earned) == question.points
    alone = "\n".join(cell.source for cell in build.lesson_notebook(lesson).cells)
    assert "Written question" not in alone and question.words.splitlines()[0] not in alone


def test_the_versions_of_the_lessons_differ():
    found = {version(classroom_notebook(lesson)) for lesson in LESSONS}
    assert len(found) == len(LESSONS)


def test_00_shares_depend_on_differences():
    for cosines in ([0.46, 0.40, 0.38], [0.16, 0.10, 0.08]):
        assert round(100 * torch.tensor(cosines).mul(100).softmax(0)[0].item(), 1) == 99.7
    assert "99.7 %" in scheme(0)


def test_01_letters_that_no_caption_held():
    tokenizer = BPETokenizer.train(["a photo of a red car in the snow"] * 9, 560)
    ids = tokenizer.encode("καλημέρα")
    assert len(ids) == 16 and tokenizer.decode(ids).strip() == "καλημέρα"
    assert "16 ids" in scheme(1)


def test_02_patches_without_positions():
    torch.manual_seed(0)
    embedding = PatchEmbedding(12, 4, 8)
    with torch.no_grad():
        embedding.positional_embedding.zero_()
        picture = torch.randn(1, 3, 12, 12)
        swapped = picture.unflatten(3, (3, 4))[:, :, :, [2, 1, 0]].flatten(3)
        a, b, c = (embedding(one)[0] for one in (picture, swapped, picture.flip(3)))
    rows = [sorted(tuple(round(x, 4) for x in row) for row in tokens.tolist()) for tokens in (a, b, c)]
    assert rows[0] == rows[1] != rows[2] and not torch.equal(a, b)
    assert torch.allclose(a.mean(0), b.mean(0), atol=1e-6) and not torch.allclose(a.mean(0), c.mean(0), atol=1e-3)


def test_03_attention_without_keys():
    for heads in (12, 1):
        assert sum(p.numel() for p in MultiHeadAttention(768, heads).parameters()) == 4 * 768**2 + 4 * 768 == 2362368
    layer = MultiHeadAttention(12, 3)
    with torch.no_grad():
        layer.in_proj_weight[12:24], layer.in_proj_bias[12:24] = 0, 0
    x = torch.randn(1, 5, 12)
    means = layer.split(x)[2].mean(dim=2, keepdim=True).expand(-1, -1, 5, -1)
    assert torch.allclose(layer(x), layer.merge(means), atol=1e-5)
    assert "2,362,368" in scheme(3)


def test_04_what_stands_before_a_word_does_not_change():
    sizes = {"context_length": 10, "vocab_size": 30, "width": 16, "layers": 4, "heads": 2, "embed_dim": 5}
    encoder = TextTransformer(**sizes)
    one = torch.tensor([[28, 3, 4, 5, 6, 7, 8, 29, 0, 0]])
    other = one.clone()
    other[0, 5] = 12
    vectors = [
        encoder.transformer(encoder.token_embedding(row) + encoder.positional_embedding, causal_mask(10))
        for row in (one, other)
    ]
    apart = (vectors[0] - vectors[1]).abs().amax(dim=-1)[0]
    assert apart[:5].max() == 0 and apart[5:].min() > 0


def test_05_what_the_loss_does_not_see():
    torch.manual_seed(0)
    images, texts = torch.randn(6, 8), torch.randn(6, 8)
    turn = torch.linalg.qr(torch.randn(8, 8)).Q
    loss, order = clip_loss(images, texts, 10.0), [3, 0, 5, 1, 2, 4]
    same = ((3 * images, texts), (images @ turn, texts @ turn), (images[order], texts[order]))
    assert all(torch.allclose(clip_loss(*pair, 10.0), loss, atol=1e-4) for pair in same)
    learned = torch.eye(4)
    assert round(clip_loss(learned, -learned, 10.0).item(), 1) == 11.1 and round(math.log(4), 2) == 1.39


def test_06_twice_as_wide():
    config = CLIPConfig(
        embed_dim=16, image_size=12, patch_size=4, vision_width=24, vision_layers=1, text_width=16, text_heads=2,
        text_layers=1, context_length=9, vocab_size=50, vision_head_width=4,
    )  # fmt: skip
    narrow, wide = CLIP(config), CLIP(replace(config, text_width=32))
    factors = {name: wide.get_parameter(name).numel() / p.numel() for name, p in narrow.named_parameters()}
    assert factors["text.token_embedding.weight"] == factors["text.text_projection"] == 2
    assert factors["text.transformer.resblocks.0.attn.in_proj_weight"] == 4
    assert {factor for name, factor in factors.items() if "text" in name and "bias" in name} == {2}
    assert {factor for name, factor in factors.items() if "text" not in name} == {1}


def test_07_a_run_that_was_stopped():
    shares = [round(lr_schedule(step, 1000, 100), 2) for step in (49, 99, 550, 499)]
    assert shares == [0.5, 1.0, 0.5, 0.59]
    assert round(lr_schedule(499, 500, 100), 5) == 0.00002


def test_08_level_scores():
    logits, labels = torch.zeros(20, 10), torch.tensor([0] * 10 + [*range(1, 10), 1])
    assert (logits.argmax(dim=1) == labels).float().mean() == 0.5
    assert torch.allclose(top_k_correct(logits, labels, 1).mean(), torch.tensor(0.1))
    assert torch.allclose(top_k_correct(logits, labels, 3).mean(), torch.tensor(0.3))
    low, high = bootstrap_interval(torch.full((20,), 0.1))
    assert low == high and round(low, 6) == 0.1


def test_09_nine_votes_of_ten():
    u, v = torch.eye(2)
    found = [round(x, 2) for x in ensemble_features(torch.stack([*[u] * 9, v])).tolist()]
    assert found == [0.99, 0.11] == [round(9 / 82**0.5, 2), round(1 / 82**0.5, 2)]
    assert [round(x, 2) for x in ensemble_features(torch.stack([u, v])).tolist()] == [0.71, 0.71]


def test_10_a_smaller_gallery():
    torch.manual_seed(0)
    scores, right = torch.randn(300, 100), torch.zeros(300, 100, dtype=torch.bool)
    right[torch.arange(300), torch.randint(0, 50, (300,))] = True
    scores[right] += 1.5
    whole, half = rank_of_right(scores, right).better, rank_of_right(scores[:, :50], right[:, :50]).better
    assert (half <= whole).all() and ((half == 0) & (whole > 0)).any()
