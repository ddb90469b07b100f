"""How the answers of lesson 06 are judged: how the blocks start, and CLIP, method by method."""

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


def fresh_stack(width: int, layers: int) -> Transformer:
    """Blocks whose weights show whether they were changed."""
    stack = Transformer(width=width, layers=layers, heads=4, mlp_width=4 * width)
    with torch.no_grad():
        for name, weight in stack.named_parameters():
            weight.fill_(OLD_MATRIX if name.endswith(start_mistakes.MATRICES) else OLD_OTHER)
    return stack


def started(t: Trial, width: int, layers: int) -> dict[str, Tensor]:
    """Claims that the answer starts a stack of blocks as CLIP does; gives the matrices of the first block."""
    stack = fresh_stack(width, layers)
    count = f"{layers} block{'s' if layers > 1 else ''}"
    blocks = Shown(stack.resblocks, f"<{count} of width {width}>")
    t.call(t.mine, blocks, width, in_place=True)
    claim_drawn(t, stack)
    claim_drawn_by_itself(t, stack)
    for name in start_mistakes.MATRICES:
        claim_normal(t, name, [block.get_parameter(name).detach() for block in stack.resblocks], width)
    for name, weight in stack.named_parameters():
        if not name.endswith(start_mistakes.MATRICES):
            untouched = bool((weight == OLD_OTHER).all())
            t.holds(untouched, f"{in_block(name)} is changed, too", start_mistakes.OTHERS_STAY)
    return {name: stack.resblocks[0].get_parameter(name).detach() for name in start_mistakes.MATRICES}


def in_block(name: str) -> str:
    """
    >>> in_block("resblocks.2.mlp.c_fc.bias")
    'mlp.c_fc.bias of block 2'
    """
    _, number, rest = name.split(".", 2)
    return f"{rest} of block {number}"


def claim_drawn(t: Trial, stack: Transformer) -> None:
    """Claims that all four matrices of all blocks hold new numbers, and still learn."""
    matrices = {name: weight for name, weight in stack.named_parameters() if name.endswith(start_mistakes.MATRICES)}
    old = [name for name, matrix in matrices.items() if bool((matrix == OLD_MATRIX).all())]
    if old:
        cause = start_mistakes.NOT_IN_PLACE if len(old) == len(matrices) else start_mistakes.LEFT_OUT
        raise Wrong(*t.heading(f"{in_block(old[0])} is what it was before"), cause)
    for name, matrix in matrices.items():
        rest = f"{in_block(name)} still holds numbers that it held before"
        t.holds(not bool((matrix == OLD_MATRIX).any()), rest, start_mistakes.SOME_ROWS)
    for name, matrix in matrices.items():
        learns = isinstance(matrix, nn.Parameter) and matrix.requires_grad and matrix.grad_fn is None
        t.holds(learns, f"{in_block(name)} no longer learns", start_mistakes.NO_LONGER)


def claim_drawn_by_itself(t: Trial, stack: Transformer) -> None:
    """Claims that no matrix holds the numbers of another one, or some numbers twice."""
    seen: dict[tuple[float, ...], str] = {}
    for name, matrix in stack.named_parameters():
        if name.endswith(start_mistakes.MATRICES):
            numbers = matrix.detach().flatten()
            repeated = len(numbers.unique()) < 0.9 * len(numbers)  # of so few numbers hardly two are equal by chance
            t.holds(not repeated, f"{in_block(name)} holds the same numbers several times", start_mistakes.OWN_NUMBERS)
            standard = (numbers / numbers.std()).sort().values  # a copy, turned or made larger, has the same
            some = [round(number, 3) for number in standard[:: len(numbers) // 9].tolist()]
            first = seen.setdefault((len(numbers), *some), name)
            same = f"{in_block(name)} holds the numbers of {in_block(first)}"
            t.holds(first == name, same, start_mistakes.OWN_NUMBERS)


def stds_elsewhere(t: Trial, name: str) -> dict[tuple[int, int], float]:
    """(width, blocks) -> the standard deviation that the answer gives a matrix there. {} where it raises."""
    found = {}
    for width, layers in ((40, 3), (40, 8), (96, 3)):
        stack = fresh_stack(width, layers)
        try:
            t.mine(stack.resblocks, width)
        except Exception:
            return {}
        numbers = [block.get_parameter(name).detach().flatten() for block in stack.resblocks]
        found[width, layers] = torch.cat(numbers).std().item()
    return found


def claim_normal(t: Trial, name: str, matrices: list[Tensor], width: int) -> None:
    """Claims mean 0, the right standard deviation, and the shape of a normal distribution, in every block."""
    expected = start_mistakes.right_std(name, width, len(matrices))
    numbers = torch.cat([matrix.flatten() for matrix in matrices])
    mean, std = numbers.mean().item(), numbers.std().item()
    stds = [matrix.std().item() for matrix in matrices]
    flat = bool(0 < numbers.abs().max() < 2 * std)
    t.holds(not flat, f"{name} is drawn from no normal distribution", start_mistakes.UNIFORM)
    apart = f"  got       standard deviations {', '.join(f'{one:.4f}' for one in stds)}"
    alike = max(stds) <= (1 + 4 * NEAR) * min(stds)
    t.holds(alike, f"{name} starts otherwise in each block", apart, start_mistakes.ALL_ALIKE)
    lines: tuple[str, ...] = (f"  expected  mean 0, standard deviation {expected:.4f}",)
    lines += (f"  got       mean {abs(mean):.4f}, standard deviation {std:.4f}",)
    if abs(mean) > NEAR * expected or abs(std / expected - 1) > NEAR:
        elsewhere = {(width, len(matrices)): std} | stds_elsewhere(t, name)
        named = start_mistakes.cause(name, width, len(matrices), mean, elsewhere, NEAR)
        raise Wrong(*t.heading(f"{name} starts otherwise than in CLIP"), *lines, *named)
    t.passed += 1


CLIP = clip_checks.CLIP
