"""Write a model for other programs: ONNX, torch.export, or the layouts of OpenAI, OpenCLIP and Hugging Face.

    minclip export --model runs/first --format onnx --out exported

    minclip: onnx written to exported

    onnx         a folder: both encoders and the whole for onnxruntime, float32; needs pip install "minclip[export]"
    program      a folder: the same for PyTorch without minclip, torch.export.load("image_encoder.pt2")
    openai       a file:   clip.load("model.pt"), and the vocabulary's merges beside it
    openclip     a folder: open_clip.create_model_and_transforms("local-dir:FOLDER")
    huggingface  a folder: transformers.CLIPModel.from_pretrained("FOLDER")

The first two are compared with the model, on other numbers of pictures and texts, before they get their name.
Existing files are never overwritten.
"""

import argparse
from pathlib import Path

from minclip.cli.models import add_model_arguments, open_model

FORMATS = ("onnx", "program", "openai", "openclip", "huggingface")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_arguments(parser)
    parser.add_argument("--format", required=True, choices=FORMATS, help="the format, from the list above")
    parser.add_argument("--out", required=True, type=Path, metavar="PATH", help="the new folder (openai: file)")


def run(arguments: argparse.Namespace) -> int:
    from minclip import checkpoint
    from minclip.formats.export import export_onnx, export_program, new_folder
    from minclip.formats.openai import merges_beside

    model, _, tokenizer = open_model(arguments)
    out = arguments.out
    if arguments.format == "onnx":
        try:
            export_onnx(model, out)
        except ModuleNotFoundError as error:  # a missing package is one line for the user, not a traceback
            raise ValueError(str(error)) from error
    elif arguments.format == "program":
        export_program(model, out)
    elif arguments.format == "openai":
        for path in (out, merges_beside(out)):
            if path.is_file():
                raise FileExistsError(f"{path} is there already: choose another name or delete it")
        checkpoint.save_openai(model, tokenizer, out)
    else:
        save = checkpoint.save_openclip if arguments.format == "openclip" else checkpoint.save_huggingface
        with new_folder(out) as folder:
            save(model, tokenizer, folder)
    print(f"minclip: {arguments.format} written to {out}")
    return 0
