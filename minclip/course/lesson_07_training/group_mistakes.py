"""What people write in place of param_groups: each mistake, and the names that it puts into the groups."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from torch import nn

from minclip.course.assertions import Known, Mistake
from minclip.course.lesson_07_training.stand_ins import Parts

SHAPE = "p.ndim >= 2 tells matrices from all else"
BOTH = "if p.ndim >= 2 in the first list and if p.ndim < 2 in the second: that leaves none out, and takes none twice"


def wrong_names(model: Parts) -> Known:
    """Each mistake, and the names in its two groups."""
    everyone = dict(model.named_parameters())
    learning = {name: parameter for name, parameter in everyone.items() if parameter.requires_grad}

    def split(
        decays: Callable[[str, nn.Parameter], bool], names: Mapping[str, nn.Parameter] = learning
    ) -> list[list[str]]:
        return [[n for n, p in names.items() if decays(n, p)], [n for n, p in names.items() if not decays(n, p)]]

    def of_layers(kinds: tuple[type, ...]) -> Callable[[str, nn.Parameter], bool]:
        inside = {id(m.weight) for m in model.modules() if isinstance(m, kinds)}
        return lambda name, parameter: id(parameter) in inside

    def matrix(name: str, parameter: nn.Parameter) -> bool:
        return parameter.ndim >= 2

    def without_bias(name: str, parameter: nn.Parameter) -> bool:
        return not name.endswith("bias")

    def twice(modules: Iterable[nn.Module], recurse: bool) -> list[list[str]]:
        names = {id(parameter): name for name, parameter in everyone.items()}
        found = [p for module in modules for p in module.parameters(recurse) if p.requires_grad]
        groups = [[p for p in found if p.ndim >= 2], [p for p in found if p.ndim < 2]]
        order = list(everyone)
        return [sorted((names[id(p)] for p in group), key=order.index) for group in groups]

    deep = {name: parameter for name, parameter in learning.items() if "." in name}
    right = split(matrix)
    unseen = [name for name, parameter in everyone.items() if name not in right[0]]
    ways = {
        Mistake("the groups are the wrong way round: the first is the one that decays",
                way="the list with p.ndim >= 2 comes first"): right[::-1],
        Mistake("frozen parameters are in the groups, too", way="keep only those whose requires_grad is True"): split(
            matrix, everyone
        ),
        Mistake("frozen parameters are in the second group", way="keep only those whose requires_grad is True"): [
            right[0], unseen],
        Mistake("frozen parameters are in the first group, too", way="keep only those whose requires_grad is True"): [
            [name for name, parameter in everyone.items() if parameter.ndim >= 2], right[1]],
        Mistake("frozen parameters are in the second group, too", way="keep only those whose requires_grad is True"): [
            right[0], [name for name, parameter in everyone.items() if parameter.ndim < 2]],
        Mistake("the second group is empty: a generator gives its items once, and the first list has taken them",
                way="square brackets make a list, which can be read twice"): [right[0], []],
        Mistake("everything is in the first group: gains, biases and the logit scale are to be spared",
                way=SHAPE): [list(learning), []],
        Mistake("everything is in the second group: nothing decays", way=SHAPE): [[], list(learning)],
        Mistake("biases are spared, but gains, the logit scale and the CLS embedding are vectors and numbers, too",
                way=SHAPE): split(without_bias),
        Mistake("the logit scale and the CLS embedding are no matrices: they are to be spared, too",
                way=SHAPE): split(lambda n, p: p.ndim >= 2 or n in ("logit_scale", "class_embedding")),
        Mistake("the CLS embedding is one vector, no table: it is to be spared, too", way=SHAPE): split(
            lambda n, p: p.ndim >= 2 or n == "class_embedding"),
        Mistake("the logit scale is no matrix: it is to be spared, too", way=SHAPE): split(
            lambda n, p: p.ndim >= 2 or n == "logit_scale"),
        Mistake("vectors decay here, and only the number logit_scale is spared", way=SHAPE): split(
            lambda n, p: p.ndim >= 1),
        Mistake("matrices have two dimensions, and here they are spared", way="p.ndim >= 2, not p.ndim > 2"): split(
            lambda n, p: p.ndim > 2),
        Mistake("a kernel has four dimensions, and here it is spared", way="p.ndim >= 2, not p.ndim == 2"): split(
            lambda n, p: p.ndim == 2),
        Mistake("only the weights of linear layers decay: kernels and embedding tables are left out",
                way=SHAPE): split(of_layers((nn.Linear,))),
        Mistake("parameters that are not in a layer of their own are missed, such as the positional embedding",
                way=SHAPE): split(of_layers((nn.Linear, nn.Conv2d, nn.Embedding))),
        Mistake("embedding tables are spared, and they are to decay", way=SHAPE): split(
            lambda n, p: p.ndim >= 2 and "embedding" not in n),
        Mistake("the table of tokens is spared, and it is to decay", way=SHAPE): split(
            lambda n, p: p.ndim >= 2 and "token_embedding" not in n),
        Mistake("a gain ends in .weight, too, and has one dimension only", way=SHAPE): split(
            lambda n, p: n.endswith(".weight")),
        Mistake("the model's own parameters, those in no layer, are in no group",
                way="model.parameters() gives all"): split(matrix, deep),
        Mistake("a layer that the model uses twice has its parameters in a group twice",
                way="model.parameters() names each of them once"): twice(
            model.modules(), recurse=False),
        Mistake("the model's own parameters, those in no layer, are missed, and a shared one is there twice",
                way="model.parameters() gives all, each once"): twice(model.children(), recurse=True),
    }  # fmt: skip
    return {words: partial(list, names) for words, names in ways.items()}


def what_is_off(model: Parts, found: list[list[str]], expected: list[list[str]]) -> tuple[list[str], list[Mistake]]:
    """In lines, what a group lacks and what it has too much of, and the mistake that this is by itself."""
    facts = []
    for number, (came, right) in enumerate(zip(found, expected, strict=True), 1):
        lacks = [name for name in right if name not in came]
        extra = [name for name in came if came.count(name) > right.count(name)]
        facts += [f"  group {number}   lacks {', '.join(lacks):.80}"] if lacks else []
        facts += [f"  group {number}   holds {', '.join(dict.fromkeys(extra)):.80}, too"] if extra else []
    everyone = dict(model.named_parameters())
    in_none = [name for names in expected for name in names if name not in found[0] + found[1]]
    in_both = [name for name in found[0] if name in found[1]]
    frozen = [name for name in found[0] + found[1] if not everyone[name].requires_grad]
    twice = [name for names in found for name in names if names.count(name) > 1]
    causes = [
        *(Mistake(f"{name} is in no group", way=BOTH) for name in in_none),
        *(Mistake(f"{name} is in both groups", way=BOTH) for name in in_both),
        *(Mistake(f"{name} is frozen, and belongs to no group", way="if p.requires_grad") for name in frozen),
        *(Mistake(f"{name} is in a group twice", way="model.parameters() gives each once") for name in twice),
    ]
    for number, (came, right) in enumerate(zip(found, expected, strict=True)):
        for name in came:
            if name not in right:
                place = ("second", "first")[number]
                words = f"{name} has {everyone[name].ndim} dimensions, and belongs into the {place} group"
                causes.append(Mistake(words, way=BOTH))
    return facts[:2], causes
