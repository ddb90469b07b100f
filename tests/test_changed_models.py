"""Models that are wrapped, compiled or changed: what their files are named, and what they say."""

import copy

import pytest
import torch
from torch import nn

import minclip
from minclip import checkpoint
from minclip.checkpoint import load_into
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.optimizers import build_optimizers
from minclip.experiments.runs import Run
from minclip.formats.export import export_program, plain_copy
from minclip.formats.weights_files import read_tensors, write_tensors
from minclip.model import CLIP
from minclip.vision import VisionTransformer


class Holder(nn.Module):
    def __init__(self, clip):
        super().__init__()
        self.net = clip


def with_compiled_encoders(model):
    model.visual, model.text = torch.compile(model.visual), torch.compile(model.text)
    return model


def compiled_in_place(model):
    model.compile()
    return model


def parallel_encoder(model):
    model.visual = nn.DataParallel(model.visual)
    return model


WRAPPED = {
    "torch.compile": torch.compile,
    "model.compile": compiled_in_place,
    "encoders compiled": with_compiled_encoders,
    "DataParallel": nn.DataParallel,
    "DataParallel, compiled": lambda model: torch.compile(nn.DataParallel(model)),
    "an encoder DataParallel": parallel_encoder,
    "held": Holder,
    "averaged": torch.optim.swa_utils.AveragedModel,
}
WRITERS = ["save", "save_openai", "save_openclip", "save_huggingface"]


def same_weights(found, model):
    expected = model.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("write", WRITERS)
def test_a_wrapped_model_is_written_under_plain_names(write, wrapped, model, tokenizer, tmp_path):
    path = tmp_path / ("model.pt" if write == "save_openai" else "model.safetensors" if write == "save" else "folder")
    getattr(checkpoint, write)(WRAPPED[wrapped](copy.deepcopy(model)), tokenizer, path)
    config = model.config if write == "save_openai" else None
    same_weights(checkpoint.load(path, device="cpu", config=config)[0].state_dict(), model)


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_wrapped_models_run_has_plain_names(wrapped, model, tokenizer, tmp_path):
    other = WRAPPED[wrapped](copy.deepcopy(model))
    assert checkpoint.to_openai_state_dict(other).keys() == checkpoint.to_openai_state_dict(model).keys()
    run, config = Run(tmp_path), TrainConfig(batch_size=2, samples=20)
    run.create()
    run.save(other, tokenizer, build_optimizers(other, "adamw", 1e-3, 0.2, 0.02), config, 1, 0.0, "", "")
    same_weights(run.load()[0].state_dict(), model)
    same_weights(checkpoint.load(tmp_path, device="cpu")[0].state_dict(), model)


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_wrapped_model_is_exported_as_the_model(wrapped, model, tmp_path):
    other = WRAPPED[wrapped](copy.deepcopy(model))
    plain = plain_copy(other)
    assert [type(module) for module in plain.modules()] == [type(module) for module in model.modules()]
    if wrapped == "encoders compiled":
        export_program(other, tmp_path / "programs")
        assert isinstance(other.visual, type(torch.compile(nn.Linear(2, 2)))), "the model itself stays compiled"


def test_distributed_data_parallel_is_written_under_plain_names(model, tokenizer, tmp_path):
    address = f"file://{(tmp_path / 'meeting').as_posix()}"
    torch.distributed.init_process_group("gloo", init_method=address, rank=0, world_size=1)
    try:
        checkpoint.save(nn.parallel.DistributedDataParallel(model), tokenizer, tmp_path / "model.safetensors")
    finally:
        torch.distributed.destroy_process_group()
    same_weights(checkpoint.load(tmp_path / "model.safetensors", device="cpu")[0].state_dict(), model)


