"""Attention, its heads, the MLP, the block and the stack."""

import math

import pytest
import torch

from minclip.transformer import (
    MLP,
    LayerNorm,
    MultiHeadAttention,
    Transformer,
    TransformerBlock,
    attention,
    causal_mask,
)


class OnGPU(torch.Tensor):
    """Numbers of the CPU in a tensor that says that it is on a GPU."""

    is_cuda = True
    device = torch.device("cuda")


def test_scores_of_2_1_0_give_these_shares():
    """One query of one number, three keys: the scores are 2, 1, 0. With one-hot values the answer is the shares."""
    query, key = torch.tensor([[[[1.0]]]]), torch.tensor([[[[2.0], [1.0], [0.0]]]])
    shares = attention(query, key, value=torch.eye(3)[None, None])
    assert shares.flatten().tolist() == pytest.approx([0.665, 0.245, 0.090], abs=1e-3)
    answer = attention(query, key, value=torch.tensor([[[[10.0], [20.0], [30.0]]]]))
    assert answer.item() == pytest.approx(0.665 * 10 + 0.245 * 20 + 0.090 * 30, abs=0.02)


def test_scores_are_divided_by_the_root_of_head_width():
    """Four numbers each: the dot products are 4 and 0, the scores 2 and 0, the shares e² : 1."""
    query = torch.ones(1, 1, 1, 4)
    key = torch.stack([torch.ones(4), torch.zeros(4)])[None, None]
    shares = attention(query, key, value=torch.eye(2)[None, None])
    assert shares.flatten().tolist() == pytest.approx([math.e**2 / (math.e**2 + 1), 1 / (math.e**2 + 1)])


def test_a_causal_mask_forbids_later_tokens():
    inf = math.inf
    assert causal_mask(3).tolist() == [[0, -inf, -inf], [0, 0, -inf], [0, 0, 0]]
    scores_alike = torch.zeros(1, 1, 3, 1)
    shares = attention(scores_alike, scores_alike, torch.eye(3)[None, None], causal_mask(3))
    assert torch.allclose(shares[0, 0], torch.tensor([[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]))


def test_quick_gelu_of_1_is_0_846():
    mlp = MLP(1, 1)
    with torch.no_grad():
        for linear in (mlp.c_fc, mlp.c_proj):
            linear.weight.fill_(1), linear.bias.fill_(0)
    found = [mlp(torch.tensor([[[x]]])).item() for x in (-1.0, 0.0, 1.0, 2.0)]
    assert found == pytest.approx([-0.154, 0, 0.846, 1.936], abs=1e-3)
    mlp.quick_gelu = False
    assert mlp(torch.tensor([[[1.0]]])).item() == pytest.approx(0.841, abs=1e-3)


def test_a_block_adds_what_its_branches_find():
    block, x = TransformerBlock(4, 1, 8), torch.tensor([[[1.0, 2, 3, 4], [0, 0, 0, 5]]])
    with torch.no_grad():
        for layer in (block.attn.out_proj, block.mlp.c_proj):
            layer.weight.zero_(), layer.bias.zero_()
        assert torch.equal(block(x), x), "branches that find nothing"
        block.attn.out_proj.bias.fill_(1), block.mlp.c_proj.bias.fill_(10)
        assert torch.equal(block(x), x + 11)


def test_attention_is_pytorchs():
    query, key, value = torch.randn(3, 2, 4, 6, 16, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, causal_mask(6))
    assert torch.allclose(attention(query, key, value, causal_mask(6)), expected, atol=1e-6)


def test_multi_head_attention_is_pytorchs():
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(64, 4), torch.nn.MultiheadAttention(64, 4, batch_first=True)
    torch.nn.init.normal_(ours.in_proj_bias)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 5, 64)
    assert torch.allclose(ours(x), theirs(x, x, x)[0], atol=1e-6)


def test_a_stack_is_its_blocks_in_order():
    torch.manual_seed(0)
    stack, x = Transformer(width=8, layers=2, heads=2, mlp_width=16), torch.randn(1, 3, 8)
    first, second = stack.resblocks
    assert torch.equal(stack(x, causal_mask(3)), second(first(x, causal_mask(3)), causal_mask(3)))


