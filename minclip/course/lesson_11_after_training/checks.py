"""How the answers of lesson 11 are judged: two adapters, the text encoder of embeddings, weights between two models."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from minclip import adapters as library
from minclip.config import CLIPConfig
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong
from minclip.course.lesson_04_causal_text_encoder.checks import OTHER_SIZES, SIZES, take_mark
from minclip.course.lesson_11_after_training import adapter_mistakes, model_mistakes
from minclip.model import CLIP
from minclip.prompt_learning import encode_embeddings as right_features
from minclip.text import TextTransformer

VIT = CLIPConfig(
    embed_dim=6, image_size=8, patch_size=4, vision_width=8, vision_layers=1, text_width=8, text_heads=2,
    text_layers=1, context_length=7, vocab_size=21, vision_head_width=4,
)  # fmt: skip
RESNET = CLIPConfig(
    embed_dim=6, image_size=32, patch_size=None, vision_width=4, vision_layers=(1, 1, 1, 1), text_width=8, text_heads=2,
    text_layers=1, context_length=7, vocab_size=21, vision_head_width=16,
)  # fmt: skip


def shots_of(t: Trial, n: int, shots: int, classes: int, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features, classifier, keys, values; classes have different numbers of shots."""
    unit = adapter_mistakes.unit
    labels = t.whole(0, classes, shots)
    labels[:classes] = torch.arange(classes)
    values = adapter_mistakes.one_hot(labels, classes)
    return unit(t.normal(n, width)), unit(t.normal(classes, width)).T, unit(t.normal(shots, width)), values


def tip_adapter_logits(t: Trial) -> None:
    t.errors = {
        "cannot be multiplied (4x6 and 9x6)": adapter_mistakes.SHOTS_ROWS,
        "cannot be multiplied (4x9 and 3x9)": adapter_mistakes.VALUES_TURNED,
        "cannot be multiplied (4x6 and 3x6)": adapter_mistakes.CLASSIFIER_TURNED,
        "must match the size of tensor b (9) at non-singleton dimension 0": adapter_mistakes.VOTES_ONE_BY_ONE,
        "only one element tensors can be converted": adapter_mistakes.NOT_A_TENSOR,
        "a Tensor with 36 elements cannot be converted to Scalar": adapter_mistakes.NOT_A_TENSOR,
    }
    right = library.tip_adapter_logits
    case = (*shots_of(t, 4, 9, 3, 6), 7.0, 1.7, 2.6)
    other = (*shots_of(t, 5, 8, 4, 7), 3.0, 0.6, 0.4)
    t.same(t(*case), right(*case), t.acting_like(t.mine, adapter_mistakes.wrong_votes(), case, other))
    near = (*case[:2], case[0][:1].clone(), case[3][:1], 7.0, 1.7, 2.6)
    t.same(t(*near), right(*near), what="the result for one shot that is the first picture itself")
    t.same(t(*case[:4], 7.0, 0.0, 2.6), 7.0 * case[0] @ case[1], what="the result for alpha = 0")
    battery.batch_of_one(t, lambda f: t.mine(f, *case[1:]), lambda f: right(f, *case[1:]), case[0],
                         as_="tip_adapter_logits")  # fmt: skip
    battery.in_turn(t, (t.mine, right, list(case)), (t.mine, right, list(other)))
    features, classifier, keys, values = case[:4]
    mine, theirs = (keys.clone().requires_grad_() for _ in range(2))
    came, expected = (call(features, classifier, k, values, 7.0, 1.7, 2.6) for call, k in ((t, mine), (right, theirs)))
    t.gradient(came, expected, {"keys": (mine, theirs)}, gradients_of(t, adapter_mistakes.other_keys(case), keys))
    t.on_a_gpu(t.mine, *case)


def gradients_of(t: Trial, ways: Mapping[str, Callable[[Tensor], Tensor]], point: Tensor) -> Known:
    """What wrong ways give for the gradient at the point, in the direction that t.gradient draws next."""
    state = t.generator.get_state()

    def gradient(way: Callable[[Tensor], Tensor]) -> Tensor:
        generator = torch.Generator()
        generator.set_state(state)
        here = point.clone().requires_grad_()
        came = way(here)
        return torch.autograd.grad(came, here, torch.randn(came.shape, generator=generator))[0]

    return {words: partial(gradient, way) for words, way in ways.items()}


def clip_adapters(t: Trial, classifier: Tensor, scale: float, share: float) -> tuple[Any, library.ClipAdapter]:
    """The learner's and minclip's, with the same weights. Weights are positive for the most part: ReLU leaves much."""
    mine = t.call(t.mine, classifier, scale, share, as_="ClipAdapter")
    theirs = library.ClipAdapter(classifier, scale, share)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(0.2 + t.normal(*weight.shape))
    t.copy_weights(mine, theirs)
    return mine, theirs


