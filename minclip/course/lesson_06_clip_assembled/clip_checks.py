"""How CLIP of lesson 06 is judged, method by method: what it is made of, its features, its logits."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from minclip import model as library
from minclip.config import CLIPConfig
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Trial, Wrong
from minclip.course.lesson_06_clip_assembled import assembly_mistakes as assembly
from minclip.course.lesson_06_clip_assembled import forward_mistakes as mistakes
from minclip.course.lesson_06_clip_assembled import given_checks
from minclip.course.lesson_06_clip_assembled.fixed_sizes import fixed_size
from minclip.loss import similarity_logits

# no two sizes are alike where it matters, and none is a default
CONFIG = CLIPConfig(
    embed_dim=18, image_size=12, patch_size=4, vision_width=24, vision_layers=5, text_width=12, text_heads=3,
    text_layers=1, context_length=9, vocab_size=30, vision_head_width=4, vision_mlp_width=40, quick_gelu=False,
)  # fmt: skip
OTHER = CLIPConfig(
    embed_dim=6, image_size=8, patch_size=4, vision_width=12, vision_layers=1, text_width=8, text_heads=2,
    text_layers=2, context_length=7, vocab_size=21, vision_head_width=4,
)  # fmt: skip

LARGE = 100  # numbers from which on a root mean square is known well enough
ENDS = ("conv1.weight", "proj", "token_embedding.weight", "text_projection")  # where the way begins, and where it ends


def CLIP(t: Trial) -> None:
    t.errors = assembly.ERRORS
    with t.method("__init__"):
        made_of_its_parts(t, CONFIG)
        made_of_its_parts(t, OTHER)
        starts_with_its_scale(t)
        stands_alone(t)
        starts_as_its_parts_do(t)
    t.errors = mistakes.errors_of(t)
    with t.method("encode_image"):
        features(t, "encode_image", "visual")
    with t.method("encode_text"):
        features(t, "encode_text", "text")
    with t.method("forward"):
        forward(t)
    given_checks.clamps(t, new(t, CONFIG))


def new(t: Trial, config: CLIPConfig) -> Any:
    return t.call(t.mine, config, as_="CLIP")


def both(t: Trial, config: CLIPConfig = CONFIG, scale: float = 6) -> tuple[Any, library.CLIP]:
    """The learner's and minclip's with the same weights and this scale: no gain is left at 1, no bias at 0."""
    mine, theirs = new(t, config), library.CLIP(config)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(0.3 * t.normal(*weight.shape))
        theirs.logit_scale.fill_(math.log(scale))
    same_weights(t, mine, theirs)
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def inputs(t: Trial, config: CLIPConfig = CONFIG, images: int = 3, texts: int = 4) -> tuple[Tensor, Tensor]:
    """Pictures, and texts that end with EOT, the largest id: the first at the last place, others before it."""
    pixels = t.normal(images, 3, config.image_size, config.image_size)
    tokens = t.whole(1, config.vocab_size - 2, texts, config.context_length)
    for row in range(texts):
        place = (config.context_length - 1, 2, config.context_length - 2, 4)[row % 4]
        tokens[row, place], tokens[row, place + 1 :] = config.vocab_size - 1, 0
    return pixels, tokens


def same_weights(t: Trial, mine: Any, theirs: library.CLIP) -> None:
    """Claims that the parts have CLIP's names and the shapes that the configuration asks for."""
    if not isinstance(mine, nn.Module):
        raise Wrong(*t.heading("is no nn.Module"), assembly.NO_MODULE)
    expected, found = shapes(theirs), shapes(mine)
    for name in [*expected, *found]:
        if expected.get(name) == found.get(name):
            continue
        lines = [f"  {word}  {name} {sizes.get(name, 'is not there')}"
                 for word, sizes in (("expected", expected), ("got     ", found))]  # fmt: skip
        named = assembly.cause_of_shapes(mine, theirs, expected, found, name)
        part = name.partition(".")[0]
        own = {key.partition(".")[2]: shape for key, shape in found.items() if key.startswith(f"{part}.")}
        if not named and part in ("text", "visual"):
            named = [*fixed_size(theirs, part, own)]
        raise Wrong(*t.heading("its weights are not those of the configuration"), *lines, *named[:1])
    t.passed += 1


