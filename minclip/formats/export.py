"""The model for programs without minclip: both encoders and the whole, as ONNX files or as programs of torch.export.

Any number of pictures and of texts goes in, each text as long as the tokenizer makes it or cut off behind its EOT.
Weights in other people's layouts are formats/. Sources: PyTorch's documentation of torch.export and torch.onnx.
"""

import copy
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from minclip.data.paths import explain
from minclip.data.progress import with_progress
from minclip.formats.changed_models import the_clip, unwrap
from minclip.formats.precision import set_precision
from minclip.formats.siglip_model import SigLIP
from minclip.model import CLIP

PACKAGES = ("onnx", "onnxscript", "onnxruntime")  # what ONNX needs beyond torch
OPSET = 18  # ONNX's operators as of December 2022: PyTorch's exporter writes no older ones, newer ones change nothing
TOLERANCE = 1e-4  # of the largest number, where that is above 1; sums in another order differ by about 1e-6
AXES = {"pixels": {0: "images"}, "tokens": {0: "texts", 1: "length"}}  # of any size, and what they are called
TRACED = (2, 3)  # pictures and texts that the code is followed with: 0 and 1 would be taken for constants
TRIED = ((1, 4), (5, 1))  # others, with which the result is compared

Run = Callable[[dict[str, Tensor]], tuple[Tensor, ...]]  # inputs by name -> outputs


class Part(NamedTuple):
    """What becomes a file: a module, and the names of what goes in and comes out."""

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def parts(model: CLIP) -> dict[str, Part]:
    """File name without its ending -> part. Each stands alone, so the whole holds both encoders' weights once more."""
    return {
        "image_encoder": Part(model.visual, ("pixels",), ("image_features",)),
        "text_encoder": Part(model.text, ("tokens",), ("text_features",)),
        "clip": Part(model, ("pixels", "tokens"), ("logits_per_image", "logits_per_text")),
    }


def shown(parts: dict[str, Part]) -> Iterator[tuple[str, Part]]:
    """The parts with their names, behind a bar: each is followed, written and compared with the model."""
    return with_progress(parts.items(), "exporting", "files", len(parts))


def export_onnx(model: CLIP, folder: str | Path) -> None:
    """Writes image_encoder.onnx, text_encoder.onnx and clip.onnx into a new folder, and compares them with the model.

    pixels float32 [images, 3, image_size, image_size], normalised -> image_features [images, embed_dim];
    tokens int64 [texts, length ≤ context_length] -> text_features [texts, embed_dim]; features are not normalised;
    both -> logits_per_image [images, texts] and logits_per_text. All float32, whatever the model's precision; the
    model stays as it is. Weights above 1.5 GB lie beside their file, in NAME.onnx.data.

    The folder is written whole or not at all. Raises FileExistsError where there is something in it already,
    ValueError where onnxruntime gives other numbers (TOLERANCE), ModuleNotFoundError where a package is missing.
    """
    for name in PACKAGES:
        needed(name)
    model = plain_copy(model)
    with new_folder(Path(folder)) as temporary:
        for name, part in shown(parts(model)):
            path = temporary / f"{name}.onnx"
            write_onnx(trace(model, part), part, path)
            compare(model, part, runs_onnx(path, part.outputs), path.name)


def export_program(model: CLIP, folder: str | Path) -> None:
    """Writes image_encoder.pt2, text_encoder.pt2 and clip.pt2 into a new folder: programs of torch.export.

    Inputs, outputs and errors as in `export_onnx`. `torch.export.load(FILE).module()(pixels)` runs one.
    Load only files of people you trust: PyTorch may unpickle what is in them.
    """
    model = plain_copy(model)
    with new_folder(Path(folder)) as temporary:
        for name, part in shown(parts(model)):
            program = trace(model, part)
            compare(model, part, runs(program.module()), f"{name}.pt2")
            torch.export.save(program, temporary / f"{name}.pt2")


