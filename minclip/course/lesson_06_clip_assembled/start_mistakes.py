"""What people write in place of the blocks' random start in lesson 06: each mistake, and its standard deviation."""

from minclip.course.assertions import Errors, Mistake

BRANCH_ENDS = ("attn.out_proj.weight", "mlp.c_proj.weight")
MATRICES = ("attn.in_proj_weight", *BRANCH_ENDS, "mlp.c_fc.weight")

IN_PLACE = "nn.init.normal_(block.mlp.c_fc.weight, std=...) changes the weight itself"
NOT_IN_PLACE = Mistake(
    "the weight itself must hold the new numbers: a new tensor under a name of the function's is lost", way=IN_PLACE
)
LEFT_OUT = Mistake(
    "it is left out: four matrices are drawn, in every block",
    way="one line for each of in_proj_weight, out_proj, c_fc and c_proj, in a loop over all blocks",
)
ALL_ALIKE = Mistake(
    "all blocks start alike", way="the number of all blocks counts, len(blocks), and not the block's place"
)
NO_LONGER = Mistake("it must stay a parameter that asks for a gradient", way=IN_PLACE)
OTHERS_STAY = Mistake(
    "four matrices of a block are drawn anew; biases and norms stay as they are",
    way="leave out the lines that change a bias or a norm",
)
UNIFORM = Mistake("its numbers lie between two limits, and a normal distribution has none", way=IN_PLACE)
MEAN = Mistake(
    "the second argument of normal_ is the mean, and here it got the standard deviation",
    way="say it by name: nn.init.normal_(weight, std=...)",
)
ROOT = "a root is ** -0.5, in brackets where more than one number stands under it: (2 * width) ** -0.5"
NO_FACTOR = Mistake(
    "the matrix ends a branch, and the factor for the number of branches is missing",
    way="branch_std = width**-0.5 * (2 * len(blocks)) ** -0.5",
)
ONE_BRANCH = Mistake(
    "the factor counts one branch for each block, and each block adds two",
    way="attention and MLP: 2 * len(blocks) branches",
)
NO_ROOT = Mistake("the factor is one over the number of branches; it is one over the root of that number", way=ROOT)
TURNED = Mistake(
    "the factor makes the branches larger, the more there are", way="(2 * len(blocks)) ** -0.5, with the minus"
)
BRACKETS = Mistake("a power binds stronger than a product: the 2 is not under the root here", way=ROOT)
MINUS_ONE = Mistake(
    "x ** -1/2 is the power -1, and then half of it", way="write x ** -0.5: a power binds stronger than a division"
)
VARIANCE = Mistake("this is the variance: the standard deviation is its root", way=ROOT)
NEGATIVE_ROOT = Mistake("this grows with the width: the power must be negative", way=ROOT)
FACTOR_TOO_MUCH = Mistake(
    "this matrix ends no branch, and has the factor for the number of branches",
    way="only attn.out_proj and mlp.c_proj have it",
)
END_OF_BRANCH = Mistake(
    "this matrix ends no branch, and has the number of one that does",
    way="c_fc is the first matrix of the MLP: (2 * width) ** -0.5",
)
NO_TWO = Mistake("the 2 under the root is missing", way="c_fc: (2 * width) ** -0.5")
ONE_TWO = Mistake("there is a 2 too many under the root", way="attn.in_proj_weight: width ** -0.5")
HIDDEN = Mistake(
    "4 · width numbers come in here, and CLIP takes width in the formula all the same",
    way="mlp.c_proj has the same standard deviation as attn.out_proj",
)
HALF = Mistake("this is half of the right number", way="branch_std = width**-0.5 * (2 * len(blocks)) ** -0.5")
WIDE = Mistake("4 · width numbers come out here, and the formula has 2 · width", way="c_fc: (2 * width) ** -0.5")
NO_WIDTH = Mistake(
    "it does not depend on the width: a fixed number stands in its place", way="width, the function's argument"
)
NO_BLOCKS = Mistake(
    "it does not depend on the number of blocks: a fixed number stands in its place", way="len(blocks) is their number"
)
NEITHER = Mistake(
    "it depends neither on the width nor on the number of blocks: it is a fixed number",
    way="branch_std = width**-0.5 * (2 * len(blocks)) ** -0.5",
)
SOME_ROWS = Mistake(
    "all of a matrix is drawn; in_proj_weight holds the rows of query, key and value, so 3 · width of them",
    way="nn.init.normal_(block.attn.in_proj_weight, std=...), without [...] behind it",
)
OWN_NUMBERS = Mistake(
    "every matrix draws its own numbers, and here some are a copy of others",
    way="nn.init.normal_ inside of the loop, for each matrix of each block; no copy, no repeat, no manual_seed",
)
THREE = Mistake("the matrix has 3 · width rows, and the formula takes width all the same", way="width ** -0.5")
EMBEDDING = Mistake(
    "0.02 is what the embedding of tokens starts with; the matrices depend on the width", way="width ** -0.5"
)


