"""The model elsewhere: compiled in one piece, as a program of torch.export, as ONNX files in onnxruntime."""

import argparse
import errno
import os
import sys
from pathlib import Path

import pytest
import torch

from minclip import checkpoint
from minclip.cli import export as command
from minclip.config import CLIPConfig
from minclip.formats import export
from minclip.formats.export import (
    compare,
    example,
    export_onnx,
    export_program,
    new_folder,
    parts,
    plain_copy,
    runs_onnx,
)
from minclip.formats.precision import set_precision
from minclip.model import CLIP

TOLERANCE = 1e-4
CONTEXT = 12
CONFIGS = {
    "vit": CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, context_length=CONTEXT, vocab_size=50),
    "resnet": CLIPConfig(16, 32, None, 8, (1, 1, 1, 1), 64, 1, 1, context_length=CONTEXT, vocab_size=50),
}
PARTS = {"image_encoder", "text_encoder", "clip"}
# pictures, texts, length of a text
SIZES = pytest.mark.parametrize("sizes", [(1, 1, CONTEXT), (3, 7, CONTEXT), (7, 3, CONTEXT), (2, 1, 5)])


def small_model(kind: str = "vit") -> CLIP:
    torch.manual_seed(0)
    model = CLIP(CONFIGS[kind]).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bn3.weight"):
            torch.nn.init.ones_(parameter)  # or a fresh block passes its input on, whatever it computes
    return model


def needs_onnx() -> None:
    for package in export.PACKAGES:
        pytest.importorskip(package, reason=f'{package} is not installed: pip install "minclip[export]"')


def inputs_of(model, part, sizes) -> dict[str, torch.Tensor]:
    inputs = example(model, *sizes)
    return {name: inputs[name] for name in part.inputs}


def same(model, part, run, sizes) -> None:
    inputs = inputs_of(model, part, sizes)
    expected, found = part.module(*inputs.values()), run(inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype == torch.float32
        assert (a - b).abs().max() < TOLERANCE


# ---- torch.compile


@pytest.mark.parametrize(
    ("kind", "name"), [("vit", "image_encoder"), ("vit", "text_encoder"), ("vit", "clip"), ("resnet", "image_encoder")]
)
def test_compiling_breaks_nowhere_and_one_graph_serves_every_batch(kind, name):
    graphs = []

    def eager(graph, _):
        graphs.append(graph)
        return graph

    model = small_model(kind)
    part = parts(model)[name]
    torch.compiler.reset()
    compiled = torch.compile(part.module, fullgraph=True, dynamic=True, backend=eager)
    for sizes in ((2, 4, CONTEXT), (3, 7, CONTEXT), (6, 2, CONTEXT)):
        given = inputs_of(model, part, sizes).values()
        gradients = []
        for module in (part.module, compiled):
            model.zero_grad()
            out = module(*given)
            out = out if isinstance(out, torch.Tensor) else out[0]
            out.square().sum().backward()
            gradients.append([p.grad.clone() for p in part.module.parameters() if p.grad is not None])
        assert len(gradients[0]) == len(gradients[1]) > 0
        assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*gradients, strict=True))
    assert len(graphs) == 1


# ---- torch.export


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs") / "vit"
    export_program(small_model(), folder)
    return {path.stem: torch.export.load(path).module() for path in folder.iterdir()}


@SIZES
def test_programs_run_without_minclip_for_any_batch_and_length(programs, sizes):
    model = small_model()
    assert set(programs) == PARTS
    for name, part in parts(model).items():
        same(model, part, export.runs(programs[name]), sizes)


@pytest.fixture(scope="module")
def resnet_program():
    model = plain_copy(small_model("resnet"))
    return model, export.trace(model, parts(model)["image_encoder"])


def test_a_resnet_is_a_program_for_any_batch(resnet_program):
    model, program = resnet_program
    for images in (1, 3, 7):
        same(model, parts(model)["image_encoder"], export.runs(program.module()), (images, 1, CONTEXT))


def test_the_program_refuses_a_text_too_long(programs):
    with pytest.raises((RuntimeError, AssertionError), match="12"):
        programs["text_encoder"](torch.zeros(2, CONTEXT + 1, dtype=torch.long))


# ---- ONNX


@pytest.fixture(scope="module")
def onnx_folder(tmp_path_factory):
    needs_onnx()
    folder = tmp_path_factory.mktemp("onnx") / "new" / "vit"
    export_onnx(small_model(), folder)
    return folder


@SIZES
def test_onnxruntime_gives_the_models_numbers(onnx_folder, sizes):
    model = small_model()
    for name, part in parts(model).items():
        same(model, part, runs_onnx(onnx_folder / f"{name}.onnx", part.outputs), sizes)


