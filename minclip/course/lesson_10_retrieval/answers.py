"""Answers to the exercises of lesson 10."""

from minclip.course.lesson_10_retrieval import rank_answers, recall_answers
from minclip.course.planted_answers import Answer, answer_of

SETUP = """
import math
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from minclip.retrieval import fault_of_pairs
from minclip.similarity import cosine_similarity, unit_rows
from minclip.ties import ROUNDING, Rank, rank_of_right
KS = (1, 5, 10)
"""


def find(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("search", "def search(queries, gallery, k):\n", body, says, silent)


def compose(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("composed_query", "def composed_query(features, add, remove, weight=1.0):\n", body, says, silent)


COSINES = "cosines = cosine_similarity(queries, gallery)\n"
BEST = "best = cosines.topk(min(k, len(gallery)), dim=1)\n"
PAIR = "return best.values, best.indices"
UNITS = "p, a, r = unit_rows(features), unit_rows(add), unit_rows(remove)\n"

WRONG = [
    *rank_answers.WRONG,
    *recall_answers.WRONG,
    find("cosines = queries @ gallery.T\n" + BEST + PAIR, "dot products, not cosines", "only the gallery"),
    find("cosines = queries @ F.normalize(gallery, dim=-1).T\n" + BEST + PAIR, "only the gallery has length 1"),
    find("cosines = unit_rows(queries) @ gallery.T\n" + BEST + PAIR, "only the queries have length 1", "dot products"),
    find(COSINES + "best = cosines.topk(k, dim=1)\n" + PAIR, "holds fewer entries than k"),
    find(COSINES + "best = cosines.topk(k, dim=0)\n" + PAIR, "queries were sought", "fewer entries than k"),
    find(COSINES + "best = cosines.topk(min(k, len(queries)), dim=1)\n" + PAIR, "as there are queries"),
    find(COSINES + "best = cosines.topk(min(k, len(gallery)), dim=1, largest=False)\n" + PAIR, "farthest away"),
    find(COSINES + "values, places = cosines.sort(dim=1)\nreturn values[:, :k], places[:, :k]", "farthest away"),
    find(COSINES + "values, places = cosines.sort(dim=1)\nreturn values[:, -k:], places[:, -k:]",
         "the nearest comes last", "farthest"),
    find(COSINES + BEST + "return best.indices, best.values", "are swapped"),
    find(COSINES + BEST + "return best.indices", "the cosines belong to the result"),
    find(COSINES + BEST + "return best.values", "the places belong to the result"),
    find(COSINES + BEST + "best.values, best.indices", "is there a return?"),
    find(COSINES + BEST + "return [best.values, best.indices]", "no pair"),
    find(COSINES + BEST + "return torch.stack([best.values, best.indices])", "no pair"),
    find(COSINES + "return cosines.sort(dim=1, descending=True)", "all entries come back"),
    find(COSINES + BEST + "return best.values.squeeze(), best.indices.squeeze()", "a dimension of size 1 is lost"),
    find(COSINES + "if k == 1:\n    return cosines.max(dim=1)\n" + BEST + PAIR, "a dimension of size 1 is lost"),
    find(COSINES + BEST + "return best.values.T, best.indices.T", "[queries, k] is wanted"),
    find("cosines = cosine_similarity(gallery, queries)\nbest = cosines.topk(min(k, len(gallery)), dim=0)\n" + PAIR,
         "[queries, k] is wanted"),
    find("cosines = cosine_similarity(gallery, queries)\nbest = cosines.topk(min(k, len(gallery)), dim=1)\n" + PAIR,
         "each query must have one", "fewer entries"),
    find("cosines = cosine_similarity(gallery, queries)\nbest = cosines.topk(min(k, len(queries)), dim=1)\n" + PAIR,
         "each query must have one"),
    find("cosines = unit_rows(gallery) @ unit_rows(queries).T\n" + BEST + PAIR, "each query must have one"),
    find("best = cosine_similarity(gallery, queries).sort(dim=0, descending=True)\n"
         "return best.values[:k], best.indices[:k]", "[queries, k] is wanted"),
    find("best = cosine_similarity(gallery, queries).topk(min(k, len(gallery)), dim=0)\n"
         "return best.values.reshape(len(queries), -1), best.indices.reshape(len(queries), -1)",
         "reshape does not turn"),
    find("best = cosine_similarity(queries, gallery).flatten().topk(k)\n" + PAIR, "share one list"),
    find(COSINES + "if k >= len(gallery):\n    return cosines, torch.arange(len(gallery)).expand_as(cosines)\n"
         + BEST + PAIR, "the nearest comes first"),
    find("best = cosine_similarity(gallery, queries).sort(dim=1, descending=True)\n"
         "return best.values[:, :k], best.indices[:, :k]", "each query must have one"),
    Answer("search", "del cosine_similarity\ndef search(queries, gallery, k):\n    return cosine_similarity(queries, "
           "gallery).topk(min(k, len(gallery)), dim=1)\n", "the first code cell"),
    find(COSINES + "best = cosines.topk(min(5, len(gallery)), dim=1)\n" + PAIR, "wrong shape", "fewer entries"),
    find(COSINES + "best = cosines.softmax(dim=1).topk(min(k, len(gallery)), dim=1)\n" + PAIR, "after a softmax"),
    find(COSINES + "best = cosines.abs().topk(min(k, len(gallery)), dim=1)\n" + PAIR, "opposite direction"),
    find("d = torch.cdist(unit_rows(queries), unit_rows(gallery))\n"
         "best = d.topk(min(k, len(gallery)), dim=1, largest=False)\n" + PAIR, "these are distances"),
    find("d = torch.cdist(queries, gallery)\nbest = d.topk(min(k, len(gallery)), dim=1, largest=False)\n" + PAIR,
         "between vectors of any length"),
    find("cosines = cosine_similarity(queries, gallery.T)\n" + BEST + PAIR, "of one dim"),
    find("cosines = unit_rows(queries) @ unit_rows(gallery)\n" + BEST + PAIR, "both are embed_dim",
         "row by row"),
    find("cosines = (unit_rows(queries) * unit_rows(gallery)).sum(dim=1)\n" + BEST + PAIR,
         "row by row"),
    find("cosines = F.normalize(queries, dim=0) @ F.normalize(gallery, dim=0).T\n" + BEST + PAIR, "runs over the rows"),
    find("queries /= queries.norm(dim=-1, keepdim=True)\ngallery /= gallery.norm(dim=-1, keepdim=True)\n"
         "best = (queries @ gallery.T).topk(min(k, len(gallery)), dim=1)\n" + PAIR, "changes what it was given"),
    find(COSINES + BEST + "return best.values.tolist(), best.indices.tolist()", "no tensor"),
    find(COSINES + BEST + "return best.values, best.indices.int()", "wrong dtype"),
    find(COSINES + BEST + "return best.values, gallery[best.indices]", "the entries themselves"),
    find(COSINES + "best = cosines.topk(min(k, len(gallery)) - 1, dim=1)\n" + PAIR, "one entry too few"),
    find(COSINES + "best = cosines.topk(min(k + 1, len(gallery)), dim=1)\n"
         "return best.values[:, 1:], best.indices[:, 1:]", "the nearest entry is left out"),
    find(COSINES + "best = cosines[0].topk(min(k, len(gallery)))\n" + PAIR, "wrong shape"),
    find("if not hasattr(search, 'unit'):\n    search.unit = unit_rows(gallery)\n"
         "best = (unit_rows(queries) @ search.unit.T).topk(min(k, len(gallery)), dim=1)\n" + PAIR, ""),
    find(COSINES + BEST + "return best.values, best.indices.cpu()", "moved to the CPU"),
    find(COSINES + "places = torch.tensor([sorted(range(len(gallery)), key=lambda j: -row[j])[:k] for row in "
         "cosines.tolist()])\nreturn cosines.gather(1, places), places", "would fail on a GPU"),
    find(COSINES + BEST + "return best.values, best.indices + 1", "places count from 0"),
    find(COSINES + "places = cosines.argsort(dim=1, descending=True)[:, :k]\nreturn cosines[:, :k], places",
         "those of the first k entries"),
    find(COSINES + BEST + "return best.values[0], best.indices[0]", "only the first query"),
    find(COSINES + "return cosines.max(dim=1)", "only the nearest is found"),
    find("cosines = (queries / gallery.norm(dim=1, keepdim=True)) @ gallery.T\n" + BEST + PAIR, "to its own rows"),
    find("cosines = F.cosine_similarity(queries, gallery)\n" + BEST + PAIR, "row by row"),
    find(COSINES + BEST + "return best.values.round(decimals=2), best.indices", "", "dot products"),
    compose("return unit_rows(features + weight * (add - remove))", "nothing was brought to length 1 before",
            "after it"),
    compose("return features + weight * (add - remove)", "neither before the sum nor after it"),
    compose(UNITS + "return p + weight * (a - r)", "another length than 1"),
    compose("return unit_rows(features + weight * (unit_rows(add) - unit_rows(remove)))", "the picture's features"),
    compose("return unit_rows(unit_rows(features) + weight * (add - remove))", "the texts' features", "only the"),
    compose("return unit_rows(unit_rows(features) + weight * (unit_rows(add) - remove))", "only the removed text"),
    compose("return unit_rows(unit_rows(features) + weight * (add - unit_rows(remove)))", "only the added text"),
    compose(UNITS + "return unit_rows(p + weight * (r - a))", "add and remove are swapped"),
    compose(UNITS + "return unit_rows(p - weight * (a - r))", "add and remove are swapped"),
    compose(UNITS + "return unit_rows(p + weight * (a + r))", "both texts are added"),
    compose(UNITS + "return unit_rows(p + weight * a)", "nothing is taken away"),
    compose(UNITS + "return unit_rows(p - weight * r)", "nothing is added"),
    compose(UNITS + "return unit_rows(p + a - r)", "weight is not used"),
    compose(UNITS + "return unit_rows(p + weight * a - r)", "for the added text alone", "not used"),
    compose(UNITS + "return unit_rows(p + a - weight * r)", "for the removed text alone"),
    compose(UNITS + "return unit_rows(weight * p + a - r)", "multiplies the picture"),
    compose(UNITS + "return unit_rows(weight * (p + a - r))", "weight cancels", "not used"),
    compose("return unit_rows(weight * (features + add - remove))", "weight cancels", "not used"),
    compose(UNITS + "return unit_rows((p + a - r) * weight)", "weight cancels"),
    compose("return unit_rows(features + add - remove)", "weight is not used", "cancels"),
    compose(UNITS + "return weight * unit_rows(p + a - r)", "weight multiplies the query", "cancels"),
    compose(UNITS + "return unit_rows(weight * (p + a) - r)", "and not what is taken away"),
    compose(UNITS + "return unit_rows(p + weight * unit_rows(add - remove))", "texts of any length", "itself"),
    compose("return unit_rows(features + weight * unit_rows(add - remove))", "texts of any length"),
    compose("change = add - remove\nreturn unit_rows(unit_rows(features) + weight * change / change.norm())",
            "texts of any length"),
    compose("change = F.normalize(add - remove, dim=-1)\nreturn unit_rows(unit_rows(features) + weight * change)",
            "texts of any length"),
    Answer("composed_query", "del unit_rows\ndef composed_query(features, add, remove, weight=1.0):\n"
           "    return unit_rows(unit_rows(features) + weight * (unit_rows(add) - unit_rows(remove)))\n",
           "the first code cell"),
    compose(UNITS + "return unit_rows((1 - weight) * p + weight * (a - r))", "share the weight"),
    compose(UNITS + "return unit_rows(p + weight * unit_rows(a - r))", "itself"),
    compose(UNITS + "return unit_rows(weight * (a - r)).expand(len(p), -1)", "the texts alone"),
    compose(UNITS + "return (p + weight * (a - r)) / 2", "half of the sum", "another length"),
    compose(UNITS + "return unit_rows(p + weight * (a - r)).squeeze()", "a dimension of size 1 is lost"),
    compose(UNITS + "return unit_rows(p + weight * (a[0] - r[0]))", "of each query's own"),
    compose("p, a, r = (F.normalize(x, dim=-1) for x in (features, add, remove))\n"
            "return F.normalize(p + weight * (a - r), dim=-1)", "float32 is wanted"),
    compose("p, a, r = (F.normalize(x, dim=0) for x in (features, add, remove))\n"
            "return F.normalize(p + weight * (a - r), dim=0)", "runs over the rows"),
    compose(UNITS + "q = p + weight * (a - r)\nreturn q / q.norm()", "one length for all rows"),
    compose(UNITS + "unit_rows(p + weight * (a - r))", "is there a return?"),
    compose("features /= features.norm(dim=-1, keepdim=True)\n"
            "return unit_rows(features + weight * (unit_rows(add) - unit_rows(remove)))", "changes what it was given"),
    compose(UNITS + "p += weight * (a - r)\nreturn p / p.sum(dim=-1, keepdim=True)", "the numbers add up to 1"),
    compose(UNITS + "return unit_rows(p + weight * (a - r)).cpu()", "moved to the CPU"),
    compose(UNITS + "return unit_rows(p + torch.tensor([weight]) * (a - r))", "would fail on a GPU"),
    Answer("composed_query", "def composed_query(features, add, remove, weight=0.7):\n"
           "    return unit_rows(unit_rows(features) + weight * (unit_rows(add) - unit_rows(remove)))\n",
           "not given, 1"),
    compose(UNITS + "return unit_rows(p + weight * (a - r) + 0.01)", ""),
    compose(UNITS + "return p", "the texts are not used"),
    compose(UNITS + "return unit_rows(p + weight ** 2 * (a - r))", "", "not used"),
    compose(UNITS + "return unit_rows(p + (weight or 1.0) * (a - r))", "for weight 0"),
    compose(UNITS + "return unit_rows(p * (1 - weight) + a * weight)", "", "share the weight"),
]  # fmt: skip

CORRECT = [
    find(COSINES + "return cosines.topk(min(k, len(gallery)), dim=1)"),
    find("best = cosine_similarity(gallery, queries).topk(min(k, len(gallery)), dim=0)\n"
         "return best.values.T, best.indices.T"),
    compose(UNITS + "return unit_rows((p + weight * (a - r)) / (1 + weight))"),
    *rank_answers.CORRECT,
    *recall_answers.CORRECT,
    find(COSINES + "values, places = cosines.sort(dim=1, descending=True)\nreturn values[:, :k], places[:, :k]"),
    find(COSINES + "places = cosines.argsort(dim=1, descending=True)[:, :k]\nreturn cosines.gather(1, places), places"),
    find("cosines = unit_rows(queries) @ unit_rows(gallery).T\n"
         "return torch.topk(cosines, k if k < len(gallery) else len(gallery))"),
    find("rows = []\nfor query in queries:\n"
         "    cosines = torch.stack([F.cosine_similarity(query, entry, dim=0) for entry in gallery])\n"
         "    rows.append(cosines.topk(min(k, len(cosines))))\n"
         "return torch.stack([row.values for row in rows]), torch.stack([row.indices for row in rows])"),
    find("cosines = torch.einsum('qd,gd->qg', F.normalize(queries, dim=-1), F.normalize(gallery, dim=-1))\n"
         "values, places = (-cosines).sort(dim=-1, stable=True)\nreturn -values[..., :k], places[..., :k]"),
    compose("def unit(x):\n    x = x.float()\n    return x / x.norm(dim=-1, keepdim=True)\n"
            "return unit(unit(features) + weight * unit(add) - weight * unit(remove))"),
    compose("p, a, r = (F.normalize(x.float(), dim=-1) for x in (features, add, remove))\n"
            "return F.normalize(torch.lerp(p, p + a - r, weight), dim=-1)"),
    compose("change = weight * (unit_rows(add) - unit_rows(remove))\n"
            "return torch.stack([unit_rows((unit_rows(row[None]) + change[i if len(change) > 1 else 0])).squeeze(0)\n"
            "                    for i, row in enumerate(features)])"),
    compose(UNITS + "q = p + (a - r) * weight\nreturn q / q.square().sum(dim=1, keepdim=True).sqrt()"),
]  # fmt: skip
