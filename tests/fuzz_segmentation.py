"""The cases of what leads from heat to places, segmentation, compared with plain counts."""

import math
from itertools import product

import torch
from fuzz_cases import OF_TYPES, Case
from fuzz_tensors import ROUGH
from fuzz_values import FLOATS, SIZES, tensors
from hypothesis import strategies as st

from minclip.segmentation import THRESHOLDS, heat_at, heat_masks, mask_iou


@st.composite
def warm(draw, *names, **more):
    """Heat of any dtype, at times with many level cells or with no difference; points, boxes, masks by name."""
    n, rows, columns = draw(SIZES), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    heat = draw(tensors(n, rows, columns))
    how = draw(st.sampled_from(["as it is", "level", "tiny", "flat"]))
    if how != "as it is":
        change = {"level": heat.round, "tiny": lambda: heat * 1e-20, "flat": lambda: torch.full_like(heat, 0.3)}
        heat = change[how]().detach()
    kinds = {"points": points, "boxes": boxes, "masks": masks}
    return {"heat": heat} | {name: draw(kinds[name](n)) for name in names} | {k: draw(v) for k, v in more.items()}


def points(n):
    return tensors(n, 2, dtypes=(torch.float32,)).map(lambda values: values.detach().sigmoid())


@st.composite
def boxes(draw, n):
    """Ends in sixteenths, which every dtype holds; at times without an inside."""
    ends = st.lists(st.integers(0, 16), min_size=2, max_size=2).map(sorted)
    rows = [[x[0], y[0], x[1], y[1]] for x, y in draw(st.lists(st.tuples(ends, ends), min_size=n, max_size=n))]
    return torch.tensor(rows).to(draw(st.sampled_from(FLOATS))) / 16


@st.composite
def masks(draw, n, size=None):
    """Square ones, with none to all of the pixels."""
    size = size or draw(st.integers(1, 6))
    level = draw(st.sampled_from([-9.0, -1.0, 0.0, 1.5, 9.0]))
    return draw(tensors(n, size, size, dtypes=(torch.float32,))).detach() > level


def is_between(result, given):
    """Written out: the four nearest cells' centres, each with the share of its distance."""
    within = 8 * ROUGH[given["heat"].dtype]
    assert result.shape == (len(given["heat"]),)
    for cells, (x, y), found in zip(given["heat"].tolist(), given["points"].tolist(), result.tolist(), strict=True):
        sums = []
        for place, length in ((y, len(cells)), (x, len(cells[0]))):
            at = min(max(place * length - 0.5, 0.0), length - 1.0)
            low = int(at)
            sums.append([(low, 1 - at + low), (min(low + 1, length - 1), at - low)])
        wanted = sum(a * b * cells[row][column] for row, a in sums[0] for column, b in sums[1])
        assert math.isclose(found, wanted, rel_tol=within, abs_tol=within)


def is_pointed(result, given):
    for cells, box, found in zip(given["heat"].tolist(), given["boxes"].tolist(), result.tolist(), strict=True):
        rows, columns, hottest = len(cells), len(cells[0]), max(map(max, cells))
        there = {
            box[0] <= (column + 0.5) / columns <= box[2] and box[1] <= (row + 0.5) / rows <= box[3]
            for row, column in product(range(rows), range(columns))
            if cells[row][column] == hottest
        }
        assert found in there


def is_stretched(result, given):
    within = 4 * ROUGH[given["heat"].dtype]
    for cells, found in zip(given["heat"].detach().double(), result.double(), strict=True):
        span = cells.max() - cells.min()
        assert torch.allclose(found, (cells - cells.min()) / (span or 1), atol=within)
        assert found.min() == 0 and found.max() == (1 if span else 0)


