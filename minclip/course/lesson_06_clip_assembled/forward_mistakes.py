"""What people write in CLIP's encode_image, encode_text and forward in lesson 06: each mistake, and what it gives."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Errors, Known, Mistake, Trial
from minclip.course.comparison import TOLERANCE, equal
from minclip.course.failures import gives
from minclip.course.value_words import answers_line, in_words
from minclip.model import CLIP

RESULTS = ("logits per image", "logits per text")
OWN_LENGTH = "x / x.norm(dim=-1, keepdim=True) has length 1 in every row: both features need it"
SCALE = "self.logit_scale.exp() is the scale"
TURNED = "image_features @ text_features.T: pictures are the rows, texts are the columns"

NO_NORM_HERE = Mistake(
    "these features have length 1; encode_image and encode_text give them as the encoders do",
    way="leave the norm to forward: others want the features as they are",
)
PIXELS_TO_TEXT = Mistake("the text encoder gets pictures", way="self.visual reads pictures, self.text reads tokens")
TOKENS_TO_IMAGE = Mistake("the image encoder gets tokens", way="self.visual reads pictures, self.text reads tokens")
NOT_A_METHOD = Mistake(
    "pixels and tokens are no features yet", way="encode_image and encode_text make features of them"
)

LENGTHS_MEET = Mistake(
    "the pictures' lengths meet the texts' features, or the other way round",
    way="each x / x.norm(dim=-1, keepdim=True)",
)
ALONE = Mistake("picture i meets text i alone; here every picture meets every text", way=TURNED)
NO_COLUMN = Mistake(
    "every row has a length of its own, and the lengths must stand as a column beside the rows", way=OWN_LENGTH
)
ONE_PICTURE = Mistake(
    "one picture was taken out of the batch; the encoder reads all of them at once", way="self.visual(pixels)"
)


def sizes_meet(t: Trial, a: int, b: int, dimension: int, norm: bool) -> Callable[[BaseException], bool]:
    """Sees that sides of these sizes met, in either order, in a line of the answer that takes a norm, or in another."""

    def seen(error: BaseException) -> bool:
        words = (f"tensor a ({x}) must match the size of tensor b ({y})" for x, y in ((a, b), (b, a)))
        here = f"at non-singleton dimension {dimension}" in str(error) and any(one in str(error) for one in words)
        return here and norm == any("norm" in line for line in answers_line(error, t.cell))

    return seen


def errors_of(t: Trial) -> Errors:
    """What Python says of three pictures and four texts -> the mistake that causes it."""
    return {
        "image has shape [3, 12, 12]": ONE_PICTURE,
        "image has shape [4, 9]": TOKENS_TO_IMAGE,
        "tokens has shape [3, 3, 12, 12]": PIXELS_TO_TEXT,
        "shapes cannot be multiplied (3x18 and 4x18)": Mistake(
            "in a matrix product the columns of the first meet the rows of the second", way=TURNED
        ),
        sizes_meet(t, 3, 4, 0, norm=True): LENGTHS_MEET,
        sizes_meet(t, 3, 4, 0, norm=False): ALONE,
        sizes_meet(t, 18, 3, 1, norm=True): NO_COLUMN,
        sizes_meet(t, 18, 4, 1, norm=True): NO_COLUMN,
        "a batch is made of pairs, found 3 pictures and 4 texts": Mistake(
            "a loss asks for pairs; forward gives the logits of any pictures and texts", way=TURNED
        ),
        "not enough values to unpack": Mistake(
            "an encoder gives one tensor, and here two are taken out of it",
            way="image_features = self.encode_image(pixels)",
        ),
    }


def wrong_features(theirs: CLIP, part: str, given: Tensor, pixels: Tensor, tokens: Tensor, came: Any) -> Known:
    """What encode_image (part visual) and encode_text (part text) give instead. came: what the answer gave."""
    right = getattr(theirs, part)(given)

    def cut_off() -> Tensor | None:
        shorter = (theirs.text(tokens[:, :n]) for n in range(1, tokens.shape[1]))
        return next((features for features in shorter if equal(features, came, TOLERANCE)), None)

    return {
        NO_NORM_HERE: lambda: F.normalize(right, dim=-1),
        Mistake("these features are multiplied by the scale", way="leave that to forward"): lambda: (
            right * theirs.logit_scale.exp()
        ),
        Mistake("the features are divided by the length of the whole batch",
                way="leave out the norm: forward takes it"): lambda: right / right.norm(),
        Mistake("these are the features of the pictures", way="self.text(tokens)"): lambda: theirs.visual(pixels),
        Mistake("this is the first row alone: every picture or text has features",
                way="leave out [0]"): lambda: right[0],
        Mistake("the last tokens are cut off, and EOT may be among them", way="self.text(tokens)"): cut_off,
        Mistake("the first token is left out", way="self.text(tokens)"): lambda: theirs.text(tokens[:, 1:]),
        Mistake("this is the mean over the batch", way="the encoder's result, as it is"): lambda: right.mean(dim=0),
        Mistake("these are shares", way="the encoder's result, as it is"): lambda: right.softmax(dim=-1),
    }  # fmt: skip


def wrong_logits(theirs: CLIP, pixels: Tensor, tokens: Tensor, which: int) -> Known:
    """What stands in place of the logits per image (0) or per text (1), with the same mistake in both."""
    images, texts = theirs.encode_image(pixels), theirs.encode_text(tokens)
    log, scale = theirs.logit_scale, theirs.logit_scale.exp()
    unit_images, unit_texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    cosines = unit_images @ unit_texts.T
    squared = [x / x.pow(2).sum(dim=-1, keepdim=True) for x in (images, texts)]
    summed = [x / x.sum(dim=-1, keepdim=True) for x in (images, texts)]
    absolute = [F.normalize(x, p=1, dim=-1) for x in (images, texts)]

    def turned(x: Tensor) -> Tensor:
        return x.T if which else x

    return {
        Mistake("these are dot products, not cosines: the features must have length 1 before they meet",
                way=OWN_LENGTH): lambda: turned(scale * images @ texts.T),
        Mistake("only the image features have length 1, the text features must have it, too",
                way=OWN_LENGTH): lambda: turned(scale * unit_images @ texts.T),
        Mistake("only the text features have length 1, the image features must have it, too",
                way=OWN_LENGTH): lambda: turned(scale * images @ unit_texts.T),
        Mistake("the norm runs over the batch; each row of features has a length of its own",
                way=OWN_LENGTH): lambda: turned(scale * F.normalize(images, dim=0) @ F.normalize(texts, dim=0).T),
        Mistake("you divide by one length for all rows together; each row has a length of its own",
                way=OWN_LENGTH): lambda: turned(scale * (images / images.norm()) @ (texts / texts.norm()).T),
        Mistake("you divide by the square of the length", way=OWN_LENGTH): lambda: (
            turned(scale * squared[0] @ squared[1].T)
        ),
        Mistake("you divide by the sum of a row; its length is the root of the sum of squares",
                way=OWN_LENGTH): lambda: turned(scale * summed[0] @ summed[1].T),
        Mistake("you divide by the sum of the absolute numbers; the length is the root of the sum of squares",
                way=OWN_LENGTH): lambda: turned(scale * absolute[0] @ absolute[1].T),
        Mistake("this is the scale of the start, whatever the model has learned", way=SCALE): lambda: (
            turned(cosines / 0.07)
        ),
        Mistake("this is the largest scale, whatever the model has learned", way=SCALE): lambda: turned(100 * cosines),
        Mistake("logit_scale is the logarithm of the scale, and is used as the scale itself",
                way=SCALE): lambda: turned(log * cosines),
        Mistake("the scale is missing: the cosines are multiplied by it", way=SCALE): lambda: turned(cosines),
        Mistake("the cosines are divided by the scale; it is one over the temperature, so they are multiplied by it",
                way=SCALE): lambda: turned(cosines / scale),
        Mistake("the scale is multiplied in twice", way=SCALE): lambda: turned(cosines * scale**2),
        Mistake("these are shares: the loss does the softmax itself", way="return the logits"): lambda: (
            (turned(scale * cosines)).softmax(dim=-1)
        ),
        Mistake("these are shares along the columns: the loss does the softmax itself",
                way="return the logits"): lambda: turned(scale * cosines).softmax(dim=0),
        Mistake("these are the features; their cosines are asked", way=TURNED): lambda: (
            unit_texts if which else unit_images
        ),
        Mistake("these are the features; the cosines of the two are asked", way=TURNED): lambda: (
            texts if which else images
        ),
        Mistake("the rows must be the texts here, and they are the pictures as in the first result" if which else
                "the rows must be the pictures in the first result, and they are the texts",
                way="logits_per_image, then logits_per_image.T"): lambda: turned(scale * cosines).T,
        Mistake("reshape writes the same numbers in the same order into other rows; here rows become columns",
                way="logits_per_image.T"): lambda: (scale * cosines).reshape(cosines.T.shape) if which else None,
        Mistake("pictures are compared with pictures here, or texts with texts",
                way=TURNED): lambda: scale * (unit_texts @ unit_texts.T if which else unit_images @ unit_images.T),
    }  # fmt: skip


def kind_of(came: Any) -> str:
    return f"{len(came)} of them" if isinstance(came, tuple | list) else in_words(came)


def wrong_kind(came: Any, theirs: CLIP, pixels: Tensor, tokens: Tensor) -> list[str]:
    """The mistake where not two results came, if it is certain."""
    right = theirs(pixels, tokens)
    both = Mistake("the same logits are asked twice: per image, and transposed, per text",
                   way="return logits_per_image, logits_per_image.T")  # fmt: skip
    if any(gives(lambda one=one: one, came) for one in right):  # type: ignore[misc]
        return [both]
    if isinstance(came, Tensor) and came.shape == right[0].shape:
        return [both]
    if isinstance(came, Tensor) and came.ndim == 0:
        return [Mistake("a loss is one number; forward gives the logits, and clip_loss makes the loss",
                        way="return logits_per_image, logits_per_image.T")]  # fmt: skip
    features = (theirs.encode_image(pixels), theirs.encode_text(tokens))
    three = isinstance(came, tuple | list) and len(came) == 3
    if three and all(isinstance(x, Tensor) and x.shape == f.shape for x, f in zip(came, features, strict=False)):
        return [Mistake("these are the features and the scale; the logits are asked", way=TURNED)]
    return []
