"""How one step of training is judged, on a stand-in for CLIP that notes what is done with it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake, Shown, Trial, Wrong
from minclip.course.lesson_07_training.stand_ins import NotingSGD, TwoTowers, minclips_step
from minclip.course.lesson_07_training.step_mistakes import NO_WAY_BACK, wrong_losses, wrong_order, wrong_steps

PART = Mistake(
    "a step asks the model for features, whatever its encoders are called",
    way="model.encode_image(pixels), model.encode_text(tokens)",
)
ASKS_FOR_GPU = Mistake(
    "it asks for a GPU, which not every machine has",
    way="leave out .cuda() and .to(...): whoever calls the step has put model and batch on one device",
)
LEFT_OVER = Mistake(
    "the gradients that were there before the step are added to this batch's",
    way="optimizer.zero_grad() before loss.backward(), not at the end of the step",
)
MODE = Mistake(
    "a step leaves the mode of the model alone: the loop around it sets it once",
    way="leave out model.train() and model.eval()",
)
LOGITS_INSIDE = Mistake(
    "model(...) computes the logits, too, and inside of the with block it does so in bfloat16",
    way="encode_image and encode_text inside of it, and clip_loss(...) behind it",
)
FIXED = Mistake(
    "the scale is a fixed number, whatever the model has learned", way="clip_loss takes model.logit_scale.exp()"
)
COARSE = Mistake(
    "the loss is nearly right: numbers are rounded to 16 bits on the way",
    way="leave out .half(), .bfloat16() and .to(...)",
)
TWO_BACK = Mistake(
    "backward() goes the way back once, and gives no value",
    way="loss.backward() in one line, return loss.detach() at the end",
)
Way = Callable[..., Any]  # train_step, or what is written in its place


def batch(t: Trial, pairs: int = 5) -> tuple[Tensor, Tensor]:
    """Pictures and texts for TwoTowers."""
    return t.normal(pairs, 6), t.whole(0, 10, pairs, 3)


def after(way: Way, batches: list[tuple[Tensor, Tensor]], scale: float = 2.0, precision: Any = None) -> Tensor:
    """All weights of a fresh model after a step on each of the batches."""
    model = TwoTowers(logit_scale=scale)
    optimizer = NotingSGD(model)
    for pixels, tokens in batches:
        way(model, optimizer, pixels, tokens, precision)
    return model.weights()


def train_step(t: Trial) -> None:
    none = Mistake("precision may be None, and None is no context", way="precision or nullcontext() is always one")
    t.errors = {
        "NoneType' object does not support the context manager": none,
        "does not require grad": NO_WAY_BACK,
        "object has no attribute 'visual'": PART,
        "object has no attribute 'text'": PART,
        "backward through the graph a second time": TWO_BACK,
        asks_for_gpu: ASKS_FOR_GPU,
    }
    one, two = batch(t), batch(t)
    model = TwoTowers()
    optimizer = NotingSGD(model)
    named = Shown(model, "model"), Shown(optimizer, "optimizer")
    came = t.call(t.mine, *named, *one)
    called = t.last
    judge_loss(t, came, one)
    if order := wrong_order(model.events):
        raise Wrong(*t.heading("the weights are not moved as they should be"), f"  {order[0]}", order[1])
    known: Known = {words: partial(after, way, [one]) for words, way in wrong_steps().items()}
    t.same(model.weights(), after(minclips_step, [one]), known, "the row of all weights after a step")
    t.call(t.mine, *named, *two)
    t.last = f"{called}, twice"
    known = {words: partial(after, way, [one, two]) for words, way in wrong_steps().items()}
    t.same(model.weights(), after(minclips_step, [one, two]), known, "the row of all weights after a second step")
    judge_what_was_there(t, one)
    for start in (4.6, 0.0):  # close to the limits, ln 100 and 0
        judge_clamp(t, start, one)
    judge_precision(t, one, two)

    def on_gpu(module: TwoTowers, pixels: Tensor, tokens: Tensor) -> Any:
        return t.mine(module, NotingSGD(module), pixels, tokens)

    on_gpu.__name__ = "train_step"
    t.on_a_gpu(on_gpu, TwoTowers(), *one)
    for pairs in (3, 1):
        fewer, model, theirs = batch(t, pairs), TwoTowers(), TwoTowers()
        came = t.call(t.mine, Shown(model, "model"), Shown(NotingSGD(model), "optimizer"), *fewer)
        expected = minclips_step(theirs, NotingSGD(theirs), *fewer)
        t.same(came, expected, what=f"the loss of {pairs} {'pairs' if pairs > 1 else 'pair'}")


def asks_for_gpu(error: BaseException) -> bool:
    """PyTorch says it in other words without CUDA, without a driver, and where the batch moves and the model stays."""
    return any(words in str(error) for words in ("CUDA", "NVIDIA", "MPS", "on the same device"))


def judge_what_was_there(t: Trial, one: tuple[Tensor, Tensor]) -> None:
    """Claims that gradients from before change nothing, and that the model's mode is what it was."""
    for training in (True, False):
        model = TwoTowers().train(training)
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        t.call(t.mine, Shown(model, "model"), Shown(NotingSGD(model), "optimizer"), *one)
        t.last += ", where every parameter has a gradient before"
        t.same(model.weights(), after(minclips_step, [one]), {}, "the row of all weights after the step", LEFT_OVER)
        during = all(mode == training for mode in model.in_training)
        t.last = f"train_step(...) of a model in {'train' if training else 'eval'} mode"
        t.holds(during and model.training == training, "it changes the mode of the model", MODE)


