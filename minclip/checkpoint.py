"""Models as files: our own, OpenAI's, OpenCLIP's and Hugging Face's, read by one function, `load`.

Our own is one safetensors file that holds weights, configuration and tokenizer. What the others look like is in
formats/. Numbers and text are read, nothing that runs: no file is ever unpickled.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from PIL import Image
from torch import Tensor

from minclip import pretrained
from minclip.config import PRESETS, CLIPConfig
from minclip.devices import choose_device
from minclip.formats import huggingface, openclip
from minclip.formats.assemble import build, listed
from minclip.formats.files import Stored, read_tensors, write_tensors
from minclip.formats.huggingface import save_huggingface
from minclip.formats.names import HUGGING_FACE, MINCLIP, layout_of
from minclip.formats.openai import from_openai_state_dict, merges_beside, save_openai, to_openai_state_dict
from minclip.formats.openclip import save_openclip
from minclip.formats.tokenizer_files import is_tokenizer_folder, read_tokenizer
from minclip.model import CLIP
from minclip.precision import set_precision
from minclip.preprocess import image_transform
from minclip.tokenizer import BPETokenizer

__all__ = [
    "MODEL_FILE",
    "available_models",
    "from_openai_state_dict",
    "load",
    "save",
    "save_huggingface",
    "save_openai",
    "save_openclip",
    "to_openai_state_dict",
]

FORMAT = "minclip-model-1"
MODEL_FILE = "model.safetensors"  # its name inside a run folder
# weights files of a folder, the same weights in every group: the first that is there is read
WEIGHTS_FILES = (
    (MODEL_FILE, "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
    (openclip.WEIGHTS_FILE, "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin"),
)
WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
STATE_FILE = "state.safetensors"  # a run's: weights and what is needed to go on


def save(model: CLIP, tokenizer: BPETokenizer, path: str | Path) -> None:
    """Writes weights, configuration and tokenizer to one .safetensors file, whole or not at all."""
    write_tensors(Path(path), model.state_dict(), model_metadata(model, tokenizer))


def model_metadata(model: CLIP, tokenizer: BPETokenizer) -> dict[str, str]:
    """What a file must say beside the weights, so that it is enough on its own."""
    return {"format": FORMAT, "config": json.dumps(asdict(model.config)), "tokenizer": tokenizer.to_json()}


def model_from(weights: dict[str, Tensor], metadata: dict[str, str]) -> tuple[CLIP, BPETokenizer]:
    """The inverse of model_metadata and state_dict."""
    if metadata.get("format") != FORMAT:
        raise ValueError(f"no {FORMAT} is in this file, its format is {metadata.get('format')!r}")
    try:
        config = CLIPConfig(**json.loads(metadata["config"]))
        tokenizer = BPETokenizer.from_json(metadata["tokenizer"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"the file's configuration or tokenizer cannot be read: {error!r}") from error
    return build(weights, MINCLIP, config), tokenizer


def available_models() -> list[str]:
    """Names that `load` knows without a path: those that come with minclip, then those `minclip fetch` brings."""
    return [*pretrained.shipped(), *pretrained.fetchable()]


def load(
    name_or_path: str | Path,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    config: CLIPConfig | str | None = None,
) -> tuple[CLIP, Callable[[Image.Image], Tensor], BPETokenizer]:
    """(model, preprocess, tokenizer) from a name of `available_models()`, a file, or a folder.

    A file or folder is one of ours (`save`, a run of `minclip train`), OpenAI's .pt, OpenCLIP's weights beside their
    open_clip_config.json, or a Hugging Face CLIPModel. The model is in eval mode, on `device` (default: the best one
    here), in `dtype` (default: float32; half precision leaves norms and embeddings in float32, see precision.py).

    config: only for weights that lie alone: a CLIPConfig, a preset, or OpenCLIP's name, such as "ViT-B-32-quickgelu".
    Raises FileNotFoundError, or ValueError with one line that names the file and what is wrong with it.
    """
    path = find(name_or_path)
    stored = read_tensors(path)
    try:
        model, tokenizer = model_and_tokenizer(path, stored, config)
    except ValueError as error:
        raise ValueError(str(error) if str(path.parent) in str(error) else f"{path}: {error}") from error
    model = set_precision(model, dtype or torch.float32).to(choose_device(device).device)
    preprocess = image_transform(model.config.image_size, model.config.pixel_mean, model.config.pixel_std)
    return model, preprocess, tokenizer


def find(name_or_path: str | Path) -> Path:
    """The weights file of a name, file or folder. FileNotFoundError that says what can be loaded."""
    name, path = str(name_or_path), Path(name_or_path)
    if name in pretrained.shipped():
        return pretrained.SHIPPED / f"{name}.safetensors"
    if name in pretrained.fetchable():
        if fetched := pretrained.fetched(name):
            return fetched
        raise FileNotFoundError(f"{name} is not here yet: run `minclip fetch {name}`, with --from FILE if you have it")
    if path.is_dir():
        return weights_in(path)
    if path.is_file():
        return path
    raise FileNotFoundError(
        f"no model at {path}: pass a weights file, a folder with one, a run folder of `minclip train`, "
        f"or a name: {', '.join(available_models())}"
    )


def weights_in(folder: Path) -> Path:
    """The one model in a folder. ValueError where there are two, FileNotFoundError where there is none."""
    groups = [[folder / name for name in group if (folder / name).is_file()] for group in WEIGHTS_FILES]
    candidates = [group[0] for group in groups if group]
    if not candidates:
        others = (path for path in sorted(folder.iterdir()) if path.suffix in WEIGHTS_SUFFIXES and path.is_file())
        candidates = [path for path in others if path.name != STATE_FILE]
    if not candidates:
        raise FileNotFoundError(f"no model in the folder {folder}: it holds no {', '.join(WEIGHTS_SUFFIXES)} file")
    if len(candidates) > 1:
        names = ", ".join(path.name for path in candidates)
        raise ValueError(f"the folder {folder} holds several models: {names}. Pass the path of the one you mean")
    return candidates[0]


def model_and_tokenizer(path: Path, stored: Stored, config: CLIPConfig | str | None) -> tuple[CLIP, BPETokenizer]:
    """Recognises whose weights these are by their names, and what is said of them by the files beside them."""
    if "format" in stored.metadata and stored.metadata["format"].startswith("minclip"):
        return model_from(stored.tensors, stored.metadata)
    layout = layout_of(list(stored.tensors))
    if layout is None:
        raise ValueError(f"these are no CLIP's weights that minclip knows: they begin {listed(list(stored.tensors))}")
    if isinstance(config, str):
        config = PRESETS[config] if config in PRESETS else openclip.named(config)
    openclip_config, config_json = path.parent / openclip.CONFIG_FILE, path.parent / huggingface.CONFIG_FILE
    if config is None and layout is HUGGING_FACE:
        if not config_json.is_file():
            raise ValueError(f"{config_json} is not there: it says which activation these weights were trained with")
        config = huggingface.read_config(config_json)
    elif config is None and stored.kind != "torchscript" and openclip_config.is_file():
        config = openclip.read_config(openclip_config)
    elif config is None and (stored.kind == "wrapped" or path.name.startswith(openclip.PREFIX)):
        raise ValueError(
            f"these weights are OpenCLIP's, which may have one of two activations. Put {openclip.CONFIG_FILE} beside "
            f'them, or pass its name: config="ViT-B-32" (exact GELU) or config="ViT-B-32-quickgelu"'
        )
    model = build(stored.tensors, layout, config)
    return model, find_tokenizer(path, model.config)


def find_tokenizer(path: Path, config: CLIPConfig) -> BPETokenizer:
    """The tokenizer beside a weights file, or OpenAI's where the vocabulary has its size; else a NoTokenizer."""
    merges = [merges_beside(path), path.parent / pretrained.MERGES.name]
    found = next((file for file in merges if file.is_file()), None)
    if found is None and is_tokenizer_folder(path.parent):
        found = path.parent
    try:
        tokenizer = read_tokenizer(found or pretrained.openai_merges_path(), config.context_length)
    except FileNotFoundError as error:
        return no_tokenizer(str(error))
    if tokenizer.vocab_size != config.vocab_size:
        return no_tokenizer(f"{found or 'OpenAI'}'s vocabulary has {tokenizer.vocab_size} ids, not {config.vocab_size}")
    return tokenizer


class NoTokenizer:
    """Stands where a model came without its vocabulary: the model works, and any use of this says what is missing."""

    def __init__(self, reason: str):
        self._reason = reason

    def __call__(self, *_: object, **__: object) -> None:
        raise ValueError(f"this model came without its tokenizer: {self._reason}")

    def __getattr__(self, name: str) -> None:
        if name.startswith("_"):  # what Python and notebooks ask of any object
            raise AttributeError(name)
        self()


def no_tokenizer(reason: str) -> BPETokenizer:
    """A NoTokenizer, which a type checker need not know of."""
    return cast(BPETokenizer, NoTokenizer(reason))
