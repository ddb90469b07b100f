"""What the known mistakes of lesson 00 give: what is wrong, the way out of it, and the outcome for an input."""

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.similarity import cosine_similarity

LENGTHS = "x.norm(dim=-1, keepdim=True) is [rows, 1], the length of every row: divide x by it"
EVERY_ROW = "unit_a @ unit_b.T is [rows of a, rows of b]: every row with every row"
NUMPY = Mistake(
    "NumPy knows no gradients, and lesson 05 trains through this function: write it with PyTorch",
    way="PyTorch has the same: a.norm(dim=-1, keepdim=True), a / lengths, a @ b.T",
)
ROW_BY_ROW = Mistake("this compares row i of a with row i of b only", way=EVERY_ROW)
ONE_BY_ONE = Mistake(
    "dot takes two vectors, and here are many of them, one in each row",
    way="a @ b.T has the dot product of every row of a with every row of b",
)
SHORT_ROWS = Mistake(
    "short rows are divided by something else than their length: it is held above a limit, or a number is added to it",
    way="leave out clamp, max and a large eps: up to 1e-8 does no harm",
)
LENGTH = "|a| is the length of a whole row, and abs(a) makes each of its numbers positive"
ROUNDED = Mistake(
    "the cosines are rounded, and the exact ones are wanted: through a rounded number no gradient flows",
    way="leave out round: print fewer digits where you print, as in print(f'{cosine:.2f}')",
)
PRECEDENCE = Mistake(
    "the second length is multiplied by, not divided by", way="write x / (p * q) or x / p / q: x / p * q is (x / p) * q"
)


