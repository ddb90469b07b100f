"""Zero-shot classification: the names of the classes are the classifier, no training on them.

Features, the classifier made of class names, how its answers are counted. Tasks and reports: evaluate.py.
Source: CLIP paper section 3.1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from minclip.model import CLIP
from minclip.preprocess import pixels_to_float
from minclip.prompts import PICTURE_TEMPLATES, expand
from minclip.ties import Rank, rank_own

Tokenizer = Callable[..., Tensor]  # tokenizer(texts, truncate=False) -> int64 [texts, context_length]
Preprocess = Callable[[Image.Image], Tensor]  # PIL picture -> float [3, size, size]
TEXT_BATCH = 512  # short texts are cheaper than pictures


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Eval mode and no gradients inside; afterwards every module is in the mode that it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def device_of(model: CLIP) -> torch.device:
    return model.logit_scale.device


def encode_pixels(model: CLIP, pixels: np.ndarray | Tensor, batch_size: int = 256) -> Tensor:
    """uint8 [n, size, size, 3] -> unit features, float32 [n, embed_dim] on the model's device."""
    size = model.config.image_size
    if pixels.ndim != 4 or tuple(pixels.shape[1:]) != (size, size, 3) or len(pixels) == 0:
        raise ValueError(f"pixels must be uint8 [n ≥ 1, {size}, {size}, 3] for this model, found {list(pixels.shape)}")
    features = []
    with evaluating(model):
        for start in range(0, len(pixels), batch_size):
            some = pixels[start : start + batch_size]
            batch = pixels_to_float(some, device_of(model), model.config.pixel_mean, model.config.pixel_std)
            features.append(F.normalize(model.encode_image(batch).float(), dim=-1))
    return torch.cat(features)


def encode_texts(
    model: CLIP,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    batch_size: int = TEXT_BATCH,
    truncate: bool = False,
) -> Tensor:
    """Texts -> unit features, float32 [n, embed_dim] on the model's device. `truncate` is the tokenizer's."""
    if isinstance(texts, str) or len(texts) == 0:
        raise ValueError(f"texts must be a list of at least one text, found {texts!r}")
    features = []
    with evaluating(model):
        for start in range(0, len(texts), batch_size):
            tokens = tokenizer(list(texts[start : start + batch_size]), truncate=truncate).to(device_of(model))
            features.append(F.normalize(model.encode_text(tokens).float(), dim=-1))
    return torch.cat(features)


