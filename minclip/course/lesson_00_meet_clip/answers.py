"""Answers to the exercise of lesson 00."""

from minclip.course.planted_answers import Answer, indented

SETUP = """
import functools
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


def cosine(body: str, says: str = "", silent: str = "", given: str = GIVEN) -> Answer:
    lines = indented(body)
    return Answer("cosine_similarity", f"{given}{lines}\n", says, silent)


UNIT = "a = a / a.norm(dim=-1, keepdim=True)\nb = b / b.norm(dim=-1, keepdim=True)\n"
BARE = GIVEN.splitlines(keepends=True)[0]
FILL = "for i in range(len(a)):\n    for j in range(len(b)):\n        found[i, j] = a[i] @ b[j]\nreturn found"
NUMPY = "import numpy as np\nx, y = a.detach().numpy(), b.detach().numpy()\n"
ARRAY = "x = x / np.linalg.norm(x, axis=1, keepdims=True)\ny = y / np.linalg.norm(y, axis=1, keepdims=True)\n"

WRONG = [
    cosine("return a @ b.T", "these are dot products", "only the rows"),
    cosine("a = a / a.norm(dim=-1, keepdim=True)\nreturn a @ b.T", "only the rows of a", "dot products"),
    cosine("b = b / b.norm(dim=-1, keepdim=True)\nreturn a @ b.T", "only the rows of b", "only the rows of a"),
    cosine("return F.cosine_similarity(a, b)", "row i of a with row i of b only"),
    cosine("return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(dim=-1)", "row i of a with row i of b only"),
    cosine("return torch.nn.CosineSimilarity(dim=-1)(a, b)", "row i of a with row i of b only"),
    cosine(UNIT + "return a * b", "number by number"),
    cosine("return F.normalize(a, dim=0) @ F.normalize(b, dim=0).T", "down the columns"),
    cosine("return F.normalize(a, dim=0) @ F.normalize(b, dim=0)", "has to be transposed"),
    cosine("return a @ b.T / (a.norm() * b.norm())", "the length of the whole matrix"),
    cosine("a = a / (a**2).sum(dim=-1, keepdim=True)\nb = b / (b**2).sum(dim=-1, keepdim=True)\nreturn a @ b.T",
           "the squared length", "root of the length"),
    cosine("la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1)\nreturn a @ b.T / torch.sqrt(la * lb)",
           "the root of the length", "squared"),
    cosine("a = a / a.abs().sum(dim=-1, keepdim=True)\nb = b / b.abs().sum(dim=-1, keepdim=True)\nreturn a @ b.T",
           "the sum of the absolute numbers"),
    cosine("a = a / a.abs().max(dim=-1, keepdim=True).values\nb = b / b.abs().max(dim=-1, keepdim=True).values\n"
           "return a @ b.T", "the largest number"),
    cosine("a = a / a.norm(dim=-1)\nb = b / b.norm(dim=-1)\nreturn a @ b.T",
           "the lengths of the rows divide the columns"),
    cosine(UNIT + "return b @ a.T", "it is transposed"),
    cosine(UNIT + "return (a @ b.T).abs()", "the sign is lost"),
    cosine(UNIT + "return (a @ b.T) ** 2", "squares of cosines", "the sign is lost"),
    cosine(UNIT + "return (a @ b.T).clamp(0, 1)", "negative cosines became 0"),
    cosine(UNIT + "return (a @ b.T + 1) / 2", "run from 0 to 1"),
    cosine(UNIT + "return 1 - a @ b.T", "a distance", "minus the cosine:"),
    cosine(UNIT + "return -(a @ b.T)", "minus the cosine", "1 minus"),
    cosine(UNIT + "return (a @ b.T).arccos()", "this is the angle", "degrees"),
    cosine(UNIT + "return (a @ b.T).arccos() * 180 / torch.pi", "the angle in degrees"),
    cosine(UNIT + "return (a @ b.T).softmax(dim=1)", "every row sums to 1"),
    cosine(UNIT + "return (a @ b.T).softmax(dim=0)", "every column sums to 1"),
    cosine(UNIT + "return 100 * a @ b.T", "cosines times 100"),
    cosine("return torch.cdist(a, b)", "these are distances", "unit vectors"),
    cosine(UNIT + "return torch.cdist(a, b)", "distances of the unit vectors"),
    cosine("return torch.corrcoef(torch.cat([a, b]))[: len(a), len(a) :]", "that is a correlation"),
    cosine(UNIT + "return a @ b", "has to be transposed", "the lengths"),
    cosine(UNIT + "a @ b.T", "is there a return?"),
    cosine(UNIT + "return (a @ b.T).tolist()", "this is a list"),
    cosine("a /= a.norm(dim=-1, keepdim=True)\nb /= b.norm(dim=-1, keepdim=True)\nreturn a @ b.T",
           "changes what it was given"),
    cosine(UNIT + "return torch.stack([a[i] @ b.T for i in range(len(b))])", "equally many rows"),
    cosine(UNIT + "return torch.stack([a[i] @ b.T for i in range(min(len(a), len(b)))])",
           "for 7 and 4 it has the wrong shape"),
    cosine(UNIT + "return torch.tensor((a @ b.T).tolist())", "the way back is cut"),
    cosine(UNIT + "return (a @ b.T).detach()", "the way back is cut"),
    cosine("with torch.no_grad():\n    " + UNIT.replace("\n", "\n    ") + "return a @ b.T", "torch.no_grad()",
           ".item()"),
    cosine("a = a / a.norm(dim=-1, keepdim=True).detach()\nb = b / b.norm(dim=-1, keepdim=True).detach()\n"
           "return a @ b.T", "the gradient of a is wrong", "the way back"),
    cosine(UNIT + "return a.detach() @ b.T", "no gradient reaches a"),
    cosine(UNIT + "return torch.round(a @ b.T, decimals=5)", "the cosines are rounded", "rows is wrong"),
    cosine(UNIT + "return torch.round(a @ b.T, decimals=4)", "the cosines are rounded", "1 rows"),
    cosine(UNIT + "return torch.round(a @ b.T, decimals=2)", "the cosines are rounded"),
    cosine(UNIT + "return (a @ b.T * 1000).round() / 1000", "the cosines are rounded"),
    cosine(UNIT + "return (a @ b.T * 10000).trunc() / 10000", "the cosines are rounded"),
    cosine("return torch.round(a @ b.T, decimals=2)", "wrong", "the cosines are rounded"),
    cosine(UNIT + "return (a @ b.T).squeeze()", "a dimension of size 1 is lost"),
    cosine(UNIT + "return torch.stack([(a @ row).squeeze() for row in b]).T.squeeze(0)",
           "a dimension of size 1 is lost"),
    cosine(UNIT + "return (a @ b.T)[:, :7]", "rows of 5 numbers"),
    cosine(UNIT + "return (a @ b.T).cpu()", "moved to the CPU"),
    cosine("a, b = a.to('cpu'), b.to('cpu')\n" + UNIT + "return a @ b.T", "moved to the CPU"),
    cosine(UNIT + "found = torch.zeros(len(a), len(a))\nfor i in range(len(a)):\n    for j in range(len(a)):\n"
           "        found[i, j] = a[i] @ b[j]\nreturn found", "wrong shape"),
    cosine("return (a @ b.T) / (a.norm(dim=-1) * b.norm(dim=-1))", "the lengths of a divide the columns"),
    cosine("return a @ b.T / a.norm(dim=-1) / b.norm(dim=-1)", "the lengths of a divide the columns"),
    cosine("return (a @ b.T) / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))",
           "the lengths of b divide the rows"),
    cosine("la, lb = a.norm(dim=-1), b.norm(dim=-1)\nreturn a @ b.T / la * lb", "multiplied by, not divided"),
    cosine("la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1)\nreturn a @ b.T / la * lb",
           "multiplied by, not divided", "belongs to"),
    cosine("la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)\nreturn a @ b.T / la * lb",
           "and belongs to the columns"),
    cosine("a /= a.norm(dim=-1)\nb /= b.norm(dim=-1)\nreturn a @ b.T", "the lengths of the rows divide the columns"),
    cosine(NUMPY.replace(".detach()", "") + ARRAY + "return torch.from_numpy(x @ y.T)", "NumPy knows no gradients"),
    cosine(NUMPY + ARRAY + "return torch.from_numpy(x @ y.T)", "the way back is cut"),
    cosine(NUMPY + ARRAY + "return x @ y.T", "NumPy knows no gradients"),
    cosine("a = a.view(-1, 8)\nb = b.view(-1, 8)\n" + UNIT + "return a @ b.T", "shape '[-1, 8]' is invalid"),
    cosine(UNIT + "return a @ b.T", "a ValueError", given=BARE),
    cosine("assert a.any(dim=-1).all() and b.any(dim=-1).all()\n" + UNIT + "return a @ b.T", "AssertionError",
           given=GIVEN.partition("    if not")[0]),
    cosine(UNIT + "return a @ b.T", "a row of zeros", given=GIVEN.replace("a.any(dim=-1).all() and ", "")),
    cosine(UNIT + "return a @ b.T", "a row of zeros", given=GIVEN.replace("b.any(dim=-1).all()", "b.any()")),
    cosine(UNIT + "return a @ b.T", "raises an error", given=GIVEN.replace("any(dim=-1)", "any(dim=0)")),
    cosine("return a @ b.T / (abs(a) * abs(b))", "the length of a whole row", "transposed"),
    cosine("return (a * b) / (abs(a) * abs(b))", "the length of a whole row", "number by number"),
    cosine("return (a @ b.T) / (a.abs() @ b.abs().T)", "the length of a whole row", "sum of the absolute"),
    cosine("return (a / a.abs()) @ (b / b.abs()).T", "has signs left"),
    cosine("a, b = a / a.sum(dim=-1, keepdim=True), b / b.sum(dim=-1, keepdim=True)\nreturn a @ b.T",
           "the sum of the row", "absolute"),
    cosine("return (a / a.sum()) @ (b / b.sum()).T", "the sum of the whole matrix", "the sum of the row"),
    cosine("a = a / a.mean(dim=1, keepdim=True)\nb = b / b.mean(dim=1, keepdim=True)\nreturn a @ b.T",
           "the mean of the row"),
    cosine("return a.dot(b) / (a.norm() * b.norm())", "dot takes two vectors"),
    cosine("return torch.dot(a, b) / (torch.norm(a) * torch.norm(b))", "dot takes two vectors"),
    cosine("with torch.no_grad():\n    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T", "torch.no_grad()"),
    cosine("la = a.norm(dim=-1, keepdim=True).clamp(min=0.5)\nlb = b.norm(dim=-1).clamp(min=0.5)\n"
           "return a @ b.T / (la * lb)", "held above a limit"),
    cosine("return a @ b.T / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1)).clamp(min=1)", "held above a limit"),
    cosine("a = a / (a.norm(dim=-1, keepdim=True) + 1e-4)\nb = b / (b.norm(dim=-1, keepdim=True) + 1e-4)\n"
           "return a @ b.T", "a number is added to it"),
    Answer("cosine_similarity", "@functools.lru_cache\n" + GIVEN + indented(UNIT + "return a @ b.T") + "\n",
           "the result of an earlier call comes back", "a tensor lies on the CPU"),
    Answer("cosine_similarity", "@functools.cache\ndef unit(x):\n    return x / x.norm(dim=-1, keepdim=True)\n\n\n"
           + GIVEN + "    return unit(a) @ unit(b).T\n", "the result of an earlier call", "made on the CPU"),
    cosine("return a @ b.T / (a.norm(dim=-1).unsqueeze(1) + b.norm(dim=-1))", "the sum of the two lengths"),
    cosine("a = a / a.std(dim=-1, keepdim=True)\nb = b / b.std(dim=-1, keepdim=True)\nreturn a @ b.T", "the spread"),
    cosine("return F.normalize(a @ b.T, dim=-1)", "the rows of the result"),
    cosine("return F.normalize(a @ b.T, dim=0)", "the columns of the result", "the rows of the result"),
    cosine(UNIT + "return torch.exp(a @ b.T)", "e to the power"),
    cosine("out = []\nfor x in a:\n    for y in b:\n        out.append(torch.dot(x, y) / (x.norm() * y.norm()))\n"
           "return torch.stack(out)", "all cosines stand in one row"),
    cosine("return F.cosine_similarity(a[:, None], b[None], dim=1)", "the wrong dimension is added up"),
    cosine("a = a / a.norm(dim=-1, keepdim=True)\nb = b / a.norm(dim=-1, keepdim=True)\nreturn a @ b.T",
           "by the lengths of a", "equally many"),
    cosine("a = a / a.norm(dim=-1, keepdim=True)\nb = a / b.norm(dim=-1, keepdim=True)\nreturn a @ b.T",
           "b is missing", "by the lengths of a"),
    cosine("return torch.tensordot(a, b, dims=1)", "contracted dimensions", "transposed"),
    cosine("import math\nout = torch.zeros(len(a), len(b))\nfor i, x in enumerate(a):\n    for j, y in enumerate(b):\n"
           "        out[i, j] = sum(x * y) / math.sqrt(sum(x * x) * sum(y * y))\nreturn out", "the gradient of a"),
    Answer("cosine_similarity", "SEEN = {}\n" + GIVEN + indented(
        "if a.shape not in SEEN:\n    SEEN[a.shape] = a / a.norm(dim=-1, keepdim=True)\n"
        "return SEEN[a.shape] @ (b / b.norm(dim=-1, keepdim=True)).T") + "\n", "result"),
]  # fmt: skip

CORRECT = [
    cosine("return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T"),
    cosine("return F.cosine_similarity(a[:, None], b[None], dim=-1)"),
    cosine("return F.cosine_similarity(a.unsqueeze(1), b.unsqueeze(0), dim=2)"),
    cosine("return a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1))"),
    cosine("return a @ b.T / torch.outer(torch.linalg.norm(a, dim=1), torch.linalg.norm(b, dim=1))"),
    cosine("return torch.mm(a, b.transpose(0, 1)) / (a.norm(dim=-1, keepdim=True) @ b.norm(dim=-1, keepdim=True).t())"),
    cosine("lengths = torch.sqrt((a**2).sum(dim=-1))[:, None] * torch.sqrt((b**2).sum(dim=-1))[None]\n"
           "return torch.einsum('nd,md->nm', a, b) / lengths"),
    cosine("rows = []\nfor one in a:\n"
           "    rows.append(torch.stack([one @ other / (one.norm() * other.norm()) for other in b]))\n"
           "return torch.stack(rows)"),
    cosine(UNIT + "found = torch.zeros(len(a), len(b))\n" + FILL),
    cosine(UNIT + "found = torch.empty(a.shape[0], b.shape[0], device=a.device, dtype=a.dtype)\n" + FILL),
    cosine("eps = 1e-8\nreturn (a @ b.T) / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1)[None] + eps)"),
    cosine("lengths = torch.linalg.vector_norm(a, dim=1, keepdim=True) @ b.norm(dim=1, keepdim=True).T\n"
           "return torch.mm(a, b.T) / torch.clamp(lengths, min=1e-8)"),
    cosine("return torch.vmap(lambda x: F.cosine_similarity(x[None], b, dim=-1))(a)"),
    cosine("return (a @ b.T) * torch.rsqrt((a * a).sum(-1))[:, None] * torch.rsqrt((b * b).sum(-1))"),
    cosine("dots = (a.unsqueeze(1) * b.unsqueeze(0)).sum(-1)\n"
           "return dots / a.norm(dim=-1).unsqueeze(1) / b.norm(dim=-1)"),
]  # fmt: skip
