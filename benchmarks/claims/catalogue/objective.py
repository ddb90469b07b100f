"""Claims about the objective: how many negatives, both directions or one, the temperature."""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.claims.definition import Claim, Finding, Number, Row, table
from benchmarks.claims.questions import matching
from benchmarks.claims.training_arms import SAMPLES, Arm, Book, Setting
from minclip.config import CLIPConfig
from minclip.loss import clip_loss, similarity_logits
from minclip.model import CLIP
from minclip.siglip import SigLIPLoss, prior_bias, siglip_loss

# of the claim about SigLIP: 27 runs, so the model is small and the runs are short
MINI = CLIPConfig(256, 32, 8, 96, 3, 96, 2, 2, context_length=32, vocab_size=2048, vision_head_width=32)
MINI_SHARE = 12.5  # the base takes so many times the samples


def batch_size(setting: Setting) -> Claim:
    base = setting.base
    small, large = (scaled(base, size) for size in (64, 1024))
    few_negatives = replace(base, loss=loss_in_groups_of_16)
    arms = {
        "64 pairs": small,
        "256 pairs": base,
        "1,024 pairs": large,
        "256 pairs, 15 negatives each": few_negatives,
    }
    return Claim(
        name="batch_size",
        title="Batch size",
        said="Contrastive learning needs large batches: more negatives make a better model.",
        source="Chen et al. 2020 (SimCLR), section 5; Radford et al. 2021 (CLIP), section 2.5, takes 32,768 pairs "
        "without comparing",
        measured="The same number of samples in batches of 64, 256 and 1,024, learning rates by the square root of the "
        "batch size. And one arm that takes the steps of 256 pairs with the negatives of 16: its loss is computed in "
        "groups. What other rates do to a batch is in the sweep (docs/recipes.md).",
        rows=table(arms),
        findings=(
            Finding(
                "1,024 pairs beat 64 with equal samples, in a sixteenth of the steps.", Number(large), Number(small)
            ),
            Finding("256 pairs beat 64 with equal samples, in a quarter of the steps.", Number(base), Number(small)),
            Finding("More negatives in equal steps are better.", Number(base), Number(few_negatives)),
        ),
    )


def directions(setting: Setting) -> Claim:
    base = setting.base
    pictures, texts = replace(base, loss=picture_finds_text), replace(base, loss=text_finds_picture)
    arms = {"both directions": base, "picture → text": pictures, "text → picture": texts}
    asked = {
        "object": "object",
        "picture → text R@1": "retrieval/picture to text",
        "text → picture R@1": "retrieval/text to picture",
    }
    return Claim(
        name="directions",
        title="One direction of the loss or both",
        said="The loss is symmetric: every picture finds its text, and every text its picture.",
        source="Radford et al. 2021 (CLIP), section 2.3, figure 3; Zhang et al. 2020 (ConVIRT)",
        measured="The cross entropy over the texts, over the pictures, or the mean of both.",
        rows=table(arms, asked),
        findings=(
            Finding("Both directions beat picture → text.", Number(base), Number(pictures)),
            Finding("Both directions beat text → picture.", Number(base), Number(texts)),
            Finding("Picture → text beats text → picture at naming classes.", Number(pictures), Number(texts)),
        ),
    )


def temperature(setting: Setting) -> Claim:
    base = setting.base
    warm, cold = replace(base, change=fixed_at_007), replace(base, change=fixed_at_001)
    return Claim(
        name="temperature",
        title="The temperature, learned or fixed",
        said="The temperature is learned with the weights, so that nobody has to tune it.",
        source="Radford et al. 2021 (CLIP), sections 2.3 and 2.5",
        measured="Learned from 0.07 on, or fixed: at 0.07, where CLIP begins, and at 0.01, where it may not go below.",
        rows=table({"learned": base, "fixed at 0.07": warm, "fixed at 0.01": cold}),
        findings=(
            Finding("Learned beats fixed at 0.07.", Number(base), Number(warm)),
            Finding("Learned beats fixed at 0.01.", Number(base), Number(cold)),
        ),
    )


