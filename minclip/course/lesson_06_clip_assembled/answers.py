"""Answers to the exercises of lesson 06."""

from minclip.course.lesson_06_clip_assembled import clip_answers, size_answers
from minclip.course.planted_answers import Answer, answer_of, edited

SETUP = clip_answers.SETUP
HEAD = "def initialise_blocks(blocks, width):\n"
RIGHT = """
branch_std = width**-0.5 * (2 * len(blocks)) ** -0.5
for block in blocks:
    nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)
    nn.init.normal_(block.attn.out_proj.weight, std=branch_std)
    nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
    nn.init.normal_(block.mlp.c_proj.weight, std=branch_std)
"""


def start(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("initialise_blocks", HEAD, body, says, silent)


def with_(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    """The right answer with one thing changed."""
    return start(edited(RIGHT, old, new), says, silent)


FACTOR = " * (2 * len(blocks)) ** -0.5"
PARTS = ("block.attn.in_proj_weight", "block.attn.out_proj.weight", "block.mlp.c_fc.weight", "block.mlp.c_proj.weight")

WRONG = [
    *clip_answers.WRONG,
    *size_answers.WRONG,
    with_(FACTOR, "", "the factor for the number of branches is missing"),
    with_("(2 * len(blocks))", "len(blocks)", "counts one branch for each block", "is missing"),
    with_("(2 * len(blocks)) ** -0.5", "2 * len(blocks) ** -0.5", "the 2 is not under the root"),
    with_("(2 * len(blocks)) ** -0.5", "(2 * len(blocks)) ** 0.5", "the more there are"),
    with_("* (2 * len(blocks)) ** -0.5", "/ (2 * len(blocks))", "one over the root of that number"),
    with_("(2 * width) ** -0.5", "2 * width ** -0.5", "the 2 is not under the root"),
    with_("(2 * width) ** -0.5", "width ** -0.5", "the 2 under the root is missing"),
    with_("(2 * width) ** -0.5", "branch_std", "ends no branch", "the 2 under the root"),
    with_("(2 * width) ** -0.5", "(2 * width) ** -0.5" + FACTOR, "ends no branch"),
    with_("(2 * width) ** -0.5", "1 / (2 * width)", "this is the variance"),
    with_("(2 * width) ** -0.5", "(2 * width) ** 0.5", "the power must be negative"),
    with_("(2 * width) ** -0.5", "0.02", "the embedding of tokens"),
    with_("std=width**-0.5", "std=1 / width", "this is the variance"),
    with_("std=width**-0.5", "std=width**0.5", "the power must be negative"),
    with_("std=width**-0.5", "std=(3 * width) ** -0.5", "has 3 · width rows"),
    with_("std=width**-0.5", "std=(2 * width) ** -0.5", "a 2 too many"),
    with_("std=width**-0.5", "std=branch_std", "ends no branch"),
    with_("c_proj.weight, std=branch_std", "c_proj.weight, std=branch_std / 2", "4 · width numbers come in"),
    with_("c_proj.weight, std=branch_std", "c_proj.weight, std=width**-0.5", "for the number of branches is missing"),
    start("for block in blocks:\n    for p in block.parameters():\n        nn.init.normal_(p, std=width**-0.5)",
          "number of branches is missing"),
    start(RIGHT + "    nn.init.zeros_(block.mlp.c_fc.bias)", "biases and norms stay"),
    start(RIGHT + "    nn.init.ones_(block.ln_1.weight)", "biases and norms stay"),
    with_("in_proj_weight, std=width**-0.5", "in_proj_weight, width**-0.5",
          "the second argument of normal_ is the mean"),
    start(RIGHT.replace("std=", ""), "the second argument of normal_ is the mean"),
    start(RIGHT.replace("nn.init.normal_(", "nn.init.trunc_normal_(").replace("width**-0.5)",
          "width**-0.5, a=-0.01, b=0.01)"),
          "lie between two limits"),
    with_("nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)",
          "nn.init.uniform_(block.attn.in_proj_weight, -(3 / width) ** 0.5, (3 / width) ** 0.5)", "between two limits"),
    with_("nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)",
          "nn.init.xavier_uniform_(block.attn.in_proj_weight)", "lie between two limits", "under the root"),
    start(RIGHT.replace("for block in blocks:", "for block in blocks[:1]:"), "it is left out"),
    start(RIGHT.replace("for block in blocks:", "for block in blocks[:-1]:"), "is what it was before"),
    start(RIGHT.replace("    nn.init.normal_(block.mlp.c_proj.weight, std=branch_std)\n", ""),
          "mlp.c_proj.weight of block 0"),
    start("for block in blocks:\n    w = torch.randn(3 * width, width) * width**-0.5\n    block.attn.weight = w",
          "is what it was before"),
    start("std = width**-0.5\nfor block in blocks:\n    block.attn.in_proj_weight.normal_(std=std)",
          "autograd watches"),
    start(RIGHT.replace("for block in blocks:", "for block in blocks.resblocks:"), "blocks is the list of the blocks"),
    start(RIGHT.replace("block.mlp.", "block."), "a block has the parts attn and mlp"),
    start(RIGHT.replace("out_proj.weight", "out_proj"), "the matrix of a layer is its weight"),
    start(RIGHT.replace("in_proj_weight", "in_proj_weight.weight"), "no layer that holds one"),
    start("torch.manual_seed(0)\n" + RIGHT, "draw the same numbers"),
    start(RIGHT.replace("len(blocks)", "12"), "does not depend on the number of blocks", "4 · width numbers"),
    start(RIGHT.replace("len(blocks)", "3"), "does not depend on the number of blocks"),
    with_("(2 * len(blocks)) ** -0.5", "24**-0.5", "does not depend on the number of blocks", "4 · width numbers"),
    with_("width**-0.5 * (2 * len", "64**-0.5 * (2 * len", "does not depend on the width"),
    with_("width**-0.5" + FACTOR, "0.05", "it is a fixed number"),
    with_("(2 * width) ** -0.5", "128**-0.5", "does not depend on the width"),
    with_("(2 * width) ** -0.5", "(4 * width) ** -0.5", "4 · width numbers come out here"),
    with_("out_proj.weight, std=branch_std", "out_proj.weight, std=branch_std / 2", "half of the right", "4 · width"),
    with_("in_proj_weight, std", "in_proj_weight[:width], std", "all of a matrix is drawn"),
    with_("c_fc.weight, std", "c_fc.weight[0], std", "all of a matrix is drawn"),
    with_("c_proj.weight, std", "c_proj.weight[:, width:], std", "all of a matrix is drawn"),
    with_("out_proj.weight, std", "out_proj.weight[:-1], std", "all of a matrix is drawn"),
    with_("for block in blocks:", "for block in blocks:\n    torch.manual_seed(0)", "some are a copy of others"),
    start(RIGHT + "first = blocks[0]\nwith torch.no_grad():\n    for block in blocks[1:]:\n"
          "        block.mlp.c_fc.weight.copy_(first.mlp.c_fc.weight)", "holds the numbers of mlp.c_fc.weight of b"),
    start(RIGHT + "    with torch.no_grad():\n"
          "        end = block.mlp.c_fc.weight.T * 2**0.5 * branch_std * width**0.5\n"
          "        block.mlp.c_proj.weight.copy_(end)", "holds the numbers of mlp.c_fc.weight of block 0"),
    start(RIGHT + "    with torch.no_grad():\n        block.attn.in_proj_weight[width:2 * width] = "
          "block.attn.in_proj_weight[:width]", "the same numbers several times"),
    start("one = torch.randn(3, 1)\nfor block in blocks:\n    with torch.no_grad():\n"
          "        block.attn.in_proj_weight.copy_(torch.randn(width).repeat(3 * width, 1) * width**-0.5)\n"
          + RIGHT.partition("width**-0.5)\n")[2].replace("branch_std", "0.1"), "the same numbers several times"),
    start("for place, block in enumerate(blocks):\n    std = width**-0.5 * (2 * (place + 1)) ** -0.5\n"
          "    nn.init.normal_(block.attn.in_proj_weight, std=width**-0.5)\n"
          "    nn.init.normal_(block.attn.out_proj.weight, std=std)\n"
          "    nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)\n"
          "    nn.init.normal_(block.mlp.c_proj.weight, std=std)", "all blocks start alike",
                "one branch for each block"),
    with_("(2 * width) ** -0.5", "(2 * width) ** -1/2", "the power -1, and then half"),
    with_("(2 * width) ** -0.5", "-(2 * width) ** 0.5", "RuntimeError"),
    start(RIGHT.replace("width**-0.5", "512**-0.5"), "does not depend on the width"),
    start(RIGHT + "    block.requires_grad_(False)", "no longer learns"),
    start("branch_std = width**-0.5" + FACTOR + "\nwith torch.no_grad():\n    for block in blocks:\n"
          + "".join(f"        {p}.data = torch.randn({p}.shape) * branch_std\n" for p in PARTS), "ends no branch"),
    start("for block in blocks:\n    a, m = block.attn, block.mlp\n"
          "    a.in_proj_weight.data = torch.randn(3 * width, width) * width**-0.5\n"
          "    a.out_proj.weight.data = torch.randn(width, width) * width**-0.5" + FACTOR + "\n"
          "    m.c_fc.weight.data = torch.randn(4 * width, width) * (2 * width) ** -0.5\n"
          "    m.c_proj.weight.data = torch.randn(width, 4 * width) * width**-0.5" + FACTOR, "on the CPU"),
]  # fmt: skip

CORRECT = [
    *clip_answers.CORRECT,
    *size_answers.CORRECT,
    start("std = 1 / math.sqrt(width)\nbranches = 2 * len(blocks)\nfor block in blocks:\n"
          "    block.attn.in_proj_weight.data.normal_(0, std)\n"
          "    block.mlp.c_fc.weight.data.normal_(0, std / math.sqrt(2))\n"
          "    for end in (block.attn.out_proj, block.mlp.c_proj):\n"
          "        end.weight.data.normal_(0, std / math.sqrt(branches))"),
    start("with torch.no_grad():\n    for block in blocks:\n"
          "        block.attn.in_proj_weight.normal_(std=width**-0.5)\n"
          "        block.mlp.c_fc.weight.copy_(torch.randn_like(block.mlp.c_fc.weight) / (2 * width) ** 0.5)\n"
          "        for weight in (block.attn.out_proj.weight, block.mlp.c_proj.weight):\n"
          "            weight.normal_(std=(2 * width * len(blocks)) ** -0.5)"),
    start("stds = {'in_proj_weight': width**-0.5, 'c_fc.weight': (2 * width) ** -0.5}\n"
          "stds |= dict.fromkeys(('out_proj.weight', 'c_proj.weight'), (2 * width * len(blocks)) ** -0.5)\n"
          "for name, weight in blocks.named_parameters():\n    for end, std in stds.items():\n"
          "        if name.endswith(end):\n            nn.init.normal_(weight, std=std)"),
    start(RIGHT.replace("nn.init.normal_(", "nn.init.trunc_normal_(")),
    start(RIGHT + "return blocks"),
    start("layers = sum(1 for _ in blocks)\n" + RIGHT.replace("len(blocks)", "layers")),
]  # fmt: skip
