"""How the answers of lesson 06 are judged: how the blocks start, and CLIP, method by method."""

from typing import Any

import torch
from torch import Tensor, nn

from minclip.course.assertions import Mistake, Shown, Trial, Wrong
from minclip.course.lesson_06_clip_assembled import clip_checks, start_mistakes
from minclip.transformer import Transformer

OLD_MATRIX, OLD_OTHER = 9.0, 7.0  # what every weight is before the call
NEAR = 0.05  # of a standard deviation: far more than the luck of 4,096 draws, far less than a factor that is missing

SAME_AGAIN = Mistake(
    "two calls draw the same numbers",
    way="leave out manual_seed: who calls the function decides about the seed",
)


def initialise_blocks(t: Trial) -> None:
    t.errors = start_mistakes.ERRORS
    drawn = [started(t, width, layers) for width, layers in ((40, 3), (96, 8), (64, 1))]
    again = started(t, 40, 3)
    for name, before in drawn[0].items():
        t.holds(not before.equal(again[name]), "draws nothing new", SAME_AGAIN)
    stack = Transformer(width=32, layers=2, heads=2, mlp_width=128)
    t.on_a_gpu(t.mine, stack.resblocks, 32)


def started(t: Trial, width: int, layers: int) -> dict[str, Tensor]:
    """Claims that the answer starts a stack of blocks as CLIP does; gives the matrices of the first block."""
    stack = Transformer(width=width, layers=layers, heads=4, mlp_width=4 * width)
    with torch.no_grad():
        for name, weight in stack.named_parameters():
            weight.fill_(OLD_MATRIX if name.endswith(start_mistakes.MATRICES) else OLD_OTHER)
    count = f"{layers} block{'s' if layers > 1 else ''}"
    blocks = Shown(stack.resblocks, f"<{count} of width {width}>")
    t.call(t.mine, blocks, width, in_place=True)
    for name in start_mistakes.MATRICES:
        matrices = [block.get_parameter(name) for block in stack.resblocks]
        for place, matrix in enumerate(matrices):
            claim_drawn(t, f"{name} of block {place}", matrix)
        claim_normal(t, name, torch.cat([matrix.detach().flatten() for matrix in matrices]), width, layers)
        for place, matrix in enumerate(matrices):
            mean, std = matrix.mean().item(), matrix.std().item()
            expected = start_mistakes.right_std(name, width, layers)
            alike = abs(std / expected - 1) < 2 * NEAR and abs(mean) < 2 * NEAR * expected
            lines = (f"  expected  standard deviation {expected:.4f}", f"  came      {std:.4f}, mean {mean:.4f}")
            t.holds(alike, f"{name} of block {place} starts otherwise than in the other blocks", *lines)
    for name, weight in stack.named_parameters():
        if not name.endswith(start_mistakes.MATRICES):
            untouched = bool((weight == OLD_OTHER).all())
            t.holds(untouched, f"{name.removeprefix('resblocks.')} is changed, too", start_mistakes.OTHERS_STAY)
    return {name: stack.resblocks[0].get_parameter(name).detach() for name in start_mistakes.MATRICES}


def claim_drawn(t: Trial, name: str, matrix: Tensor) -> None:
    if bool((matrix == OLD_MATRIX).all()):
        raise Wrong(*t.heading(f"{name} is what it was before"), start_mistakes.NOT_IN_PLACE)
    learns = isinstance(matrix, nn.Parameter) and matrix.requires_grad and matrix.grad_fn is None
    t.holds(learns, f"{name} no longer learns", start_mistakes.NO_LONGER)


def claim_normal(t: Trial, name: str, numbers: Tensor, width: int, layers: int) -> None:
    """Claims mean 0, the right standard deviation, and the shape of a normal distribution."""
    expected = start_mistakes.right_std(name, width, layers)
    mean, std = numbers.mean().item(), numbers.std().item()
    lines: tuple[Any, ...] = (f"  expected  mean 0, standard deviation {expected:.4f}",)
    lines += (f"  came      mean {abs(mean):.4f}, standard deviation {std:.4f}",)
    flat = bool(0 < numbers.abs().max() < 2 * std)
    t.holds(not flat, f"{name} is drawn from no normal distribution", start_mistakes.UNIFORM)
    if abs(mean) > NEAR * expected or abs(std / expected - 1) > NEAR:
        named = start_mistakes.cause(name, width, layers, mean, std, NEAR)
        raise Wrong(*t.heading(f"{name} starts otherwise than in CLIP"), *lines, *named)
    t.passed += 1


CLIP = clip_checks.CLIP
