"""The image encoder: patches, tokens, features."""

import re

import pytest
import torch

from minclip.vision import PatchEmbedding, VisionTransformer, patchify

SIZES = {"image_size": 16, "patch_size": 8, "width": 64, "layers": 2, "heads": 1, "embed_dim": 16, "mlp_width": 256}


def encoder() -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(**SIZES).eval()


def test_a_picture_of_two_patches_is_cut_by_hand():
    """Two by four pixels: the left patch is a square of two by two, the right one the other."""
    red = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    image = torch.stack([red, 10 * red, 100 * red])[None]  # [1, 3, 2, 4]
    left = [1, 2, 5, 6, 10, 20, 50, 60, 100, 200, 500, 600]
    right = [3, 4, 7, 8, 30, 40, 70, 80, 300, 400, 700, 800]
    assert patchify(image, 2).tolist() == [[left, right]]


def test_patches_are_in_reading_order_after_the_cls_token():
    embedding = PatchEmbedding(image_size=4, patch_size=2, width=3)
    with torch.no_grad():
        embedding.conv1.weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, 2, 2) / 4)  # mean colour
        embedding.class_embedding.fill_(9)
        embedding.positional_embedding.zero_()
    image = torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]).expand(1, 3, 4, 4)
    assert embedding(image)[0, :, 0].tolist() == [9, 0, 1, 2, 3]


def test_the_embedding_is_one_matrix_for_every_patch():
    torch.manual_seed(0)
    embedding, image = PatchEmbedding(image_size=12, patch_size=4, width=5), torch.randn(2, 3, 12, 12)
    tokens = patchify(image, 4) @ embedding.conv1.weight.flatten(1).T + embedding.positional_embedding[1:]
    assert torch.allclose(embedding(image)[:, 1:], tokens, atol=1e-5)


def test_features_are_cls_normed_and_projected():
    vit, image = encoder(), torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    tokens = vit.transformer(vit.ln_pre(vit.embedding(image)))
    assert torch.equal(vit(image), vit.ln_post(tokens[:, 0]) @ vit.proj)


def test_a_row_alone_equals_the_row_in_a_batch():
    vit, images = encoder(), torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([vit(image[None]) for image in images])
    assert (alone - vit(images)).abs().max() < 1e-5


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="image_size=30 must be a multiple of patch_size=8"):
        VisionTransformer(**SIZES | {"image_size": 30})
    with pytest.raises(ValueError, match="image is 4 × 6: both must be multiples of patch_size=4"):
        patchify(torch.zeros(1, 3, 4, 6), 4)
    with pytest.raises(ValueError, match="image is 6 × 4"):
        patchify(torch.zeros(1, 3, 6, 4), 4)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 1, 3, 16, 16), (2, 1, 16, 16), (2, 3, 8, 16), (2, 3, 16, 24)])
def test_pictures_of_another_shape_are_refused(shape):
    said = re.escape(f"image has shape {list(shape)}") + r".*image_transform\(16\)"
    with pytest.raises(ValueError, match=said):
        encoder()(torch.zeros(shape))


def test_blocks_in_half_precision_read_embeddings_in_float32():
    vit = encoder()
    for module in (vit.transformer, vit.embedding.conv1):
        module.bfloat16()
    vit.proj.data = vit.proj.data.bfloat16()
    assert vit(torch.zeros(2, 3, 16, 16)).dtype == torch.bfloat16


def test_embeddings_start_with_norm_one():
    torch.manual_seed(0)
    embedding = PatchEmbedding(image_size=16, patch_size=8, width=4096)
    norms = [embedding.class_embedding.norm().item(), *embedding.positional_embedding.norm(dim=1).tolist()]
    assert norms == pytest.approx([1] * 6, rel=0.05)
    assert embedding.conv1.bias is None


def test_sizes_and_activation_reach_the_blocks():
    vit = VisionTransformer(**SIZES | {"layers": 3, "heads": 4, "mlp_width": 100})
    blocks = vit.transformer.resblocks
    assert len(blocks) == 3 and {block.attn.heads for block in blocks} == {4}
    assert blocks[0].mlp.c_fc.weight.shape == (100, 64)
    assert blocks[0].mlp.quick_gelu
    assert not VisionTransformer(**SIZES, quick_gelu=False).transformer.resblocks[0].mlp.quick_gelu