def siglip(setting: Setting) -> Claim:
    sizes = (256, 64, 16)
    samples = max(round(setting.base.config.samples / MINI_SHARE), sizes[0])
    base = replace(setting.base, model=MINI, data=Book(pictures=min(20_000, setting.base.data.pictures)))
    base = base.with_config(samples=samples)
    losses = {"InfoNCE": clip_loss, "SigLIP": SigLIPFromPrior, "SigLIP from -10": SigLIPLoss}
    numbers = {
        (name, size): Number(replace(scaled(base, size), loss=loss), "retrieval/R@10", matching)
        for name, loss in losses.items()
        for size in sizes
    }
    return Claim(
        name="siglip",
        title="A sigmoid for each pair, or a softmax over the batch",
        said="The sigmoid loss is better than the softmax loss at small batch sizes; the gap closes as they grow.",
        source="Zhai et al. 2023 (SigLIP), sections 4.1 and 4.2, figure 2, at batches of 512 and more",
        measured=f"{round(SAMPLES / MINI_SHARE):,} samples of 20,000 pictures, a model of 0.8 million weights, "
        "learning rates by the square root of the batch size; the losses get the same pictures in the same order. "
        "SigLIP's bias starts at -ln(batch - 1), or at the paper's -10. Asked is R@10: of 1,000 test captions, is the "
        "own one among the first ten? Other learning rates and longer runs were not tried.",
        rows=tuple(Row(f"{name}, {size} pairs", "R@10", number) for (name, size), number in numbers.items()),
        findings=(
            *(
                Finding(f"SigLIP beats InfoNCE at {size} pairs.", numbers["SigLIP", size], numbers["InfoNCE", size])
                for size in reversed(sizes)
            ),
            *(
                Finding(
                    f"At {size} pairs, a bias that starts at -ln(batch - 1) beats one that starts at -10.",
                    numbers["SigLIP", size],
                    numbers["SigLIP from -10", size],
                )
                for size in reversed(sizes)
            ),
        ),
    )


class SigLIPFromPrior(nn.Module):
    """siglip_loss with a learned bias that starts at the share of right pairs in the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.more = nn.Parameter(torch.tensor(0.0))

    def forward(self, image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
        return siglip_loss(image_features, text_features, scale, prior_bias(len(image_features)) + self.more)


def scaled(base: Arm, size: int) -> Arm:
    """The base with other batches, both learning rates by the square root of their size."""
    return with_rates(base.with_config(batch_size=size), math.sqrt(size / base.config.batch_size))


def with_rates(arm: Arm, factor: float) -> Arm:
    """The arm with both learning rates, of AdamW and of Muon, times the factor."""
    rates = {name: factor * getattr(arm.config, name) for name in ("learning_rate", "muon_learning_rate")}
    return arm.with_config(**rates)


def one_direction(logits: Tensor) -> Tensor:
    """Row i should find column i. logits: float [batch, batch]."""
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def picture_finds_text(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
    return one_direction(similarity_logits(image_features, text_features, scale))


def text_finds_picture(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
    return one_direction(similarity_logits(image_features, text_features, scale).T)


def loss_in_groups_of_16(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
    """The loss of a batch in which every pair meets only the 15 others of its group."""
    groups = zip(image_features.split(16), text_features.split(16), strict=True)
    return torch.stack([clip_loss(images, texts, scale) for images, texts in groups]).mean()


def fix_temperature(model: CLIP, temperature: float) -> None:
    with torch.no_grad():
        model.logit_scale.fill_(math.log(1 / temperature))
    model.logit_scale.requires_grad_(False)


def fixed_at_007(model: CLIP) -> None:
    fix_temperature(model, 0.07)


def fixed_at_001(model: CLIP) -> None:
    fix_temperature(model, 0.01)
