"""The cases of evaluation and figures."""

import numpy as np
import torch
from fuzz_cases import Case, arguments
from fuzz_models import NAMED, byte_pixels, model
from fuzz_texts import TEMPLATES, tokenizer
from fuzz_values import NAMES, SEEDS, labels, pictures, tensors
from hypothesis import strategies as st

from minclip.evaluation import ChoiceTask, ClassTask, Probe, choice_task, class_task, evaluate_task
from minclip.evaluation.evaluate import evaluate

IMAGES = st.lists(pictures(), min_size=1, max_size=3)


@st.composite
def class_tasks(draw):
    images, names = draw(IMAGES), draw(NAMED)
    wanted = draw(st.lists(st.sampled_from(names), min_size=len(images), max_size=len(images)))
    return {
        "name": "mine",
        "images": images,
        "labels": wanted,
        "class_names": names,
        "size": 8,
        "templates": draw(TEMPLATES),
    }


@st.composite
def choice_tasks(draw):
    images = draw(IMAGES)
    return {
        "name": "mine",
        "images": images,
        "texts": [["a", "b"]] * len(images),
        "right": draw(st.lists(st.integers(0, 1), min_size=len(images), max_size=len(images))),
        "size": 8,
    }


@st.composite
def evaluated(draw):
    task = draw(class_tasks().map(lambda g: class_task(**g)) | choice_tasks().map(lambda g: choice_task(**g)))
    return {"model": model(), "tokenizer": tokenizer(77), "task": task, "templates": None}


@st.composite
def retrieved(draw):
    pixels = draw(byte_pixels())
    n = len(pixels)
    return {
        "model": model(),
        "tokenizer": tokenizer(16),
        "pixels": pixels,
        "texts": ["a car", "a dog", "a"][:n],
        "image_of_text": list(range(n)),
    }


@st.composite
def probed(draw):
    n = 12
    features = draw(tensors(n, 3)).detach()
    return {
        "features": features,
        "labels": [0, 1] * 6,
        "val_features": features[:4],
        "val_labels": [0, 1, 0, 1],
        "classes": draw(st.sampled_from([None, 2, 3])),
        "C": 1.0,
        "progress": False,
    }


PROBE = Probe(torch.ones(2, 3), torch.zeros(2), 1.0, {})
FEATURES = tensors(2, 3)
ANSWERS = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=9).map(np.array)


def is_result(result, given):
    assert 0 <= result.low <= result.accuracy <= result.high <= 1 and result.n == len(given["task"].labels)


def is_share(result, given):
    assert 0 <= result.accuracy <= 1


def is_interval(result, given):
    assert 0 <= result[0] <= result[1] <= 1


def reports():
    task = class_task("mine", [np.zeros((8, 8, 3), np.uint8)], ["a"], ["a", "b"], 8, ["{}"])
    return evaluate(model(), tokenizer(77), [task])


@st.composite
def plotted(draw, **more):
    n, names = draw(st.integers(1, 2)), draw(st.lists(NAMES, min_size=2, max_size=2))
    shares = np.random.default_rng(draw(SEEDS)).random((n, 2))
    return {"images": [np.zeros((4, 4, 3), np.uint8)] * n, "names": names, "shares": shares}


