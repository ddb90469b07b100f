"""Tasks of your own, from PIL pictures of any size: what `fit(tasks=...)` and `evaluate_task` measure."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from minclip.data.arguments import whole_number
from minclip.data.images import to_rgb
from minclip.data.memory import as_picture
from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.preprocess import ImageTransform, to_eight_bit
from minclip.prompts import PICTURE_TEMPLATES


def class_task(
    name: str,
    images: Sequence[Image.Image | np.ndarray],
    labels: Sequence[str] | Sequence[int],
    class_names: Sequence[str] | None = None,
    size: int = 32,
    templates: Sequence[str] = PICTURE_TEMPLATES,
    squash: str | None = None,
) -> ClassTask:
    """Which of the classes is in the picture?

    images: PIL pictures, or uint8 arrays [height, width, 3], of any size; labels: the class of each, by name or by
    number; class_names: None takes the labels' names, sorted; size: pixels a side, the model's image_size; squash: the
    model's image_transform.squash, which a SigLIP has.
    Raises ValueError where they do not fit together.

    >>> task = class_task("mine", [Image.new("RGB", (9, 5))] * 2, ["cat", "a hat"])
    >>> task.pixels.shape, task.labels.tolist(), list(task.class_names)
    ((2, 32, 32, 3), [1, 0], ['a hat', 'cat'])
    """
    if len(images) != len(labels):
        raise ValueError(f"task {name!r}: {len(images)} images and {len(labels)} labels: give a label for each image")
    if class_names is None:
        if not all(isinstance(label, str) for label in labels):
            raise ValueError(f"task {name!r}: labels are numbers: give class_names, which they count from 0")
        class_names = sorted(set(labels))  # type: ignore[arg-type]
    place = {one: i for i, one in enumerate(class_names)}
    numbers: list[int] = []
    for i, label in enumerate(labels):
        number = place.get(label) if isinstance(label, str) else int(label)  # type: ignore[call-overload]
        if number is None or not 0 <= number < len(class_names):
            raise ValueError(f"task {name!r}: label {label!r} of image {i} is none of the {len(class_names)} classes")
        numbers.append(number)
    pixels = pixels_of(images, size, squash)
    return ClassTask(name, pixels, np.array(numbers, dtype=np.int64), list(class_names), templates)


def choice_task(
    name: str,
    images: Sequence[Image.Image | np.ndarray],
    texts: Sequence[Sequence[str]],
    right: Sequence[int] | None = None,
    size: int = 32,
    squash: str | None = None,
) -> ChoiceTask:
    """Which of its own sentences is true of each picture? right: the number of the true one; None: always the first.

    size, squash: as in `class_task`.
    """
    right = [0] * len(images) if right is None else right
    if not len(images) == len(texts) == len(right):
        raise ValueError(
            f"task {name!r}: {len(images)} images, {len(texts)} lists of texts and {len(right)} right answers: give "
            f"one of each for every image"
        )
    pixels = pixels_of(images, size, squash)
    return ChoiceTask(name, pixels, np.array(right, dtype=np.int64), [list(each) for each in texts])


def pixels_of(images: Sequence[Image.Image | np.ndarray], size: int, squash: str | None = None) -> np.ndarray:
    """uint8 [n, size, size, 3], cut and resized as in preprocessing."""
    size = whole_number("size", size)
    transform = ImageTransform(size, squash=squash)
    pictures = (transform.square(to_rgb(to_eight_bit(as_picture(image, i)))) for i, image in enumerate(images))
    return (
        np.stack([np.asarray(picture) for picture in pictures]) if len(images) else np.zeros((0, size, size, 3), "u1")
    )
