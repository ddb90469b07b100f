"""What the search page can do, without a word of HTTP: search, find alike, classify, show a picture."""

import io
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from minclip.data.images import decode, open_image, quiet
from minclip.model import CLIP
from minclip.preprocess import as_seen
from minclip.prompts import PICTURE_TEMPLATES
from minclip.retrieval import composed_query
from minclip.search.folder_index import FolderIndex
from minclip.search.kept_place import is_inside
from minclip.zero_shot import Preprocess, Tokenizer, encode_images, encode_texts, wrong_names, zero_shot_classifier

UPLOADS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")  # formats that Pillow decodes by itself
MAX_UPLOAD_PIXELS = 50_000_000
MAX_TEXT, MAX_NAMES, MAX_FOUND = 1000, 50, 200
NEUTRAL = "a picture"  # what a text is held against where nothing is to be replaced
SIZES = {"small": 360, "large": 1280}  # pixels of the long side


class Searcher:
    """A folder's index and the model that made it. Several threads may ask at the same time.

    The model may be on any device; features are compared on the CPU, where the index is.
    """

    def __init__(
        self,
        index: FolderIndex,
        model: CLIP,
        preprocess: Preprocess,
        tokenizer: Tokenizer,
        templates: Sequence[str] = PICTURE_TEMPLATES,
    ):
        self.index, self.model, self.preprocess, self.tokenizer = index, model, preprocess, tokenizer
        self.templates = list(templates)
        self.root = str(Path(index.folder).resolve())
        self.lock = threading.Lock()  # one encodes at a time: the cores are shared anyway
        self.text_features = lru_cache(1000)(self.encode_text)
        self.class_features = lru_cache(1000)(self.encode_class)
        self.shown = lru_cache(500)(self.encode_shown)

    def warm_up(self) -> None:
        """The first call of an encoder is slow: it is made before anybody waits for it."""
        self.search(self.text_features(NEUTRAL), 1)

    def encode_text(self, text: str) -> Tensor:
        """float32 [1, embed_dim]. ValueError for an empty text, and for one that is too long."""
        if not text.strip() or len(text) > MAX_TEXT:
            raise ValueError(f"a text needs 1 to {MAX_TEXT:,} letters")
        with self.lock:
            return encode_texts(self.model, self.tokenizer, [text]).cpu()

    def encode_class(self, name: str) -> Tensor:
        """The class's column of the zero-shot classifier, float32 [embed_dim]."""
        with self.lock:
            return zero_shot_classifier(self.model, self.tokenizer, [name], self.templates)[:, 0].cpu()

    def features_of(self, number: int) -> Tensor:
        """float32 [1, embed_dim] of a picture of the index. IndexError for a number that it does not have."""
        if not 0 <= number < len(self.index):
            raise IndexError(f"there is no picture {number}")
        return self.index.features[number : number + 1]

    def features_of_upload(self, content: bytes) -> Tensor:
        """float32 [1, embed_dim] of a picture file. ValueError where it is none, or too large."""
        Image.init()
        with quiet():
            try:
                header = Image.open(io.BytesIO(content), formats=[kind for kind in UPLOADS if kind in Image.OPEN])
            except Exception as error:
                raise ValueError(f"this is no picture of a known kind ({', '.join(UPLOADS)})") from error
        if header.width * header.height > MAX_UPLOAD_PIXELS:
            limit = f"{MAX_UPLOAD_PIXELS // 1_000_000} million"
            raise ValueError(f"{header.width} × {header.height} pixels are more than {limit}: take a smaller picture")
        picture = as_seen(open_image(io.BytesIO(content), "the picture"))
        with self.lock:
            return encode_images(self.model, self.preprocess, picture).cpu()

    def query(self, text: str, instead: str, picture: Tensor | None, weight: float) -> Tensor:
        """float32 [1, embed_dim]: of the text, of the picture, or of both put together."""
        if picture is None:
            return self.text_features(text)
        if not text.strip():
            return picture
        removed = self.text_features(instead if instead.strip() else NEUTRAL)
        return composed_query(picture, self.text_features(text), removed, weight)

    def search(self, query: Tensor, k: int, without: int | None = None) -> list[dict[str, Any]]:
        """The nearest pictures; without: the number of one that is not to be among them."""
        if not 1 <= k <= MAX_FOUND:
            raise ValueError(f"k={k} must be from 1 to {MAX_FOUND}")
        found = self.index.nearest(query[0], k + (without is not None))
        found = [(number, score) for number, score in found if number != without][:k]
        return [{"number": number, "name": self.name(number), "score": round(score, 4)} for number, score in found]

    def name(self, number: int) -> str:
        """The path from the folder on; letters that are no Unicode are shown as question marks."""
        below = Path(self.index.names[number]).relative_to(self.index.folder).as_posix()
        return below.encode("utf-8", "replace").decode("utf-8")

    def shares(self, names: Sequence[str], picture: Tensor) -> list[dict[str, Any]]:
        """Softmax probabilities of the class names, in their order. They compare the names with each other."""
        if len(names) > MAX_NAMES or any(len(name) > MAX_TEXT for name in names):
            raise ValueError(f"at most {MAX_NAMES} names of {MAX_TEXT:,} letters each")
        if wrong := wrong_names(names):
            raise ValueError(wrong)
        classifier = torch.stack([self.class_features(name) for name in names])  # [classes, embed_dim]
        logits = self.model.logit_scale.exp().item() * picture @ classifier.T  # [1, classes]
        shares = logits.softmax(dim=-1)[0].tolist()
        return [{"name": name, "share": round(share, 4)} for name, share in zip(names, shares, strict=True)]

    def encode_shown(self, number: int, size: str) -> bytes:
        """The picture as JPEG, made anew: no other byte of the file is given away, its place of taking included.

        IndexError for a number that is not there; FileNotFoundError where its file is gone, leads out of the folder by
        now, or cannot be read any more.
        """
        if not 0 <= number < len(self.index):
            raise IndexError(f"there is no picture {number}")
        path = Path(self.index.names[number])
        if not is_inside(path, self.root):
            raise FileNotFoundError(f"{self.name(number)} is not in the folder any more")
        try:
            with quiet(), path.open("rb") as file:
                picture = as_seen(decode(file))
        except (OSError, ValueError) as error:
            raise FileNotFoundError(f"{self.name(number)} cannot be read any more") from error
        picture.thumbnail((SIZES[size], SIZES[size]))
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=85)
        return content.getvalue()
