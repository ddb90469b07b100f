"""Two claims: which heat points at the thing that a sentence names, and what masks and boxes come of it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from benchmarks.after_training.result import Answers, Cell, ShippedClaim
from benchmarks.looking_inside.methods import CHOOSING, DRAWS, GRIDS, MODEL, PICTURES, asked
from minclip.segmentation import best_threshold, box_iou, heat_at, heat_masks, mask_boxes, mask_iou, peak_in_box

ABOVE, PEAK, MASK, BOX = "above the other thing", "hottest cell in the box", "IoU of the mask", "box right"
CHANCE, ONE_MASK = "chance", "one mask for all pictures"
FINE = "8 × 8"  # the grid that most findings are about
BOTH = "feature surgery × rollout"
COMMAND = "python -m benchmarks.looking_inside"


def pointing_answers(draws: Sequence[int]) -> Answers:
    """Whether the heat at the thing's centre is above that at the other's; whether the hottest cell is on the thing."""
    answers: Answers = {}
    for grid, size in GRIDS.items():
        for draw in draws:
            scenes, heats = asked(size, draw, PICTURES)
            for name, heat in heats.items():
                above = heat_at(heat, scenes.centres) > heat_at(heat, scenes.others)
                add(answers, (name, f"{grid}: {ABOVE}"), above)
                add(answers, (name, f"{grid}: {PEAK}"), peak_in_box(heat, scenes.boxes))
            add(answers, (CHANCE, f"{grid}: {ABOVE}"), torch.full((len(scenes.boxes),), 0.5))
            add(answers, (CHANCE, f"{grid}: {PEAK}"), cells_in_box(int(grid[0]), scenes.boxes))
    return answers


def add(answers: Answers, cell: Cell, found: Tensor) -> None:
    """One draw's questions, [2n], as the mean of both questions about each picture: they share its luck."""
    answers.setdefault(cell, []).append(found.float().unflatten(0, (2, -1)).mean(dim=0).numpy())


def cells_in_box(side: int, boxes: Tensor) -> Tensor:
    """The share of a grid's cells whose centre lies in each box: what a cell drawn by lot hits."""
    centres = (torch.arange(side) + 0.5) / side
    left, top, right, bottom = boxes[:, :, None].unbind(dim=1)
    across, down = ((low <= centres) & (centres <= high) for low, high in ((left, right), (top, bottom)))
    return across.float().mean(dim=1) * down.float().mean(dim=1)


def mask_answers(draws: Sequence[int]) -> Answers:
    """IoU of each question's mask, and whether its box has an IoU of ½; thresholds are chosen on other pictures."""
    answers: Answers = {}
    for grid, size in GRIDS.items():
        for draw in draws:
            scenes, heats = asked(size, draw, PICTURES)
            others, their_heats = asked(size, f"choosing {draw}", CHOOSING)
            mean = others.masks.float().mean(dim=0, keepdim=True)  # [1, size, size]
            heats = {**heats, ONE_MASK: mean.expand(len(scenes.masks), -1, -1)}
            their_heats = {**their_heats, ONE_MASK: mean.expand(len(others.masks), -1, -1)}
            for name, heat in heats.items():
                threshold = best_threshold(their_heats[name], others.masks)
                masks = heat_masks(heat, size, threshold)
                right = box_iou(mask_boxes(masks), scenes.boxes) >= 0.5
                add(answers, (name, f"{grid}: {MASK}"), mask_iou(masks, scenes.masks))
                add(answers, (name, f"{grid}: {BOX}"), right)
    return answers


HOW = (
    f"Pictures of two different things, {PICTURES} in each draw; each is asked about both things (`a picture of a "
    "cat`), and the two answers are averaged. The picture book's renderer says where everything "
    "stands. The model reads pictures of 32 pixels, and with resized positions, untrained, pictures of 64."
)


