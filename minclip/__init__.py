"""minclip: the real CLIP, small enough to read.

    model, preprocess, tokenizer = minclip.load("picturebook-small")
    image_features = model.encode_image(preprocess(image)[None])
    text_features = model.encode_text(tokenizer(["a red car", "two blue fish"]))

Importing has no side effects: nothing is printed, downloaded, configured or seeded. The names below are imported
when they are first used, so that drawing pictures or asking for help does not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minclip import checkpoint, data, evaluation, figures, preprocess, retrieval, training
    from minclip.checkpoint import available_models, load, save
    from minclip.config import CLIPConfig
    from minclip.experiments.fit import fit
    from minclip.loss import clip_loss
    from minclip.model import CLIP
    from minclip.search.embed import embed
    from minclip.similarity import cosine_similarity
    from minclip.tokenizer import BPETokenizer
    from minclip.zero_shot import classify, zero_shot_classifier

__version__ = "0.1.0"
__all__ = [
    "CLIP",
    "BPETokenizer",
    "CLIPConfig",
    "available_models",
    "checkpoint",
    "classify",
    "clip_loss",
    "cosine_similarity",
    "data",
    "embed",
    "evaluation",
    "figures",
    "fit",
    "load",
    "preprocess",
    "retrieval",
    "save",
    "training",
    "zero_shot_classifier",
]

HOME_OF = {
    "CLIP": "model",
    "BPETokenizer": "tokenizer",
    "CLIPConfig": "config",
    "available_models": "checkpoint",
    "classify": "zero_shot",
    "clip_loss": "loss",
    "cosine_similarity": "similarity",
    "embed": "search.embed",
    "fit": "experiments.fit",
    "load": "checkpoint",
    "save": "checkpoint",
    "zero_shot_classifier": "zero_shot",
}


def __getattr__(name: str) -> Any:
    if name in HOME_OF:
        return getattr(import_module(f"minclip.{HOME_OF[name]}"), name)
    if name in __all__:
        return import_module(f"minclip.{name}")
    raise AttributeError(f"module 'minclip' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
