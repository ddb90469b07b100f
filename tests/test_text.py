"""The text encoder: read at EOT, blind to what stands after it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minclip.text import TextTransformer

SIZES = {"context_length": 12, "vocab_size": 50, "width": 64, "layers": 2, "heads": 1, "embed_dim": 16}


def encoder(**sizes) -> TextTransformer:
    torch.manual_seed(0)
    return TextTransformer(**SIZES | sizes).eval()


def test_a_text_of_two_tokens_by_hand():
    """EOT is id 3, its embedding (1, -1), place 1 adds (2, -2). Blocks that add nothing; then norm and projection."""
    text = encoder(context_length=3, vocab_size=4, width=2, layers=1, heads=1, embed_dim=2)
    with torch.no_grad():
        text.token_embedding.weight[3] = torch.tensor([1.0, -1])
        text.positional_embedding[1] = torch.tensor([2.0, -2])
        for layer in (text.transformer.resblocks[0].attn.out_proj, text.transformer.resblocks[0].mlp.c_proj):
            layer.weight.zero_(), layer.bias.zero_()
        text.text_projection.copy_(torch.tensor([[1.0, 0], [0, 10]]))
        features = text(torch.tensor([[1, 3, 0]]))  # (3, -3) becomes (1, -1), of mean 0 and standard deviation 1
    assert features[0].tolist() == pytest.approx([1, -10], abs=1e-4)


def test_each_text_is_read_at_its_own_eot():
    text, tokens = encoder(), torch.tensor([[1, 49, 0, 0], [1, 2, 3, 49]])
    short, long = text(tokens[:1, :2]), text(tokens[1:])
    assert torch.allclose(text(tokens), torch.cat([short, long]), atol=1e-5)


@settings(max_examples=30)
@given(
    st.lists(st.integers(1, 48), min_size=0, max_size=9),
    st.lists(st.integers(0, 48), min_size=1, max_size=11),
)
def test_what_stands_after_eot_never_matters(words, rubbish):
    text = encoder()
    clean = torch.tensor([[*words, 49]])
    padded = torch.tensor([[*words, 49, *rubbish][:12]])
    assert (text(clean) - text(padded)).abs().max() < 1e-5


def test_a_row_alone_equals_the_row_in_a_batch():
    text, tokens = encoder(), torch.randint(1, 50, (4, 12), generator=torch.Generator().manual_seed(0))
    alone = torch.cat([text(row[None]) for row in tokens])
    assert (alone - text(tokens)).abs().max() < 1e-5


def test_texts_longer_than_the_context_are_refused():
    with pytest.raises(ValueError, match=r"tokens has shape \[2, 13\].*length ≤ 12"):
        encoder()(torch.zeros(2, 13, dtype=torch.long))


@pytest.mark.parametrize("shape", [(5,), (2, 5, 1)])
def test_tokens_that_are_no_rows_are_refused(shape):
    with pytest.raises(ValueError, match="tokens has shape"):
        encoder()(torch.zeros(shape, dtype=torch.long))


def test_a_text_as_long_as_the_context_is_read():
    assert encoder()(torch.full((1, 12), 49)).shape == (1, 16)


def test_blocks_in_half_precision_read_embeddings_in_float32():
    text = encoder()
    text.transformer.bfloat16()
    text.text_projection.data = text.text_projection.data.bfloat16()
    assert text(torch.full((1, 3), 49)).dtype == torch.bfloat16


def test_everything_is_where_the_tokens_are():
    assert encoder().to("meta")(torch.zeros(2, 5, dtype=torch.long, device="meta")).shape == (2, 16)


def test_sizes_and_activation_reach_the_blocks():
    blocks = encoder(width=32, layers=3, heads=4).transformer.resblocks
    assert len(blocks) == 3 and {block.attn.heads for block in blocks} == {4}
    assert blocks[0].mlp.c_fc.weight.shape == (4 * 32, 32)
    assert blocks[0].mlp.quick_gelu and not encoder(quick_gelu=False).transformer.resblocks[0].mlp.quick_gelu