def pointing() -> ShippedClaim:
    def pair(better: str, worse: str, series: str = ABOVE) -> tuple[tuple[str, str], tuple[str, str]]:
        return (better, f"{FINE}: {series}"), (worse, f"{FINE}: {series}")

    findings = (
        ("Values point at the named thing rather than at the other one: above chance.", *pair("values", CHANCE)),
        ("Raw tokens point at the other thing: below chance.", *pair(CHANCE, "raw tokens")),
        ("Values are above raw tokens.", *pair("values", "raw tokens")),
        ("Values alone are above those with residual and MLP.", *pair("values", "values, residual and MLP kept")),
        ("v–v attention is above values.", *pair("v–v attention", "values")),
        ("v–v attention is above values, hottest cell.", *pair("v–v attention", "values", PEAK)),
        ("Feature surgery adds to v–v attention, hottest cell.",
         *pair("v–v attention, feature surgery", "v–v attention", PEAK)),
        ("Occlusion is above values.", *pair("occlusion, 16 cells", "values")),
        ("Grad-ECLIP is above values.", *pair("Grad-ECLIP", "values")),
        ("Grad-ECLIP is above values, hottest cell.", *pair("Grad-ECLIP", "values", PEAK)),
        ("Values are above rollout, which knows no text.", *pair("values", "rollout, without the text")),
        ("Values are above rollout, hottest cell.", *pair("values", "rollout, without the text", PEAK)),
    )  # fmt: skip
    return ShippedClaim(
        name="pointing",
        title="Where is what a sentence names?",
        said="The patch tokens of CLIP's last block point at the opposite of what a text names; the values of its last "
        "attention point at it, without any training. v–v attention and feature surgery are better still, and "
        "gradients (Grad-ECLIP) too.",
        source="Zhou et al. 2022 (MaskCLIP), section 3; Li et al. 2023 (CLIP Surgery), section 3; Zhao et al. 2024 "
        "(Grad-ECLIP), section 4",
        measured=f"{HOW} *Above the other thing*: the heat at the named thing's centre is above that at the other's. "
        "*Hottest cell in the box*: the pointing game. A method that knows no text gives both questions the same heat, "
        "so it has half of the first by construction. Statements are about 8 × 8 patches.",
        model=MODEL,
        draws=DRAWS,
        answers=pointing_answers,
        findings=findings,
        command=COMMAND,
    )


def masks() -> ShippedClaim:
    def pair(better: str, worse: str, series: str = MASK) -> tuple[tuple[str, str], tuple[str, str]]:
        return (better, f"{FINE}: {series}"), (worse, f"{FINE}: {series}")

    best = "v–v attention, feature surgery"
    return ShippedClaim(
        name="heat_to_masks",
        title="From heat to masks and boxes",
        said="A text's heat, cut at a threshold, is a mask of the named thing, and the box around it a detection, "
        "without any training for it.",
        source="Zhou et al. 2022 (MaskCLIP), section 4; Li et al. 2023 (CLIP Surgery), section 4",
        measured=f"{HOW} The threshold of each method is the one with the best mean IoU on {CHOOSING} other pictures "
        "of the draw. A box is right with an IoU of at least ½ with the thing's. *One mask for all pictures* is the "
        "mean mask of the other pictures, cut at its own threshold: it knows neither picture nor text. The product of "
        "two maps was added after the results of the others, and has no source. Statements are about 8 × 8 patches.",
        model=MODEL,
        draws=DRAWS,
        answers=mask_answers,
        findings=(
            ("Values make better masks than one mask for all pictures.", *pair("values", ONE_MASK)),
            ("Values make better masks than raw tokens.", *pair("values", "raw tokens")),
            ("v–v attention and feature surgery make better masks than values.", *pair(best, "values")),
            ("Grad-ECLIP makes better masks than values.", *pair("Grad-ECLIP", "values")),
            ("Feature surgery makes better masks than rollout, which knows no text.",
             *pair(best, "rollout, without the text")),
            ("Grad-ECLIP makes better masks than rollout.", *pair("Grad-ECLIP", "rollout, without the text")),
            ("Feature surgery times rollout makes better masks than rollout.",
             *pair(BOTH, "rollout, without the text")),
            ("Feature surgery makes more right boxes than one mask for all pictures.", *pair(best, ONE_MASK, BOX)),
        ),
        command=COMMAND,
    )  # fmt: skip
