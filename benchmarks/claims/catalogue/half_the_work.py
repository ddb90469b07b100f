"""The claim about less work in a step: half of the patches (FLIP), or smaller pictures and shorter texts (CLIPA)."""

import json
import statistics
import time
from dataclasses import replace

from benchmarks.claims.catalogue.encoders import stepper
from benchmarks.claims.catalogue.objective import scaled, with_rates
from benchmarks.claims.definition import Claim, Finding, Number, Row
from benchmarks.claims.questions import Answers, correct, matching
from benchmarks.claims.training_arms import SAMPLES, Arm, Book, Learned, Setting
from minclip.config import CLIPConfig
from minclip.data.paths import atomic_write
from minclip.data.picturebook import tasks
from minclip.engine.cores import one_thread

GRID = CLIPConfig(256, 64, 8, 96, 3, 96, 2, 2, context_length=32, vocab_size=2048, vision_head_width=32)  # 64 patches
SHARE = 18.75  # the base takes so many times the samples: 16,000 are left
BATCH, TUNING = 64, 0.05
RATES = {"half": 0.5, "twice": 2.0}  # two arms are also trained with so many times the learning rates
ROUNDS, BLOCK = 9, 2  # of timing: blocks of steps, alternating
ASKED = {"R@10": "retrieval/R@10", "object": "object"}  # series -> what is asked


def half_the_work(setting: Setting) -> Claim:
    samples = max(round(setting.base.config.samples / SHARE), 256)
    base = replace(setting.base, model=GRID, data=Book(pictures=min(20_000, setting.base.data.pictures)))
    full = scaled(base.with_config(samples=samples), BATCH)
    less = {
        "half of the patches": full.with_config(patch_dropout=0.5),
        "smaller pictures, shorter texts": full.with_config(small_pictures=32, short_texts=8),
    }
    gain = step_gains(full, less, setting)
    half, small = less

    def arm(name: str, last: float) -> Arm:
        steps = full.config.steps / ((1 - last) / gain[name] + last)
        return less[name].with_config(samples=round(steps) * BATCH, unmasked_tuning=last)

    arms = {
        "all patches": full,
        "half": arm(half, 0.0),
        "half, then all": arm(half, TUNING),
        "small, then all": arm(small, TUNING),
        "half, then all for a fifth": arm(half, 0.2),
    }
    arms |= {
        at_rate(name, factor): with_rates(arms[name], factor)
        for factor in RATES.values()
        for name in ("all patches", "half, then all")
    }
    found = {name: Number(arm, "retrieval/R@10", naming_and_matching) for name, arm in arms.items()}
    named = {name: Number(arm, "object", naming_and_matching) for name, arm in arms.items()}
    return Claim(
        name="half_the_work",
        title="Half of the work, then everything",
        said="Training on half of the patches, or on smaller pictures and shorter texts, and at the end on everything, "
        "makes a better model in the same time.",
        source="Li et al. 2023 (FLIP), sections 3 and 4.1; Li, Wang, Xie 2023 (CLIPA), sections 3 and 4",
        measured=f"{round(SAMPLES / SHARE):,} samples of 20,000 pictures of 64 patches, in batches of {BATCH}, a model "
        f"of 0.8 million weights. Before the training, a step on half of the patches was {gain[half]:.2f} times as "
        f"fast, one on pictures of 32 in place of 64 pixels and texts of 8 tokens {gain[small]:.2f} times, each the "
        f"median of {ROUNDS} alternating rounds, in processor time; every arm takes as many more samples as its steps "
        f"cost less. Then all: the last {TUNING:.0%} of the steps read everything; the learning rate follows one "
        "cosine, and has nearly ended by then. The five ways have one learning rate, which was chosen for none of "
        "them; two of them are trained with half of it and with twice as much, too. Longer runs were not tried. "
        "R@10: of 1,000 test captions, is the own one among the first ten?",
        rows=tuple(
            Row(name, series, Number(arm, key, naming_and_matching))
            for name, arm in arms.items()
            for series, key in ASKED.items()
        ),
        findings=(
            *(
                Finding(f"{words} beats all patches at {what} in equal time.", numbers[name], numbers["all patches"])
                for what, numbers in (("finding captions", found), ("naming objects", named))
                for name, words in (
                    ("half, then all", "Half, then all,"),
                    ("small, then all", "Small, then all,"),
                    ("half", "Half to the end"),
                )
            ),
            Finding(
                "Half, then all, beats half to the end at finding captions.", found["half, then all"], found["half"]
            ),
            Finding(
                "All for a last fifth beats all for a last twentieth at finding captions.",
                found["half, then all for a fifth"],
                found["half, then all"],
            ),
            *(
                Finding(
                    f"Half, then all, beats all patches at finding captions, both with {words} the learning rate.",
                    found[at_rate("half, then all", factor)],
                    found[at_rate("all patches", factor)],
                )
                for words, factor in RATES.items()
            ),
        ),
    )


def at_rate(name: str, factor: float) -> str:
    """What an arm is called that learns at another rate."""
    return f"{name} (rate × {factor:g})"


def naming_and_matching(learned: Learned) -> Answers:
    """Retrieval, and the name of the object of a few pictures of each class."""
    few = max(1, learned.per_class // 5)
    (task,) = tasks(learned.arm.model.image_size, per_class=few, names=["object"], progress=False).values()
    return {**matching(learned), "object": correct(learned, task)}


def step_gains(full: Arm, less: dict[str, Arm], setting: Setting) -> dict[str, float]:
    """How many times as fast a step of each is; measured once, or the arms would be other ones every time.

    By the processor's clock on a CPU: what other programs do there hardly counts.
    """
    path = setting.out / "step_gains.json"
    if not path.is_file():
        clock = time.process_time if setting.device.device.type == "cpu" else time.perf_counter
        arms = {"full": full} | less
        few = {name: replace(arm, data=replace(arm.data, pictures=2_000)) for name, arm in arms.items()}
        steps = {name: stepper(arm, setting) for name, arm in few.items()}
        rounds = [{name: block(step, clock) for name, step in steps.items()} for _ in range(ROUNDS + 1)][1:]
        gains = {name: statistics.median(one["full"] / one[name] for one in rounds) for name in less}
        with atomic_write(path) as file:
            file.write(json.dumps({"gains": gains, "seconds": rounds}, indent=1).encode("utf-8"))
    gains = json.loads(path.read_text(encoding="utf-8"))["gains"]
    return {name: round(gain, 2) for name, gain in gains.items()}


def block(step, clock) -> float:
    """Seconds of a block of steps."""
    with one_thread():
        began = clock()
        for number in range(BLOCK):
            step(number)
        return clock() - began