def are_hot(result, given):
    """Pixel by pixel, by the heat at its centre; where it is level with the threshold, both are right."""
    heat, size, threshold = given["heat"].detach().double(), given["size"], given["threshold"]
    assert result.shape == (len(heat), size, size) and (threshold or result.all())
    pixels = torch.empty(len(heat), size, size, dtype=torch.float64)
    for row, column in product(range(size), repeat=2):
        centre = torch.tensor([[(column + 0.5) / size, (row + 0.5) / size]])
        pixels[:, row, column] = heat_at(heat, centre.expand(len(heat), -1))
    low, high = pixels.amin(dim=(1, 2), keepdim=True), pixels.amax(dim=(1, 2), keepdim=True)
    sure = high - low > 1e-5 * pixels.abs().amax(dim=(1, 2), keepdim=True)  # not rounding alone
    share = (pixels - low) / torch.where(sure, high - low, 1)
    clear = sure & ((share - threshold).abs() > 1e-3)
    assert ((result == (share >= threshold)) | ~clear).all()


def is_counted(result, given):
    for one, other, found in zip(given["masks"].tolist(), given["others"].tolist(), result.tolist(), strict=True):
        pairs = [pair for rows in zip(one, other, strict=True) for pair in zip(*rows, strict=True)]
        both, either = sum(a and b for a, b in pairs), sum(a or b for a, b in pairs)
        assert math.isclose(found, both / either if either else 0.0, rel_tol=1e-6)


def is_no_worse(result, given):
    def quality(threshold):
        found = heat_masks(given["heat"], given["masks"].shape[-1], threshold)
        return mask_iou(found, given["masks"]).mean().item()

    assert result in given["thresholds"] and quality(result) == max(map(quality, given["thresholds"]))


def are_around(result, given):
    """Each holds all pixels, and each of its sides touches one."""
    for mask, box in zip(given["masks"], result.tolist(), strict=True):
        rows, columns = (places.tolist() for places in mask.nonzero().T)
        wanted = [min(columns), min(rows), max(columns) + 1, max(rows) + 1] if rows else [0] * 4
        assert all(math.isclose(end * len(mask), one, abs_tol=1e-5) for end, one in zip(box, wanted, strict=True))


def is_of_boxes(result, given):
    """Sixteenths that are in both, over those in either."""
    for one, other, found in zip(given["boxes"], given["others"], result.tolist(), strict=True):
        sets = [
            set(product(range(left, right), range(top, bottom)))
            for left, top, right, bottom in ((16 * box).int().tolist() for box in (one, other))
        ]
        either = len(sets[0] | sets[1])
        within = ROUGH[torch.promote_types(one.dtype, other.dtype)]
        assert math.isclose(found, len(sets[0] & sets[1]) / either if either else 0.0, abs_tol=within)


@st.composite
def two_of(draw, kind):
    n, name = draw(SIZES), {boxes: "boxes", masks: "masks"}[kind]
    more = {"size": draw(st.integers(1, 6))} if kind is masks else {}
    return {name: draw(kind(n, **more)), "others": draw(kind(n, **more))}


CASES = [
    Case("segmentation.check_heat", warm(), errors=OF_TYPES),
    Case("segmentation.heat_at", warm("points"), is_between, OF_TYPES),
    Case("segmentation.peak_in_box", warm("boxes"), is_pointed, OF_TYPES),
    Case("segmentation.from_0_to_1", warm(), is_stretched, OF_TYPES),
    Case(
        "segmentation.heat_masks",
        warm(size=st.integers(1, 9), threshold=st.floats(0, 1) | st.sampled_from(THRESHOLDS)),
        are_hot,
        OF_TYPES,
    ),
    Case("segmentation.mask_iou", two_of(masks), is_counted, OF_TYPES),
    Case(
        "segmentation.best_threshold",
        warm("masks", thresholds=st.just(THRESHOLDS) | st.lists(st.floats(0, 1), min_size=1, max_size=4)),
        is_no_worse,
        OF_TYPES,
    ),
    Case("segmentation.mask_boxes", SIZES.flatmap(masks).map(lambda given: {"masks": given}), are_around, OF_TYPES),
    Case("segmentation.box_iou", two_of(boxes), is_of_boxes, OF_TYPES),
]
