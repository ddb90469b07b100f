"""How the answers of lesson 09 are judged: names in templates, and one direction of many prompts."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from minclip import prompts as library_prompts
from minclip import zero_shot as library
from minclip.course.assertions import Known, Mistake, Trial
from minclip.course.battery import batch_of_one, in_turn
from minclip.course.lesson_09_prompt_ensembling.mistakes import AGAIN, REPLACE, WRONG_ENSEMBLES, WRONG_PROMPTS
from minclip.similarity import unit_rows

SEVERAL = ["this is a {}", "a {}, big", "look, one {}!"]  # not in the order of the alphabet


def prompts_for(t: Trial) -> None:
    right: Callable[..., list[str]] = library_prompts.prompts_for
    other_braces = Mistake("format fills every brace, and looks for a value of each other name in them", way=REPLACE)
    percents = Mistake("% takes each percent sign for a place where something goes", way=REPLACE)
    t.errors = {
        "Replacement index": other_braces,
        "KeyError: 'red'": other_braces,
        "not all arguments converted during string formatting": Mistake(
            "% puts a value where %s stands, and here the place of the name is written {}", way=REPLACE
        ),
        "unsupported format character": percents,
        "not enough arguments for format string": percents,
        "incomplete format": percents,
        "'list' object has no attribute 'replace'": Mistake(
            "templates are several, and here they are used as one text", way="for template in templates"
        ),
        "'list' object has no attribute 'format'": Mistake(
            "templates are several, and here they are used as one text", way="for template in templates"
        ),
        "'str' object is not callable": Mistake("a text is no function", way=REPLACE),
    }
    known = t.acting_like(t.mine, WRONG_PROMPTS, ("cat", SEVERAL), ("blue owl", ["one {}", "an old {}", "{}"]))
    t.same(t("cat", list(SEVERAL)), right("cat", SEVERAL), known)
    t.same(t("owl", ["{}"]), ["owl"], what="the result for one template")
    t.same(t("owl", ("a {}", "two {}")), right("owl", ("a {}", "two {}")), what="the result for a tuple of templates")
    twice = ["a {}", "a {}", "one {}"]
    same: Known = {
        Mistake("a template that is there twice counts twice; here it is once", way="a list, no set or dict"): lambda: (
            ["a owl", "one owl"]
        )
    }
    t.same(t("owl", twice), right("owl", twice), same, "the result where a template is there twice")
    braces = ["{red} {}", "a {} of 100 %", "{0} {}"]
    t.same(t("cat", braces), right("cat", braces), what="the result for templates with other signs")
    odd = "set {1, 2} of {things}"
    formatted: Known = {other_braces: lambda: None}
    t.same(t(odd, ["a {}"]), [f"a {odd}"], formatted, "the result for a name with braces")
    t.same(t(r"c:\new", ["a {}"]), [r"a c:\new"], {BACKSLASH: lambda: ["a c:\new"]}, "the result for a backslash")
    capitals = ["A photo of the {}, in Paris"]
    small = Mistake("capital letters became small; that is the tokenizer's work", way="leave out lower()")
    lower: Known = {small: lambda: ["a photo of the eiffel tower, in paris"]}
    t.same(t("Eiffel Tower", capitals), right("Eiffel Tower", capitals), lower, "the result for capital letters")
    in_turn(t, (t.mine, right, ["cat", SEVERAL]), (t.mine, right, ["dog", SEVERAL[:2]]))
    t.raises(ValueError, t.mine, "cat", [], why="there is no template", hint=GIVEN)
    t.raises(ValueError, t.mine, "cat", "a {}", why="one text is no list of templates", hint=GIVEN)
    t.raises(ValueError, t.mine, "cat", ["a {}", "a photo of it"], why="no {} stands for the name", hint=NO_PLACE)
    t.raises(ValueError, t.mine, "cat", ["a {} and a {}"], why="two {} stand for one name", hint=NO_PLACE)


GIVEN = Mistake("the lines that were given refuse this", way="keep the if and its raise, with which the cell began")
NO_PLACE = Mistake(
    "a template needs exactly one {}, or the prompts are not what anybody meant, and nobody hears of it",
    way="check_template(template) gives the template back, or refuses it",
)
BACKSLASH = Mistake("a backslash in the name became another letter", way="str.replace, and not re.sub")


def ensemble_features(t: Trial) -> None:
    right: Callable[[Tensor], Tensor] = library.ensemble_features
    t.errors = {
        "mean() received an invalid combination of arguments": Mistake(
            "mean takes the dimension as dim", way="mean(dim=-2)"
        ),
        "The size of tensor a (3) must match the size of tensor b (4)": ONE_COLUMN,
        "The size of tensor a (6) must match the size of tensor b (4)": ONE_COLUMN,
        "The size of tensor a (6) must match the size of tensor b (5)": ONE_COLUMN,
        "could not infer output dtype": Mistake("whole numbers have no mean", way=".float()"),
    }
    lengths = torch.tensor([1.0, 9.0, 0.2, 4.0])[:, None]  # of the prompts: far apart
    features = lengths * t.normal(5, 4, 6)  # 5 classes, 4 prompts, embed_dim 6
    more = lengths[:3] * t.normal(2, 3, 7)
    known = t.acting_like(t.mine, WRONG_ENSEMBLES, features, more)
    t.same(t(features.clone()), right(features), known)
    t.same(t(more), right(more), what="the result for 2 classes, 3 prompts, embed_dim 7")
    single = Mistake(
        "a matrix [prompts, embed_dim] is one class: its prompts are the last dimension but one", way="mean(dim=-2)"
    )
    alone = features[0]
    second = Mistake(
        "here the mean runs over embed_dim; the prompts are the last dimension but one", way="mean(dim=-2)"
    )
    lone: Known = {
        single: lambda: alone / alone.norm(dim=-1, keepdim=True),
        second: lambda: unit_rows(unit_rows(alone).mean(dim=1)),
    }
    came = t.call(t.mine, alone, errors={"Dimension out of range": single, "IndexError": single})
    t.same(came, right(alone), lone, "the result for one class, [prompts, embed_dim],")
    deep = t.normal(2, 3, 4, 6)
    t.same(t(deep), right(deep), what="the result for [2, 3, prompts, embed_dim]")
    one = Mistake("the length of one prompt is not one", way=AGAIN)
    t.same(t(features[:, 1:2]), right(features[:, 1:2]), {one: lambda: features[:, 1]}, "the result for one prompt")
    batch_of_one(t, t.mine, right, features)
    half = features.bfloat16()
    coarse = Mistake(
        "this was computed in bfloat16, which has three digits: turn the features into float32 first", way=".float()"
    )

    def in_half() -> Any:
        came = t.came
        close = isinstance(came, Tensor) and came.shape == right(half).shape
        return came if close and (came.float() - right(half)).abs().max() < 0.05 else None

    t.same(t(half), right(half), {coarse: in_half}, "the result for features in bfloat16")
    in_turn(t, (t.mine, right, [features]), (t.mine, right, [more]))
    t.on_a_gpu(t.mine, features)


ONE_COLUMN = Mistake(
    "each feature has a length of its own, and the lengths must stand as a column beside the features",
    way="x / x.norm(dim=-1, keepdim=True)",
)
