"""Models as files: our own (one safetensors file that holds weights, configuration and tokenizer) and OpenAI's names.

Safetensors hold numbers and text, nothing that runs: no file is ever unpickled here.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor

from minclip.data.paths import atomic_write
from minclip.devices import choose_device
from minclip.model import CLIP, CLIPConfig
from minclip.preprocess import image_transform
from minclip.tokenizer import BPETokenizer

FORMAT = "minclip-model-1"
MODEL_FILE = "model.safetensors"  # its name inside a run folder

# (ours, OpenAI's): the first row whose left side begins a name decides
OPENAI_NAMES = (
    ("text.", ""),
    ("visual.embedding.", "visual."),
)
OPENAI_SCALARS = ("input_resolution", "context_length", "vocab_size")  # beside the weights in OpenAI's archives
# the tensors whose shapes give the configuration
OPENAI_SHAPES = ["visual.proj", "visual.conv1.weight", "visual.positional_embedding", "positional_embedding"]
OPENAI_SHAPES += ["text_projection", "token_embedding.weight", "ln_final.weight"]
# PyTorch lists a module's own parameters before its children's: these are CLIP's and the visual encoder's own
OPENAI_FIRST = ["positional_embedding", "text_projection", "logit_scale"]
OPENAI_FIRST += ["visual.class_embedding", "visual.positional_embedding", "visual.proj"]


def to_openai_name(name: str) -> str:
    """text.ln_final.weight -> ln_final.weight"""
    for ours, theirs in OPENAI_NAMES:
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def to_openai_state_dict(model: CLIP) -> dict[str, Tensor]:
    """The model's weights under OpenAI's names, in OpenAI's order; the tensors are the model's own, not copies."""
    state = {to_openai_name(name): tensor for name, tensor in model.state_dict().items()}
    ordered = [
        *OPENAI_FIRST,
        *(n for n in state if n.startswith("visual.")),
        *(n for n in state if n.startswith("tr")),
    ]
    ordered += [name for name in state if name not in ordered]
    return {name: state[name] for name in dict.fromkeys(ordered)}


def infer_openai_config(state: dict[str, Tensor]) -> CLIPConfig:
    """The dimensions of a ViT checkpoint in OpenAI's layout, read off its shapes as openai/CLIP does."""
    missing = [name for name in OPENAI_SHAPES if name not in state]
    if missing:
        raise ValueError(
            f"state_dict has no {', '.join(missing)}: it is not a CLIP with a Vision Transformer in OpenAI's layout"
        )

    def layers(prefix: str) -> int:
        return len([name for name in state if name.startswith(prefix) and name.endswith(".attn.in_proj_weight")])

    vision_width, _, patch_size, _ = state["visual.conv1.weight"].shape
    grid = round((state["visual.positional_embedding"].shape[0] - 1) ** 0.5)
    text_width = state["ln_final.weight"].shape[0]
    return CLIPConfig(
        embed_dim=state["text_projection"].shape[1],
        image_size=patch_size * grid,
        patch_size=patch_size,
        vision_width=vision_width,
        vision_layers=layers("visual.transformer."),
        text_width=text_width,
        text_heads=max(1, text_width // 64),
        text_layers=layers("transformer."),
        context_length=state["positional_embedding"].shape[0],
        vocab_size=state["token_embedding.weight"].shape[0],
    )


def from_openai_state_dict(state_dict: dict[str, Tensor]) -> CLIP:
    """A model from weights under OpenAI's names (half precision is made float32), in eval mode, on the CPU.

    The input is not changed. Raises ValueError where names or shapes do not fit.
    """
    state = {name: tensor for name, tensor in state_dict.items() if name not in OPENAI_SCALARS}
    model = CLIP(infer_openai_config(state))
    ours = {to_openai_name(name): name for name in model.state_dict()}
    load_weights(model, {ours.get(name, name): tensor.detach().float() for name, tensor in state.items()})
    return model.eval()


def load_weights(model: CLIP, weights: dict[str, Tensor]) -> None:
    """Copies weights into the model; ValueError names what is missing, surplus or of another shape."""
    expected = model.state_dict()
    missing, surplus = sorted(expected.keys() - weights.keys()), sorted(weights.keys() - expected.keys())
    if missing or surplus:
        raise ValueError(f"the weights do not fit the model: missing {missing[:5]}, surplus {surplus[:5]}")
    for name, tensor in expected.items():
        if weights[name].shape != tensor.shape:
            raise ValueError(
                f"{name} has shape {list(weights[name].shape)}, the configuration asks for {list(tensor.shape)}"
            )
    model.load_state_dict(weights)


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """One safetensors file, whole or not at all."""
    content = safetensors.torch.save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, metadata)
    with atomic_write(path) as file:
        file.write(content)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors, metadata) of a safetensors file; ValueError where it is anything else."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            # clones: a file that stays mapped into memory could not be replaced on Windows
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is not a safetensors file, or it is cut off ({error}); pickles are never opened: they can run code"
        ) from error


def model_metadata(model: CLIP, tokenizer: BPETokenizer) -> dict[str, str]:
    """What a file must say beside the weights, so that it is enough on its own."""
    return {"format": FORMAT, "config": json.dumps(asdict(model.config)), "tokenizer": tokenizer.to_json()}


def model_from(weights: dict[str, Tensor], metadata: dict[str, str]) -> tuple[CLIP, BPETokenizer]:
    """The inverse of model_metadata and state_dict."""
    if metadata.get("format") != FORMAT:
        raise ValueError(f"no {FORMAT} is in this file, its format is {metadata.get('format')!r}")
    try:
        model = CLIP(CLIPConfig(**json.loads(metadata["config"])))
        tokenizer = BPETokenizer.from_json(metadata["tokenizer"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"the file's configuration or tokenizer cannot be read: {error!r}") from error
    load_weights(model, weights)
    return model, tokenizer


def save(model: CLIP, tokenizer: BPETokenizer, path: str | Path) -> None:
    """Writes weights, configuration and tokenizer to one .safetensors file, whole or not at all."""
    write_tensors(Path(path), model.state_dict(), model_metadata(model, tokenizer))


def available_models() -> list[str]:
    """Names that `load` knows without a path: the models that come with minclip."""
    folder = Path(__file__).parent / "models"
    return sorted(path.stem for path in folder.glob("*.safetensors"))


def load(
    name_or_path: str | Path, device: str | None = None, dtype: torch.dtype | None = None
) -> tuple[CLIP, Callable[[Image.Image], Tensor], BPETokenizer]:
    """(model, preprocess, tokenizer) from a name of `available_models()`, a file of `save`, or a run folder.

    The model is in eval mode, on `device` (default: the best one here), in `dtype` (default: float32).
    """
    path = Path(name_or_path)
    if str(name_or_path) in available_models():
        path = Path(__file__).parent / "models" / f"{name_or_path}.safetensors"
    elif path.is_dir():
        path = path / MODEL_FILE
    if not path.is_file():
        names = ", ".join(available_models()) or "none yet"
        raise FileNotFoundError(
            f"no model at {path}: pass a .safetensors file, a run folder of `minclip train`, or a shipped name: {names}"
        )
    weights, metadata = read_tensors(path)
    try:
        model, tokenizer = model_from(weights, metadata)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    model = model.to(choose_device(device).device, dtype or torch.float32).eval()
    return model, image_transform(model.config.image_size), tokenizer
