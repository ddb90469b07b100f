"""OpenAI's layout: a state dict under their names, from which alone the whole configuration is read.

torch_files.py reads their archives; weight_names.py holds the names. Source: openai/CLIP model.py, build_model.
"""

from dataclasses import replace
from pathlib import Path

import torch

from minclip.config import HEAD_WIDTH, CLIPConfig
from minclip.data.paths import atomic_write
from minclip.formats.build_model import build
from minclip.formats.changed_models import plain_weights, refuse_changed, the_clip
from minclip.formats.tokenizer_files import check_tokenizer, check_vocabulary, fits_openai_merges, write_openai_merges
from minclip.formats.weight_names import OPENAI, Weights
from minclip.formats.weights_files import write_tensors
from minclip.formats.written_weights import Dtype, written_weights
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer


def from_openai_state_dict(state_dict: Weights) -> CLIP:
    """A model from weights under OpenAI's names (half precision is made float32), in eval mode, on the CPU.

    The input is not changed. Raises ValueError where names or shapes do not fit.
    """
    return build(state_dict, OPENAI)


def to_openai_state_dict(model: CLIP) -> Weights:
    """The model's weights under OpenAI's names, in OpenAI's order; the tensors are the model's own, not copies.

    model: a CLIP, or a module that wraps or holds one. The dict has no room for the configuration: keep that yourself
    where it is not OpenAI's (`save_openai` refuses such a model).
    Raises ValueError for a model with replaced modules or other parameters: the dict would load as another model.
    """
    model = the_clip(model)
    refuse_changed(model, "OpenAI's")
    return OPENAI.from_ours(plain_weights(model))


def refuse_what_openai_cannot_say(config: CLIPConfig) -> None:
    """ValueError where OpenAI's layout, which holds nothing but weights, cannot tell this configuration."""
    text_heads = max(1, config.text_width // HEAD_WIDTH)
    told = replace(
        config, vision_head_width=HEAD_WIDTH, text_heads=text_heads, quick_gelu=True, pixel_mean=MEAN, pixel_std=STD
    )
    told = replace(told, vision_mlp_width=None)
    for name, value in vars(told).items():
        if getattr(config, name) != value:
            raise ValueError(
                f"{name}={getattr(config, name)} cannot be written in OpenAI's layout, whose readers take {value}: "
                f"write OpenCLIP's or Hugging Face's"
            )


def merges_beside(path: Path) -> Path:
    """Where a model's merges are kept: model.pt -> model.bpe.txt.gz"""
    return path.parent / (path.stem + ".bpe.txt.gz")


def save_openai(model: CLIP, tokenizer: BPETokenizer, path: str | Path, dtype: Dtype = torch.float32) -> None:
    """Writes a state dict that openai/CLIP's `clip.load(path)` reads, and the tokenizer's merges beside it.

    path: a name that ends in .safetensors makes one of these, any other one PyTorch's format.
    dtype: torch.float16 is that of OpenAI's own files, in which what multiplies is half (written_weights.py). Their
    loader makes it half precision itself on a GPU, whatever the file has. Raises ValueError, before anything is
    written, for what their layout cannot hold, a changed architecture too, and where `path` is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: pass a file, such as {path / 'model.pt'}")
    model = the_clip(model)
    refuse_changed(model, "OpenAI's")
    state = written_weights(model, OPENAI, dtype)
    refuse_what_openai_cannot_say(model.config)
    check_tokenizer(tokenizer)
    fits_openai_merges(tokenizer)
    check_vocabulary(model.config, tokenizer)
    if path.suffix == ".safetensors":
        write_tensors(path, state, {"format": "pt"})
    else:
        with atomic_write(path) as file:
            torch.save({name: tensor.detach().cpu().clone() for name, tensor in state.items()}, file)
    write_openai_merges(tokenizer, merges_beside(path))