def ClipAdapter(t: Trial) -> None:
    classifier = adapter_mistakes.unit(t.normal(5, 8)).T
    t.errors = {
        "cannot be multiplied (3x8 and 5x8)": adapter_mistakes.CLASSIFIER_TURNED,
        "torch.nn.modules.container.Sequential'>": Mistake(
            "the layers are a module: it is called", way="self.layers(features)"
        ),
        "must match the size of tensor b (3) at non-singleton dimension 1": Mistake(
            "each row has a length of its own, and needs keepdim=True to divide its row", way="unit_rows(adapted)"
        ),
    }
    mine, theirs = clip_adapters(t, classifier, 7.0, 0.3)
    features = adapter_mistakes.unit(t.normal(3, 8))
    came = t.call(mine, features, as_="forward")
    t.same(came, theirs(features), adapter_mistakes.wrong_adapted(theirs, features))
    for share in (0.8, 0.0, 0.95):
        ours, right = clip_adapters(t, classifier, 3.0, share)
        what = f"the result for share = {share:g}"
        known = adapter_mistakes.wrong_adapted(right, features)
        t.same(t.call(ours, features, as_="forward"), right(features), known, what)
    battery.batch_of_one(t, mine, theirs, features, as_="forward")
    t.gradients_of_weights(mine, theirs, features, as_="forward")
    battery.leaves_no_trace(t, mine, features)
    wide = adapter_mistakes.unit(t.normal(4, 12)).T
    others = clip_adapters(t, wide, 2.0, 0.5)
    battery.in_turn(t, (mine, theirs, [features]), (*others, [adapter_mistakes.unit(t.normal(2, 12))]))


def encoder_of(t: Trial, sizes: dict[str, Any]) -> TextTransformer:
    """minclip's, with weights that hide nothing: no gain is left at 1, no bias at 0."""
    encoder = TextTransformer(**sizes)
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.add_(0.3 * t.normal(*weight.shape))
    return encoder


def encode_embeddings(t: Trial) -> None:
    encoder = encoder_of(t, SIZES)
    t.errors = {
        "torch.FloatTensor instead (while checking arguments for embedding)": model_mistakes.EMBEDDED_TWICE,
        "must match the size of tensor b (9) at non-singleton dimension 1": model_mistakes.WHOLE_CONTEXT,
        "must match the size of tensor b (3) at non-singleton dimension 1": model_mistakes.POSITION_OF_A_TEXT,
        "broadcast together with shapes [3], [3, 7]": model_mistakes.EOT_IS_GIVEN,
        "broadcast together with shapes [3], [3, 16]": model_mistakes.EOT_IS_GIVEN,
        "must match the size of tensor b (9) at non-singleton dimension 3": model_mistakes.NINE_BY_NINE,
        "must match the size of tensor b (3) at non-singleton dimension 3": model_mistakes.NINE_BY_NINE,
        "must match the size of tensor b (16) at non-singleton dimension 3": model_mistakes.NINE_BY_NINE,
        "Given normalized_shape=[16]": model_mistakes.NORM_FIRST,
        "'LayerNorm' and 'Parameter'": model_mistakes.NO_CALL,
        "make it with the model's own tokenizer": model_mistakes.FOR_IDS,
        "'Parameter' object is not callable": Mistake(
            "positional_embedding and text_projection are matrices of numbers, no modules: nothing calls them",
            way=f"{model_mistakes.POSITIONS}; {model_mistakes.END}",
        ),
    }
    shown = Shown(encoder, "<a text encoder of width 16>")
    embeddings, eot = t.normal(3, 7, 16), torch.tensor([4, 2, 5])
    came, expected = t(shown, embeddings, eot), right_features(encoder, embeddings, eot)
    many = Mistake("here every text is read at the places of all; each has its own", way=model_mistakes.AT_EOT)
    known = {**model_mistakes.wrong_features(encoder, embeddings, eot), many: lambda: expected[:, None].expand(3, 3, 6)}
    t.same(came, expected, known, hint=many if isinstance(came, Tensor) and came.shape == (3, 3, 6) else "")
    end = torch.tensor([6, 0, 3])
    others = model_mistakes.wrong_features(encoder, embeddings, end)
    expected = right_features(encoder, embeddings, end)
    t.same(t(shown, embeddings, end), expected, others, "the result for EOT at the first and last place")
    whole, last = t.normal(2, 9, 16), torch.tensor([8, 1])
    t.same(t(shown, whole, last), right_features(encoder, whole, last), what="the result for 9 tokens, all it reads,")
    one = right_features(encoder, embeddings[:1], eot[:1])
    t.same(t(shown, embeddings[:1], eot[:1]), one, {battery.ONE_LOST: lambda: one[0]}, "the result for one text")
    mine, theirs = (embeddings.clone().requires_grad_() for _ in range(2))
    t.gradient(t(shown, mine, eot), right_features(encoder, theirs, eot), {"embeddings": (mine, theirs)})
    other = encoder_of(t, OTHER_SIZES)
    small, places = t.normal(2, 5, 24), torch.tensor([3, 4])
    t.same(t(Shown(other, "<another encoder>"), small, places), right_features(other, small, places),
           what="the result of another encoder")  # fmt: skip
    for block in encoder.transformer.resblocks:
        block.register_forward_pre_hook(take_mark, with_kwargs=True)
    t.on_a_gpu(t.mine, encoder, embeddings, eot)


