"""Claims about the image encoder: a ResNet or a ViT at equal operations, how a ResNet pools, and how it strides.

The rates are each encoder's own: python -m benchmarks.claims.resnet_rates chose them on the validation split.
"""

from dataclasses import replace
from functools import lru_cache

from benchmarks.claims.definition import Claim, Finding, Number, table
from benchmarks.claims.questions import Answers, correct, matching
from benchmarks.claims.training_arms import Arm, Book, Learned, Setting
from minclip.config import CLIPConfig
from minclip.course.lesson_12_resnet.operations import operations
from minclip.course.lesson_12_resnet.other_nets import with_a_mean, with_plain_strides
from minclip.data.picturebook import tasks
from minclip.model import CLIP
from minclip.resnet import ModifiedResNet

RESNET = CLIPConfig(128, 64, None, 8, (1, 1, 1, 1), 64, 2, 1, context_length=32, vocab_size=2048)
VIT = replace(RESNET, patch_size=8, vision_width=36, vision_layers=3, vision_head_width=18)
SHARE, BATCH = 18.75, 64  # the base takes so many times the samples; pairs of a step
RATES = {"ResNet": 7e-4, "ViT": 7e-4}
ASKED = {"R@10": "retrieval/R@10", "object": "object"}
PLACE = "64 px pictures, so the last map has 2 × 2 places, where CLIP's has 7 × 7"


def small(setting: Setting, model: CLIPConfig, rate: float) -> Arm:
    """An encoder in a short training with AdamW alone: Muon would take other weights of the one than of the other."""
    base = setting.base
    samples = max(round(base.config.samples / SHARE), BATCH)
    arm = replace(base, model=model, data=Book(pictures=min(10_000, base.data.pictures)))
    return arm.with_config(samples=samples, batch_size=BATCH, optimizer="adamw", learning_rate=rate)


@lru_cache(maxsize=1)
def objects(size: int, per_class: int):
    return tasks(size, per_class=per_class, names=["object"], progress=False)["object"]


def named_and_matched(learned: Learned) -> Answers:
    """Zero-shot classes, and retrieval."""
    return matching(learned) | {"object": correct(learned, objects(learned.arm.model.image_size, learned.per_class))}


def resnet(setting: Setting) -> Claim:
    arms = {
        "ViT": small(setting, VIT, RATES["ViT"]),
        "ResNet": small(setting, RESNET, RATES["ResNet"]),
    }
    each = {name: operations(arm.model) / 1e6 for name, arm in arms.items()}
    return Claim(
        name="resnet",
        title="A ResNet or a ViT at equal operations",
        said="The ViT is better than the ResNet at the same computation, by far.",
        source="Radford et al. 2021 (CLIP), section 3.2: linear probes of large models, long trainings",
        measured=f"{each['ViT']:.2f} million multiply-adds for a picture in the ViT's matrix products, "
        f"{each['ResNet']:.2f} million in the ResNet's. {PLACE}. {choice()}",
        rows=table(arms, ASKED, named_and_matched),
        findings=better_in_both("The ViT", "the ResNet", arms["ViT"], arms["ResNet"]),
    )


def resnet_parts(setting: Setting) -> Claim:
    whole = small(setting, RESNET, RATES["ResNet"])
    mean, plain = replace(whole, change=pools_the_mean), replace(whole, change=skips_places)
    return Claim(
        name="resnet_parts",
        title="Attention pooling and soft strides",
        said="A ResNet gains by attention pooling in place of a mean, and by averaging before its strides.",
        source="Radford et al. 2021 (CLIP), section 2.4, which gives no numbers; Zhang 2019, section 4.2, on ImageNet",
        measured="The same ResNet three times, with equal weights at the start. The mean goes through the pool's own "
        "value and output layers: it is an attention whose weights are all equal. Without averaging a stride takes "
        f"every second place, as a strided convolution does. {PLACE}. All take the ResNet's rate. {choice()}",
        rows=table({"as in CLIP": whole, "mean for the pool": mean, "plain strides": plain}, ASKED, named_and_matched),
        findings=(
            *better_in_both("Attention pooling", "the mean", whole, mean),
            *better_in_both("Averaging before a stride", "a plain stride", whole, plain),
        ),
    )


def choice() -> str:
    return (
        f"16,000 samples of 10,000 pictures in batches of {BATCH}, AdamW; the learning rates, "
        f"{RATES['ViT']:g} (ViT) and {RATES['ResNet']:g} (ResNet), are the best of four for seed 0 on the validation "
        "split. Longer runs and larger models were not tried."
    )


def better_in_both(better: str, worse: str, first: Arm, second: Arm) -> tuple[Finding, ...]:
    words = {"R@10": "finding a picture's caption", "object": "naming classes"}
    return tuple(
        Finding(
            f"{better} beats {worse} at {words[series]}.",
            Number(first, key, named_and_matched),
            Number(second, key, named_and_matched),
        )
        for series, key in ASKED.items()
    )


def resnet_of(model: CLIP) -> ModifiedResNet:
    assert isinstance(model.visual, ModifiedResNet)
    return model.visual


def pools_the_mean(model: CLIP) -> None:
    with_a_mean(resnet_of(model))


def skips_places(model: CLIP) -> None:
    with_plain_strides(resnet_of(model))
