"""The cases of the pages that count and compare: similarity, loss, ties, accuracy, retrieval."""

import math

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_values import FLOATS, SIZES, labels, tensors
from hypothesis import strategies as st
from torch import nn

from minclip.accuracy import top_k_correct
from minclip.retrieval import Index
from minclip.similarity import unit_rows
from minclip.ties import Rank

ROUGH = {torch.float64: 1e-6, torch.float32: 1e-5, torch.bfloat16: 0.05, torch.float16: 5e-3}


def close(found, wanted, dtype=torch.float32) -> bool:
    return torch.allclose(found.double(), wanted.double(), atol=ROUGH[dtype], rtol=ROUGH[dtype])


@st.composite
def two(draw, first: str, second: str, square: bool = False, **more):
    """Two sets of rows of one width and one dtype."""
    n, m, dim = draw(SIZES), draw(SIZES), draw(st.integers(2, 6))
    dtypes = (draw(st.sampled_from(FLOATS)),)
    given = {first: draw(tensors(n, dim, dtypes=dtypes)), second: draw(tensors(n if square else m, dim, dtypes=dtypes))}
    return given | {name: draw(part) for name, part in more.items()}


@st.composite
def scored(draw, **more):
    n, classes = draw(SIZES), draw(SIZES)
    values = draw(tensors(n, classes, dtypes=(torch.float32, torch.float64)))
    if draw(st.booleans()):
        values = values.detach().round()  # many are level
    return {"logits": values, "labels": draw(labels(n, classes))} | {name: draw(part) for name, part in more.items()}


@st.composite
def paired(draw):
    """Features and the image of each text; every image has one."""
    images, dim = draw(SIZES), draw(st.integers(2, 6))
    owner = draw(st.permutations([*range(images), *draw(st.lists(st.integers(0, images - 1), max_size=4))]))
    return {
        "image_features": draw(tensors(images, dim)),
        "text_features": draw(tensors(len(owner), dim)),
        "image_of_text": torch.tensor(owner),
        "ks": draw(st.lists(st.integers(1, 12), max_size=3)),
    }


@st.composite
def found_right(draw):
    n, entries = draw(SIZES), draw(st.integers(1, 6))
    scores = draw(tensors(n, entries, dtypes=(torch.float32, torch.float64))).detach().round(decimals=1)
    right = draw(st.lists(st.lists(st.booleans(), min_size=entries, max_size=entries), min_size=n, max_size=n))
    rows = torch.tensor(right)
    rows[:, 0] |= ~rows.any(dim=1)
    return {"scores": scores, "right": rows, "rounding": draw(st.sampled_from([0.0, 0.1]))}


@st.composite
def ranks(draw):
    n = draw(SIZES)
    better, right, level = (draw(labels(n, 6)) for _ in range(3))
    return {"self": Rank(better, right, level), "k": draw(st.integers(1, 12))}


@st.composite
def composed(draw):
    n, dim = draw(SIZES), draw(st.integers(3, 6))
    texts = draw(st.sampled_from([1, n]))
    parts = [draw(tensors(rows, dim)) for rows in (n, texts, texts)]
    return dict(zip(("features", "add", "remove"), parts, strict=True)) | {"weight": draw(st.floats(0, 2))}


@st.composite
def indexes(draw, **more):
    n, dim = draw(SIZES), draw(st.integers(2, 6))
    index = Index(draw(tensors(n, dim)), [f"picture {i}" for i in range(n)])
    return {"self": index, "query": draw(tensors(dim)), "k": draw(st.integers(1, 9))}


def same_cosines(result, given, scale=1.0, rows=("a", "b")):
    a, b = (given[name].detach().double() for name in rows)
    wanted = torch.stack([torch.nn.functional.cosine_similarity(row[None], b) for row in a])
    assert result.shape == wanted.shape
    assert close(result, scale * wanted, given[rows[0]].dtype if scale == 1.0 else torch.bfloat16)


def plain_top_k(result, given):
    for row, label, chance in zip(given["logits"], given["labels"], result, strict=True):
        ahead = sum(score > row[label] for score in row).item()
        level = sum(score == row[label] for score in row).item()
        assert abs(chance.item() - min(1, max(0, given["k"] - ahead) / level)) < 1e-6


def is_loss(result, given):
    assert result.shape == () and result >= 0
    order = torch.randperm(len(given["image_features"]), generator=torch.Generator().manual_seed(0))
    from minclip.loss import clip_loss

    moved = clip_loss(given["image_features"][order], given["text_features"][order], given["scale"])
    assert torch.allclose(result, moved, atol=1e-3)  # the order of the pairs does not matter


