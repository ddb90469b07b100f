"""Names of weights: from every layout to ours and back."""

import pytest
import torch

from minclip.formats.weight_names import HUGGING_FACE, OPENAI


def test_one_weight_in_three_layouts():
    ours = {"text.transformer.resblocks.0.attn.in_proj_bias": torch.arange(6)}
    (openais,) = OPENAI.from_ours(ours)
    assert openais == "transformer.resblocks.0.attn.in_proj_bias"
    theirs = HUGGING_FACE.from_ours(ours)  # query, key and value by themselves
    block = "text_model.encoder.layers.0.self_attn"
    parts = {f"{block}.q_proj.bias": [0, 1], f"{block}.k_proj.bias": [2, 3], f"{block}.v_proj.bias": [4, 5]}
    assert {name: tensor.tolist() for name, tensor in theirs.items()} == parts


@pytest.mark.parametrize("layout", [OPENAI, HUGGING_FACE], ids=lambda layout: layout.name)
def test_names_go_there_and_back(layout, model):
    state = model.state_dict()
    theirs = layout.from_ours(state)
    back = layout.to_ours(theirs)
    assert len(theirs.keys() - state.keys()) > len(theirs) / 2
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_a_resnets_names_go_there_and_back(resnet):
    state = resnet.state_dict()
    back = OPENAI.to_ours(OPENAI.from_ours(state))
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