@pytest.mark.parametrize("write", WRITERS)
def test_what_is_not_one_clip_is_never_written(write, model, tokenizer, tmp_path):
    two, more = nn.ModuleList([model, copy.deepcopy(model)]), Holder(model)
    more.head = nn.Linear(2, 2)
    for other, message in (
        (nn.Linear(2, 2), "model, a Linear, holds no minclip.CLIP"),
        (model.state_dict(), "model is of type OrderedDict, not a minclip.CLIP"),
        (two, "holds several CLIPs, 0, 1: pass the one you mean"),
        (more, r"more than its CLIP, head\.weight, head\.bias: pass the CLIP alone, model\.net"),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(checkpoint, write)(other, tokenizer, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


# --- another architecture ----------------------------------------------------------------------------------------


class MeanPooled(VisionTransformer):
    """The mean of all tokens in place of CLS: the same parameters, other features."""

    def forward(self, image):
        x = self.transformer(self.ln_pre(self.embedding(image)))
        return self.ln_post(x.mean(dim=1)) @ self.proj


class Named(VisionTransformer):
    """A subclass that computes what ours does."""

    def says(self):
        return "hello"


class Adapted(nn.Linear):
    """LoRA: a second way beside the matrix."""

    def __init__(self, like):
        super().__init__(like.in_features, like.out_features)
        self.load_state_dict(like.state_dict())
        self.down = nn.Parameter(0.1 * torch.randn(2, like.in_features))
        self.up = nn.Parameter(0.1 * torch.randn(like.out_features, 2))

    def forward(self, x):
        return super().forward(x) + x @ self.down.T @ self.up.T


class Doubled(nn.Module):
    """Has a part that is named as DistributedDataParallel names its own."""

    def __init__(self, tower):
        super().__init__()
        self.module = tower

    def forward(self, image):
        return 2 * self.module(image)


def mean_pooled(model):
    model.visual.__class__ = MeanPooled
    return model


def with_registers(model):
    model.visual.registers = nn.Parameter(torch.randn(4, 64))
    return model


def with_lora(model):
    for block in (*model.visual.transformer.resblocks, *model.text.transformer.resblocks):
        block.mlp.c_fc = Adapted(block.mlp.c_fc)
    return model


def with_another_tower(model):
    model.visual = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 16), nn.BatchNorm1d(16))
    return model.eval()


def with_a_bias(model):
    model.logit_bias = nn.Parameter(torch.tensor(-10.0))
    return model


def with_another_activation(model):
    model.text.transformer.resblocks[0].mlp.quick_gelu = False
    return model


def doubled(model):
    model.visual = Doubled(model.visual)
    return model


def parametrized(model):
    torch.nn.utils.parametrizations.weight_norm(model.text.transformer.resblocks[0].mlp.c_fc)
    return model


CHANGES = {
    mean_pooled: "visual is a MeanPooled, not VisionTransformer",
    with_registers: r"visual\.registers is added",
    with_lora: r"resblocks\.0\.mlp\.c_fc is a Adapted, not Linear; text",
    with_another_tower: "visual is a Sequential, not VisionTransformer",
    with_a_bias: "logit_bias is added",
    with_another_activation: r"mlp\.quick_gelu is False, not True",
    doubled: "visual is a Doubled, not VisionTransformer",
    parametrized: r"c_fc\.parametrizations is a ModuleDict more",
}


def outputs(model):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, model.config.vocab_size, (2, 16), generator=generator)
    with torch.no_grad():
        return model.encode_image(torch.randn(2, 3, 16, 16, generator=generator)), model.encode_text(tokens)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("compact", [False, True])
