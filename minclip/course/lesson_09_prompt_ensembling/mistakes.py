"""What people write in place of the exercises of lesson 09: each mistake as a whole wrong way, by name."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Mistake
from minclip.zero_shot import ensemble_features

REPLACE = 'template.replace("{}", name) puts the name in, and leaves all other braces alone'

WRONG_PROMPTS: dict[str, Callable[[str, Sequence[str]], object]] = {
    Mistake("the templates came back as they are: no name stands in them", way=REPLACE): lambda name, many: list(many),
    Mistake("only the first template was filled", way="one text for each template: [... for template in templates]"): (
        lambda name, many: [many[0].replace("{}", name)]
    ),
    Mistake("only the last template was filled", way="one text for each template: [... for template in templates]"): (
        lambda name, many: [many[-1].replace("{}", name)]
    ),
    Mistake("this is one text, and not a list of them", way="one text for each template: [... for template ...]"): (
        lambda name, many: many[0].replace("{}", name)
    ),
    Mistake("this is the last text alone, and not a list of them", way="one text for each template"): (
        lambda name, many: many[-1].replace("{}", name)
    ),
    Mistake("the texts are joined into one; each is one prompt", way="a list of texts"): lambda name, many: " ".join(
        template.replace("{}", name) for template in many
    ),
    Mistake("the name stands at the end, and the braces are still there", way=REPLACE): lambda name, many: [
        f"{template} {name}" for template in many
    ],
    Mistake("only one of the two braces was replaced", way=REPLACE): lambda name, many: [
        template.replace("{", name) for template in many
    ],
    Mistake("the word name stands there, and not what it holds", way=REPLACE): lambda name, many: [
        template.replace("{}", "name") for template in many
    ],
    Mistake("the braces stay around the name", way=REPLACE): lambda name, many: [
        template.replace("{}", "{" + name + "}") for template in many
    ],
    Mistake("the order of the templates is another one", way="go through templates as they stand"): (
        lambda name, many: sorted(template.replace("{}", name) for template in many)
    ),
    Mistake("the order of the templates is turned round", way="go through templates as they stand"): (
        lambda name, many: [template.replace("{}", name) for template in reversed(many)]
    ),
    Mistake("a tuple came back; a list is asked", way="[... for template in templates]"): lambda name, many: tuple(
        template.replace("{}", name) for template in many
    ),
    Mistake("the texts are a set, which has no order", way="[...] and not {...}"): lambda name, many: {
        template.replace("{}", name) for template in many
    },
}  # fmt: skip

BUT_ONE = "mean(dim=-2)"
AGAIN = "three steps: length one, mean, length one; unit_rows makes the first and the last"


def unit(features: Tensor, dim: int = -1) -> Tensor:
    return F.normalize(features.float(), dim=dim)


WRONG_ENSEMBLES: dict[str, Callable[[Tensor], Tensor]] = {
    Mistake("the mean of unit features is shorter than one, and it was left so", way=AGAIN): lambda x: (
        unit(x).mean(dim=-2)
    ),
    Mistake("a longer feature counts more here: bring each to length one before the mean", way=AGAIN): lambda x: (
        unit(x.float().mean(dim=-2))
    ),
    Mistake("nothing was brought to length one", way=AGAIN): lambda x: x.float().mean(dim=-2),
    Mistake("nothing was brought to length one, and there is a sum in place of a mean", way=AGAIN): lambda x: (
        x.float().sum(dim=-2)
    ),
    Mistake("this is the sum of the unit features; its length is not one", way=AGAIN): lambda x: unit(x).sum(dim=-2),
    Mistake("the features were brought to length one, and never averaged", way=AGAIN): lambda x: unit(x),
    Mistake("the mean runs over the numbers of a feature; it runs over the prompts", way="mean(dim=-2)"): lambda x: (
        unit(x).mean(dim=-1)
    ),
    Mistake(
        "the mean runs over the numbers of a feature, and leaves one number for each prompt; it runs over the prompts",
        way=BUT_ONE,
    ): lambda x: unit(unit(x).mean(dim=-1)),
    Mistake("the last norm runs over the classes; each class has a length of its own", way="norm(dim=-1)"): lambda x: (
        unit(unit(x).mean(dim=-2), dim=0)
    ),
    Mistake("the mean runs over the first dimension; the prompts are the last but one", way="mean(dim=-2)"): lambda x: (
        unit(unit(x).mean(dim=0))
    ),
    Mistake("the mean runs over the second dimension; the prompts are the last but one", way=BUT_ONE): lambda x: (
        unit(unit(x).mean(dim=1))
    ),
    Mistake("a norm runs over the prompts; each feature has a length of its own", way="norm(dim=-1)"): lambda x: (
        unit(unit(x, dim=-2).mean(dim=-2))
    ),
    Mistake("in the end all classes were divided by one length; each has its own", way=AGAIN): lambda x: (
        unit(x).mean(dim=-2) / unit(x).mean(dim=-2).norm()
    ),
    Mistake("the mean was divided by the square of its length", way="x / x.norm(dim=-1, keepdim=True)"): lambda x: (
        unit(x).mean(dim=-2) / unit(x).mean(dim=-2).square().sum(dim=-1, keepdim=True)
    ),
    Mistake("each was divided by the sum of the absolute numbers, which is no length", way="norm(dim=-1)"): lambda x: (
        unit(F.normalize(x.float(), p=1, dim=-1).mean(dim=-2))
    ),
    Mistake("only the first prompt counts", way="mean(dim=-2)"): lambda x: unit(x)[..., 0, :],
    Mistake("only the last prompt counts", way="mean(dim=-2)"): lambda x: unit(x)[..., -1, :],
    Mistake("this is the median; the mean is asked", way="mean(dim=-2)"): lambda x: (
        unit(unit(x).median(dim=-2).values)
    ),
    Mistake("this is the largest number of each place; the mean is asked", way="mean(dim=-2)"): lambda x: (
        unit(unit(x).amax(dim=-2))
    ),
    Mistake("the dimension of the prompts is still there, with size 1", way="leave out keepdim=True of the mean"): (
        lambda x: ensemble_features(x).unsqueeze(-2)
    ),
    Mistake("float32 is asked, whatever the dtype of the features", way=".float(), or unit_rows, which does it"): (
        lambda x: ensemble_features(x).to(torch.float64)
    ),
}  # fmt: skip
