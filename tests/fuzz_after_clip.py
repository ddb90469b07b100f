"""The cases of what adapts a trained CLIP, adapters and prompt_learning, compared with plain, slow forms."""

import math

import torch
from fuzz_cases import OF_TYPES, Case, arguments
from fuzz_models import NAMED, model
from fuzz_parts import TEXT, TOKENS, part
from fuzz_tensors import close, scored
from fuzz_texts import tokenizer
from fuzz_training import fresh
from fuzz_values import NAMES, SEEDS, SIZES, TEXTS, labels, tensors
from hypothesis import strategies as st
from torch import nn

from minclip.adapters import ALPHAS, BETAS, ClipAdapter, TipAdapter, measured, quality
from minclip.prompt_learning import PromptLearner
from minclip.similarity import unit_rows
from minclip.text import TextTransformer
from minclip.zero_shot import encode_texts

CONTEXTS = (NAMES | TEXTS.map(lambda text: text[:9])).filter(lambda text: int(tokenizer(77)(text).argmax()) > 1)


@st.composite
def shots(draw, dtypes=(torch.float32,)):
    """A classifier of unit columns, shots, and other pictures: unit rows, at times with a gradient; one dtype."""
    dim, classes, dtype = draw(st.integers(4, 8)), draw(st.integers(1, 4)), draw(st.sampled_from(dtypes))
    counts = {"classifier": classes, "features": draw(SIZES), "val_features": draw(SIZES)}
    given = {name: unit_rows(draw(tensors(n, dim))).to(dtype) for name, n in counts.items()}
    given |= {"classifier": given["classifier"].T, "scale": draw(st.floats(1, 100))}
    of_rows = {"labels": counts["features"], "val_labels": counts["val_features"]}
    return given | {name: draw(labels(n, classes)) for name, n in of_rows.items()}


@st.composite
def voted(draw):
    given = draw(shots((torch.float32, torch.float64)))
    keys, classifier = given["features"], given["classifier"]
    return {
        "features": given["val_features"],
        "classifier": classifier,
        "keys": keys,
        "values": nn.functional.one_hot(given["labels"], classifier.shape[1]).to(keys.dtype),
        "scale": given["scale"],
        "alpha": draw(st.sampled_from(ALPHAS)),
        "beta": draw(st.sampled_from(BETAS)),
    }


def are_votes(result, given):
    """Picture by picture and shot by shot, in Python's numbers; with an alpha of 0 it is zero-shot."""
    zero_shot = given["scale"] * given["features"] @ given["classifier"]
    assert given["alpha"] or result.equal(zero_shot)
    wanted, of_shot = zero_shot.detach().double(), given["values"].argmax(dim=1).tolist()
    for row, feature in zip(wanted, given["features"].tolist(), strict=True):
        for key, label in zip(given["keys"].tolist(), of_shot, strict=True):
            distance = 1 - sum(a * b for a, b in zip(feature, key, strict=True))
            row[label] += given["alpha"] * math.exp(-given["beta"] * distance)
    assert torch.allclose(result.double(), wanted, rtol=1e-4, atol=1e-4)


def tip(given) -> TipAdapter:
    return TipAdapter(given["classifier"], given["scale"], given["features"], given["labels"])


def adapter(given, share=0.3) -> ClipAdapter:
    torch.manual_seed(0)
    return ClipAdapter(given["classifier"], given["scale"], share)


def asked(make, *names, of="self"):
    """One argument, `of`, is what `make` makes of shots; the names are features or labels of the other pictures."""
    return shots().map(lambda given: {of: make(given)} | {to: given[f"val_{to.removeprefix('val_')}"] for to in names})


def is_tip(result, given):
    assert result.keys.equal(given["features"]) and result.keys.data_ptr() != given["features"].data_ptr()
    assert result.values.argmax(dim=1).equal(given["labels"]) and (result.values.sum(dim=1) == 1).all()


def votes_of_tip(result, given):
    own = given["self"]
    strengths = {"alpha": own.alpha, "beta": own.beta, "scale": own.scale}
    are_votes(result, {**given, "classifier": own.classifier, "keys": own.keys, "values": own.values, **strengths})


def are_strongest(result, given):
    own, asked_for = given["self"], (given["val_features"], given["val_labels"])
    chosen = measured(own, *asked_for)
    assert own.alpha in ALPHAS and own.beta in BETAS
    for own.alpha in ALPHAS:
        for own.beta in BETAS:
            assert measured(own, *asked_for) <= chosen


def is_adapted(result, given):
    own, f = given["self"], given["features"]
    down, up = own.layers[0].weight, own.layers[2].weight
    changed = ((f @ down.T).clamp(min=0) @ up.T).clamp(min=0)
    mix = own.share * changed + (1 - own.share) * f
    assert close(result, own.scale * (mix / mix.norm(dim=1, keepdim=True)) @ own.classifier)


@st.composite
def trained(draw):
    given, make = draw(shots()), draw(st.sampled_from([tip, adapter]))
    module = make(given)
    module.untrained = [make(given)]  # in a list: no part of the module
    names = ("features", "labels", "val_features", "val_labels")
    return {"module": module} | {name: given[name] for name in names} | {
        "epochs": draw(st.integers(1, 3)),
        "learning_rate": draw(st.floats(1e-5, 0.1)),
        "batch_size": draw(SIZES),
        "seed": draw(SEEDS),
    }  # fmt: skip