def remembering(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer, for texts that are asked for again and again: it keeps the tokens of every list."""
    known: dict[tuple[tuple[str, ...], bool], Tensor] = {}

    def tokenize(texts: Sequence[str], truncate: bool = False) -> Tensor:
        key = tuple(texts), truncate
        if key not in known:
            known[key] = tokenizer(list(texts), truncate=truncate)
        return known[key]

    return tokenize


def check_names(names: Sequence[str], what: str) -> list[str]:
    """names as a list, or a ValueError where there is none, an empty one, or one twice."""
    if isinstance(names, str):
        raise ValueError(f"{what} must be a list of names, found the string {names!r}: put it in brackets")
    names = list(names)
    if not names:
        raise ValueError(f"{what} is empty: a classifier needs at least one name")
    for index, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"{what}[{index}] is {name!r}: every name must be a text that is not empty")
        if name in names[:index]:
            raise ValueError(f"{what} holds {name!r} twice (places {names.index(name)} and {index}): leave one out")
    return names


def zero_shot_classifier(
    model: CLIP, tokenizer: Tokenizer, class_names: Sequence[str], templates: Sequence[str]
) -> Tensor:
    """One unit column per class, float32 [embed_dim, classes]: unit image features @ it are cosines.

    Every template's text is encoded and brought to length one, their mean is the class, again of length one
    (CLIP paper section 3.1.4). Raises ValueError for names or templates that cannot be used.
    """
    class_names = check_names(class_names, "class_names")
    texts = [text for name in class_names for text in expand(templates, name)]
    features = encode_texts(model, tokenizer, texts)  # [classes · templates, embed_dim]
    features = features.unflatten(0, (len(class_names), -1)).mean(dim=1)  # [classes, embed_dim]
    return F.normalize(features, dim=-1).T  # [embed_dim, classes]


def classify(
    model: CLIP,
    tokenizer: Tokenizer,
    preprocess: Preprocess,
    images: Image.Image | Iterable[Image.Image],
    labels: Sequence[str],
    templates: Sequence[str] = PICTURE_TEMPLATES,
    batch_size: int = 64,
) -> Tensor:
    """Softmax over the labels, for each picture: float [images, labels] on the CPU, every row sums to one.

    images: one picture, a list, or anything that yields them; they are read `batch_size` at a time, so that pictures
    that are opened as they are asked for need no more memory than one of them and a batch of pixels.
    A share says "rather this than the others", never "this is in the picture".
    """
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size} must be at least 1 picture")
    waiting = iter([images] if isinstance(images, Image.Image) else images)
    classifier = zero_shot_classifier(model, tokenizer, check_names(labels, "labels"), templates)
    shares = []
    with evaluating(model):
        while batch := [preprocess(image) for image in islice(waiting, batch_size)]:
            pixels = torch.stack(batch).to(model.logit_scale)  # [batch, 3, size, size], its device and dtype
            features = F.normalize(model.encode_image(pixels).float(), dim=-1)  # [batch, embed_dim]
            logits = model.logit_scale.exp().float() * features @ classifier  # [batch, labels]
            shares.append(logits.softmax(dim=-1).cpu())
    if not shares:
        raise ValueError("images is empty: pass one picture or a list of them")
    return torch.cat(shares)


def rank_of_label(logits: Tensor, labels: Tensor, rounding: float = 0.0) -> Rank:
    """Which other answers stand before the right one, and which beside it; `Rank.hit(k)` is its chance at the k best.

    logits: float [n, classes]; labels: int [n]; rounding: logits that differ by this much at most are level.
    NaN is never right.
    """
    logits, labels = torch.as_tensor(logits), torch.as_tensor(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"logits must be [n ≥ 1, classes] and labels [n], found {list(logits.shape)} and {list(labels.shape)}"
        )
    labels = labels.to(logits.device).long()
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, logits have {logits.shape[1]} classes")
    logits = logits if logits.is_floating_point() else logits.float()
    own = labels[:, None] == torch.arange(logits.shape[1], device=logits.device)  # [n, classes]
    return rank_own(logits, own, rounding)


def top_k_accuracy(logits: Tensor, labels: Tensor, ks: Sequence[int] = (1, 5)) -> dict[int, float]:
    """Share of pictures whose right class is among the k highest, per k.

    Level classes stand in an order drawn by lot, and the share is the expectation over the draws (ties.py): a model
    that scores all classes alike gets k / classes, as guessing does. NaN is never right.

    >>> top_k_accuracy(torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), torch.tensor([0, 1]), ks=(1, 2))
    {1: 0.5, 2: 1.0}
    >>> top_k_accuracy(torch.zeros(6, 4), torch.zeros(6), ks=(1, 3))
    {1: 0.25, 3: 0.75}
    """
    if any(k < 1 for k in ks):
        raise ValueError(f"ks={tuple(ks)}: every k must be at least 1")
    rank = rank_of_label(logits, labels)
    return {k: rank.hit(k).mean().item() for k in ks}


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int) -> Tensor:
    """int64 [classes, classes]: how many pictures of the row's class were taken for the column's."""
    labels, predictions = torch.as_tensor(labels).long().cpu(), torch.as_tensor(predictions).long().cpu()
    if labels.ndim != 1 or labels.shape != predictions.shape:
        raise ValueError(
            f"labels and predictions must both be [n], found {list(labels.shape)}, {list(predictions.shape)}"
        )
    both = torch.cat([labels, predictions])
    if len(both) and (both.min() < 0 or both.max() >= classes):
        raise ValueError(f"labels and predictions run from {both.min()} to {both.max()}, there are {classes} classes")
    return torch.bincount(labels * classes + predictions, minlength=classes**2).view(classes, classes)


def per_class_accuracy(confusion: Tensor) -> Tensor:
    """Share of right answers for every true class, float64 [classes]; NaN for a class without pictures."""
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ValueError(f"confusion must be [classes, classes], found {list(confusion.shape)}")
    return confusion.diagonal().double() / confusion.sum(dim=1)