def wrong_cosines(a: Tensor, b: Tensor) -> Known:
    """For a and b of different numbers of rows."""
    unit_a, unit_b, expected = F.normalize(a, dim=-1), F.normalize(b, dim=-1), cosine_similarity(a, b)
    of_a, of_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1)  # [n, 1], [m]: lengths
    centred_a, centred_b = (F.normalize(x - x.mean(dim=-1, keepdim=True), dim=-1) for x in (a, b))
    return {
        Mistake("these are dot products: the lengths still count", way=LENGTHS): lambda: a @ b.T,
        Mistake(
            "only the rows of a are brought to length 1", way="do the same with b: b / b.norm(dim=-1, keepdim=True)"
        ): lambda: unit_a @ b.T,
        Mistake(
            "only the rows of b are brought to length 1", way="do the same with a: a / a.norm(dim=-1, keepdim=True)"
        ): lambda: a @ unit_b.T,
        PRECEDENCE: lambda: a @ b.T / of_a * of_b,
        Mistake("the length runs down the columns, and a vector is a row", way=LENGTHS): lambda: (
            F.normalize(a, dim=0) @ F.normalize(b, dim=0).T
        ),
        Mistake("you divide by the length of the whole matrix, and every row has its own", way=LENGTHS): lambda: (
            (a / a.norm()) @ (b / b.norm()).T
        ),
        Mistake(
            "you divide by the squared length", way="the length is (x**2).sum(dim=-1, keepdim=True).sqrt()"
        ): lambda: a @ b.T / (of_a * of_b) ** 2,
        Mistake(
            "you divide by the root of the length",
            way="the length is x.norm(dim=-1, keepdim=True), without a root of it",
        ): lambda: a @ b.T / (of_a * of_b).sqrt(),
        Mistake(
            "you divide by the sum of the absolute numbers, which is another length",
            way="the length is (x**2).sum(dim=-1, keepdim=True).sqrt()",
        ): lambda: F.normalize(a, p=1, dim=-1) @ F.normalize(b, p=1, dim=-1).T,
        Mistake(
            "you divide by the largest number, which is another length",
            way="the length is (x**2).sum(dim=-1, keepdim=True).sqrt()",
        ): lambda: F.normalize(a, p=torch.inf, dim=-1) @ F.normalize(b, p=torch.inf, dim=-1).T,
        Mistake(LENGTH, way=LENGTHS): lambda: a @ b.T / (a.abs() @ b.abs().T),
        Mistake(f"{LENGTH}: a / abs(a) has signs left", way=LENGTHS): lambda: a.sign() @ b.sign().T,
        Mistake("you divide by the sum of the row, which is another thing than its length", way=LENGTHS): lambda: (
            (a / a.sum(dim=-1, keepdim=True)) @ (b / b.sum(dim=-1, keepdim=True)).T
        ),
        Mistake("you divide by the sum of the whole matrix, and every row has its own length", way=LENGTHS): lambda: (
            (a / a.sum()) @ (b / b.sum()).T
        ),
        Mistake("you divide by the mean of the row, which is another thing than its length", way=LENGTHS): lambda: (
            (a / a.mean(dim=-1, keepdim=True)) @ (b / b.mean(dim=-1, keepdim=True)).T
        ),
        Mistake(
            "it is transposed: the rows of the result belong to a, its columns to b", way="a @ b.T, not b @ a.T"
        ): lambda: expected.T,
        Mistake("the sign is lost: opposite directions have a cosine of -1", way="leave out abs()"): lambda: (
            expected.abs()
        ),
        Mistake(
            "these are squares of cosines: opposite directions have a cosine of -1", way="leave out the square"
        ): lambda: expected**2,
        Mistake("negative cosines became 0: opposite directions have -1", way="leave out clamp or relu"): lambda: (
            expected.clamp(min=0)
        ),
        Mistake("the cosines run from 0 to 1: opposite directions have -1", way="leave out + 1 and / 2"): lambda: (
            (expected + 1) / 2
        ),
        Mistake("this is minus the cosine", way="the same direction has a cosine of 1: leave out the minus"): lambda: (
            -expected
        ),
        Mistake("this is 1 minus the cosine, a distance", way="return the cosine itself"): lambda: 1 - expected,
        Mistake("this is the angle", way="return its cosine: leave out acos"): lambda: expected.acos(),
        Mistake("this is the angle in degrees", way="return its cosine: leave out acos"): lambda: (
            expected.acos().rad2deg()
        ),
        Mistake("these are shares: every row sums to 1", way="return the cosines, without a softmax"): lambda: (
            expected.softmax(dim=-1)
        ),
        Mistake("these are shares: every column sums to 1", way="return the cosines, without a softmax"): lambda: (
            expected.softmax(dim=0)
        ),
        Mistake("these are cosines times 100", way="return the cosines as they are: lesson 05 has a scale"): lambda: (
            100 * expected
        ),
        Mistake(
            "you divide by the sum of the two lengths, and their product is wanted",
            way="the formula says |a| · |b|: lengths_a * lengths_b, or divide twice",
        ): lambda: a @ b.T / (of_a + of_b),
        Mistake(
            "you divide by the spread of a row, std, which is another thing than its length", way=LENGTHS
        ): lambda: (a / a.std(dim=-1, keepdim=True)) @ (b / b.std(dim=-1, keepdim=True)).T,
        Mistake("the rows of the result are brought to length 1, and the rows of a and b should be", way=LENGTHS): (
            lambda: F.normalize(a @ b.T, dim=-1)
        ),
        Mistake("the columns of the result are brought to length 1, and the rows of a and b should be", way=LENGTHS): (
            lambda: F.normalize(a @ b.T, dim=0)
        ),
        Mistake("these are e to the power of the cosines", way="return the cosines: leave out exp"): lambda: (
            expected.exp()
        ),
        Mistake(
            "all cosines stand in one row: the result has a row for every row of a, [n, m]",
            way="torch.stack a row for every row of a, and then these rows",
        ): lambda: expected.flatten(),
        Mistake(
            "the wrong dimension is added up: of [n, m, dim] the last one has to vanish",
            way="F.cosine_similarity(a[:, None], b[None], dim=-1)",
        ): lambda: F.cosine_similarity(a[:, None], b[None], dim=1),
        Mistake("these are distances", way="return cosines: torch.cdist is another thing"): lambda: torch.cdist(a, b),
        Mistake(
            "these are distances of the unit vectors", way="return cosines: torch.cdist is another thing"
        ): lambda: torch.cdist(unit_a, unit_b),
        Mistake(
            "the mean of a row is taken off: that is a correlation",
            way="leave the mean in: a / lengths, not (a - mean) / lengths",
        ): lambda: centred_a @ centred_b.T,
        Mistake("this is a list: a tensor is wanted", way="torch.stack makes a tensor of a list of tensors"): lambda: (
            expected.tolist()
        ),
        NUMPY: lambda: expected.numpy(),
    }


