"""retrieval and intervals, on features whose neighbours are known."""

import math

import numpy as np
import pytest
import torch

from minclip.engine.recall import match_ranks, rank_of_first_match, recall_in_chunks
from minclip.evaluation.intervals import bootstrap_interval, grouped_bootstrap_interval
from minclip.retrieval import Index, composed_query, recall_at_k, search


def test_recall_of_three_captions_by_hand():
    pictures = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    captions = torch.tensor([[0.8, 0.6], [0.6, 0.8], [0.0, 1.0]])  # two of picture 0, one of picture 1
    # cosines: picture 0 has .8, .6, 0; picture 1 has .6, .8, 1
    recall = recall_at_k(pictures, captions, torch.tensor([0, 0, 1]), ks=(1, 2))
    assert recall["image_to_text"] == {"R@1": 1.0, "R@2": 1.0}  # both find a caption of their own first
    assert recall["text_to_image"] == {"R@1": pytest.approx(2 / 3), "R@2": 1.0}  # the second caption goes astray


def by_hand(image_features, text_features, owner, k):
    """Recall with sorted lists and loops; no ties in random features."""
    images = [v / np.linalg.norm(v) for v in image_features.double().numpy()]
    texts = [v / np.linalg.norm(v) for v in text_features.double().numpy()]
    found_texts = [sorted(range(len(texts)), key=lambda t: -float(image @ texts[t]))[:k] for image in images]
    found_images = [sorted(range(len(images)), key=lambda i: -float(images[i] @ text))[:k] for text in texts]
    return (
        np.mean([any(owner[t] == i for t in found) for i, found in enumerate(found_texts)]),
        np.mean([owner[t] in found for t, found in enumerate(found_images)]),
    )


@pytest.mark.parametrize("k", [1, 5, 10])
def test_recall_is_what_sorting_and_looking_gives(k):
    generator = torch.Generator().manual_seed(0)
    image_features = torch.randn(30, 8, generator=generator)
    owner = torch.tensor([*range(30), *torch.randint(30, (50,), generator=generator).tolist()])
    text_features = image_features[owner] + 1.2 * torch.randn(80, 8, generator=generator)
    recall = recall_at_k(image_features, 3 * text_features, owner, ks=(k,))
    expected = by_hand(image_features, text_features, owner.tolist(), k)
    assert recall["image_to_text"][f"R@{k}"] == pytest.approx(expected[0])
    assert recall["text_to_image"][f"R@{k}"] == pytest.approx(expected[1])
    assert recall_in_chunks(image_features, 3 * text_features, owner, ks=(k,)) == recall


def test_any_caption_of_a_picture_will_do():
    image_features = torch.eye(2)
    text_features = torch.tensor([[0.0, 1], [1, 0], [0.1, 1]])  # the first caption of picture 0 is about picture 1
    recall = recall_at_k(image_features, text_features, torch.tensor([0, 0, 1]), ks=(1, 2))
    assert recall["image_to_text"] == {"R@1": 0.5, "R@2": 1.0}
    assert recall["text_to_image"] == {"R@1": pytest.approx(2 / 3), "R@2": 1.0}


@pytest.mark.parametrize(
    ("wrong", "hits"),  # chances at k = 1, 2, 3
    [
        ([0.9, 0.1], (0, 1, 1)),
        ([0.5], (1 / 2, 1, 1)),
        ([0.5] * 3, (1 / 4, 2 / 4, 3 / 4)),
        ([0.9, 0.5, 0.5, 0.8, 0.1], (0, 0, 1 / 3)),
    ],
)
def test_level_entries_draw_lots_with_the_right_one(wrong, hits):
    scores = torch.tensor([[0.5], *([score] for score in wrong)])  # the query is 1: a cosine is the entry itself
    rank = rank_of_first_match(torch.ones(1, 1), scores, torch.tensor([0]), torch.arange(len(scores)))
    assert [rank.hit(k).item() for k in (1, 2, 3)] == pytest.approx(hits)


def test_two_captions_that_are_one_text_share_the_hit():
    features = torch.eye(50)[torch.arange(100) % 50]  # a perfect model; every caption is said of two pictures
    recall = recall_at_k(features, features, torch.arange(100), ks=(1, 2))
    assert recall["image_to_text"] == recall["text_to_image"] == {"R@1": 0.5, "R@2": 1.0}


@pytest.mark.parametrize("images", [*range(10, 21), 100, 1001])
@pytest.mark.parametrize("width", [1, 3, 512])  # 512: a product of equal rows is not the same in every column
def test_equal_features_get_what_guessing_gets(images, width):
    same = torch.randn(1, width, generator=torch.Generator().manual_seed(images)).expand(images, width)
    recall = recall_at_k(same, same, torch.arange(images), ks=(1, 10))
    assert recall["image_to_text"] == recall["text_to_image"]
    assert recall["image_to_text"] == pytest.approx({"R@1": 1 / images, "R@10": 10 / images})