def test_later_tokens_never_change_earlier_ones():
    torch.manual_seed(0)
    stack = Transformer(width=64, layers=2, heads=1, mlp_width=256)
    x = torch.randn(1, 6, 64).requires_grad_()
    out = stack(x, causal_mask(6))
    for i in range(6):
        (gradient,) = torch.autograd.grad(out[0, i].sum(), x, retain_graph=True)
        assert (gradient[0, i + 1 :] == 0).all()
        assert (gradient[0, : i + 1] != 0).any(dim=-1).all()


def test_layer_norm_keeps_dtype_and_sums_in_float32():
    """Numbers around 100: in bfloat16 they are 0.5 apart, and a variance summed in it would be far off."""
    norm, x = LayerNorm(64), 100 + torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    for dtype in (torch.bfloat16, torch.float16):
        low = norm(x.to(dtype))
        assert low.dtype == dtype
        assert torch.allclose(low.float(), norm(x.to(dtype).float()), atol=0.02)
    fine = norm.double()(x.double())
    assert fine.dtype == torch.float64
    assert torch.allclose(
        fine, (x.double() - x.double().mean(-1, True)) / (x.double().var(-1, False, keepdim=True) + 1e-5).sqrt()
    )


def test_a_width_that_heads_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="width=128 must be a multiple of heads=3"):
        MultiHeadAttention(128, 3)


@pytest.mark.parametrize("mask", [None, causal_mask(6), torch.randn(6, 6, generator=torch.Generator().manual_seed(1))])
def test_attention_on_a_gpu_is_the_same_formula(mask):
    query, key, value = torch.randn(3, 2, 4, 6, 16, generator=torch.Generator().manual_seed(0))
    there = attention(*(x.as_subclass(OnGPU) for x in (query, key, value)), mask)
    torch.testing.assert_close(there.as_subclass(torch.Tensor), attention(query, key, value, mask))


def test_a_gpu_reads_no_causal_mask(monkeypatch):
    asked = []
    kernel = "minclip.transformer.F.scaled_dot_product_attention"
    monkeypatch.setattr(kernel, lambda *tensors, **options: asked.append((len(tensors), options)))
    square = torch.ones(1, 1, 3, 2).as_subclass(OnGPU)
    attention(square, square, square, causal_mask(3))
    assert asked == [(3, {"is_causal": True})]
    one, mask = square[:, :, :1], causal_mask(3)[-1:]
    mask.is_causal = True
    attention(one, square, square, mask)  # PyTorch's own mask for one query would be another
    attention(square, square, square, torch.zeros(3, 3))
    assert asked[1:] == [(4, {}), (4, {})]


def test_a_mask_gets_the_querys_precision():
    low = torch.ones(1, 1, 3, 2).bfloat16()
    for x in (low, low.as_subclass(OnGPU)):
        assert attention(x, x, x, torch.zeros(3, 3)).dtype == torch.bfloat16


def test_layer_norm_on_a_gpu_sums_in_float32():
    norm, x = LayerNorm(64), 100 + torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    norm.weight.data.uniform_(1, 2), norm.bias.data.uniform_(1, 2)
    norm.bfloat16()  # its parameters in whatever precision, too
    norm.eps = 0.5
    found = norm(x.bfloat16().as_subclass(OnGPU))
    assert found.dtype == torch.bfloat16
    weight, bias, fine = norm.weight.float(), norm.bias.float(), x.bfloat16().float()
    sharp = torch.nn.functional.layer_norm(fine, (64,), weight, bias, 0.5)
    assert torch.equal(found.as_subclass(torch.Tensor), sharp.bfloat16())
    assert norm(x.double().as_subclass(OnGPU)).dtype == torch.float64


def test_quick_gelu_is_what_is_not_said():
    block = TransformerBlock(4, 1, 8)
    stack = Transformer(width=4, layers=1, heads=1, mlp_width=8)
    assert all(mlp.quick_gelu for mlp in (MLP(1, 1), block.mlp, stack.resblocks[0].mlp))


def test_matrices_start_as_pytorchs_attention_does():
    torch.manual_seed(0)
    ours, bound = MultiHeadAttention(64, 4), (6 / (4 * 64)) ** 0.5  # Glorot and Bengio 2010: inputs and outputs
    assert 0.99 * bound < ours.in_proj_weight.abs().max().item() <= bound
    assert not ours.in_proj_bias.any() and not ours.out_proj.bias.any()
    assert causal_mask(3, torch.device("meta")).device.type == "meta"