@pytest.mark.parametrize("name", sorted(PARTS))
@pytest.mark.parametrize("data_prop", [False, True])
def test_the_next_tool_finds_shapes_without_a_contradiction(data_prop, name, onnx_folder, tmp_path):
    import onnx

    read = onnx.load(onnx_folder / f"{name}.onnx")
    onnx.checker.check_model(read, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(read, check_type=True, strict_mode=True, data_prop=data_prop)
    onnx.save(inferred, tmp_path / "inferred.onnx")
    model = small_model()
    same(model, parts(model)[name], runs_onnx(tmp_path / "inferred.onnx", parts(model)[name].outputs), (3, 7, CONTEXT))


@pytest.mark.parametrize("name", sorted(PARTS))
@pytest.mark.parametrize("kind", ["QInt8", "QUInt8"])
def test_a_file_in_int8_gives_nearly_the_same_answers(kind, name, onnx_folder, tmp_path):
    from onnxruntime import quantization

    small = tmp_path / "small.onnx"
    kind = getattr(quantization.QuantType, kind)
    quantization.quantize_dynamic(onnx_folder / f"{name}.onnx", small, weight_type=kind)
    assert small.stat().st_size < (onnx_folder / f"{name}.onnx").stat().st_size
    model = small_model()
    part = parts(model)[name]
    for sizes in ((3, 7, CONTEXT), (2, 1, 5)):
        inputs = inputs_of(model, part, sizes)
        expected = export.runs(part.module)(inputs)
        for a, b in zip(runs_onnx(small, part.outputs)(inputs), expected, strict=True):
            # how coarse 8 bits are depends on the CPU's products; another model's numbers would be at 0
            assert torch.cosine_similarity(a.flatten(), b.flatten(), dim=0) > 0.95


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_file_that_onnxruntime_has_optimised_loads_again(name, onnx_folder, tmp_path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(onnx_folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
    model = small_model()
    part = parts(model)[name]
    same(model, part, runs_onnx(tmp_path / "optimised.onnx", part.outputs), (3, 7, CONTEXT))


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_program_decomposes_and_is_saved_again(name, tmp_path):
    model = small_model()
    export_program(model, tmp_path / "programs")
    program = torch.export.load(tmp_path / "programs" / f"{name}.pt2").run_decompositions()
    torch.export.save(program, tmp_path / "again.pt2")
    again = torch.export.load(tmp_path / "again.pt2").module()
    same(model, parts(model)[name], export.runs(again), (3, 7, CONTEXT))


def test_the_files_name_what_goes_in_and_comes_out(onnx_folder):
    onnxruntime = pytest.importorskip("onnxruntime")
    assert {path.name for path in onnx_folder.iterdir()} == {f"{name}.onnx" for name in PARTS}
    shapes = {}
    for name in PARTS:
        session = onnxruntime.InferenceSession(onnx_folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
        shapes |= {entry.name: (entry.type, entry.shape) for entry in (*session.get_inputs(), *session.get_outputs())}
    assert shapes == {
        "pixels": ("tensor(float)", ["images", 3, 16, 16]),
        "tokens": ("tensor(int64)", ["texts", "length"]),
        "image_features": ("tensor(float)", ["images", 16]),
        "text_features": ("tensor(float)", ["texts", 16]),
        "logits_per_image": ("tensor(float)", ["images", "texts"]),
        "logits_per_text": ("tensor(float)", ["texts", "images"]),
    }


def test_the_files_tell_nothing_of_this_computer(onnx_folder):
    for path in onnx_folder.iterdir():
        content = path.read_bytes()
        assert b"transformer.py" not in content and b"site-packages" not in content


def test_a_resnet_runs_in_onnxruntime_for_any_batch(resnet_program, tmp_path):
    needs_onnx()
    model, program = resnet_program
    part, path = parts(model)["image_encoder"], tmp_path / "image_encoder.onnx"
    export.write_onnx(program, part, path)
    for images in (1, 3, 7):
        same(model, part, runs_onnx(path, part.outputs), (images, 1, CONTEXT))


# ---- what is exported, and what is refused


def test_the_exported_copy_leaves_the_model_unchanged():
    model = set_precision(small_model(), torch.bfloat16).train()
    plain = plain_copy(model)
    assert {tensor.dtype for tensor in plain.state_dict().values()} == {torch.float32}
    assert not plain.training and not any(p.requires_grad for p in plain.parameters())
    assert model.training and model.visual.proj.dtype == torch.bfloat16 and model.visual.proj.requires_grad
    assert torch.equal(plain.visual.proj, model.visual.proj.detach().float())


def off_by(amount, part):
    """An export whose numbers are wrong by that much."""
    return lambda inputs: tuple(out + amount for out in export.runs(part.module)(inputs))


@pytest.mark.parametrize("amount", [2e-3, float("nan")])
def test_an_export_with_other_numbers_is_an_error(amount):
    model = small_model()
    part = parts(model)["clip"]
    compare(model, part, off_by(1e-6, part), "clip.onnx")
    with pytest.raises(ValueError, match=r"clip\.onnx: logits_per_image differs from the model's by .*, allowed are"):
        compare(model, part, off_by(amount, part), "clip.onnx")


def test_an_export_with_another_shape_is_an_error():
    model = small_model()
    part = parts(model)["image_encoder"]
    with pytest.raises(ValueError, match=r"image_features has shape \[1\], the model's \[1, 16\]"):
        compare(model, part, lambda inputs: (part.module(inputs["pixels"])[:, 0],), "image_encoder.onnx")


def test_after_a_failed_export_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", -1.0)  # nothing can pass
    with pytest.raises(ValueError, match=r"image_encoder\.pt2: image_features differs"):
        export_program(small_model(), tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_so(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="is full, exported was not written"), new_folder(tmp_path / "exported") as folder:
        (folder / "clip.onnx").write_bytes(b"graph")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [export_onnx, export_program])
def test_a_folder_with_something_in_it_is_never_touched(write, tmp_path):
    if write is export_onnx:
        needs_onnx()
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for path in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(FileExistsError, match="is there already"):
            write(small_model(), path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "exported").mkdir()
    with new_folder(tmp_path / "exported") as folder:
        (folder / "clip.onnx").write_bytes(b"graph")
        assert list((tmp_path / "exported").iterdir()) == []
    assert (tmp_path / "exported" / "clip.onnx").read_bytes() == b"graph"


@pytest.mark.parametrize("package", export.PACKAGES)
def test_a_missing_package_is_named(package, tmp_path, monkeypatch):
    for name in export.PACKAGES:
        monkeypatch.setitem(sys.modules, name, None if name == package else torch)  # None: cannot be imported
    with pytest.raises(ModuleNotFoundError, match=rf'need the package {package}: pip install "minclip\[export\]"'):
        export_onnx(small_model(), tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []


# ---- the command


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.fixture
def model_file(model, tokenizer, tmp_path):
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    return str(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("form", "module", "function"),
    [
        ("onnx", export, "export_onnx"),
        ("program", export, "export_program"),
    ],
)
def test_the_command_writes_the_format_that_was_asked_for(
    form, module, function, model, model_file, tmp_path, monkeypatch, capsys
):
    calls = []
    monkeypatch.setattr(module, function, lambda *given: calls.append(given))
    assert run("--model", model_file, "--device", "cpu", "--format", form, "--out", str(tmp_path / "out")) == 0
    ((exported, *_, out),) = calls
    assert torch.equal(exported.visual.proj, model.visual.proj) and out == tmp_path / "out"
    assert f"{form} written to {tmp_path / 'out'}" in capsys.readouterr().out


@pytest.mark.parametrize(("form", "file"), [("openclip", "open_clip_config.json"), ("huggingface", "config.json")])
def test_the_command_writes_a_new_folder_that_is_whole(form, file, model, model_file, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert run("--model", model_file, "--device", "cpu", "--format", form, "--out", str(out)) == 0
    assert (out / file).is_file() and [path.name for path in out.parent.iterdir()] == ["out"]
    assert torch.equal(checkpoint.load(out, device="cpu")[0].visual.proj, model.visual.proj)
    assert f"{form} written to {out}" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["openclip", "huggingface", "openai"])
def test_the_command_overwrites_nothing(form, model_file, tmp_path):
    before = Path(model_file).read_bytes()
    out = model_file if form == "openai" else str(tmp_path)
    with pytest.raises(FileExistsError, match="is there already"):
        run("--model", model_file, "--device", "cpu", "--format", form, "--out", out)
    assert Path(model_file).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [Path(model_file).name]


def test_nor_the_merges_beside_openais_file(model_file, tmp_path):
    (tmp_path / "new.bpe.txt.gz").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"new\.bpe\.txt\.gz is there already"):
        run("--model", model_file, "--device", "cpu", "--format", "openai", "--out", str(tmp_path / "new.pt"))
    assert (tmp_path / "new.bpe.txt.gz").read_bytes() == b"mine" and not (tmp_path / "new.pt").exists()


@pytest.mark.parametrize("folder", ["ex", "."])
def test_openais_file_is_no_folder(folder, model_file, tmp_path, monkeypatch):
    (tmp_path / "ex").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"is a folder: pass a file, such as .*model\.pt"):
        run("--model", model_file, "--device", "cpu", "--format", "openai", "--out", folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["ex", Path(model_file).name])


def test_the_command_names_what_is_not_installed(model_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ValueError, match=r'pip install "minclip\[export\]"'):
        run("--model", model_file, "--device", "cpu", "--format", "onnx", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_formats_are_the_five_of_the_help(capsys):
    with pytest.raises(SystemExit):
        run("--format", "tflite", "--out", "x")
    said = capsys.readouterr().err
    assert all(name in said for name in command.FORMATS)
