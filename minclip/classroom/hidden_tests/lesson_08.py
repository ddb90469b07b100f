"""Hidden tests of lesson 08: other names and templates, level scores by lot, other test sets."""

from collections.abc import Callable

from torch import Tensor

from minclip import accuracy, zero_shot
from minclip.course.assertions import Trial
from minclip.course.lesson_08_zero_shot_evaluation.checks import text_model
from minclip.course.lesson_08_zero_shot_evaluation.interval_checks import interval_is_right
from minclip.course.lesson_08_zero_shot_evaluation.interval_mistakes import RESAMPLES


def zero_shot_classifier(t: Trial) -> None:
    model, tokenizer = text_model(t)
    right: Callable[..., Tensor] = zero_shot.zero_shot_classifier
    names = ["kite", "two cats", "snow", "red bus", "a"]
    for count, templates in ((5, ["{}!", "look: {}", "the {} in the car"]), (2, ["a {}"]), (1, ["{}", "{}"])):
        given = (model, tokenizer, names[:count], templates)
        t.same(t(*given), right(*given), what=f"the result for {count} classes and {len(templates)} templates")
    t.same(t(model, tokenizer, names[::-1], ["{}"]), right(model, tokenizer, names[::-1], ["{}"]),
           what="the result for the names in another order")  # fmt: skip


def top_k_correct(t: Trial) -> None:
    right = accuracy.top_k_correct
    for n, classes, k in ((1, 2, 1), (30, 4, 2), (8, 20, 5), (50, 3, 3)):
        logits, labels = t.normal(n, classes), t.whole(0, classes, n)
        t.same(t(logits, labels, k), right(logits, labels, k), what=f"the result for {classes} classes and k={k}")
        level = t.whole(0, 3, n, classes).float()
        t.same(t(level, labels, k), right(level, labels, k), what=f"the result for level scores and k={k}")


def bootstrap_interval(t: Trial) -> None:
    for n, level in ((120, 0.8), (35, 0.9)):
        correct = t.normal(n).abs().clamp(max=1) ** 0.5
        came = t(correct, level=level, resamples=RESAMPLES, seed=int(t.whole(10, 99, 1)))
        interval_is_right(t, came, correct, level, f"the interval of {n} answers for level={level}", {})
    whole = (t.normal(300) > -0.5).float()
    interval_is_right(t, t(whole, resamples=RESAMPLES, seed=5), whole, 0.95, "the interval of 300 answers", {})