def test_what_only_rounding_holds_apart_is_level():
    texts = torch.ones(4, 3)
    texts[1::2, 0] += 2e-7  # a cosine of one bit more
    to_text, _ = match_ranks(torch.eye(3)[[0, 0, 0, 0]], texts, torch.arange(4))
    assert to_text.level.tolist() == [3, 3, 3, 3]


def test_more_captions_that_are_level_are_more_lots():
    # two pictures, three captions of the first, one of the second, all the same: the first's any of three will do
    recall = recall_at_k(torch.ones(2, 4), torch.ones(4, 4), torch.tensor([0, 0, 0, 1]), ks=(1, 2))
    assert recall["image_to_text"] == {"R@1": (3 / 4 + 1 / 4) / 2, "R@2": (1 + 2 / 4) / 2}
    assert recall["text_to_image"] == {"R@1": 0.5, "R@2": 1.0}


def test_what_is_no_number_is_never_found():
    features = torch.eye(3)
    features[1] = float("nan")
    recall = recall_at_k(features, torch.eye(3), torch.arange(3), ks=(1, 2, 3, 10))
    assert recall["image_to_text"] == {k: pytest.approx(2 / 3) for k in ("R@1", "R@2", "R@3", "R@10")}
    # the broken picture stands before the others' own, and is not found by its own text
    assert recall["text_to_image"] == {"R@1": 0.0, **{k: pytest.approx(2 / 3) for k in ("R@2", "R@3", "R@10")}}


def test_zero_features_are_never_found_like_nan():
    features = torch.eye(3)
    features[1] = 0
    recall = recall_at_k(features, torch.eye(3), torch.arange(3), ks=(1,))
    assert recall["image_to_text"] == {"R@1": pytest.approx(2 / 3)} and recall["text_to_image"] == {"R@1": 0.0}


def test_ranks_do_not_depend_on_the_chunks(monkeypatch):
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(20, 4, generator=generator), torch.randn(20, 4, generator=generator)
    whole = match_ranks(*features, torch.arange(20))
    monkeypatch.setattr("minclip.engine.recall.CHUNK", 3)
    for expected, found in zip(whole, match_ranks(*features, torch.arange(20)), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        ([0, 1], "one image per text"),
        ([0, 0, 3], "0 to 2"),
        ([0, 0, -1], "0 to 2"),
        ([0, 0, 1], "1 images have no text, the first is image 2"),
    ],
)
def test_owners_that_do_not_fit_are_refused(owner, message):
    with pytest.raises(ValueError, match=message):
        recall_at_k(torch.eye(3), torch.eye(3), torch.tensor(owner))


def test_features_of_another_width_are_refused():
    with pytest.raises(ValueError, match="embed_dim"):
        recall_at_k(torch.eye(3), torch.eye(2), torch.arange(2))


def test_what_gives_no_recall_is_refused():
    one = torch.zeros(1).long()
    for features in ((torch.ones(1), torch.ones(1, 1)), (torch.ones(1, 1), torch.ones(1)), (torch.ones(1, 2, 3),) * 2):
        with pytest.raises(ValueError, match=r"features must be .*, found \[.*\] and \[.*\]"):
            recall_at_k(*features, one)
    with pytest.raises(ValueError, match=r"at least one index, each from 0 to 0, the last image"):
        recall_at_k(torch.ones(1, 2), torch.ones(0, 2), one[:0])
    with pytest.raises(ValueError, match=r"image_of_text must be \[1\], one image per text, found \[2\]"):
        recall_at_k(torch.ones(1, 2), torch.ones(1, 2), torch.zeros(2).long())
    with pytest.raises(ValueError, match=r"ks=\(1, 0\): every k must be at least 1"):
        recall_at_k(torch.ones(1, 2), torch.ones(1, 2), one, ks=[1, 0])


def test_one_picture_with_one_text_is_found():
    assert recall_at_k(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(1).long(), ks=(1,)) == {
        "image_to_text": {"R@1": 1.0}, "text_to_image": {"R@1": 1.0},
    }  # fmt: skip


def test_cosines_apart_by_rounding_are_level_both_ways():
    level, apart = torch.ones(4, 3), torch.ones(4, 3)
    apart[1::2, 0] += 2e-7
    recall = recall_at_k(level, apart, torch.arange(4), ks=(1,))
    assert recall == {"image_to_text": {"R@1": 0.25}, "text_to_image": {"R@1": 0.25}}
    recall = recall_at_k(apart, torch.ones(6, 3), torch.tensor([0, 1, 2, 3, 1, 1]), ks=(1,))
    assert recall["text_to_image"] == {"R@1": 0.25}


def test_five_are_found_where_nothing_is_said():
    index = Index(torch.ones(9, 2), list(range(9)))
    assert [name for name, _ in index.search(torch.ones(2))] == [0, 1, 2, 3, 4]  # among equals the earlier ones
    assert [name for name, _ in index.search(torch.ones(2), k=1)] == [0]


def test_an_index_of_one_row_or_no_matrix():
    assert len(Index(torch.ones(1, 2), ["a"])) == 1
    with pytest.raises(ValueError, match=r"found \[2\] for 2 names"):
        Index(torch.ones(2), ["a", "b"])


