"""Claims about the encoders: reading fewer patches in equal time, and text read in both directions."""

import json
import statistics
import time
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from benchmarks.claims.definition import STANDARD, Claim, Finding, Number, table
from benchmarks.claims.trained_arms import pairs_of
from benchmarks.claims.training_arms import Arm, Setting
from minclip.data.paths import atomic_write
from minclip.engine.batches import make_batch
from minclip.engine.cores import one_thread
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.experiments.preparation import new_model
from minclip.model import CLIP
from minclip.text import TextTransformer

ROUNDS, BLOCK = 5, 3  # of timing: blocks of steps, alternating


def patch_dropout(setting: Setting) -> Claim:
    base = setting.base
    gain = speed_of_half_the_patches(setting)
    equal_samples = base.with_config(patch_dropout=0.5)
    equal_time = equal_samples.with_config(samples=round(gain * base.config.samples))
    return Claim(
        name="patch_dropout",
        title="Half of the patches, in equal time",
        said="Leaving out half of the patches in training makes a better model in the same time: more pairs are seen.",
        source="Li et al. 2023 (FLIP), sections 1 and 4.1",
        measured=f"A step on half of the patches was {gain:.2f} times as fast here, median of {ROUNDS} alternating "
        "rounds; the arm of equal time takes so many more samples. Evaluation reads all patches.",
        rows=table(
            {"all patches": base, "half, equal time": equal_time, "half, equal samples": equal_samples},
        ),
        findings=(
            Finding("Half of the patches are better in equal time.", Number(equal_time), Number(base)),
            Finding("All patches are better at equal samples.", Number(base), Number(equal_samples)),
        ),
    )


def text_direction(setting: Setting) -> Claim:
    base = setting.base
    both = replace(base, change=reads_both_ways)
    asked = STANDARD | {"who is where": "relation_swap"}
    return Claim(
        name="text_direction",
        title="Text read forwards or both ways",
        said="The text encoder is causal so that a language model could be its start, or a second objective.",
        source="Radford et al. 2021 (CLIP), section 2.4 (left to future work there)",
        measured=f"The causal mask, or none but that of the padding; all else equal, {base.model.text_layers} layers. "
        "(With one layer both would be the same: EOT sees the whole text anyway.) "
        "That reading both ways might match better is our question.",
        rows=table({"causal": base, "both ways": both}, asked),
        findings=(
            Finding("Reading both ways is better at naming classes.", Number(both), Number(base)),
            Finding(
                "Reading both ways is better at finding a picture's caption.",
                Number(both, "retrieval/picture to text"),
                Number(base, "retrieval/picture to text"),
            ),
            Finding(
                "Reading both ways tells better who is where.",
                Number(both, "relation_swap"),
                Number(base, "relation_swap"),
            ),
        ),
    )


def both_ways(text: TextTransformer, tokens: Tensor) -> Tensor:
    """TextTransformer.forward without its causal mask. Behind EOT nobody looks: an answer must not know its batch."""
    length, end = tokens.shape[1], tokens.argmax(dim=-1)  # EOT has the largest id
    x = text.token_embedding(tokens) + text.positional_embedding[:length]  # [batch, length, width]
    hidden = torch.arange(length, device=x.device) > end[:, None]  # [batch, length]
    mask = torch.zeros(hidden.shape, device=x.device).masked_fill(hidden, float("-inf"))[:, None, None]
    x = text.transformer(x, mask)  # [batch, 1, 1, length]: for every head and token the same
    x = x[torch.arange(x.shape[0], device=x.device), end]  # EOT: [batch, width]
    return text.ln_final(x) @ text.text_projection  # [batch, embed_dim]


def reads_both_ways(model: CLIP) -> None:
    model.text.forward = partial(both_ways, model.text)


def speed_of_half_the_patches(setting: Setting) -> float:
    """How many times as fast a step is; measured once, or the arm of equal time would be another one every time."""
    path = setting.out / "speed_of_half_the_patches.json"
    if not path.is_file():
        base = replace(setting.base, data=replace(setting.base.data, pictures=2_000))  # enough to time a step
        steps = [stepper(arm, setting) for arm in (base, base.with_config(patch_dropout=0.5))]
        rounds = [[seconds(step) for step in steps] for _ in range(ROUNDS + 1)][1:]
        gain = statistics.median(all_of_them / half for all_of_them, half in rounds)
        with atomic_write(path) as file:
            file.write(json.dumps({"gain": round(gain, 2), "seconds": rounds}).encode("utf-8"))
    return json.loads(path.read_text(encoding="utf-8"))["gain"]


def stepper(arm: Arm, setting: Setting):
    """A function that trains one step after the other, batches made anew."""
    tokenizer, pairs = pairs_of(arm.data, arm.model, setting.device)
    model = new_model(replace(arm.model, vocab_size=tokenizer.vocab_size), 0).to(setting.device.device)
    config = arm.config
    optimizers = build_optimizers(
        model, config.optimizer, config.learning_rate, config.weight_decay, config.muon_learning_rate
    )

    def step(number: int) -> None:
        batch = make_batch(pairs, config, number, arm.model, setting.device)
        train_step(model, optimizers, batch, setting.device).item()  # waits for a GPU

    return step


def seconds(step) -> float:
    """Of a block of steps."""
    with one_thread():
        began = time.perf_counter()
        for number in range(BLOCK):
            step(number)
        return time.perf_counter() - began
