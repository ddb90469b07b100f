"""A model from weights: every tensor must be the expected one."""

import pytest
import torch

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats.build_model import build
from minclip.formats.weight_names import HUGGING_FACE, MINCLIP, OPENAI
from minclip.formats.weights_files import write_tensors
from minclip.model import CLIP


def test_the_configuration_is_read_off_the_shapes(model):
    assert build(model.state_dict(), MINCLIP).config == model.config


def test_half_precision_files_become_float32(model, tmp_path):
    state = {name: tensor.half() for name, tensor in OPENAI.from_ours(model.state_dict()).items()}
    write_tensors(tmp_path / "half.safetensors", state, {})
    with pytest.warns(UserWarning, match="taken as OpenAI's"):
        loaded, *_ = checkpoint.load(tmp_path / "half.safetensors", device="cpu")
    assert {tensor.dtype for tensor in loaded.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize("layout", [OPENAI, HUGGING_FACE], ids=lambda layout: layout.name)
def test_wrong_tensors_are_named_as_in_the_file(layout, model, tmp_path):
    path = tmp_path / "weights.safetensors"
    good = layout.from_ours(model.state_dict())
    names = list(good)
    some = [name for name in names if "layers.0." in name or "resblocks.0." in name][-1]
    config = model.config
    cases = [
        ({name: tensor for name, tensor in good.items() if name != some}, f"lack {some}"),
        ({**good, "extra.weight": torch.zeros(3)}, "hold also extra.weight"),
        ({**good, some: torch.zeros(3, 5)}, rf"{some} has shape \[3, 5\], expected \["),
        ({**good, some: good[some].to(torch.int8)}, f"{some} holds torch.int8, expected torch.float32"),
        ({**good, "logit_bias": torch.zeros(1)}, "a logit_bias beside CLIP's own encoders"),
    ]
    for tensors, message in cases:
        write_tensors(path, tensors, {})
        with pytest.raises(ValueError, match=message) as caught:
            checkpoint.load(path, device="cpu", config=config)
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert "By their shapes they are of CLIPConfig(embed_dim=16" in str(caught.value) or "SigLIP" in str(caught.value)


def test_weights_of_a_well_known_size_are_recognised():
    with torch.device("meta"):
        state = checkpoint.to_openai_state_dict(CLIP(CLIPConfig.preset("RN50")))
    del state["visual.layer1.0.bn1.weight"]
    with pytest.raises(ValueError, match=r"lack visual\.layer1\.0\.bn1\.weight\. Their sizes are those of RN50"):
        checkpoint.from_openai_state_dict(state)


def test_weights_of_something_else_are_refused(tmp_path):
    write_tensors(tmp_path / "other.safetensors", {"encoder.weight": torch.zeros(1)}, {})
    with pytest.raises(
        ValueError, match=r"no CLIP's weights that minclip knows: they begin encoder\.weight\. Looked for token_"
    ):
        checkpoint.load(tmp_path / "other.safetensors", device="cpu")
