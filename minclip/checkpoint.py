"""Models as files: our own, OpenAI's, OpenCLIP's and Hugging Face's, read by one function, `load`.

Our own is one safetensors file that holds weights, configuration and tokenizer. What the others look like is in
formats/. Numbers and text are read, nothing that runs: no file is ever unpickled.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from minclip.config import CLIPConfig
from minclip.engine.devices import choose_device
from minclip.formats.build_model import build
from minclip.formats.changed_models import changes, changes_in_words, fill, plain_weights, the_clip
from minclip.formats.huggingface import save_huggingface
from minclip.formats.int8 import pack_matrices, unpack_matrices
from minclip.formats.model_files import (
    MODEL_FILE,
    STATE_FILE,
    build_from_others,
    config_named,
    find_tokenizer,
    how_written,
    named_as_ours,
    naming_the_file,
)
from minclip.formats.model_places import available_models, find
from minclip.formats.openai import from_openai_state_dict, save_openai, to_openai_state_dict
from minclip.formats.openclip import save_openclip
from minclip.formats.precision import set_precision
from minclip.formats.resizing import new_positions, resized, with_length
from minclip.formats.siglip_model import config_from
from minclip.formats.siglip_tokenizer import tokenizer_from_json
from minclip.formats.tokenizer_files import check_vocabulary
from minclip.formats.weight_names import MINCLIP
from minclip.formats.weights_files import read_tensors, write_tensors
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

__all__ = [
    "MODEL_FILE",
    "STATE_FILE",
    "available_models",
    "from_openai_state_dict",
    "load",
    "load_into",
    "resized",
    "save",
    "save_huggingface",
    "save_like",
    "save_openai",
    "save_openclip",
    "to_openai_state_dict",
]

FORMAT = "minclip-model-1"
CHANGED = "minclip-changed-1"  # weights of a model that no configuration describes: for load_into alone


def save(model: CLIP, tokenizer: BPETokenizer, path: str | Path, compact: bool = False) -> None:
    """Writes weights, configuration and tokenizer to one .safetensors file, whole or not at all.

    model: a CLIP, or a module that wraps or holds one (torch.compile, DataParallel): the names are the CLIP's own.
    Where its classes or parameters are not those that the configuration describes, the file says so: `load_into`
    reads it, `load` refuses it.
    compact: a quarter of the room, for giving a model away: 8-bit matrices (formats/int8.py), a little rounded.
    """
    model = the_clip(model)
    check_vocabulary(model.config, tokenizer)
    weights, metadata = plain_weights(model), model_metadata(model, tokenizer)
    if compact:
        weights, metadata = pack_matrices(weights), metadata | {"packed": "int8"}
    write_tensors(Path(path), weights, metadata)


def save_like(model: CLIP, tokenizer: BPETokenizer, path: str | Path, like: str | Path) -> None:
    """Writes the model as a file of another library is written: in its layout, each tensor in its dtype.

    like: a name, file or folder, such as the one that the model was fine-tuned from. path: what the layout's own
    function writes, a file for OpenAI's, a folder for OpenCLIP's and Hugging Face's.
    Raises FileNotFoundError where `like` is not there, ValueError where it is no such file, and what that function
    raises.
    """
    layout, dtypes = how_written(find(like))
    SAVERS[layout](model, tokenizer, path, dtypes)


SAVERS = {"openai": save_openai, "openclip": save_openclip, "huggingface": save_huggingface}


def model_metadata(model: CLIP, tokenizer: BPETokenizer) -> dict[str, str]:
    """What a file must say beside the weights, so that it is enough on its own."""
    model = the_clip(model)
    told = {"format": FORMAT, "config": json.dumps(asdict(model.config)), "tokenizer": tokenizer.to_json()}
    changed = changes(model)
    return told | {"format": CHANGED, "changed": json.dumps(changed)} if changed else told


def model_from(weights: dict[str, Tensor], metadata: dict[str, str]) -> tuple[CLIP, BPETokenizer]:
    """The inverse of model_metadata and state_dict. ValueError for a changed model."""
    config, tokenizer, changed = told_by(metadata)
    if changed:
        raise ValueError(
            f"its model was changed ({changes_in_words(changed)}), and minclip cannot build it: build it yourself and "
            f"call minclip.checkpoint.load_into(model, path)"
        )
    return build(unpack_matrices(weights) if "packed" in metadata else weights, MINCLIP, config), tokenizer


def told_by(metadata: dict[str, str]) -> tuple[CLIPConfig, BPETokenizer, dict[str, str]]:
    """(configuration, tokenizer, changes) that a file of ours says beside its weights."""
    if metadata.get("format") not in (FORMAT, CHANGED):
        raise ValueError(f"no {FORMAT} is in this file, its format is {metadata.get('format')!r}")
    try:
        config = config_from(json.loads(metadata["config"]))
        tokenizer = tokenizer_from_json(metadata["tokenizer"])
        changed = {str(place): str(what) for place, what in json.loads(metadata.get("changed", "{}")).items()}
    except (AttributeError, KeyError, TypeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"the file's configuration or tokenizer cannot be read: {error!r}") from error
    check_vocabulary(config, tokenizer)
    return config, tokenizer, changed


def fill_from(model: CLIP, weights: dict[str, Tensor], metadata: dict[str, str]) -> BPETokenizer:
    """Puts a file's weights into the model that it was saved from, built anew; returns the file's tokenizer.

    ValueError, before anything is changed, where the model has another configuration, is changed at other places, or
    has other parameters.
    """
    config, tokenizer, changed = told_by(metadata)
    for name, value in vars(config).items():
        if getattr(model.config, name) != value:
            raise ValueError(f"its model has {name}={value}, the one to fill has {getattr(model.config, name)}")
    given = changes(model)
    for place in [*changed, *given]:
        if place not in changed or place not in given:
            where, other = ("the file", "the model to fill") if place in changed else ("the model to fill", "the file")
            only = changes_in_words({place: (changed | given)[place]})
            raise ValueError(f"in {where}, {only}; in {other} that is as minclip builds it: they are two architectures")
    fill(model, unpack_matrices(weights) if "packed" in metadata else weights)
    return tokenizer


def load(
    name_or_path: str | Path,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    config: CLIPConfig | str | None = None,
    image_size: int | None = None,
    context_length: int | None = None,
) -> tuple[CLIP, Callable[[Image.Image], Tensor], BPETokenizer]:
    """(model, preprocess, tokenizer) from a name of `available_models()` or of the Hub, a file, or a folder.

    A name of the Hub is hf-hub:OWNER/NAME or hf-hub:OWNER/NAME@REVISION, once `minclip fetch` has brought it.

    A file or folder is one of ours (`save`, a run of `minclip train`), OpenAI's .pt, OpenCLIP's weights beside their
    open_clip_config.json, or a Hugging Face CLIPModel. The model is in eval mode, on `device`, in `dtype` (default:
    float32; half precision leaves norms and embeddings in float32, see precision.py).

    device: None is the CPU, because `preprocess` and `tokenizer` give tensors of the CPU. With
    "cuda" or "mps", send theirs there, too: `model.encode_text(tokenizer(texts).to(device))`.

    config: only for weights that lie alone: a CLIPConfig, or a name: OpenCLIP's, such as "ViT-B-32-quickgelu" ("RN50"
    is OpenCLIP's, too, with the exact GELU), or a preset. A lone file under OpenAI's names is taken as OpenAI's.

    image_size, context_length: other sizes than those of the weights, see formats/resizing.py: pixels a side, of which
    `preprocess` then makes as many, and tokens of a text, for `tokenizer`, too. A warning says which positions are new.
    Raises FileNotFoundError, or ValueError with one line that names the file and what is wrong with it.
    """
    path = find(name_or_path)
    if not (config is None or isinstance(config, CLIPConfig | str)):
        raise ValueError(f"config={config!r:.80} must be a CLIPConfig or a name")
    stored = read_tensors(path)
    if stored.metadata.get("format", "").startswith("minclip"):
        if config is not None:
            raise ValueError(f"{path} says its configuration itself: leave out config")
        model, tokenizer = naming_the_file(path, lambda: model_from(stored.tensors, stored.metadata))
    else:
        model = build_from_others(path, stored, config_named(config) if isinstance(config, str) else config)
        tokenizer = find_tokenizer(path, model.config)
    if image_size is not None or context_length is not None:
        before, model = model.config, naming_the_file(path, lambda: resized(model, image_size, context_length))
        tokenizer = with_length(tokenizer, model.config.context_length)
        count, what = new_positions(before, model.config)
        if count:
            warnings.warn(f"{path}: {count} {what}", stacklevel=2)
    model = set_precision(model, torch.float32 if dtype is None else dtype).to(
        choose_device("cpu" if device is None else device).device
    )
    return model, model.config.image_transform, tokenizer


def load_into(model: CLIP, name_or_path: str | Path) -> tuple[CLIP, Callable[[Image.Image], Tensor], BPETokenizer]:
    """Reads weights into a model that you have built yourself, for architectures that `load` cannot build.

    Returns what `load` does; the model is the one given, in eval mode, on its own device and in its own precision.
    Every name and shape must fit. Raises FileNotFoundError, or ValueError with one line that names the file and what is
    wrong; the model is then as it was.
    """
    path, clip = find(name_or_path), the_clip(model)
    stored = read_tensors(path)
    if stored.metadata.get("format", "").startswith("minclip"):
        tokenizer = naming_the_file(path, lambda: fill_from(clip, stored.tensors, stored.metadata))
    else:
        naming_the_file(path, lambda: fill(clip, named_as_ours(stored)))
        tokenizer = find_tokenizer(path, clip.config)
    return model.eval(), clip.config.image_transform, tokenizer
