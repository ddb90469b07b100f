"""Hidden tests of lesson 09: other names, templates and numbers of prompts."""

import torch

from minclip import zero_shot as library
from minclip.course.assertions import Trial
from minclip.prompts import prompts_for as right_prompts

NAMES = ("tiger", "{}", "100 %", "", "Zoë's {owl}", r"a\nb", "{0}", "$name")
TEMPLATES = (
    ["{}"],
    ["{} {{", "}} {}"],
    ["in {1} a {}", "% {} %", "{ } {}"],
    [f"number {i} of {{}}" for i in range(20)],
)


def prompts_for(t: Trial) -> None:
    for name in NAMES:
        for templates in TEMPLATES:
            t.same(t(name, list(templates)), right_prompts(name, templates))
    for refused in (["{} {}"], ["{}", "none"], ["{name}"], []):
        t.raises(ValueError, t.mine, "owl", refused, why="each template needs exactly one {}")


def ensemble_features(t: Trial) -> None:
    right = library.ensemble_features
    for shape in ((1, 1), (7, 3), (4, 1, 9), (2, 30, 5), (2, 2, 3, 4), (1, 2, 1, 8)):
        features = t.normal(*shape) * torch.logspace(-2, 2, shape[-2])[:, None]
        t.same(t(features), right(features), what=f"the result for {list(shape)}")
    t.same(t(t.normal(3, 4, 6).half()).dtype, torch.float32, what="the dtype for features in float16")
