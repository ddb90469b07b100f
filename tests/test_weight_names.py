"""Names of weights: from every layout to ours and back."""

import pytest
import torch

from minclip.formats.weight_names import HUGGING_FACE, OPENAI


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