def test_the_index_gives_the_nearest_first():
    index = Index(torch.tensor([[5.0, 0], [0, 1], [1, 1]]), ["east", "north", "north-east"])
    assert [name for name, _ in index.search(torch.tensor([2.0, 1.0]), k=2)] == ["north-east", "east"]
    assert index.search(torch.tensor([7.0, 0.0]), k=10)[0] == ("east", 1.0)
    assert len(index.search(torch.tensor([1.0, 0.0]), k=10)) == len(index) == 3


def test_the_index_refuses_what_cannot_be_searched():
    with pytest.raises(ValueError, match="n ≥ 1 names"):
        Index(torch.zeros(0, 4), [])
    with pytest.raises(ValueError, match=r"found \[2, 4\] for 1 names"):
        Index(torch.zeros(2, 4), ["one"])
    with pytest.raises(ValueError, match=r"query must be \[4\]"):
        Index(torch.ones(1, 4), ["one"]).search(torch.ones(1, 4))
    with pytest.raises(ValueError, match="b has features that are all zero"):
        Index(torch.tensor([[1.0], [0.0]]), ["a", "b"])
    with pytest.raises(ValueError, match="the query has features that are all zero"):
        Index(torch.ones(1, 4), ["one"]).search(torch.zeros(4))
    with pytest.raises(ValueError, match="k=0"):
        Index(torch.ones(1, 4), ["one"]).search(torch.ones(4), k=0)


def test_the_interval_is_as_wide_as_theory_says():
    correct = np.arange(1000) < 800
    low, high = bootstrap_interval(correct)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 1000)
    assert low == pytest.approx(0.8 - half, abs=0.003) and high == pytest.approx(0.8 + half, abs=0.003)
    assert bootstrap_interval(correct) == (low, high)  # the same every time
    assert bootstrap_interval(correct, level=0.5)[1] < high


def test_the_interval_of_a_perfect_model_has_no_width():
    assert bootstrap_interval(np.ones(10, dtype=bool)) == (1.0, 1.0)


def test_groups_that_fail_together_make_the_interval_wider():
    correct = np.repeat(np.arange(200) < 100, 5)  # 200 pictures of five captions, all found or none
    low, high = grouped_bootstrap_interval(correct, np.repeat(np.arange(200), 5))
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 200), rel=0.1)  # as 200 answers, not as 1,000
    assert bootstrap_interval(correct)[1] - bootstrap_interval(correct)[0] < 0.5 * (high - low)


def test_groups_of_one_are_the_plain_interval():
    correct = np.arange(50) < 20
    assert grouped_bootstrap_interval(correct, np.arange(50)[::-1]) == bootstrap_interval(correct)


def test_chances_of_being_right_have_an_interval_too():
    correct = np.array([0.5] * 100 + [1.0] * 100)  # the luck is which pictures are asked
    low, high = bootstrap_interval(correct)
    half = 1.96 * 0.25 / math.sqrt(200)
    assert low == pytest.approx(0.75 - half, abs=0.005) and high == pytest.approx(0.75 + half, abs=0.005)
    assert bootstrap_interval(np.full(10, 0.3)) == pytest.approx((0.3, 0.3))
    low, high = grouped_bootstrap_interval(np.array([0.5, 0.5, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    assert (low, high) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("correct", "options", "message"),
    [
        ([], {}, "at least one"),
        ([1.5], {}, "right"),
        ([float("nan")], {}, "right"),
        ([1], {"level": 1.0}, "level"),
        ([1], {"resamples": 0}, "resamples"),
    ],
)
def test_an_interval_of_nothing_is_refused(correct, options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(np.array(correct), **options)


@pytest.mark.parametrize("k", [1, 3, 5, 50])
def test_search_gives_what_sorting_gives(k):
    generator = torch.Generator().manual_seed(2)
    queries, gallery = torch.randn(3, 8, generator=generator), torch.randn(5, 8, generator=generator)
    cosines, places = search(queries, 7 * gallery, k)
    assert cosines.shape == places.shape == (3, min(k, 5)) and places.dtype == torch.int64
    index = Index(gallery, list(range(5)))
    for query, row, found in zip(queries, cosines.tolist(), places.tolist(), strict=True):
        names, expected = zip(*index.search(query, k), strict=True)
        assert list(names) == found and row == pytest.approx(expected, abs=1e-6)


def test_a_composed_query_adds_directions_not_lengths():
    east, north, up = torch.eye(3)[:, None]
    query = composed_query(5 * east, 9 * up, 0.1 * east)
    torch.testing.assert_close(query, up)
    torch.testing.assert_close(composed_query(east, up, north, weight=0.0), east)
    half = composed_query(torch.cat([east, north]), up, east, weight=0.5)
    torch.testing.assert_close(half[0], torch.tensor([0.5, 0, 0.5]) * 2**0.5)
    assert half.shape == (2, 3) and torch.allclose(half.norm(dim=1), torch.ones(2))