def test_a_changed_model_is_read_by_load_into_alone(change, compact, model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    config, changed = model.config, change(model)
    minclip.save(changed, tokenizer, path, compact=compact)
    with pytest.raises(ValueError, match=rf"its model was changed \(.*{CHANGES[change]}.*load_into\(model, path\)"):
        minclip.load(path)
    torch.manual_seed(1)
    given = change(CLIP(config))
    loaded, _, words = load_into(given, path)
    assert loaded is given and not loaded.training
    assert torch.equal(words(["two blue fish"]), tokenizer(["two blue fish"]))
    for found, expected in zip(outputs(loaded), outputs(changed), strict=True):
        if compact:
            assert torch.cosine_similarity(found, expected).min() > 0.99
        else:
            assert torch.equal(found, expected)


@pytest.mark.parametrize("write", WRITERS[1:])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_other_layouts_cannot_say_a_change(change, write, model, tokenizer, tmp_path):
    with pytest.raises(ValueError, match=rf"the model was changed \(.*{CHANGES[change]}.*minclip\.save"):
        getattr(checkpoint, write)(change(model), tokenizer, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_openais_state_dict_cannot_say_a_change(change, model):
    with pytest.raises(ValueError, match=rf"the model was changed \(.*{CHANGES[change]}.*minclip\.save"):
        checkpoint.to_openai_state_dict(change(model))


def test_what_computes_the_same_is_no_change(model, tokenizer, tmp_path):
    model.visual.__class__ = Named
    model.text.dropout = nn.Dropout(0.1)  # that nothing calls
    model.visual.ln_post.weight.requires_grad_(False)
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    assert checkpoint.load(tmp_path / "model.safetensors", device="cpu")[0].config == model.config


def test_sync_batch_norm_is_batch_norm_in_a_file(tokenizer, tmp_path):
    resnet = CLIP(CLIPConfig(16, 64, None, 8, (1, 1, 1, 1), 64, 1, 1, 16, tokenizer.vocab_size)).eval()
    resnet.visual = nn.SyncBatchNorm.convert_sync_batchnorm(resnet.visual)
    checkpoint.save(resnet, tokenizer, tmp_path / "model.safetensors")
    same_weights(checkpoint.load(tmp_path / "model.safetensors", device="cpu")[0].state_dict(), resnet)


def test_load_into_refuses_another_architecture_and_leaves_the_model(model, tokenizer, tmp_path):
    path, plain = tmp_path / "model.safetensors", copy.deepcopy(model)
    minclip.save(mean_pooled(model), tokenizer, path)
    other = CLIP(CLIPConfig(**{**vars(model.config), "quick_gelu": False}))
    for given, message in (
        (plain, "in the file, visual is a MeanPooled, not VisionTransformer; in the model to fill that is as minclip"),
        (with_a_bias(mean_pooled(copy.deepcopy(plain))), "in the model to fill, logit_bias is added; in the file that"),
        (mean_pooled(other), "its model has quick_gelu=True, the one to fill has False"),
    ):
        before = {name: tensor.clone() for name, tensor in given.state_dict().items()}
        with pytest.raises(ValueError, match=rf"model\.safetensors: {message}"):
            load_into(given, path)
        assert all(torch.equal(tensor, before[name]) for name, tensor in given.state_dict().items())
    stored = read_tensors(path)
    for tensors, message in (
        ({**stored.tensors, "more": torch.ones(1)}, "the weights hold also more"),
        ({**stored.tensors, "visual.proj": torch.ones(3)}, r"visual\.proj has shape \[3\], expected \[64, 16\]"),
        ({**stored.tensors, "visual.proj": torch.full((64, 16), torch.nan)}, "holds numbers that are not finite"),
    ):
        write_tensors(path, tensors, stored.metadata)
        with pytest.raises(ValueError, match=message):
            load_into(mean_pooled(copy.deepcopy(plain)), path)


def test_load_into_reads_plain_models_and_other_layouts(model, tokenizer, tmp_path):
    torch.manual_seed(1)
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    checkpoint.save_openai(model, tokenizer, tmp_path / "model.pt")
    checkpoint.save_huggingface(model, tokenizer, tmp_path / "hf")
    torch.save({"model": nn.DataParallel(model).state_dict()}, tmp_path / "loop.pt")
    for path in ("model.safetensors", "model.pt", "hf", "loop.pt"):
        given = CLIP(model.config)
        load_into(nn.DataParallel(given), tmp_path / path)
        same_weights(given.state_dict(), model)
    given = CLIP(model.config).to(torch.bfloat16)
    load_into(given, tmp_path / "hf")
    assert torch.equal(given.visual.proj, model.visual.proj.bfloat16())
