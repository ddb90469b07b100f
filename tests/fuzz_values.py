"""Values to fuzz with: right tensors, texts and pictures of every kind, and wrong values of every kind."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**31 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "",
        " ",
        "a red car",
        "a\0b",
        "e\u0301te\u0301",
        "🙂👩‍👩‍👧",
        "\u202eabc",
        "<|endoftext|>",
        "&amp;amp;",
        "ﬁ",
        "İ",
        "ß",
    ]
)
NAMES = st.text(st.sampled_from("abcdé 🙂"), min_size=1, max_size=6).filter(str.strip)
MODES = ("RGB", "L", "RGBA", "P", "LA", "CMYK", "1", "I;16", "F", "YCbCr", "HSV", "LAB", "PA", "La", "RGBa", "RGBX")


@st.composite
def tensors(draw, *shape: int, dtypes: tuple[torch.dtype, ...] = FLOATS) -> Tensor:
    """A float tensor of normal numbers in any dtype and layout, with a gradient or without; no row is zero."""
    generator = torch.Generator().manual_seed(draw(SEEDS))
    values = torch.randn(shape, generator=generator) + 0.01
    layout = draw(st.sampled_from(["rows", "transposed", "strided", "expanded"]))
    values = values.to(draw(st.sampled_from(dtypes)))
    if layout == "transposed" and len(shape) > 1:
        values = values.transpose(0, 1).contiguous().transpose(0, 1)
    elif layout == "strided":
        values = torch.stack([values, values], dim=-1)[..., 0]
    elif layout == "expanded" and len(shape) > 1 and shape[0]:
        values = values[:1].expand(shape)
    return values.requires_grad_(draw(st.booleans()))


@st.composite
def labels(draw, n: int, classes: int, dtypes: tuple[torch.dtype, ...] = (torch.int64,)) -> Tensor:
    """int [n], each below classes."""
    numbers = draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    return torch.tensor(numbers, dtype=draw(st.sampled_from(dtypes)))


@st.composite
def pictures(draw, modes: tuple[str, ...] = MODES, most: int = 12) -> Image.Image:
    """A PIL picture of any mode and of a small size, a strip among them."""
    mode = draw(st.sampled_from(modes))
    width, height = draw(st.integers(1, most)), draw(st.integers(1, most))
    rng = np.random.default_rng(draw(SEEDS))
    if mode == "F":
        return Image.fromarray(rng.random((height, width), dtype=np.float32))
    if mode.startswith("I"):
        return Image.fromarray(rng.integers(0, 65536, (height, width)).astype(np.uint16))
    bands = len(Image.new(mode, (1, 1)).getbands())
    if mode == "1":
        return Image.fromarray(rng.integers(0, 2, (height, width)).astype(bool))
    return Image.frombytes(mode, (width, height), rng.integers(0, 256, width * height * bands, np.uint8).tobytes())


class Strange:
    """An object that nothing is known of."""

    def __repr__(self) -> str:
        return "Strange()"


WRONG_TEXTS = ["", " ", "\ud800", "a\0b", "🙂e\u0301", "nan", "{}", "{}{}", "../..", "x" * 300]
WRONG_NUMBERS = [-1, 0, True, False, 10**30, -(10**30), 1.5, -0.0, float("nan"), float("inf"), -float("inf"), 1j]
WRONG_OBJECTS = [
    None,
    b"bytes",
    b"",
    Path("no/such/place"),
    Strange(),
    Strange,
    len,
    [],
    (),
    {},
    set(),
    [None],
    ["a", 1],
]
WRONG_OBJECTS += [
    {"a": 1},
    [[1.0]],
    [-1],
    [10**30],
    [float("nan")],
    [1.5],
    range(3),
    torch.int64,
    Image.new("L", (0, 3)),
]
WRONG_ARRAYS = [
    torch.tensor(1.0), torch.zeros(0), torch.zeros(2), torch.zeros(0, 4), torch.zeros(3, 4), torch.zeros(2, 3, 4),
    torch.zeros(1, 2, 3, 4), torch.full((2, 4), torch.nan), torch.full((2,), torch.inf), torch.tensor([-1]),
    torch.tensor([10**12]), torch.tensor([True]), torch.zeros(2, 4, dtype=torch.complex64),
    np.array(["a", "b"]), np.array([None]), np.zeros((0, 0)), np.float32(1), np.int64(0),
    np.array(3), np.full((2, 3), np.nan), np.array([1 + 1j]), np.zeros((2, 3), np.uint8),
]  # fmt: skip


def anything() -> st.SearchStrategy[Any]:
    """What no function asks for."""
    plain = WRONG_TEXTS + WRONG_NUMBERS + WRONG_OBJECTS
    return st.sampled_from(plain).map(lambda value: value.copy() if isinstance(value, list | dict | set) else value) | (
        st.sampled_from(WRONG_ARRAYS).map(lambda value: value.clone() if isinstance(value, Tensor) else value.copy())
    )


@st.composite
def bent(draw, value: Any) -> Any:
    """The right value, a little wrong: another rank, size or dtype, an entry that does not belong, too many or none."""
    how = draw(st.integers(0, 7))
    if isinstance(value, Tensor):
        value = value.detach().clone()
        ways = (
            lambda: value[None], lambda: value.flatten(), lambda: value.flatten()[:0],
            lambda: value[..., :0] if value.ndim else value[None, None],
            lambda: torch.cat([value, value]) if value.ndim else value.expand(3),
            lambda: spoiled(value, draw(st.sampled_from([0, -1, torch.nan, torch.inf, 10**9]))),
            lambda: value.to(draw(st.sampled_from([torch.int64, torch.bool, torch.int32, torch.float64, torch.uint8]))),
            lambda: value.numpy() if value.dtype != torch.bfloat16 else value.tolist(),
        )  # fmt: skip
        return ways[how]()
    if isinstance(value, np.ndarray):
        ways = (
            lambda: value[None], lambda: value.ravel(), lambda: value.ravel()[:0], lambda: value[..., None],
            lambda: value.tolist(),
            lambda: value.astype(float) * np.nan, lambda: value.astype(object), lambda: torch.from_numpy(value.copy()),
        )  # fmt: skip
        return ways[how]()
    if isinstance(value, dict):
        return draw(st.sampled_from([{}, {**value, "more": 1}, list(value), list(value.items()), {None: value}]))
    if isinstance(value, list | tuple) and value:
        items = list(value)
        wrong = draw(anything())
        ways = (
            lambda: items[1:], lambda: [], lambda: [*items, wrong], lambda: [wrong, *items[1:]], lambda: items * 2,
            lambda: [items], lambda: items[0], lambda: iter(items),
        )  # fmt: skip
        return ways[how]()
    if isinstance(value, str):
        return draw(
            st.sampled_from([value.encode("utf-8", "replace"), value + "\ud800", value + "\0", [value], Path(value)])
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return draw(
            st.sampled_from([-value, value + 0.5, str(value), [value], 10**9 * (value + 1), np.array([value] * 2)])
        )
    return draw(anything())


def spoiled(value: Tensor, number: float) -> Tensor:
    """One entry is another number, where the dtype has it."""
    if value.numel():
        with contextlib.suppress(RuntimeError, ValueError, OverflowError):
            value.view(-1)[0] = number
    return value


def wrong(value: Any) -> st.SearchStrategy[Any]:
    """A wrong value in place of a right one; at times it happens to be right."""
    return anything() | bent(value)