def needed(name: str) -> ModuleType:
    """An optional package; where it is not installed, an error that says how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ModuleNotFoundError(f'ONNX files need the package {name}: pip install "minclip[export]"') from error


def plain_copy(model: CLIP) -> CLIP:
    """The model as it is exported: float32, on the CPU, in eval mode, without gradients, not compiled."""
    if isinstance(the_clip(model), SigLIP):
        raise ValueError("a SigLIP cannot be exported yet: keep it in minclip's own file (minclip.save)")
    return set_precision(unwrap(copy.deepcopy(the_clip(model))).cpu(), torch.float32).eval().requires_grad_(False)


def example(model: CLIP, images: int, texts: int, length: int) -> dict[str, Tensor]:
    """Random pixels and tokens; in every text EOT stands somewhere, with other tokens before and after it."""
    size, eot = model.config.image_size, model.config.vocab_size - 1
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(eot, (texts, length), generator=generator)
    tokens[torch.arange(texts), torch.randint(length, (texts,), generator=generator)] = eot
    return {"pixels": torch.randn(images, 3, size, size, generator=generator), "tokens": tokens}


def trace(model: CLIP, part: Part) -> ExportedProgram:
    """The part's computation as a graph, for batches of any size."""
    length = model.config.context_length
    inputs = example(model, *TRACED, length)
    sizes = {"images": Dim("images"), "texts": Dim("texts"), "length": Dim("length", max=length)}
    given = tuple(inputs[name] for name in part.inputs)
    shapes = tuple({axis: sizes[size] for axis, size in AXES[name].items()} for name in part.inputs)
    program = torch.export.export(part.module, given, dynamic_shapes=shapes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # lines of code under the paths of this computer, nobody else's business
    return program


def write_onnx(program: ExportedProgram, part: Part, path: Path) -> None:
    """One .onnx file, with NAME.onnx.data beside it where the format's limit of 2 GB is near."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch about its own code
        exported = torch.onnx.export(
            program,
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=part.inputs,
            output_names=part.outputs,
            dynamic_shapes=tuple(AXES[name] for name in part.inputs),  # here only names
        )
    assert exported is not None  # it is None for the older exporter alone
    for weight in exported.model.graph.initializers.values():
        # its numbers say both already; tools that turn a weight, as onnxruntime's quantization does, forget this copy
        weight.shape = weight.type = None
    exported.save(path)


def runs(module: nn.Module) -> Run:
    """A module as a function of named inputs that always gives a tuple."""

    def run(inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        outputs = module(*inputs.values())
        return outputs if isinstance(outputs, tuple) else (outputs,)

    return run


def runs_onnx(path: Path, outputs: tuple[str, ...]) -> Run:
    """An ONNX file as such a function."""
    session = needed("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        arrays = session.run(list(outputs), {name: tensor.numpy() for name, tensor in inputs.items()})
        return tuple(torch.from_numpy(array) for array in arrays)

    return run


def compare(model: CLIP, part: Part, run: Run, name: str) -> None:
    """ValueError where `run` gives other numbers than the part of the model, for the sizes of TRIED."""
    length = model.config.context_length
    for (images, texts), shorter in zip(TRIED, (length, length // 2 + 1), strict=True):
        inputs = example(model, images, texts, shorter)
        inputs = {name: inputs[name] for name in part.inputs}
        for output, expected, found in zip(part.outputs, runs(part.module)(inputs), run(inputs), strict=True):
            if found.shape != expected.shape:
                raise ValueError(f"{name}: {output} has shape {list(found.shape)}, the model's {list(expected.shape)}")
            limit = TOLERANCE * max(1.0, expected.abs().max().item())
            difference = (found - expected).abs().max().item()
            if not difference <= limit:  # NaN, too, is a difference
                raise ValueError(
                    f"{name}: {output} differs from the model's by {difference:.1e}, allowed are {limit:.1e}: "
                    f"the export is not written"
                )


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write files into, which takes the name `folder` when the block ends without an error.

    After an error nothing is left. Raises FileExistsError where there is something in it already.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and not an empty folder: choose another one or delete it")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}-{threading.get_ident()}.tmp")  # one per writer
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in temporary.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())  # else a crash may leave the name without the content
        if folder.is_dir():
            folder.rmdir()  # Windows renames no folder to one that is there
        temporary.replace(folder)
    except OSError as error:
        raise explain(error, folder) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