def is_best(result, given):
    before, after = (
        measured(module, given["val_features"], given["val_labels"])
        for module in (*given["module"].untrained, given["module"])
    )
    assert len(result) == 1 + given["epochs"] and result[0] == before[0]
    assert after[0] == max(result) and after >= before


def is_quality(result, given):
    logits, accuracy = given["logits"].detach().double(), 0.0
    right = logits.gather(1, given["labels"][:, None])
    for row, score in zip(logits, right, strict=True):
        accuracy += 0.0 if (row > score).any() else 1 / (row == score).sum().item()
    assert math.isclose(result[0], accuracy / len(logits), abs_tol=1e-6)
    assert math.isclose(result[1], (right[:, 0] - logits.logsumexp(dim=1)).mean().item(), rel_tol=1e-4, abs_tol=1e-4)


def is_mixed(result, given):
    before, after, share = given["before"], given["after"], given["share"]
    assert before.training and after.training and not result.training
    old, new = before.state_dict(), after.state_dict()
    for name, weight in result.state_dict().items():
        assert weight.data_ptr() not in (old[name].data_ptr(), new[name].data_ptr())
        assert close(weight, (1 - share) * old[name].double() + share * new[name].double())
        assert share not in (0, 1) or weight.equal((new if share else old)[name])


@st.composite
def embedded(draw):
    encoder, tokens = part(TextTransformer, **TEXT), draw(TOKENS)
    embeddings = encoder.token_embedding(tokens)
    return {"encoder": encoder, "embeddings": embeddings, "eot": tokens.argmax(dim=-1)}


def is_encoded(result, given):
    encoder, embeddings = given["encoder"], given["embeddings"]
    tokens = (embeddings[:, :, None] == encoder.token_embedding.weight).all(dim=-1).float().argmax(dim=-1)
    assert close(result, encoder(tokens))


def is_sentence(result, given):
    prompts = [f"{given['context']} {name}" for name in given["names"]]
    assert close(result.classifier(), encode_texts(given["model"], given["tokenizer"], prompts).T)
    assert [name for name, p in result.named_parameters() if p.requires_grad] == ["context"]


def learner() -> PromptLearner:
    return PromptLearner(model(), tokenizer(77), ["a cat", "two dogs"])


LEARNED = {"model": st.builds(model), "tokenizer": tokenizer(77), "names": NAMED, "context": CONTEXTS}
ASKED = {"val_features": ("logits",), "features": ("logits",)}

CASES = [
    Case("adapters.tip_adapter_logits", voted(), are_votes, OF_TYPES),
    Case(
        "adapters.TipAdapter",
        shots().map(lambda given: {name: given[name] for name in ("classifier", "scale", "features", "labels")}),
        is_tip,
        OF_TYPES,
    ),
    Case(
        "adapters.TipAdapter.forward",
        asked(tip, "features"),
        votes_of_tip,
        OF_TYPES,
    ),
    Case(
        "adapters.TipAdapter.choose_strengths",
        asked(tip, "val_features", "val_labels"),
        are_strongest,
        OF_TYPES,
        ASKED,
        cost=2,
    ),
    Case(
        "adapters.ClipAdapter",
        shots().map(lambda given: {"classifier": given["classifier"], "scale": given["scale"], "share": 0.5}),
        errors=OF_TYPES,
    ),
    Case(
        "adapters.ClipAdapter.forward",
        asked(adapter, "features"),
        is_adapted,
        OF_TYPES,
        nan="a row of zeros has no direction",
    ),
    Case("adapters.fit_on_shots", trained(), is_best, OF_TYPES, ASKED | {"learning_rate": ("nan",)}, cost=2),
    Case(
        "adapters.measured",
        asked(tip, "features", "labels", of="module"),
        lambda result, given: result == quality(given["module"](given["features"]), given["labels"]),
        OF_TYPES,
        ASKED,
    ),
    Case("adapters.quality", scored(), is_quality, OF_TYPES),
    Case(
        "adapters.mixed",
        arguments(
            before=st.builds(lambda: fresh(0)),
            after=st.builds(lambda: fresh(1)),
            share=st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
        ),
        is_mixed,
        OF_TYPES,
        cost=2,
    ),
    Case("prompt_learning.encode_embeddings", embedded(), is_encoded, OF_TYPES),
    Case(
        "prompt_learning.PromptLearner",
        arguments(**LEARNED),
        is_sentence,
        OF_TYPES,
        {"names": ("class names", "tokens"), "context": ("tokens",)},
    ),
    Case(
        "prompt_learning.PromptLearner.classifier",
        arguments(self=st.builds(learner)),
        lambda result, given: result.shape == (8, 2) and close(result.norm(dim=0), torch.ones(2)),
        OF_TYPES,
    ),
    Case(
        "prompt_learning.PromptLearner.forward",
        arguments(self=st.builds(learner), features=SIZES.flatmap(lambda n: tensors(n, 8, dtypes=(torch.float32,)))),
        lambda result, given: close(result, given["self"].scale * given["features"] @ given["self"].classifier()),
        OF_TYPES,
    ),
]