LOG = [{"step": 1, "samples": 2, "loss": 1.5, "logit_scale": 2.6, "seconds": 1.0}, {"samples": 4, "zero_shot": 0.5}]
TRUTHS = [0, 1]
CASES = [
    Case(
        "evaluation.ClassTask",
        arguments(name="a", pixels=byte_pixels(), labels=[0], class_names=["a"], templates=["{}"]),
    ),
    Case("evaluation.ChoiceTask", arguments(name="a", pixels=byte_pixels(), labels=[0], texts=[["a"]])),
    Case(
        "evaluation.TaskResult.summary",
        arguments(
            self=st.builds(
                lambda: evaluate_task(
                    model(),
                    tokenizer(77),
                    class_task("m", [np.zeros((8, 8, 3), np.uint8)], ["a"], ["a", "b"], 8, ["{}"]),
                )
            )
        ),
        lambda result, given: result["n"] == 1,
    ),
    Case(
        "evaluation.TaskResult", arguments(name="a", accuracy=0.5, low=0.1, high=0.9, n=4, chance=0.5, correct=ANSWERS)
    ),
    Case("evaluation.Probe", arguments(weight=tensors(2, 3), bias=tensors(2), C=1.0, val_accuracy={})),
    Case(
        "evaluation.bootstrap_interval",
        arguments(correct=ANSWERS, seed=st.integers(0, 9), resamples=st.integers(1, 50), level=st.floats(0.01, 0.99)),
        is_interval,
    ),
    Case(
        "evaluation.class_task",
        class_tasks(),
        lambda result, given: isinstance(result, ClassTask),
        words={
            "images": ("image",),
            "labels": ("label",),
            "class_names": ("classes", "label"),
            "templates": ("template",),
        },
    ),
    Case(
        "evaluation.choice_task",
        choice_tasks(),
        lambda result, given: isinstance(result, ChoiceTask),
        words={"images": ("image",)},
    ),
    Case("evaluation.evaluate_task", evaluated(), is_result, words={"model": ("pixels",)}, cost=2),
    Case(
        "evaluation.evaluate_retrieval",
        retrieved(),
        lambda result, given: result["n_images"] == len(given["pixels"]),
        words={"texts": ("image_of_text", "caption"), "pixels": ("image_of_text", "images")},
        cost=2,
    ),
    Case(
        "evaluation.fit_probe",
        probed(),
        lambda result, given: result.C == 1.0,
        words={"val_labels": ("label",), "val_features": ("label",)},
        cost=2,
    ),
    Case(
        "evaluation.Probe.logits",
        arguments(self=PROBE, features=FEATURES),
        lambda result, given: result.shape == (2, 2),
    ),
    Case(
        "evaluation.Probe.predict",
        arguments(self=PROBE, features=FEATURES),
        lambda result, given: result.shape == (2,),
    ),
    Case(
        "evaluation.Probe.evaluate",
        arguments(self=PROBE, features=FEATURES, labels=labels(2, 2), class_names=["a", "b"], name="probe"),
        is_share,
        words={"features": ("labels",)},
    ),
    Case("evaluation.format_table", arguments(report=st.builds(reports)), lambda result, given: "mine" in result),
    Case("figures.plot_curves", arguments(log=st.lists(st.sampled_from(LOG), min_size=1, max_size=3)), cost=6),
    Case(
        "figures.plot_samples",
        plotted().map(lambda g: {"images": g["images"], "captions": g["names"][: len(g["images"])], "columns": 2}),
        cost=6,
    ),
    Case(
        "figures.plot_similarity",
        plotted().map(lambda g: {"images": g["images"], "texts": g["names"], "similarity": g["shares"]}),
        words={"images": ("similarity",), "texts": ("similarity",)},
        cost=6,
    ),
    Case(
        "figures.plot_predictions",
        plotted().map(
            lambda g: {
                "images": g["images"],
                "probabilities": g["shares"],
                "names": g["names"],
                "truths": TRUTHS[: len(g["images"])],
                "columns": 2,
            }
        ),
        words={"names": ("probabilities",)},
        cost=6,
    ),
    Case(
        "figures.plot_confusion",
        arguments(matrix=st.builds(lambda: np.array([[2, 0], [1, 3]])), names=["a", "b"]),
        words={"names": ("matrix",)},
        cost=6,
    ),
    Case(
        "figures.plot_retrieval",
        plotted().map(
            lambda g: {
                "queries": g["names"][: len(g["images"])],
                "images": [g["images"]] * len(g["images"]),
                "hits": [[True] * len(g["images"])] * len(g["images"]),
            }
        ),
        cost=6,
    ),
]