def two_models(t: Trial, config: CLIPConfig) -> tuple[CLIP, CLIP]:
    """With different numbers in every weight, and in what batch norms remember."""
    models = CLIP(config), CLIP(config)
    with torch.no_grad():
        for model in models:
            for number, weight in enumerate(model.state_dict().values()):
                if weight.is_floating_point():
                    weight.copy_(0.5 + 0.1 * t.normal(*weight.shape).abs())
                else:
                    weight.fill_(10 * number + (7 if model is models[0] else 3))
    return models


def mixed(t: Trial) -> None:
    t.errors = {
        "result type Float can't be cast to the desired output type Long": model_mistakes.COUNTS,
        "expected dtype long int": model_mistakes.COUNTS,
        "expected dtype float for `weight`": model_mistakes.COUNTS,
        "lerp_cpu": model_mistakes.COUNTS,
        '"lerp': model_mistakes.COUNTS,
        "unsupported operand type(s) for *: 'float' and 'CLIP'": Mistake(
            "models cannot be multiplied; their weights can, one by one", way=model_mistakes.LERP
        ),
        "unsupported operand type(s) for *: 'float' and 'collections.OrderedDict'": model_mistakes.OF_DICTS,
        "unsupported operand type(s) for *: 'float' and 'OrderedDict'": model_mistakes.OF_DICTS,
        "unsupported operand type(s) for *: 'float' and 'dict'": model_mistakes.OF_DICTS,
        "a leaf Variable that requires grad is being used in an in-place operation": Mistake(
            "a weight asks for a gradient, and PyTorch lets nobody write into it while gradients are recorded",
            way="with torch.no_grad(): around the loop, or new weights in a dict and load_state_dict",
        ),
        "Missing key(s) in state_dict": Mistake(
            "some weights are missing in what is loaded", way="state_dict() has all of them, parameters have not"
        ),
    }
    for config, words in ((VIT, "a ViT"), (RESNET, "a ResNet, which has batch norms,")):
        before, after = two_models(t, config)
        for share in (0.3, 0.0, 1.0, 0.5):
            judge_mixture(t, before, after, share, f"of {words} for share = {share:g}")
    before, after = two_models(t, VIT)
    t.raises(ValueError, t.mine, Shown(before, "before"), Shown(after, "after"), 1.5, why="a share above 1")


def judge_mixture(t: Trial, before: CLIP, after: CLIP, share: float, what: str) -> None:
    """Claims a new model with the right weights, which shares none with the two that stay what they were."""
    given = {"before": before, "after": after}
    expected, old = library.mixed(before, after, share), {name: model_mistakes.weights(m) for name, m in given.items()}
    kept = {name: model_mistakes.switches(model) for name, model in given.items()}
    known = model_mistakes.wrong_mixtures(before, after, share)
    came = t.call(t.mine, Shown(before, "before"), Shown(after, "after"), share)
    if not isinstance(came, nn.Module):
        found = "None: is there a return?" if came is None else type(came).__name__
        lines = ("the result is no model", "  expected  a CLIP", f"  came      {found}", model_mistakes.AS_MODEL)
        raise Wrong(*t.heading(lines[0]), *lines[1:])
    for name, model in given.items():
        changed = not model_mistakes.weights(model).equal(old[name])
        came_back = model_mistakes.SAME_CHANGED[name] if changed else model_mistakes.SAME_MODEL
        t.holds(came is not model, f"the result {what} is {name} itself, no new model", came_back)
        t.holds(not changed, f"{name} was changed", model_mistakes.CHANGED)
    t.same(model_mistakes.weights(came), model_mistakes.weights(expected), known, f"the row of all weights {what}")
    counts = [[int(x) for x in m.state_dict().values() if not x.is_floating_point()] for m in (came, expected)]
    t.holds(counts[0] == counts[1], "the batches that a batch norm has counted are not those of after",
            model_mistakes.COUNTS)  # fmt: skip
    for name, model in given.items():
        both = model_mistakes.shared(came, model)
        t.holds(not both, f"the result shares {both} with {name}", model_mistakes.SHARED)
        now = model_mistakes.switches(model)
        for switch, mistake in model_mistakes.SWITCHED.items():
            t.holds(now[switch] == kept[name][switch], f"{name} has another {switch} now", mistake)
    learns = all(weight.requires_grad for weight in came.parameters())
    t.holds(learns, "the weights of the result do not learn any more", "with torch.no_grad(): is enough")
