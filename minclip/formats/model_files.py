"""The model in a file or folder that minclip did not write: its weights, and the configuration and tokenizer beside.

weights_files.py reads the tensors, weight_names.py knows their names, openclip.py and huggingface.py read the
configurations.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import torch

from minclip.config import PRESETS, CLIPConfig
from minclip.data import pretrained
from minclip.data.tokenizer_file import OPENAI_MERGES
from minclip.formats import huggingface, openclip, siglip_configs
from minclip.formats.build_model import build, listed
from minclip.formats.openai import merges_beside
from minclip.formats.siglip_model import SigLIPConfig
from minclip.formats.siglip_names import HUGGING_FACE_SIGLIP, OPENCLIP_SIGLIP, siglip_layout_of
from minclip.formats.siglip_tokenizer import read_siglip_tokenizer
from minclip.formats.tokenizer_files import check_vocabulary, is_tokenizer_folder, read_tokenizer
from minclip.formats.weight_names import HUGGING_FACE, IGNORED, MINCLIP, OPENAI, SIZES, Layout, Weights, layout_of
from minclip.formats.weights_files import Stored, read_tensors
from minclip.formats.wrapped_weights import plain_names
from minclip.model import CLIP
from minclip.tokenizer import FIXED_SYMBOLS, BPETokenizer

Made = TypeVar("Made")

MODEL_FILE = "model.safetensors"  # Hugging Face's name for it, and ours inside a run folder
STATE_FILE = "state.safetensors"  # a run's: weights and what is needed to go on
# weights files of a folder, the same weights in every group: the first that is there is read
WEIGHTS_FILES = (
    (MODEL_FILE, "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
    (openclip.WEIGHTS_FILE, "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin"),
)
WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


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


def naming_the_file(path: Path, make: Callable[[], Made]) -> Made:
    """What `make` makes of a file; its errors get the file's name."""
    try:
        return make()
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def config_named(name: str) -> CLIPConfig:
    """The configuration behind a name: OpenCLIP's, else a preset."""
    if name.removesuffix(openclip.QUICK_GELU) not in openclip.MODELS and name in PRESETS:
        return PRESETS[name]
    return openclip.named(name)


def build_from_others(path: Path, stored: Stored, config: CLIPConfig | None) -> CLIP:
    """A model of weights without our metadata. Whose they are is seen by their names; a file beside them says the rest.

    What nothing says is guessed, with a UserWarning: QuickGELU and heads of 64, as OpenAI's models have them.
    """
    tensors, prefix, beside = naming_the_file(path, lambda: plain_names(stored.tensors))
    if siglips := siglip_layout_of(list(tensors)):
        if config is None:
            config = siglip_config_beside(path, siglips)
        elif not isinstance(config, SigLIPConfig):
            raise ValueError(f"{path}: its weights are a SigLIP's: pass config=SigLIPConfig(...), or leave it out")
        return naming_the_file(path, lambda: build(tensors, siglips, config))
    layout = layout_of(list(tensors))
    if layout is None:
        raise ValueError(
            f"{path}: these are no CLIP's weights that minclip knows: they begin {listed(list(stored.tensors))}. "
            f"Looked for token_embedding.weight (OpenAI, OpenCLIP), text_model. (Hugging Face) and "
            f"text.token_embedding.weight (minclip)"
        )
    if beside:
        warnings.warn(f"{path}: {len(beside)} tensors beside {prefix} are left out: {listed(beside)}", stacklevel=3)
    openclip_config, config_json = path.parent / openclip.CONFIG_FILE, path.parent / huggingface.CONFIG_FILE
    openais = all(size in tensors for size in SIZES)
    if config is None and layout is HUGGING_FACE:
        if not config_json.is_file():
            raise ValueError(
                f"{path}: {huggingface.CONFIG_FILE} is not beside it, and says which activation it was trained with: "
                f"put it there, or pass config=CLIPConfig(...)"
            )
        config = huggingface.read_config(config_json)
    elif config is None and not openais and openclip_config.is_file():
        config = openclip.read_config(openclip_config)
    elif config is None and not openais and is_openclips(path, stored, prefix, layout):
        raise ValueError(
            f"{path}: OpenCLIP's weights may have one of two activations. Put their {openclip.CONFIG_FILE} beside them "
            f"(a file of open_clip's model_configs/ will do, under that name), or pass the model's name: "
            f'config="ViT-B-32" (exact GELU) or config="ViT-B-32-quickgelu"'
        )
    elif config is None and not openais:
        warnings.warn(
            f"{path} says no configuration, and no {openclip.CONFIG_FILE} is beside it: taken as OpenAI's, with "
            f'QuickGELU and heads of 64. If that is wrong, pass its name, config="ViT-B-32" (OpenCLIP\'s, exact GELU), '
            f"or config=CLIPConfig(...)",
            stacklevel=3,
        )
    return naming_the_file(path, lambda: build(tensors, layout, config))


