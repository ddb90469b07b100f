"""Answers to the exercise of lesson 00."""

from minclip.course.planted_answers import Answer, indented

SETUP = """
import torch
from torch import Tensor
from torch.nn import functional as F
"""
GIVEN = """def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError("other dims")
    if not (a.any(dim=-1).all() and b.any(dim=-1).all()):
        raise ValueError("a row of zeros")
"""


def cosine(body: str, says: str = "", given: str = GIVEN) -> Answer:
    lines = indented(body)
    return Answer("cosine_similarity", f"{given}{lines}\n", says)


UNIT = "a = a / a.norm(dim=-1, keepdim=True)\nb = b / b.norm(dim=-1, keepdim=True)\n"
BARE = GIVEN.splitlines(keepends=True)[0]

WRONG = [
    cosine("return a @ b.T", "these are dot products"),
    cosine("a = a / a.norm(dim=-1, keepdim=True)\nreturn a @ b.T", "do the same with b"),
    cosine("b = b / b.norm(dim=-1, keepdim=True)\nreturn a @ b.T", "do the same with a"),
    cosine("return F.cosine_similarity(a, b)", "row i of a with row i of b only"),
    cosine("return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(dim=-1)", "row i of a with row i of b only"),
    cosine("return F.normalize(a, dim=0) @ F.normalize(b, dim=0).T", "down the columns"),
    cosine("return F.normalize(a, dim=0) @ F.normalize(b, dim=0)", "has to be transposed"),
    cosine("return a @ b.T / (a.norm() * b.norm())", "the length of the whole matrix"),
    cosine("a = a / (a**2).sum(dim=-1, keepdim=True)\nb = b / (b**2).sum(dim=-1, keepdim=True)\nreturn a @ b.T",
           "the squared length"),
    cosine("a = a / a.abs().sum(dim=-1, keepdim=True)\nb = b / b.abs().sum(dim=-1, keepdim=True)\nreturn a @ b.T",
           "the sum of the absolute numbers"),
    cosine("a = a / a.norm(dim=-1)\nb = b / b.norm(dim=-1)\nreturn a @ b.T", "keepdim=True is missing"),
    cosine(UNIT + "return b @ a.T", "yours is transposed"),
    cosine(UNIT + "return (a @ b.T).abs()", "the sign is lost"),
    cosine(UNIT + "return (a @ b.T).clamp(0, 1)", "negative cosines became 0"),
    cosine(UNIT + "return 1 - a @ b.T", "a distance"),
    cosine(UNIT + "return (a @ b.T).arccos()", "this is the angle"),
    cosine(UNIT + "return (a @ b.T).softmax(dim=1)", "without a softmax"),
    cosine("return torch.cdist(a, b)", "return cosines"),
    cosine(UNIT + "return torch.cdist(a, b)", "distances of the unit vectors"),
    cosine("return torch.corrcoef(torch.cat([a, b]))[: len(a), len(a) :]", "that is a correlation"),
    cosine(UNIT + "return a @ b", "has to be transposed"),
    cosine(UNIT + "a @ b.T", "is there a return?"),
    cosine("a /= a.norm(dim=-1, keepdim=True)\nb /= b.norm(dim=-1, keepdim=True)\nreturn a @ b.T",
           "changes what it was given"),
    cosine(UNIT + "return torch.stack([a[i] @ b.T for i in range(len(b))])", "right for as many rows"),
    cosine(UNIT + "return torch.tensor((a @ b.T).tolist())", "the way back is cut"),
    cosine(UNIT + "found = torch.zeros(len(a), len(a))\nfor i in range(len(a)):\n    for j in range(len(a)):\n"
           "        found[i, j] = a[i] @ b[j]\nreturn found", "every row of a with every row of b"),
    cosine("return (a @ b.T) / (a.norm(dim=-1) * b.norm(dim=-1))", "keepdim=True is missing for a"),
    cosine("return a @ b.T / a.norm(dim=-1) / b.norm(dim=-1)", "keepdim=True is missing for a"),
    cosine("return (a @ b.T) / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))",
           "leave keepdim=True out for b"),
    cosine("la, lb = a.norm(dim=-1), b.norm(dim=-1)\nreturn a @ b.T / la * lb", "multiplies by q"),
    cosine("la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1)\nreturn a @ b.T / la * lb", "multiplies by q"),
    cosine("la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)\nreturn a @ b.T / la * lb",
           "with no keepdim for b"),
    cosine("a /= a.norm(dim=-1)\nb /= b.norm(dim=-1)\nreturn a @ b.T", "keepdim=True is missing"),
    cosine(UNIT + "return a @ b.T", "a ValueError", given=BARE),
    cosine("assert a.any(dim=-1).all() and b.any(dim=-1).all()\n" + UNIT + "return a @ b.T", "AssertionError",
           given=GIVEN.partition("    if not")[0]),
]  # fmt: skip

CORRECT = [
    cosine("return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T"),
    cosine("return F.cosine_similarity(a[:, None], b[None], dim=-1)"),
    cosine("return a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1))"),
    cosine("lengths = torch.sqrt((a**2).sum(dim=-1))[:, None] * torch.sqrt((b**2).sum(dim=-1))[None]\n"
           "return torch.einsum('nd,md->nm', a, b) / lengths"),
    cosine("rows = []\nfor one in a:\n"
           "    rows.append(torch.stack([one @ other / (one.norm() * other.norm()) for other in b]))\n"
           "return torch.stack(rows)"),
    cosine(UNIT + "found = torch.zeros(len(a), len(b))\nfor i in range(len(a)):\n    for j in range(len(b)):\n"
           "        found[i, j] = a[i] @ b[j]\nreturn found"),
]  # fmt: skip