def are_rounded(came: Tensor, expected: Tensor) -> bool:
    """Whether these are the expected numbers, rounded or cut off behind one to six decimals."""
    whole = came.detach().double()
    return any(
        bool(
            ((whole - whole.round(decimals=n)).abs() < 1e-7).all() and ((whole - expected).abs() < 1.01 * 0.1**n).all()
        )
        for n in range(1, 7)
    )


def wrong_for_squares(a: Tensor, b: Tensor) -> Known:
    """For a and b [n, n] both: what stops where they have different numbers of rows."""
    of_a, of_b = a.norm(dim=-1), b.norm(dim=-1)
    unit_a, unit_b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    down = [F.normalize(x, dim=0) for x in (a, b)]
    return {
        ROW_BY_ROW: lambda: F.cosine_similarity(a, b),
        Mistake("rows are multiplied number by number, and not added up", way=EVERY_ROW): lambda: unit_a * unit_b,
        Mistake("here the lengths of the rows divide the columns: they should divide the rows", way=LENGTHS): lambda: (
            (a / of_a) @ (b / of_b).T
        ),
        Mistake(
            "the lengths of a divide the columns, and they belong to the rows",
            way="(a @ b.T) / a.norm(dim=-1, keepdim=True)",
        ): lambda: a @ b.T / of_a / of_b,
        Mistake(
            "the lengths of b divide the rows, and they belong to the columns",
            way="of b leave keepdim=True out: lengths [m] divide the m columns",
        ): lambda: a @ b.T / (of_a * of_b)[:, None],
        PRECEDENCE: lambda: a @ b.T / of_a[:, None] * of_b,
        Mistake(
            "the second length is multiplied by, not divided by, and belongs to the columns",
            way="x / p / q, of b without keepdim",
        ): lambda: a @ b.T / of_a[:, None] * of_b[:, None],
        Mistake(
            "the second length is multiplied by, not divided by, and the first belongs to the rows",
            way="x / p / q, of a with keepdim=True",
        ): lambda: a @ b.T / of_a * of_b,
        Mistake(f"{LENGTH}; every row with every row is wanted", way=f"{LENGTHS}; {EVERY_ROW}"): lambda: (
            a * b / (a.abs() * b.abs())
        ),
        Mistake(f"{LENGTH}, so the shapes do not fit", way=LENGTHS): lambda: a @ b.T / (a.abs() * b.abs()),
        Mistake("b is divided by the lengths of a, and it has its own", way=LENGTHS): lambda: unit_a @ b.T,
        Mistake("the second matrix is made of a, and b is missing", way="b / b.norm(dim=-1, keepdim=True)"): lambda: (
            unit_a @ (unit_a / of_b[:, None]).T
        ),
        Mistake("the second matrix has to be transposed", way=EVERY_ROW): lambda: unit_a @ unit_b,
        Mistake(
            "the second matrix has to be transposed, and the lengths run down the columns",
            way=f"{LENGTHS}; then unit_a @ unit_b.T",
        ): lambda: down[0] @ down[1],
        Mistake("it works only where a and b have equally many rows", way=EVERY_ROW): lambda: cosine_similarity(a, b),
    }