def judge_loss(t: Trial, came: Any, one: tuple[Tensor, Tensor]) -> None:
    """Claims about what one step returns."""
    if isinstance(came, float):
        words = "a plain number came: on a GPU, to ask for it makes Python wait in every step"
        mistake = Mistake(words, way="return loss.detach(), and leave .item() to the caller")
        raise Wrong(*t.heading("the loss is no tensor"), "  expected  a tensor []", "  got       float", mistake)
    model = TwoTowers()
    expected = minclips_step(model, NotingSGD(model), *one)

    def of_another_scale() -> Any:
        other = TwoTowers(logit_scale=1.0)
        return t.mine(other, NotingSGD(other), *one)

    def near() -> Any:
        return came if (came - expected).abs() < 0.005 * expected else None

    known = {**wrong_losses(*one), FIXED: of_another_scale, COARSE: near}
    t.same(came, expected, known, "the loss")
    cut = Mistake(
        "the loss still holds the whole computation behind it: a list of such losses fills the memory",
        way="return loss.detach()",
    )
    t.holds(not came.requires_grad, "the loss requires a gradient", cut)


def judge_clamp(t: Trial, start: float, one: tuple[Tensor, Tensor]) -> None:
    """Claims that logit_scale is within its limits after a step that drives it out."""
    pixels, tokens = one
    model = TwoTowers(logit_scale=start)
    if start > 1:  # every pair right: a larger scale lowers the loss
        tokens = torch.arange(4)[:, None].expand(4, 3)
        with torch.no_grad():
            model.words.weight[:4] = torch.randn(4, 3, generator=t.generator)
            texts = model.encode_text(tokens)
            pixels = torch.linalg.lstsq(model.image.weight, (texts - model.image.bias).T).solution.T
    else:  # every pair wrong
        tokens = torch.tensor([[1], [2]]).expand(2, 3)
        with torch.no_grad():
            texts = model.encode_text(tokens).flip(0)
            pixels = torch.linalg.lstsq(model.image.weight, (texts - model.image.bias).T).solution.T
    model.events.clear()
    fast = Shown(NotingSGD(model, learning_rate=50.0), "optimizer")
    t.call(t.mine, Shown(model, "model"), fast, pixels, tokens)
    t.last = f"train_step on a batch that drives logit_scale from {start} out of its limits"
    late = Mistake("the clamp comes before the step, and the step drives it out again", way="clamp after the step")
    none = Mistake("nothing keeps the scale between 1 and 100", way="model.clamp_logit_scale() after the step")
    scale = model.logit_scale.item()
    low, high = 0.0, 4.6052
    if not low - 1e-4 <= scale <= high + 1e-4:
        cause = late if "clamp" in model.events else none
        lines = ("  expected  from 0 to 4.605", f"  got       {scale:.3f}")
        raise Wrong(*t.heading("logit_scale after the step is out of its limits"), *lines, cause)
    t.passed += 1


def judge_precision(t: Trial, one: tuple[Tensor, Tensor], two: tuple[Tensor, Tensor]) -> None:
    """Claims that the encoders alone run in the given precision."""
    half = torch.autocast("cpu", torch.bfloat16)
    shown = Shown(half, 'torch.autocast("cpu", torch.bfloat16)')
    model = TwoTowers()
    optimizer = NotingSGD(model)
    came = t.call(t.mine, Shown(model, "model"), Shown(optimizer, "optimizer"), *one, shown)
    used = model.under_autocast
    if not all(used):
        which = "the encoders run" if not any(used) else "one of the encoders runs"
        which = "the encoders run once more," if used[:2] == [True, True] else which
        words = f"{which} outside of precision"
        mistake = Mistake(words, way="with precision or nullcontext(): and both encoders inside of it, indented")
        raise Wrong(*t.heading("the encoders do not run in the given precision"), mistake)
    if model.forwards:
        raise Wrong(*t.heading("the loss is computed in bfloat16"), LOGITS_INSIDE)
    model = TwoTowers()
    expected = minclips_step(model, NotingSGD(model), *one, half)
    inside = next(iter(wrong_losses(*one, half)))
    if isinstance(came, Tensor) and came.dtype == torch.bfloat16:
        raise Wrong(*t.heading("the loss is computed in bfloat16"), inside)
    t.same(came, expected, wrong_losses(*one, half), "the loss in bfloat16")
    model = TwoTowers()
    optimizer = NotingSGD(model)
    for pixels, tokens in (one, two):
        t.call(t.mine, Shown(model, "model"), Shown(optimizer, "optimizer"), pixels, tokens, shown)
    right = after(minclips_step, [one, two], precision=half)
    t.last = "train_step twice, with the same precision"
    t.same(model.weights(), right, what="the row of all weights after two steps in bfloat16")