def right_std(name: str, width: int, layers: int) -> float:
    if name in BRANCH_ENDS:
        return float(width**-0.5 * (2 * layers) ** -0.5)
    return float((2 * width) ** -0.5 if name == "mlp.c_fc.weight" else width**-0.5)


def candidates(name: str, width: int, layers: int) -> dict[Mistake, float]:
    """mistake -> the standard deviation that it gives this matrix."""
    right, root, factor = right_std(name, width, layers), width**-0.5, (2 * layers) ** -0.5
    found = {VARIANCE: right**2, MINUS_ONE: right**2 / 2, EMBEDDING: 0.02}
    if name in BRANCH_ENDS:
        return {
            NO_FACTOR: root, ONE_BRANCH: root * layers**-0.5, NO_ROOT: root / (2 * layers), TURNED: root / factor,
            BRACKETS: root * 2 * layers**-0.5, (HIDDEN if "mlp" in name else HALF): root * factor / 2, **found,
        }  # fmt: skip
    if name == "mlp.c_fc.weight":
        return {
            NO_TWO: root, BRACKETS: 2 * root, FACTOR_TOO_MUCH: right * factor, NEGATIVE_ROOT: (2 * width) ** 0.5,
            END_OF_BRANCH: root * factor, WIDE: right * 2**-0.5, **found,
        }  # fmt: skip
    return {
        ONE_TWO: right * 2**-0.5,
        FACTOR_TOO_MUCH: right * factor,
        THREE: right * 3**-0.5,
        NEGATIVE_ROOT: width**0.5,
        **found,
    }


def cause(
    name: str, width: int, layers: int, mean: float, stds: dict[tuple[int, int], float], near: float
) -> list[Mistake]:
    """The one mistake that gives these numbers, if there is exactly one.

    stds: (width, blocks) -> the standard deviation that came there; a mistake must give all of them.
    """
    expected, std = right_std(name, width, layers), stds[width, layers]
    if abs(std - 1) < near and abs(mean - expected) < near / 2:
        return [MEAN]
    if abs(mean) > near * max(expected, std):
        return []

    def fits(mistake: Mistake) -> bool:
        return all(abs(came / candidates(name, *size)[mistake] - 1) < near for size, came in stds.items())

    found = [mistake for mistake in candidates(name, width, layers) if fits(mistake)]
    return found if len(found) == 1 else fixed(name, stds, near)


def fixed(name: str, stds: dict[tuple[int, int], float], near: float) -> list[Mistake]:
    """The mistake where a number stands in place of the width or the number of blocks."""
    if len(stds) < 3:
        return []
    of_width = abs(stds[96, 3] / stds[40, 3] - 1) > near
    of_blocks = abs(stds[40, 8] / stds[40, 3] - 1) > near
    if name not in BRANCH_ENDS:
        return [] if of_width else [NO_WIDTH]
    if not of_width and not of_blocks:
        return [NEITHER]
    return [NO_BLOCKS] if not of_blocks else [] if of_width else [NO_WIDTH]


ERRORS: Errors = {
    "'ModuleList' object has no attribute": Mistake(
        "blocks is the list of the blocks itself, and only each of them has parts", way="for block in blocks: ..."
    ),
    "'Parameter' object has no attribute 'weight'": Mistake(
        "in_proj_weight is the matrix itself, no layer that holds one",
        way="nn.init.normal_(block.attn.in_proj_weight, ...)",
    ),
    "'Linear' object has no attribute": Mistake(
        "out_proj, c_fc and c_proj are layers: the matrix of a layer is its weight", way="block.attn.out_proj.weight"
    ),
    "'TransformerBlock' object has no attribute": Mistake(
        "a block has the parts attn and mlp, and these have the matrices",
        way="block.attn.in_proj_weight, block.attn.out_proj.weight, block.mlp.c_fc.weight, block.mlp.c_proj.weight",
    ),
    "leaf Variable": Mistake(
        "autograd watches a parameter, and allows no change of it in place while it does",
        way="nn.init.normal_ takes care of that; weight.normal_ needs with torch.no_grad(): around it",
    ),
    "a view of a leaf Variable": Mistake(
        "autograd watches a parameter, and allows no change of it in place while it does",
        way="nn.init.normal_ takes care of that; weight.normal_ needs with torch.no_grad(): around it",
    ),
}  # fmt: skip