def siglip_config_beside(path: Path, layout: Layout) -> SigLIPConfig:
    """The configuration in the file beside a SigLIP's weights. ValueError where it is not there."""
    openclips = layout is OPENCLIP_SIGLIP
    beside = path.parent / (openclip.CONFIG_FILE if openclips else huggingface.CONFIG_FILE)
    if not beside.is_file():
        more = " (a file of open_clip's model_configs/ will do, under that name)" if openclips else ""
        raise ValueError(
            f"{path}: {beside.name} is not beside it, and says which activation it was trained with: put it "
            f"there{more}, or pass config=SigLIPConfig(...)"
        )
    return siglip_configs.read_openclip(beside) if openclips else siglip_configs.read_hugging_face(beside)


def how_written(path: Path) -> tuple[str, dict[str, torch.dtype]]:
    """(openai, openclip or huggingface, name -> dtype of each tensor) of a file of weights.

    ValueError where it is minclip's own, or no CLIP's.
    """
    stored = read_tensors(path)
    tensors, prefix, _ = naming_the_file(path, lambda: plain_names(stored.tensors))
    layout = siglip_layout_of(list(tensors)) or layout_of(list(tensors))
    if layout in (OPENCLIP_SIGLIP, HUGGING_FACE_SIGLIP):
        raise ValueError(f"{path} is a SigLIP, which minclip writes in no other layout than its own yet")
    if layout not in (OPENAI, HUGGING_FACE) or stored.metadata.get("format", "").startswith("minclip"):
        raise ValueError(f"{path} is not in the layout of OpenAI, OpenCLIP or Hugging Face")
    openclips = (path.parent / openclip.CONFIG_FILE).is_file() or is_openclips(path, stored, prefix, layout)
    kind = "huggingface" if layout is HUGGING_FACE else "openclip" if openclips else "openai"
    return kind, {name: tensor.dtype for name, tensor in tensors.items()}


def named_as_ours(stored: Stored) -> Weights:
    """Weights of any layout under our names, without a question whether they make a CLIP."""
    tensors, _, _ = plain_names(stored.tensors)
    layout = siglip_layout_of(list(tensors)) or layout_of(list(tensors)) or MINCLIP
    return layout.to_ours({name: tensor for name, tensor in tensors.items() if name.split(".")[-1] not in IGNORED})


def is_openclips(path: Path, stored: Stored, prefix: str, layout: Layout) -> bool:
    """Whether weights under OpenAI's names are OpenCLIP's: by the file's name, or as its training writes them."""
    return layout is OPENAI and (path.name.startswith(openclip.PREFIX) or (stored.kind == "wrapped" and not prefix))


def find_tokenizer(path: Path, config: CLIPConfig) -> BPETokenizer:
    """The tokenizer beside a weights file, or OpenAI's where the vocabulary has its size; else a NoTokenizer."""
    if isinstance(config, SigLIPConfig):
        try:
            siglips = cast(BPETokenizer, read_siglip_tokenizer(path.parent, config.context_length))
            check_vocabulary(config, siglips)
        except (FileNotFoundError, ValueError) as error:
            return no_tokenizer(str(error))
        return siglips
    places = [merges_beside(path), path.parent / pretrained.MERGES.name]
    found = next((file for file in places if file.is_file()), None)
    if found is None and is_tokenizer_folder(path.parent):
        found = path.parent
    if found is None and config.vocab_size != FIXED_SYMBOLS + OPENAI_MERGES:
        return no_tokenizer(f"there is none beside {path}, and a vocabulary of {config.vocab_size} is not OpenAI's")
    try:
        tokenizer = read_tokenizer(found or pretrained.openai_merges_path(), config.context_length)
        check_vocabulary(config, tokenizer)
    except (FileNotFoundError, ValueError) as error:  # the weights are good all the same
        return no_tokenizer(str(error))
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
