"""What people write in place of train_step: each mistake as a whole step, as a loss, or as an order of its parts."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.course.lesson_07_training.stand_ins import NotingSGD, TwoTowers
from minclip.course.lesson_07_training.stand_ins import minclips_step as right
from minclip.loss import clip_loss

Step = Callable[[TwoTowers, NotingSGD, Tensor, Tensor, Any], Any]
ORDER = "optimizer.zero_grad(), loss.backward(), optimizer.step(), in this order"
NO_WAY_BACK = Mistake(
    "the loss has no way back to the weights: gradients are switched off, or all is detached",
    way="no no_grad or inference_mode around the encoders and the loss, and no .detach() before backward()",
)
EXP = Mistake("logit_scale is the logarithm of the scale", way="clip_loss takes model.logit_scale.exp()")


def loss_of(model: TwoTowers, pixels: Tensor, tokens: Tensor, precision: Any = None) -> Tensor:
    with precision or nullcontext():
        features = model.encode_image(pixels), model.encode_text(tokens)
    return clip_loss(*features, model.logit_scale.exp())


def half_of(model: TwoTowers, pixels: Tensor, tokens: Tensor) -> Tensor:
    logits, _ = model(pixels, tokens)
    return F.cross_entropy(logits, torch.arange(len(logits)))


def wrong_losses(pixels: Tensor, tokens: Tensor, precision: Any = None) -> Known:
    """Each mistake, and the first loss of a fresh TwoTowers under it."""
    model = TwoTowers()

    def inside() -> Tensor:
        with precision or nullcontext():
            return loss_of(model, pixels, tokens).detach()

    def with_scale(scale: Callable[[Tensor], Any]) -> Tensor:
        with precision or nullcontext():
            features = model.encode_image(pixels), model.encode_text(tokens)
        return clip_loss(*features, scale(model.logit_scale)).detach()

    def of_features(features: tuple[Tensor, Tensor], scale: Tensor) -> Tensor:
        return clip_loss(*features, scale).detach()

    def a_step_later() -> Tensor:
        moved = TwoTowers()
        right(moved, NotingSGD(moved), pixels, tokens, precision)
        return loss_of(moved, pixels, tokens, precision).detach()

    return {
        Mistake("the loss is computed in bfloat16, too: about three digits",
                way="end the with block behind the encoders: clip_loss stands outside of it"): inside,
        Mistake("precision is not used", way="with precision or nullcontext():"): lambda: loss_of(
            model, pixels, tokens).detach() if precision else None,
        Mistake("an autocast of your own is there whatever precision says, and here it is None",
                way="with precision or nullcontext():"): lambda: loss_of(
            model, pixels, tokens, torch.autocast("cpu", torch.bfloat16)).detach() if precision is None else None,
        Mistake("model(...) gives logits, and they are taken for features", way="model.encode_image(pixels), "
                "model.encode_text(tokens)"): lambda: (
            of_features(model(pixels, tokens), model.logit_scale.exp())),
        Mistake("the loss is multiplied by the number of pairs, and their mean is asked",
                way="clip_loss(...) as it is"): lambda: len(pixels) * inside() if precision is None else None,
        Mistake("the loss is divided by the number of pairs, and it is their mean already",
                way="clip_loss(...) as it is"): lambda: inside() / len(pixels) if precision is None else None,
        EXP: lambda: with_scale(lambda scale: scale),
        Mistake("the scale is left out", way=EXP.way): lambda: with_scale(lambda scale: 1.0),
        Mistake("the logit scale is 1 / temperature already: nothing is divided by it", way=EXP.way): lambda: (
            with_scale(lambda scale: 1 / scale.exp())),
        Mistake("the loss is doubled: clip_loss is the mean of both directions already", way="clip_loss(...) as it is"):
            lambda: 2 * inside() if precision is None else None,
        Mistake("this is the loss after the step; the one before it is asked",
                way="compute the loss once, and return that one"): a_step_later,
        Mistake("this is one half of the loss: pictures look for texts", way="clip_loss takes the mean of both halves"):
            lambda: half_of(model, pixels, tokens).detach(),
    }  # fmt: skip


def wrong_order(events: list[str]) -> tuple[str, Mistake] | None:
    """What the events of one step prove: (what happened, the mistake), or None."""
    told = [event for event in events if event != "clamp"]
    happened = f"happened  {', '.join(told) or 'nothing'}"
    if "backward" not in told:
        words = "no gradient is computed, so the optimiser has nothing to go by"
        return happened, Mistake(words, way=f"loss.backward() computes it: {ORDER}")
    if "step" not in told:
        return happened, Mistake("the optimiser that was given takes no step", way="optimizer.step(): " + ORDER)
    back, step = len(told) - 1 - told[::-1].index("backward"), told.index("step")
    if step < back:
        return happened, Mistake("the step comes before its gradient is computed", way=ORDER)
    if "zero_grad" in told[back:step]:
        words = "the gradient is set to zero after it was computed, and the step finds none"
        return happened, Mistake(words, way=ORDER)
    if told.count("step") > 1:
        return happened, Mistake("one batch, one step: here the optimiser takes more", way=ORDER)
    return None


def wrong_steps() -> dict[str, Step]:
    """Each mistake as a whole step."""

    def added_up(model: TwoTowers, optimizer: NotingSGD, pixels: Tensor, tokens: Tensor, precision: Any) -> None:
        loss_of(model, pixels, tokens, precision).backward()
        optimizer.step()
        model.clamp_logit_scale()

    def with_loss(loss: Callable[..., Tensor]) -> Step:
        def step(model: TwoTowers, optimizer: NotingSGD, pixels: Tensor, tokens: Tensor, precision: Any) -> None:
            optimizer.zero_grad()
            loss(model, pixels, tokens).backward()
            optimizer.step()
            model.clamp_logit_scale()

        return step

    def frozen(part: str) -> Step:
        def loss(model: TwoTowers, pixels: Tensor, tokens: Tensor) -> Tensor:
            images, texts = model.encode_image(pixels), model.encode_text(tokens)
            images = images.detach() if "image" in part else images
            texts = texts.detach() if "text" in part else texts
            scale = model.logit_scale.detach() if part == "scale" else model.logit_scale
            return clip_loss(images, texts, scale.exp())

        return with_loss(loss)

    def twice(model: TwoTowers, pixels: Tensor, tokens: Tensor) -> Tensor:
        return 2 * loss_of(model, pixels, tokens)

    def added(model: TwoTowers, pixels: Tensor, tokens: Tensor) -> Tensor:
        return len(pixels) * loss_of(model, pixels, tokens)

    def limits_of_the_scale(
        model: TwoTowers, optimizer: NotingSGD, pixels: Tensor, tokens: Tensor, precision: Any
    ) -> None:
        right(model, optimizer, pixels, tokens, precision)
        with torch.no_grad():
            model.logit_scale.clamp_(1, 100)

    return {
        Mistake("the gradient is computed twice, and the second is added to the first", way=ORDER): with_loss(twice),
        Mistake("backward() starts from the loss times the number of pairs", way="loss.backward()"): with_loss(added),
        Mistake("logit_scale is a logarithm, and so are its limits", way="model.clamp_logit_scale() knows them"): (
            limits_of_the_scale
        ),
        Mistake("neither encoder learns: no gradient reaches them", way="no no_grad and no .detach() here"): (
            frozen("image text")
        ),
        Mistake("gradients are never set to zero: those of earlier batches are added to this one's", way=ORDER): (
            added_up
        ),
        Mistake("the scale does not learn: no .item(), .detach() or .data on its way",
                way="model.logit_scale.exp() is a tensor with a gradient"): frozen("scale"),
        Mistake("the image encoder does not learn: no gradient reaches it", way="encode_image under no no_grad"): (
            frozen("image")
        ),
        Mistake("the text encoder does not learn: no gradient reaches it", way="encode_text under no no_grad"): (
            frozen("text")
        ),
        Mistake("the sign is the wrong way round: the step climbs", way="loss.backward(), without a minus"): with_loss(
            lambda model, pixels, tokens: -loss_of(model, pixels, tokens)
        ),
    }  # fmt: skip
