"""A linear probe: how well classes can be told apart by a logistic regression on a model's image features.

    probe = fit_probe(features, labels, val_features, val_labels)
    probe.predict(test_features)

The features stay what they are; only the regression learns. Its strength of regularisation, C, is chosen on the val
split, and the regression is then fitted to train and val together. Sources: CLIP paper section 3.2 and appendix A.3;
the regression is scikit-learn's.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.data.arguments import as_tensor, whole_number
from minclip.data.progress import SECONDS, is_shown
from minclip.evaluation.evaluate import TaskResult, result_of

NEEDED = 'a linear probe needs scikit-learn: pip install "minclip[probe]" (in a clone: pip install -e ".[probe]")'
COARSE = (-6, -4, -2, 0, 2, 4, 6)  # powers of ten of C that are tried first
HALVINGS = 4  # of the distance to the best power so far: 2, then 1, 1/2, 1/4, 1/8
ITERATIONS = 1000  # of L-BFGS, at most
VAL_EVERY = 5  # without a val split, one picture in so many of each class is held out to choose C


@dataclass(frozen=True)
class Probe:
    """A fitted regression, and how it was chosen."""

    weight: Tensor  # float32 [classes, embed_dim]
    bias: Tensor  # float32 [classes]; -inf for a class that no picture was learned of
    C: float  # inverse strength of regularisation
    val_accuracy: dict[float, float]  # C -> share of right answers on the val split
    notes: tuple[str, ...] = ()  # what a person should know, in words

    def logits(self, features: Tensor) -> Tensor:
        """float32 [n, classes] of features, float [n, embed_dim], that were made like those it learned from."""
        features, width = as_features("features", features), self.weight.shape[1]
        if features.shape[1] != width:
            raise ValueError(
                f"features have {features.shape[1]} numbers, the probe learned from {width}: take its model's"
            )
        return features @ self.weight.T + self.bias

    def predict(self, features: Tensor) -> Tensor:
        """The likeliest class of each row, int64 [n]."""
        return self.logits(features).argmax(dim=1)

    def evaluate(
        self, features: Tensor, labels: Any, class_names: Sequence[str] | None = None, name: str = "linear probe"
    ) -> TaskResult:
        """Accuracy with its 95 % interval, share of each class, confusion. labels: int [n]."""
        logits, answers = self.logits(features), as_labels("labels", labels, len(features))
        names = [str(i) for i in range(len(self.bias))] if class_names is None else class_names
        if len(names) != len(self.bias):
            raise ValueError(f"class_names are {len(names)}, the probe knows {len(self.bias)} classes")
        return result_of(name, logits, answers, 1 / len(names), names, rounding=0)


def fit_probe(
    features: Tensor,
    labels: Any,
    val_features: Tensor | None = None,
    val_labels: Any = None,
    *,
    classes: int | None = None,
    C: float | None = None,
    progress: bool = False,
) -> Probe:
    """A logistic regression from features to classes.

    features: float [n, embed_dim]; labels: int [n], from 0 on. val_features, val_labels: those that C is chosen by;
        None holds every fifth picture of each class out for it.
    classes: how many there are; None takes those that the labels know. C: is not searched for, but taken.
    Raises ValueError where they do not fit together, fewer than two classes are there, or scikit-learn is missing.
    """
    features = as_features("features", features)
    answers = as_labels("labels", labels, len(features))
    notes: list[str] = []
    if (val_features is None) != (val_labels is None):
        raise ValueError("val_features and val_labels belong together: give both, or neither")
    if C is not None and val_features is None:
        val_features, val_answers = features[:0], answers[:0]  # there is nothing to choose
    elif val_features is None or len(val_features) == 0:
        held = held_out(answers)
        notes.append(f"C was chosen by {int(held.sum()):,} pictures of train, as there is no val split")
        features, val_features = features[~held], features[held]
        answers, val_answers = answers[~held], answers[held]
    else:
        val_features = as_features("val_features", val_features)
        val_answers = as_labels("val_labels", val_labels, len(val_features))
    if val_features.shape[1] != features.shape[1]:
        raise ValueError(f"features have {features.shape[1]} numbers, val_features {val_features.shape[1]}")
    if len(answers.unique()) < 2:
        raise ValueError(f"a probe tells classes apart, and the labels know {len(answers.unique())}: give two or more")
    highest = int(torch.cat([answers, val_answers]).max())
    classes = highest + 1 if classes is None else whole_number("classes", classes)
    if classes <= highest:
        raise ValueError(f"a label is {highest}, and classes={classes} has none of that number")
    found = {} if C is not None else search_c(features, answers, val_features, val_answers, classes, progress)
    best = C if C is not None else best_of(found)
    together = torch.cat([features, val_features]), torch.cat([answers, val_answers])
    weight, bias, finished = regression(*together, best, classes)
    if not finished:
        notes.append(f"the regression was stopped after {ITERATIONS:,} steps")
    if missing := classes - len(together[1].unique()):
        notes.append(f"{missing} of {classes} classes have no picture to learn from and are never answered")
    accuracy = {one: found[one][0] for one in sorted(found)}
    return Probe(weight, bias, best, accuracy, tuple(notes))


def search_c(
    features: Tensor, labels: Tensor, val_features: Tensor, val_labels: Tensor, classes: int, progress: bool
) -> dict[float, tuple[float, float]]:
    """C -> (accuracy, log-likelihood) on val: powers of a hundred first, then closer and closer around the best."""
    from tqdm import tqdm

    found: dict[float, tuple[float, float]] = {}
    with tqdm(
        total=len(COARSE) + 2 * HALVINGS,
        desc="choosing C",
        unit=" fits",
        delay=SECONDS,
        disable=not (progress or is_shown()),
    ) as bar:

        def try_powers(powers: Sequence[float]) -> float:
            for power in powers:
                bar.update()
                if not COARSE[0] <= power <= COARSE[-1]:
                    continue
                weight, bias, _ = regression(features, labels, 10.0**power, classes)
                logits = val_features @ weight.T + bias
                right = (logits.argmax(dim=1) == val_labels).float().mean().item()
                found[10.0**power] = right, -F.cross_entropy(logits, val_labels).item()
            return math.log10(best_of(found))

        best, step = try_powers(COARSE), 2.0
        for _ in range(HALVINGS):
            step /= 2
            best = try_powers((best - step, best + step))
    return found


def best_of(found: dict[float, tuple[float, float]]) -> float:
    """The C with the highest accuracy; of equal ones the one that finds the right answers likeliest."""
    return max(found, key=lambda C: found[C])


def regression(features: Tensor, labels: Tensor, C: float, classes: int) -> tuple[Tensor, Tensor, bool]:
    """(weight [classes, embed_dim], bias [classes], whether it converged). A class without labels has the bias -inf."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError as error:
        raise ValueError(f"{NEEDED} ({error})") from error
    model = LogisticRegression(C=C, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # one or two pictures of each class: scikit-learn then asks whether the labels are numbers to regress on
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(features.double().numpy(), labels.numpy())
    known = torch.from_numpy(model.classes_)
    rows, shift = torch.from_numpy(model.coef_), torch.from_numpy(model.intercept_)
    if len(known) == 2:  # one row tells the second class from the first
        rows, shift = torch.cat([-rows, rows]) / 2, torch.cat([-shift, shift]) / 2
    weight = torch.zeros(classes, features.shape[1])
    bias = torch.full((classes,), -math.inf)
    weight[known], bias[known] = rows.float(), shift.float()
    return weight, bias, int(np.max(model.n_iter_)) < ITERATIONS


def held_out(labels: Tensor) -> Tensor:
    """bool [n]: every fifth picture of each class, where a class has five or more."""
    held = torch.zeros(len(labels), dtype=torch.bool)
    for one in labels.unique():
        held[(labels == one).nonzero().flatten()[VAL_EVERY - 1 :: VAL_EVERY]] = True
    if not held.any():
        raise ValueError(f"no class has {VAL_EVERY} pictures or more, and there is no val split to choose C by: give C")
    return held


def as_features(name: str, features: Any) -> Tensor:
    """float32 [n, embed_dim] on the CPU. ValueError for another shape, none at all, or numbers that are not finite."""
    rows = as_tensor(name, features).detach().float().cpu()
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"{name} must be [n ≥ 1, embed_dim], found {list(rows.shape)}")
    if not rows.isfinite().all():
        row = int((~rows.isfinite()).any(dim=1).nonzero()[0])
        raise ValueError(f"{name}: row {row} is not finite: leave such pictures out")
    return rows


def as_labels(name: str, labels: Any, n: int) -> Tensor:
    """int64 [n] on the CPU. ValueError for names in place of numbers, another length, and numbers below 0."""
    labels = list(labels) if not isinstance(labels, Tensor | np.ndarray) else labels
    if len(labels) and isinstance(labels[0], str):
        raise ValueError(f"{name} are texts such as {labels[0]!r}: give numbers, sorted(set(labels)).index(label)")
    numbers = as_tensor(name, labels).detach().cpu()
    if numbers.shape != (n,) or numbers.is_floating_point() or (n and numbers.min() < 0):
        raise ValueError(f"{name} must be {n} whole numbers from 0 on, one for each row, found {list(numbers.shape)}")
    return numbers.long()