def shapes(module: nn.Module) -> dict[str, list[int]]:
    return {name: list(weight.shape) for name, weight in module.named_parameters()}


def made_of_its_parts(t: Trial, config: CLIPConfig) -> None:
    mine, theirs = both(t, config)
    t.holds(getattr(mine, "config", None) == config, "self.config is not the configuration", assembly.NO_CONFIG)
    pixels, tokens = inputs(t, config)
    for name, given in (("visual", pixels), ("text", tokens)):
        known = assembly.wrong_parts(theirs, name, given)
        came = t.call(getattr(mine, name), given, as_=f"the model's {name}")
        t.same(came, getattr(theirs, name)(given), known, f"the result of self.{name}")


def starts_with_its_scale(t: Trial) -> None:
    mine = new(t, CONFIG)
    for name, weight in mine.named_parameters():
        t.holds(weight.requires_grad, f"{name} does not learn", "  got       requires_grad is False", assembly.FROZEN)
    t.last = "CLIP(config).logit_scale"
    scale = mine.logit_scale.detach()
    t.same(scale, torch.tensor(math.log(1 / 0.07)), assembly.wrong_scales(scale), "logit_scale of a new model")
    t.holds(mine.training, "a new model is not in training mode", assembly.EVAL)


def stands_alone(t: Trial) -> None:
    first, second = new(t, CONFIG), new(t, CONFIG)
    theirs = {weight.data_ptr() for weight in second.parameters()}
    shared = [name for name, weight in first.named_parameters() if weight.data_ptr() in theirs]
    t.holds(not shared, "two models share weights", f"  both have {', '.join(shared[:1])}", assembly.SHARED)
    drawn = [name for name, weight in library.CLIP(CONFIG).named_parameters() if weight.unique().numel() > 1]
    again = [name for name in drawn if first.get_parameter(name).equal(second.get_parameter(name))]
    same = f"  both have {', '.join(again[:1])}"
    t.holds(len(again) < len(drawn), "two new models have the same weights", same, assembly.SEEDED)


def starts_as_its_parts_do(t: Trial) -> None:
    """Claims that fresh weights are as large as the encoders make them, whatever was drawn."""
    mine, theirs = new(t, CONFIG), library.CLIP(CONFIG)
    for name, weight in theirs.named_parameters():
        expected, came = (one.detach().square().mean().sqrt().item() for one in (weight, mine.get_parameter(name)))
        near = (2 / 3 * expected <= came <= 3 / 2 * expected) if weight.numel() >= LARGE else True
        lines = (f"  expected  about {expected:.3f} in the mean square", f"  got       {came:.3f}")
        t.holds(near, f"{name} of a new model starts otherwise", *lines, assembly.STARTS)


def features(t: Trial, method: str, part: str) -> None:
    """Value, gradients, a batch of one, a GPU, and what is refused, of one of the encoders' methods."""
    mine, theirs = both(t)
    pixels, tokens = inputs(t)
    given = pixels if part == "visual" else tokens
    way, right = getattr(mine, method), getattr(theirs, method)
    came = t.call(way, given, as_=method)
    t.same(came, right(given), mistakes.wrong_features(theirs, part, given, pixels, tokens, came))
    pairs = ends_of(mine, theirs, part)
    t.gradient(t.call(way, given, as_=method), right(given), pairs)
    other, other_theirs = both(t, OTHER)
    others = inputs(t, OTHER)[0 if part == "visual" else 1]
    others_way, others_right = getattr(other, method), getattr(other_theirs, method)
    battery.in_turn(t, (way, right, [given]), (way, right, [given.flip(0)]), (others_way, others_right, [others]))
    battery.batch_of_one(t, way, right, given, as_=method)
    battery.leaves_no_trace(t, getattr(both(t)[0], method), given)
    given_checks.leaves_its_scale(t, mine, way, given)
    t.on_a_gpu(way, given)
    wrong = ["a picture"] if part == "visual" else ["a cat"]
    t.raises(ValueError, way, wrong, why="a list is no tensor")


