"""Zero-shot classification: the names of the classes are the classifier, no training on them.

First the classifier, then the features that it is made of. Counting its answers: accuracy.py. Tasks: evaluation/.
Source: CLIP paper section 3.1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from minclip.data.arguments import whole_number
from minclip.data.progress import with_progress
from minclip.model import CLIP
from minclip.preprocess import pixels_to_float
from minclip.prompts import PICTURE_TEMPLATES, prompts_for
from minclip.similarity import check_directions, unit_rows

Tokenizer = Callable[..., Tensor]  # tokenizer(texts, truncate=False) -> int64 [texts, context_length]
Preprocess = Callable[[Image.Image], Tensor]  # PIL picture -> float [3, size, size]
Item = TypeVar("Item")
TEXT_BATCH = 512  # short texts are cheaper than pictures


def zero_shot_classifier(
    model: CLIP, tokenizer: Tokenizer, class_names: Sequence[str], templates: Sequence[str]
) -> Tensor:
    """One unit column per class, float32 [embed_dim, classes]: unit image features @ it are cosines.

    Each class name is written into every template, and the text encoder reads these prompts. `ensemble_features` makes
    one direction of a class's prompts. No gradient flows, and the model keeps its mode.
    Raises ValueError for names or templates that cannot be used.
    """
    if problem := wrong_names(class_names):
        raise ValueError(problem)
    prompts = [prompt for name in class_names for prompt in prompts_for(name, templates)]
    features = encode_texts(model, tokenizer, prompts)  # [classes · templates, embed_dim], unit rows
    classes = ensemble_features(features.unflatten(0, (len(class_names), -1)))  # [classes, embed_dim]
    return classes.T  # [embed_dim, classes]


def ensemble_features(features: Tensor) -> Tensor:
    """One direction for several prompts: the mean of their unit features, again of length one.

    features: float [..., prompts, embed_dim] -> float32 [..., embed_dim]. CLIP paper section 3.1.4.

    >>> ensemble_features(torch.tensor([[3.0, 0.0], [0.0, 1.0]]))  # a longer feature has no more to say
    tensor([0.7071, 0.7071])
    """
    return unit_rows(unit_rows(features).mean(dim=-2))


def classify(
    model: CLIP,
    tokenizer: Tokenizer,
    preprocess: Preprocess,
    images: Image.Image | Iterable[Image.Image],
    labels: Sequence[str],
    templates: Sequence[str] = PICTURE_TEMPLATES,
    batch_size: int = 64,
) -> Tensor:
    """Softmax probabilities of the labels for each picture: float32 [images, labels] on the CPU, rows sum to one.

    images: one picture, a list, or anything that yields them. They are read `batch_size` at a time: pictures that
    are opened as they are asked for need no more memory than a batch of pixels.
    The probabilities compare the labels with each other. They do not say whether any of them fits.
    """
    classifier = zero_shot_classifier(model, tokenizer, labels, templates)  # [embed_dim, labels]
    image_features = encode_images(model, preprocess, images, batch_size)  # [images, embed_dim]
    check_directions(classifier.T, [f"label {label!r}" for label in labels])
    check_directions(image_features, [f"picture {i}" for i in range(len(image_features))])
    logits = model.logit_scale.exp().detach().float() * image_features @ classifier  # [images, labels]
    return logits.softmax(dim=-1).cpu()


def encode_images(
    model: CLIP, preprocess: Preprocess, images: Image.Image | Iterable[Image.Image], batch_size: int = 64
) -> Tensor:
    """PIL pictures -> unit features, float32 [n, embed_dim] on the model's device, `batch_size` in memory at a time."""
    check_model(model)
    pixels = map(preprocess, [images] if isinstance(images, Image.Image) else images)  # each [3, size, size]
    batches = (torch.stack(batch).to(model.logit_scale) for batch in in_batches(pixels, batch_size))
    total = len(images) if isinstance(images, Sized) else None
    return encode(model, model.encode_image, with_progress(batches, "encoding", "pictures", total, batch_size))


def encode_pixels(model: CLIP, pixels: np.ndarray | Tensor, batch_size: int = 256) -> Tensor:
    """uint8 [n, size, size, 3] -> unit features, float32 [n, embed_dim] on the model's device."""
    check_model(model)
    config, device = model.config, model.logit_scale.device
    if not isinstance(pixels, np.ndarray | Tensor):
        raise ValueError(
            f"pixels must be an array or a tensor, found {type(pixels).__name__}: make one of the pictures"
        )
    if tuple(pixels.shape[1:]) != (config.image_size, config.image_size, 3):
        size = f"{config.image_size}, {config.image_size}"
        raise ValueError(f"pixels must be uint8 [n, {size}, 3] for this model, found {list(pixels.shape)}")
    batch_size = whole_number("batch_size", batch_size)
    if isinstance(pixels, np.ndarray):
        pixels = np.ascontiguousarray(pixels)  # of a mirrored view PyTorch makes no tensor
    parts = (pixels[start : start + batch_size] for start in range(0, len(pixels), batch_size))
    batches = (pixels_to_float(part, device, config.pixel_mean, config.pixel_std) for part in parts)
    return encode(model, model.encode_image, with_progress(batches, "encoding", "pictures", len(pixels), batch_size))


def encode_texts(
    model: CLIP,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    batch_size: int = TEXT_BATCH,
    truncate: bool = False,
) -> Tensor:
    """Texts -> unit features, float32 [n, embed_dim] on the model's device. `truncate` is the tokenizer's."""
    if isinstance(texts, str):
        raise ValueError(f"texts must be a list, found the string {texts!r}: put it in brackets")
    check_model(model)
    device = model.logit_scale.device
    batches = (tokenizer(batch, truncate=truncate).to(device) for batch in in_batches(texts, batch_size))
    return encode(model, model.encode_text, with_progress(batches, "encoding", "texts", len(texts), batch_size))


def encode(model: CLIP, encoder: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> Tensor:
    """Unit features of all batches, float32 [n, embed_dim], in eval mode and without gradients."""
    with evaluating(model):
        features = [unit_rows(encoder(batch)) for batch in batches]  # each [batch, embed_dim]
    if not features:
        raise ValueError("there is nothing to encode: pass at least one picture or text")
    return torch.cat(features)


def in_batches(items: Iterable[Item], batch_size: int) -> Iterator[list[Item]]:
    """Lists of `batch_size` items, the last one maybe shorter. Items are asked for one batch at a time.

    >>> list(in_batches("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    batch_size = whole_number("batch_size", batch_size)
    waiting = iter(items)
    while batch := list(islice(waiting, batch_size)):
        yield batch


def check_model(model: object) -> None:
    """ValueError for what has no encoders, such as the name of a model."""
    if not hasattr(model, "logit_scale"):
        raise ValueError(f"model must be a minclip.CLIP, found {type(model).__name__}: minclip.load gives one")


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Eval mode and no gradients inside. Afterwards every module is back in its own mode."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def wrong_names(names: Sequence[str], what: str = "class names") -> str:
    """What is wrong with the names, in a sentence: there is none, an empty one, or one twice. "" if they are fine."""
    if isinstance(names, str) or len(names) == 0:
        return f"{what} must be a list that is not empty, found {names!r}"
    for place, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            return f"{what}: number {place} is {name!r}, which is no text or an empty one"
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        return f"{what} hold {twice!r} twice: leave one out"
    return ""