def is_search(result, given):
    cosines, places = result
    k = min(given["k"], len(given["gallery"]))
    assert cosines.shape == places.shape == (len(given["queries"]), k)
    assert (cosines.diff(dim=1) <= 0).all() and (places < len(given["gallery"])).all()
    assert all(len(set(row)) == k for row in places.tolist())


def is_recall(result, given):
    for shares in result.values():
        assert list(shares) == [f"R@{k}" for k in dict.fromkeys(given["ks"])]
        assert all(0 <= share <= 1 for share in shares.values())


def is_interval(result, given):
    low, high = result
    assert given["correct"].min() - 1e-6 <= low <= high <= given["correct"].max() + 1e-6


def is_nearest(result, given):
    assert len(result) == min(given["k"], len(given["self"]))
    cosines = [cosine for _, cosine in result]
    assert cosines == sorted(cosines, reverse=True)


SCALES = st.floats(1, 100) | st.floats(1, 100).map(torch.tensor)


CORRECT = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=9).map(torch.tensor)


NAN_IN = "NaN, infinity and rows of zeros give NaN, as stated"

CASES = [
    Case("similarity.cosine_similarity", two("a", "b"), same_cosines, OF_TYPES, nan="NaN in, NaN out"),
    Case(
        "similarity.unit_rows",
        two("features", "_").map(lambda given: {"features": given["features"]}),
        lambda result, given: close(result.norm(dim=-1), torch.ones(len(result))),
        OF_TYPES,
        nan=NAN_IN,
    ),
    Case(
        "similarity.check_directions",
        two("unit_features", "_").map(
            lambda given: {
                "unit_features": unit_rows(given["unit_features"]),
                "names": [*range(len(given["unit_features"]))],
            }
        ),
        errors=OF_TYPES,
    ),
    Case(
        "loss.similarity_logits",
        two("image_features", "text_features", scale=SCALES),
        lambda result, given: same_cosines(result / given["scale"], given, rows=("image_features", "text_features")),
        OF_TYPES,
        nan=NAN_IN,
    ),
    Case(
        "loss.clip_loss",
        two("image_features", "text_features", True, scale=SCALES),
        is_loss,
        OF_TYPES,
        dict.fromkeys(("image_features", "text_features"), ("pairs",)),
        nan=NAN_IN,
    ),
    Case(
        "loss.clamp_logit_scale",
        arguments(logit_scale=st.floats(-10, 10).map(lambda x: nn.Parameter(torch.tensor(x)))),
        lambda result, given: 0 <= given["logit_scale"] <= math.log(100) + 1e-6,
        OF_TYPES,
    ),
    Case(
        "ties.rank_of_right",
        found_right(),
        lambda result, given: all(p.shape == (len(given["right"]),) for p in result),
        OF_TYPES,
    ),
    Case("ties.Rank.hit", ranks(), lambda result, given: ((result >= 0) & (result <= 1)).all(), OF_TYPES),
    Case("accuracy.top_k_correct", scored(k=st.integers(1, 7)), plain_top_k, OF_TYPES),
    Case(
        "accuracy.top_k_accuracy",
        scored(ks=st.lists(st.integers(1, 7), max_size=3)),
        lambda result, given: all(
            result[k] == top_k_correct(given["logits"], given["labels"], k).mean().item() for k in given["ks"]
        ),
        OF_TYPES,
        {"ks": ("k=",)},
    ),
    Case(
        "accuracy.rank_of_label",
        scored(rounding=st.sampled_from([0.0, 0.5])),
        lambda result, given: (result.right == 1).all(),
        OF_TYPES,
    ),
    Case(
        "accuracy.bootstrap_interval",
        arguments(correct=CORRECT, level=st.floats(0.01, 0.99), resamples=st.integers(1, 20), seed=st.integers(0, 99)),
        is_interval,
        OF_TYPES,
    ),
    Case(
        "retrieval.search",
        two("queries", "gallery", k=st.integers(1, 7)),
        is_search,
        OF_TYPES,
        {"queries": ("a and b",), "gallery": ("a and b",)},
        nan="NaN in, NaN out",
    ),
    Case("retrieval.recall_at_k", paired(), is_recall, OF_TYPES),
    Case("retrieval.fault_of_pairs", paired(), lambda result, given: result == "", OF_TYPES),
    Case(
        "retrieval.composed_query",
        composed(),
        lambda result, given: close(result.norm(dim=-1), torch.ones(len(given["features"]))),
        OF_TYPES,
        nan=NAN_IN,
    ),
    Case(
        "retrieval.Index",
        two("features", "_").map(
            lambda given: {"features": given["features"], "names": [str(i) for i in range(len(given["features"]))]}
        ),
        lambda result, given: len(result) == len(given["names"]),
    ),
    Case("retrieval.Index.search", indexes(), is_nearest),
    Case("retrieval.Index.nearest", indexes(), is_nearest),
]
