"""What people write in place of the classifier of lesson 08: each mistake, and what it gives."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.prompts import prompts_for
from minclip.similarity import unit_rows
from minclip.zero_shot import encode_texts, ensemble_features

BY_TEMPLATE = Mistake(
    "the prompts are grouped by template, and each class has its own side by side",
    way="with the names first, features.unflatten(0, (len(class_names), -1)); with the templates first, "
    "features.unflatten(0, (len(templates), -1)).transpose(0, 1)",
)
ONE = "encode_texts brings every row to length one; a tensor x does it with x / x.norm(dim=-1, keepdim=True)"
GROUPED = "features.unflatten(0, (len(class_names), -1)) is [classes, templates, embed_dim], if the names come first"
DIRECTION = "ensemble_features takes [classes, templates, embed_dim] and gives [classes, embed_dim]"


def raw_features(model: torch.nn.Module, tokenizer: object, texts: Sequence[str]) -> Tensor:
    """Of the texts, as the encoder gives them: float [texts, embed_dim], of any length."""
    with torch.no_grad():
        return model.encode_text(tokenizer(list(texts))).float()  # type: ignore[operator]


def wrong_columns(model: torch.nn.Module, tokenizer: object, names: Sequence[str], template: str) -> Known:
    """With one template: what is written instead, by name."""
    prompts = prompts_for_all(names, [template])
    raw, right = raw_features(model, tokenizer, prompts), encode_texts(model, tokenizer, prompts).T  # type: ignore[arg-type]
    return {
        Mistake("each class is a column here, and yours are rows", way="classes.T turns [classes, embed_dim] round"): (
            lambda: right.T
        ),
        Mistake("the columns have not length one", way=ONE): lambda: raw.T,
        Mistake("the columns have not length one, and each class is a column here", way=ONE): lambda: raw,
        Mistake("the norm runs over the classes; each class has a length of its own", way=ONE): lambda: (
            F.normalize(raw, dim=0).T
        ),
        Mistake("a norm runs over the classes; each class has a length of its own", way=ONE): lambda: (
            F.normalize(right, dim=1)
        ),
        Mistake("all columns were divided by one length in the end; each class has its own", way=ONE): lambda: (
            right / right.norm()
        ),
        Mistake("all columns were divided by one length; each class has a length of its own", way=ONE): lambda: (
            (raw / raw.norm()).T
        ),
        Mistake(
            "the text encoder read the bare names; it reads them in the template",
            way="prompts_for(name, templates) writes a name into every template",
        ): lambda: encode_texts(model, tokenizer, list(names)).T,  # type: ignore[arg-type]
        Mistake(
            "the text encoder read the template as it stands, without any name",
            way="prompts_for(name, templates) writes a name into every template",
        ): lambda: encode_texts(model, tokenizer, [template] * len(names)).T,  # type: ignore[arg-type]
        Mistake("the cosines are scaled here; the classifier is unit columns", way="leave logit_scale out"): lambda: (
            right * model.logit_scale.exp().detach()  # type: ignore[operator]
        ),
        Mistake("all columns are the same: the mean was taken over all classes", way=GROUPED): lambda: (
            unit_rows(right.mean(dim=1, keepdim=True).T).T.expand(-1, len(names))
        ),
        Mistake(
            "there is one column for all classes: the mean was taken over the names, not over the templates of one",
            way=BY_TEMPLATE.way,
        ): lambda: unit_rows(right.mean(dim=1, keepdim=True).T).T,
        Mistake(
            "there is one row for all classes: the mean was taken over the names, not over the templates of one",
            way=BY_TEMPLATE.way,
        ): lambda: unit_rows(right.mean(dim=1, keepdim=True).T),
        Mistake("there is a softmax; the classifier holds features, and no shares", way="leave it out"): lambda: (
            right.softmax(dim=0)
        ),
    }  # fmt: skip


def prompts_for_all(names: Sequence[str], templates: Sequence[str]) -> list[str]:
    """The names one after the other, each in every template."""
    return [prompt for name in names for prompt in prompts_for(name, templates)]


def wrong_ensembles(model: torch.nn.Module, tokenizer: object, names: Sequence[str], templates: Sequence[str]) -> Known:
    """With several templates: what is written instead, by name."""
    prompts = prompts_for_all(names, templates)
    raw = raw_features(model, tokenizer, prompts)
    units = unit_rows(raw)  # [classes · templates, embed_dim]
    classes, count = len(names), len(templates)
    grouped, in_raw = units.unflatten(0, (classes, count)), raw.unflatten(0, (classes, count))
    by_template = units.view(classes, count, -1).transpose(0, 1).flatten(0, 1)  # as the other order of loops lists them
    mixed = Mistake(
        "the prompts of different classes are mixed up: each class has its templates side by side",
        way=BY_TEMPLATE.way,
    )
    return {
        mixed: lambda: unit_rows(by_template.view(classes, count, -1).mean(dim=1)).T,
        BY_TEMPLATE: lambda: unit_rows(units.view(count, classes, -1).mean(dim=0)).T,
        Mistake(
            "the mean of several unit features is shorter than one, and it was left so",
            way="bring the mean to length one again, as ensemble_features does",
        ): lambda: grouped.mean(dim=1).T,
        Mistake(
            "the sum of a class's features stands here: bring it to length one", way=DIRECTION
        ): lambda: grouped.sum(dim=1).T,
        Mistake(
            "the mean was taken of features of any length, so a longer one counts more; each prompt counts the same",
            way="length one first, then the mean, then length one again: ensemble_features does all of it",
        ): lambda: unit_rows(in_raw.mean(dim=1)).T,
        Mistake("the features were averaged without being brought to length one", way=DIRECTION): lambda: (
            in_raw.mean(dim=1).T
        ),
        Mistake("only the first template counts", way=DIRECTION): lambda: grouped[:, 0].T,
        Mistake("only the last template counts", way=DIRECTION): lambda: grouped[:, -1].T,
        Mistake(
            "there is a column for every prompt; there is one for every class", way=f"{GROUPED}. {DIRECTION}"
        ): lambda: units.T,
        Mistake("there is a row for every prompt; there is a column for every class", way=f"{GROUPED}. {DIRECTION}"): (
            lambda: units
        ),
        Mistake("each class is a column here, and yours are rows", way="classes.T turns [classes, embed_dim] round"): (
            lambda: ensemble_features(grouped)
        ),
    }  # fmt: skip