def forward(t: Trial) -> None:
    mine, theirs = both(t)
    pixels, tokens = inputs(t)
    came = two(t, t.call(mine, pixels, tokens, as_="forward"), theirs, pixels, tokens)
    for which, name in enumerate(mistakes.RESULTS):
        right = theirs(pixels, tokens)[which]
        t.same(came[which], right, mistakes.wrong_logits(theirs, pixels, tokens, which), name)
    pairs: dict[str, tuple[Tensor, Tensor]] = {"logit_scale": (mine.logit_scale, theirs.logit_scale)}
    pairs |= {**ends_of(mine, theirs, "visual"), **ends_of(mine, theirs, "text")}
    for which in range(2):
        t.gradient(t.call(mine, pixels, tokens, as_="forward")[which], theirs(pixels, tokens)[which], pairs)
    for a, b, words in ((pixels[:1], tokens, "one picture"), (pixels, tokens[:1], "one text")):
        for which, name in enumerate(mistakes.RESULTS):
            right = theirs(a, b)[which]
            known: Known = {battery.ONE_LOST: right.squeeze}
            came = two(t, t.call(mine, a, b, as_="forward"), theirs, a, b)
            t.same(came[which], right, known, f"{name} for {words}")
    other, other_theirs = both(t, OTHER)
    these = (in_a_tuple(mine), in_a_tuple(theirs), [pixels, tokens])
    others = (in_a_tuple(other), in_a_tuple(other_theirs), list(inputs(t, OTHER, 2, 2)))
    battery.in_turn(t, these, others)
    battery.leaves_no_trace(t, both(t)[0], pixels, tokens)
    for scale, limit in ((200, 100), (0.5, 1)):  # out of the limits of the clamp
        mine, theirs = both(t, scale=scale)
        right = theirs(pixels, tokens)
        came = two(t, t.call(mine, pixels, tokens, as_=f"with a scale of {scale}, forward"), theirs, pixels, tokens)
        clamped: Known = {given_checks.CLAMPED: lambda right=right, by=limit / scale: right[0] * by}  # type: ignore[misc]
        t.same(came[0], right[0], clamped, "logits per image")
        given_checks.leaves_its_scale(t, mine, mine, pixels, tokens)
    t.on_a_gpu(mine, pixels, tokens)
    in_half_precision(t, pixels, tokens)


def in_a_tuple(model: Any) -> Callable[[Tensor, Tensor], tuple[Any, ...]]:
    """Its two results; a list of them is as good."""

    def forward(pixels: Tensor, tokens: Tensor) -> tuple[Any, ...]:
        return tuple(model(pixels, tokens))

    return forward


def ends_of(mine: Any, theirs: nn.Module, part: str) -> dict[str, tuple[Tensor, Tensor]]:
    """name -> (the learner's, minclip's): the parameters at an encoder's beginning and end."""
    names = [name for name, _ in theirs.named_parameters() if name.startswith(f"{part}.")]
    names = [name for name in names if name.endswith(ENDS)]
    return {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in names}


def two(t: Trial, came: Any, theirs: library.CLIP, pixels: Tensor, tokens: Tensor) -> Any:
    """Claims that two results came."""
    if isinstance(came, tuple | list) and len(came) == 2:
        t.passed += 1
        return came
    found = "None: is there a return?" if came is None else mistakes.kind_of(came)
    named = mistakes.wrong_kind(came, theirs, pixels, tokens)
    lines = ("  expected  two: logits per image, logits per text", f"  got       {found}")
    raise Wrong(*t.heading("does not return two tensors"), *lines, *named)


COARSE = Mistake(
    "these numbers are right to three digits only: the cosines were computed in bfloat16",
    way="turn both features into float32 first: self.encode_image(pixels).float()",
)


def in_half_precision(t: Trial, pixels: Tensor, tokens: Tensor) -> None:
    """Claims float32 logits of features in bfloat16; the features themselves are the learner's own."""
    mine = both(t)[0].bfloat16()
    with torch.no_grad():
        pair = mine.encode_image(pixels), mine.encode_text(tokens)
        right = similarity_logits(*pair, mine.logit_scale.exp())
        came = t.call(mine, pixels, tokens, as_="with weights in bfloat16, forward")[0]

    def coarse() -> Any:
        return came if came.shape == right.shape and (came.float() - right.float()).abs().max() < 0.2 else None

    t.same(came.float() if came.dtype == torch.float64 else came, right.float(), {COARSE: coarse}, "logits per image")
