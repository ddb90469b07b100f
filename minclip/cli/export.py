"""Write a model for other programs: ONNX, torch.export, or the layouts of OpenAI, OpenCLIP and Hugging Face.

    minclip export --model runs/first --format onnx --out exported

    minclip: onnx written to exported

    onnx         a folder: both encoders and the whole for onnxruntime, float32; needs pip install "minclip[export]"
    program      a folder: the same for PyTorch without minclip, torch.export.load("image_encoder.pt2")
    openai       a file:   clip.load("model.pt"), and the vocabulary's merges beside it
    openclip     a folder: open_clip.create_model_and_transforms("local-dir:FOLDER")
    huggingface  a folder: transformers.CLIPModel.from_pretrained("FOLDER")

The first two are compared with the model, on other numbers of pictures and texts, before they get their name. The
others can be in half precision (--dtype). A model that was fine-tuned goes back as it came, in its layout and with the
dtype of each tensor:

    minclip export --model runs/mine --like ViT-B-32.pt --out mine.pt

Existing files are never overwritten.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from minclip.cli.models import add_model_arguments, open_model
from minclip.cli.values import local_path, name_or_path

if TYPE_CHECKING:
    from minclip.model import CLIP
    from minclip.tokenizer import BPETokenizer

FORMATS = ("onnx", "program", "openai", "openclip", "huggingface")
OF_WEIGHTS = FORMATS[2:]
DTYPES = ("float32", "float16", "bfloat16")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_arguments(parser)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--format", choices=FORMATS, help="the format, from the list above")
    how.add_argument("--like", type=name_or_path, metavar="NAME_OR_PATH", help="layout and dtypes of this model's file")
    parser.add_argument("--dtype", choices=DTYPES, help="precision of the weights (default: float32)")
    parser.add_argument("--out", required=True, type=local_path, metavar="PATH", help="the new folder (openai: file)")


def run(arguments: argparse.Namespace) -> int:
    from minclip.formats.export import export_onnx, export_program

    if arguments.dtype is not None and arguments.format not in OF_WEIGHTS:
        where = "--like takes it from the file" if arguments.like else f"--format {arguments.format} is float32"
        raise ValueError(f"--dtype is for {', '.join(OF_WEIGHTS)}; {where}: leave out --dtype")
    model, _, tokenizer = open_model(arguments)
    out, kind = arguments.out, arguments.format
    if kind == "onnx":
        try:
            export_onnx(model, out)
        except ModuleNotFoundError as error:  # a missing package is one line for the user, not a traceback
            raise ValueError(str(error)) from error
    elif kind == "program":
        export_program(model, out)
    else:
        kind = write_weights(model, tokenizer, out, kind, arguments.like, arguments.dtype)
    print(f"minclip: {kind} written to {out}")
    return 0


def write_weights(
    model: "CLIP", tokenizer: "BPETokenizer", out: Path, kind: str | None, like: str | None, dtype: str | None
) -> str:
    """Writes one of the layouts of weights; returns its name. FileExistsError where something is there already."""
    import torch

    from minclip.checkpoint import SAVERS
    from minclip.formats.export import new_folder
    from minclip.formats.model_files import how_written
    from minclip.formats.model_places import find
    from minclip.formats.openai import merges_beside

    layout, dtypes = how_written(find(like)) if like else (str(kind), getattr(torch, dtype or "float32"))
    if layout == "openai":
        for path in (out, merges_beside(out)):
            if path.is_file():
                raise FileExistsError(f"{path} is there already: choose another name or delete it")
        SAVERS[layout](model, tokenizer, out, dtypes)
    else:
        with new_folder(out) as folder:
            SAVERS[layout](model, tokenizer, folder, dtypes)
    return layout
