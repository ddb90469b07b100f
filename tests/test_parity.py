"""Our numbers against the original's: answers of openai/CLIP, kept as files beside the project."""

import json

import pytest
import torch
from PIL import Image

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats.build_model import infer_config
from minclip.formats.weight_names import OPENAI
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

# float32 sums in another order differ by about 1e-6; a wrong formula by 1e-3 and more
TOLERANCE, GRADIENT_TOLERANCE = 3e-5, 5e-4


@pytest.fixture(params=["vit", "rn"])
def golden(request, shared):
    return torch.load(shared / "parity" / f"golden_{request.param}-tiny.pt", weights_only=True)


class Archive(torch.nn.Module):
    """A state dict as a module, to be kept as a TorchScript archive, as OpenAI keeps its models."""

    def __init__(self, state, sizes):
        super().__init__()
        for name, tensor in state.items():
            *path, last = name.split(".")
            module = self
            for part in path:
                if part not in module._modules:
                    module.add_module(part, torch.nn.Module())
                module = module._modules[part]
            if tensor.is_floating_point() and "running" not in last:
                module.register_parameter(last, torch.nn.Parameter(tensor.clone()))
            else:
                module.register_buffer(last, tensor.clone())
        for name, size in sizes.items():
            self.register_buffer(name, torch.tensor(size))

    def forward(self, x):
        return x


def as_file(state, form, path, image_size):
    """The state dict in one of the forms in which OpenAI's weights are found."""
    sizes = {"input_resolution": image_size, "context_length": 16, "vocab_size": 300}
    if form == "TorchScript archive":
        torch.jit.save(torch.jit.script(Archive(state, sizes)), path)
    elif form == "half precision with sizes":
        half = {name: t.half() if t.is_floating_point() else t for name, t in state.items()}
        torch.save(half | {name: torch.tensor(size) for name, size in sizes.items()}, path)
    else:
        torch.save(state, path)


def load_openais(path, form):
    """A lone state dict does not say whose it is: it is taken as OpenAI's with a warning."""
    if form != "state dict":
        return checkpoint.load(path, device="cpu")
    with pytest.warns(UserWarning, match="taken as OpenAI's"):
        return checkpoint.load(path, device="cpu")


def test_features_logits_loss_and_pixel_gradients_are_the_originals(golden):
    assert_the_originals(checkpoint.from_openai_state_dict(golden["state_dict"]), golden)


@pytest.mark.parametrize("form", ["state dict", "half precision with sizes", "TorchScript archive"])
def test_every_form_of_openais_files_gives_the_originals_numbers(form, golden, tmp_path):
    path = tmp_path / "original.pt"
    as_file(golden["state_dict"], form, path, golden["pixels"].shape[-1])
    model, preprocess, _ = load_openais(path, form)
    assert all(tensor.dtype in (torch.float32, torch.int64) for tensor in model.state_dict().values())
    assert preprocess(Image.new("RGB", (90, 70))).shape == golden["pixels"].shape[1:]
    if form == "half precision with sizes":  # the weights were rounded to 11 bits: the original's, so rounded, too
        golden["expected"] = rounded(golden)
    assert_the_originals(model, golden)


def rounded(golden):
    """The answers of the model whose weights were made half precision and float32 again."""
    state = {name: t.half().float() if t.is_floating_point() else t for name, t in golden["state_dict"].items()}
    pixels = golden["pixels"].clone().requires_grad_()
    return answers(checkpoint.from_openai_state_dict(state), pixels, golden["tokens"])


def answers(model, pixels, tokens):
    image_features, text_features = model.encode_image(pixels), model.encode_text(tokens)
    loss = clip_loss(image_features, text_features, model.logit_scale.exp())
    (gradient,) = torch.autograd.grad(loss, pixels, retain_graph=True)
    return {
        "image_features": image_features,
        "text_features": text_features,
        "logits_per_image": model(pixels, tokens)[0],
        "loss": loss,
        "grad_pixels": gradient,
    }


def assert_the_originals(model, golden):
    expected = golden["expected"]
    found = answers(model, golden["pixels"].clone().requires_grad_(), golden["tokens"])
    for name in ("image_features", "text_features", "logits_per_image", "loss"):
        assert found[name].shape == expected[name].shape
        assert (found[name] - expected[name]).abs().max() < TOLERANCE, name
    gradient = expected["grad_pixels"]
    assert (found["grad_pixels"] - gradient).abs().max() < GRADIENT_TOLERANCE * gradient.abs().max()


@pytest.mark.parametrize("form", ["state dict", "TorchScript archive"])
def test_the_state_dict_goes_back_as_it_came(form, golden, tmp_path):
    before = {name: tensor.clone() for name, tensor in golden["state_dict"].items()}
    as_file(golden["state_dict"], form, tmp_path / "original.pt", golden["pixels"].shape[-1])
    model, *_ = load_openais(tmp_path / "original.pt", form)
    for after in (
        checkpoint.to_openai_state_dict(model),
        checkpoint.to_openai_state_dict(checkpoint.from_openai_state_dict(golden["state_dict"])),
    ):
        assert list(after) == list(before)
        assert all(torch.equal(after[name], before[name]) for name in before)
    assert all(torch.equal(golden["state_dict"][name], before[name]) for name in before), "the input was changed"


def test_training_the_loaded_model_leaves_the_state_dict_alone(golden):
    before = {name: tensor.clone() for name, tensor in golden["state_dict"].items()}
    model = checkpoint.from_openai_state_dict(golden["state_dict"]).train()
    model(golden["pixels"], golden["tokens"])[0].sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert all(torch.equal(golden["state_dict"][name], before[name]) for name in before)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ViT-B/32", 151_277_313),
        ("ViT-B/16", 149_620_737),
        ("ViT-L/14", 427_616_513),
        ("ViT-L/14@336px", 427_944_193),
        ("RN50", 102_007_137),
        ("RN101", 119_688_033),
        ("RN50x4", 178_300_601),
        ("RN50x16", 290_979_217),
        ("RN50x64", 623_258_305),
    ],
)
def test_presets_have_the_originals_parameters_and_are_inferred(name, parameters):
    config = CLIPConfig.preset(name)
    with torch.device("meta"):  # counts without memory
        model = CLIP(config)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert infer_config(OPENAI.to_ours(checkpoint.to_openai_state_dict(model)), OPENAI) == config


def test_700_texts_have_the_originals_ids_and_decode_alike(shared):
    tokenizer = BPETokenizer.from_openai_merges(shared / "parity" / "bpe_simple_vocab_16e6.txt.gz")
    lines = (shared / "parity" / "tokenizer_cases.jsonl").read_text(encoding="utf-8").split("\n")
    cases = [json.loads(line) for line in lines[1:] if line]
    assert tokenizer.vocab_size == 49408
    assert len(cases) == 700
    assert [tokenizer.encode(case["text"]) for case in cases] == [case["ids"] for case in cases]
    assert [tokenizer.decode(case["ids"]) for case in cases] == [case["decode"] for case in cases]
