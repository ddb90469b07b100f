"""The cases of the page that reads less: patches, texts, positions."""

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_values import SEEDS, SIZES, tensors
from hypothesis import strategies as st

from minclip.vision import PatchEmbedding


@st.composite
def some_tokens(draw):
    batch, patches = draw(SIZES), draw(st.integers(1, 6))
    kept = torch.tensor([draw(st.permutations(range(patches))) for _ in range(batch)])
    return {"x": draw(tensors(batch, 1 + patches, 4)), "kept": kept[:, : draw(st.integers(1, patches))]}


@st.composite
def texts(draw):
    rows = [draw(st.lists(st.integers(0, 8), min_size=0, max_size=6)) for _ in range(draw(SIZES))]
    return torch.tensor([[*row, 9, *[0] * (6 - len(row))] for row in rows])


@st.composite
def grids(draw):
    old, first = draw(st.integers(1, 5)), draw(st.integers(0, 1))
    return {"positions": draw(tensors(first + old**2, 3)), "side": draw(st.integers(1, 6)), "first": first}


@st.composite
def small_pictures(draw):
    torch.manual_seed(draw(SEEDS))
    size = 4 * draw(st.integers(1, 4))
    return {"embedding": PatchEmbedding(16, 4, 8), "image": torch.randn(draw(SIZES), 3, size, size)}


def ends(result, given):
    return bool((result == 9).any(dim=1).all()) and result.shape[1] == min(given["length"], 7)


CASES = [
    Case(
        "masking.kept_patches",
        arguments(rows=SIZES, patches=st.integers(1, 9), masked=st.floats(0, 0.99), generator=None),
        lambda result, given: all(len(set(row)) == len(row) for row in result.tolist()),
        OF_TYPES,
    ),
    Case("masking.keep_tokens", some_tokens(), lambda result, given: result.shape[1] == 1 + given["kept"].shape[1],
         OF_TYPES),
    Case("masking.shorten", arguments(tokens=texts(), length=st.integers(3, 9)), ends, OF_TYPES),
    Case(
        "masking.resize_grid",
        grids(),
        lambda result, given: len(result) == given["first"] + given["side"] ** 2,
        OF_TYPES,
        apart=("first",),
    ),
    Case(
        "masking.embed_smaller",
        small_pictures(),
        lambda result, given: result.shape[1] == 1 + (given["image"].shape[-1] // 4) ** 2,
        OF_TYPES,
    ),
    Case(
        "masking.reads_all",
        arguments(step=st.integers(0, 9), steps=10, last=st.floats(0, 1)),
        lambda result, given: result is (given["step"] >= 10 - round(10 * given["last"])),
        OF_TYPES,
    ),
]  # fmt: skip
