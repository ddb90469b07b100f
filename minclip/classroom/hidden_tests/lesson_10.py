"""Hidden tests of lesson 10: other galleries, level scores, pictures with any number of captions."""

import torch
from torch.nn import functional as F

from minclip import retrieval as library
from minclip import ties
from minclip.course.assertions import Trial
from minclip.course.lesson_10_retrieval.checks import judge_search
from minclip.course.lesson_10_retrieval.rank_checks import judge_rank
from minclip.course.lesson_10_retrieval.recall_checks import judge_recall


def search(t: Trial) -> None:
    for queries, entries, dim, k in ((1, 1, 3, 1), (9, 4, 6, 4), (3, 50, 5, 10), (2, 6, 8, 100), (12, 12, 12, 2)):
        gallery = t.normal(entries, dim) * torch.logspace(-1, 1, entries)[:, None]
        judge_search(t, t.normal(queries, dim), gallery, k, {}, f"for {queries} queries, {entries} entries and k = {k}")


def rank_of_right(t: Trial) -> None:
    for queries, entries, kinds in ((1, 2, 2), (20, 6, 3), (7, 40, 10)):
        scores = t.whole(-kinds, kinds, queries, entries) / 8  # many are level
        right = t.normal(queries, entries) > 0.8
        right[torch.arange(queries), t.whole(0, entries, queries)] = True
        for rounding in (0.0, 0.13):  # no difference of two scores is 0.13
            came, expected = t(scores, right, rounding), ties.rank_of_right(scores, right, rounding)
            judge_rank(t, came, expected, {}, f"of {queries} queries for rounding = {rounding}")
        scores[t.normal(queries, entries) > 1] = float("nan")
        judge_rank(t, t(scores, right), ties.rank_of_right(scores, right), {}, "where some scores are NaN")


def recall_at_k(t: Trial) -> None:
    for images, texts, dim, ks in ((4, 4, 5, (1,)), (3, 20, 6, (2, 7)), (12, 30, 8, (1, 3, 10))):
        owner = torch.cat([torch.arange(images), t.whole(0, images, texts - images)])
        owner = owner[torch.randperm(texts, generator=t.generator)]
        pictures = t.normal(images, dim)
        captions = pictures[owner] + 2 * t.normal(texts, dim)
        judge_recall(t, (pictures, captions, owner, ks), {}, f"of {images} pictures and {texts} texts")
    same = torch.ones(5, 3), torch.ones(5, 3), torch.arange(5).flip(0), (1, 2)
    judge_recall(t, same, {}, "where all features are alike")


def composed_query(t: Trial) -> None:
    right = library.composed_query
    for queries, texts, dim, weight in ((1, 1, 2, 1.0), (6, 6, 9, 0.3), (5, 1, 4, -0.5), (3, 3, 3, 10.0)):
        features, add, remove = 5 * t.normal(queries, dim), t.normal(texts, dim), 0.1 * t.normal(texts, dim)
        what = f"the result for {queries} queries at weight {weight}"
        t.same(t(features, add, remove, weight), right(features, add, remove, weight), what=what)
    nothing = t.normal(1, 4)
    came, features = t(t.normal(2, 4), nothing, nothing), t.normal(2, 4)
    t.holds(came.shape == (2, 4), "the result has the wrong shape")
    came = t(features, nothing, nothing, 3.0)
    t.same(came, F.normalize(features, dim=-1), what="the result where what is added is taken away again")
