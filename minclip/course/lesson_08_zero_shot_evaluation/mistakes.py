"""What people write in place of the classifier and the counting of lesson 08: each mistake, and what it gives."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.accuracy import top_k_correct
from minclip.course.assertions import Known, Mistake
from minclip.prompts import prompts_for
from minclip.similarity import unit_rows
from minclip.zero_shot import encode_texts, ensemble_features

BY_TEMPLATE = Mistake(
    "the prompts are grouped by template, and each class has its own side by side",
    way="with the names first, features.unflatten(0, (len(class_names), -1)), and the mean over dim 1",
)
FIRST_OF_LEVEL = Mistake(
    "of the level classes the one that stands first in the list is taken for the higher",
    way="(logits == right).sum(dim=1) says how many share the places that are left",
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
        way=GROUPED + "; if the templates come first, it is (len(templates), -1), and the mean runs over dim 0",
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


def wrong_counts(logits: Tensor, labels: Tensor, k: int) -> Known:
    """Without level scores: what is written instead, by name."""
    right = top_k_correct(logits, labels, k)
    low = (-logits).topk(k).indices
    first = logits.argmax(dim=1)
    own = logits.gather(1, labels[:, None])
    ahead = (logits > own).sum(dim=1)
    columns = logits.topk(min(k, len(logits)), dim=0).indices
    membership = "(logits > right).sum(dim=1) counts the classes ahead; k - that are the places that are left"
    return {
        Mistake("this is one number for all pictures; each picture has its own", way="leave out the mean"): (
            lambda: right.mean()
        ),
        Mistake("this is one number for all pictures, their sum; each picture has its own", way="leave out the sum"): (
            lambda: right.sum()
        ),
        Mistake("the score of another picture's class was compared: logits[labels] takes whole rows",
                way="logits.gather(1, labels[:, None]), or logits[torch.arange(len(labels)), labels]"): lambda: (
            ((logits > logits[labels]).sum(dim=1) < k).float()
        ),
        Mistake("true and false, where float32 is asked: 1 and 0, and chances between them", way=".float()"): (
            lambda: right.bool()
        ),
        Mistake("whole numbers, where float32 is asked: there are chances between 0 and 1", way=".float()"): (
            lambda: right.long()
        ),
        Mistake("numbers below 0 are left; a chance is never below 0", way="clamp(0, 1)"): lambda: (
            (k - ahead).clamp(max=1).float()
        ),
        Mistake("only the highest class counts; the k highest do", way=membership): lambda: (first == labels).float(),
        Mistake("the k lowest were looked at; the highest score is the best", way=membership): lambda: (
            (low == labels[:, None]).any(dim=1).float()
        ),
        Mistake(f"it looks at one class more than k; with k={k} the right one may have {k - 1} ahead of it",
                way=membership): lambda: (ahead <= k).float(),
        Mistake("it looks at one class fewer than k", way=membership): lambda: (ahead < k - 1).float(),
        Mistake("right and wrong are exchanged: 1 is for the right ones", way=membership): lambda: 1 - right,
        Mistake("these are places, and not whether they are among the k first", way=membership): lambda: ahead.float(),
        Mistake("this is a count of places that are left; it ends at 1 and at 0", way="clamp(0, 1)"): lambda: (
            (k - ahead).float()
        ),
        Mistake("the k highest of a column were taken: those are pictures. A row has the classes of one picture",
                way="dim=1"): lambda: (logits.topk(min(k, len(logits)), dim=0).values >= own.T[:, : logits.shape[1]])
                .any(dim=0).float() if columns.numel() else None,
        Mistake("true or false for every place among the k; one answer for every picture is asked",
                way=".any(dim=1)"): lambda: (logits.topk(k).indices == labels[:, None]).float(),
    }  # fmt: skip


BY_LOT = (
    "ahead = (logits > right).sum(dim=1), level = (logits == right).sum(dim=1): k - ahead places are left for level "
    "classes"
)


def wrong_draws(logits: Tensor, labels: Tensor, k: int) -> Known:
    """With level scores: what is written instead, by name."""
    own = logits.gather(1, labels[:, None])
    ahead, level = (logits > own).sum(dim=1), (logits == own).sum(dim=1)
    places = (k - ahead).clamp(min=0)
    kindly = Mistake(
        "a level class is never counted as ahead: so a model that scores all classes alike is always right", way=BY_LOT
    )
    harshly = Mistake(
        "every level class is counted as ahead: so a model that scores all classes alike is never right", way=BY_LOT
    )
    return {
        kindly: lambda: (ahead < k).float(),
        harshly: lambda: (ahead + level <= k).float(),
        Mistake("which of the level classes comes first is left to topk, argmax or sort", way=BY_LOT): lambda: (
            (logits.topk(k).indices == labels[:, None]).any(dim=1).float()
        ),
        FIRST_OF_LEVEL: lambda: (
            (logits.argsort(dim=1, descending=True, stable=True)[:, :k] == labels[:, None]).any(dim=1).float()
        ),
        Mistake("the classes that are ahead take places, too: k - ahead are left", way=BY_LOT): lambda: (
            torch.where(ahead < k, k / level, 0.0).clamp(0, 1)
        ),
        Mistake("one place is shared, and there are k - ahead of them", way=BY_LOT): lambda: (
            torch.where(ahead < k, 1 / level, torch.zeros(()))
        ),
        Mistake("one place is shared, and there may be several: k - ahead are left for level classes", way=BY_LOT): (
            lambda: torch.where(ahead + level <= k, 1.0, torch.where(ahead < k, 1 / level, 0.0))
        ),
        Mistake("the right class is level with itself, and is one of those that draw", way=BY_LOT): lambda: (
            (places / (level - 1)).nan_to_num(0.0).clamp(0, 1)
        ),
        Mistake("it is not told how many places there are for how many: a chance lies between 0 and 1",
                way="clamp(0, 1)"): lambda: (k - ahead) / level,
        Mistake("every tie counts as a half", way=BY_LOT): lambda: torch.where(
            ahead + level <= k, 1.0, torch.where(ahead < k, 0.5, 0.0)
        ),
    }  # fmt: skip
