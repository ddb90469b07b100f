"""Hidden tests of lesson 06: other configurations, and stacks of other sizes."""

import torch

from minclip.config import CLIPConfig
from minclip.course.assertions import Trial
from minclip.course.lesson_06_clip_assembled.checks import started
from minclip.course.lesson_06_clip_assembled.clip_checks import both, made_of_its_parts

ONE = CLIPConfig(
    embed_dim=5, image_size=6, patch_size=3, vision_width=8, vision_layers=2, text_width=15, text_heads=5,
    text_layers=3, context_length=12, vocab_size=17, vision_head_width=8, quick_gelu=True,
)  # fmt: skip
OTHER = CLIPConfig(
    embed_dim=11, image_size=10, patch_size=2, vision_width=6, vision_layers=1, text_width=10, text_heads=1,
    text_layers=1, context_length=5, vocab_size=44, vision_head_width=3, vision_mlp_width=7, quick_gelu=False,
)  # fmt: skip


def initialise_blocks(t: Trial) -> None:
    for width, layers in ((48, 2), (72, 5)):
        started(t, width, layers)


def CLIP(t: Trial) -> None:
    for config, pictures, texts in ((ONE, 1, 4), (OTHER, 6, 2)):
        with t.method("__init__"):
            made_of_its_parts(t, config)
        pixels = t.normal(pictures, 3, config.image_size, config.image_size)
        tokens = t.whole(1, config.vocab_size, texts, config.context_length)
        for method, given in (("encode_image", pixels), ("encode_text", tokens)):
            with t.method(method):
                mine, theirs = both(t, config)
                came = t.call(getattr(mine, method), given, as_=method)
                t.same(came, getattr(theirs, method)(given), what=f"the result of {method}")
        with t.method("forward"):
            for scale in (1.5, 40.0):
                mine, theirs = both(t, config, scale=scale)
                came = t.call(mine, pixels, tokens, as_="forward")
                for which, right in enumerate(theirs(pixels, tokens)):
                    t.same(came[which], right, what=f"result {which} of forward")
                t.same(mine.logit_scale.detach(), theirs.logit_scale.detach(), what="logit_scale afterwards")
            with torch.no_grad():
                mine.logit_scale.add_(0.5)
                theirs.logit_scale.add_(0.5)
            came, right = t.call(mine, pixels, tokens, as_="forward"), theirs(pixels, tokens)
            t.same(came[0], right[0], what="the logits after logit_scale has changed")
