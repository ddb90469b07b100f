"""Hidden tests of lesson 11: other shapes and strengths, other encoders and models."""

from minclip import adapters
from minclip.config import CLIPConfig
from minclip.course.assertions import Shown, Trial
from minclip.course.lesson_04_causal_text_encoder.checks import NAMES
from minclip.course.lesson_11_after_training.adapter_mistakes import unit
from minclip.course.lesson_11_after_training.checks import (
    clip_adapters,
    encoder_of,
    judge_mixture,
    shots_of,
    two_models,
)
from minclip.prompt_learning import encode_embeddings as right_features

OTHER = CLIPConfig(
    embed_dim=4, image_size=6, patch_size=3, vision_width=6, vision_layers=2, text_width=6, text_heads=3, text_layers=2,
    context_length=5, vocab_size=15, vision_head_width=3,
)  # fmt: skip


def tip_adapter_logits(t: Trial) -> None:
    for sizes in ((1, 12, 5, 4), (7, 3, 3, 10), (2, 30, 6, 5)):
        for scale, alpha, beta in ((1.0, 5.0, 0.1), (50.0, 0.2, 9.0)):
            given = (*shots_of(t, *sizes), scale, alpha, beta)
            t.same(t(*given), adapters.tip_adapter_logits(*given))


def ClipAdapter(t: Trial) -> None:
    for n, classes, width in ((1, 2, 4), (6, 9, 16)):
        for share in (0.1, 0.65):
            classifier, features = unit(t.normal(classes, width)).T, unit(t.normal(n, width))
            mine, theirs = clip_adapters(t, classifier, 11.0, share)
            t.same(t.call(mine, features, as_="forward"), theirs(features))


def encode_embeddings(t: Trial) -> None:
    for sizes, texts, length in (((6, 50, 8, 2, 4, 3), 1, 6), ((20, 12, 12, 1, 1, 12), 5, 9)):
        named = dict(zip(NAMES, sizes, strict=True))
        encoder, embeddings = encoder_of(t, named), t.normal(texts, length, named["width"])
        eot = t.whole(0, length, texts)
        t.same(t(Shown(encoder, "<an encoder>"), embeddings, eot), right_features(encoder, embeddings, eot))


def mixed(t: Trial) -> None:
    before, after = two_models(t, OTHER)
    for share in (0.15, 0.4, 0.9):
        judge_mixture(t, before, after, share, f"for share = {share:g}")
