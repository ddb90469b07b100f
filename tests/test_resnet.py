"""The ResNet image encoder: its shapes, its start, its attention pool, and how it is trained."""

import pytest
import torch
from torch.nn import functional as F

from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.devices import Device
from minclip.engine.gradients import backward
from minclip.formats.precision import set_precision
from minclip.model import CLIP
from minclip.resnet import AttentionPool, BatchNorm, Bottleneck, ModifiedResNet

SIZES = {"image_size": 32, "width": 8, "layers": (1, 1, 1, 1), "heads": 4, "embed_dim": 16}
CONFIG = CLIPConfig(16, 64, None, 8, (2, 1, 1, 1), 64, 1, 1, context_length=8, vocab_size=50)


def small_model() -> CLIP:
    torch.manual_seed(0)
    return CLIP(CONFIG).eval()


def pixels(batch: int) -> torch.Tensor:
    return torch.randn(batch, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def test_a_query_without_wishes_pools_the_mean():
    """Places with 1, 2, 3 and 6, and their mean, 3, before them. With equal scores the answer is the mean of five."""
    pool = AttentionPool(side=2, width=1, heads=1, embed_dim=1)
    with torch.no_grad():
        for parameter in pool.parameters():
            parameter.zero_()
        pool.v_proj.weight.fill_(1), pool.c_proj.weight.fill_(10)
        assert pool(torch.tensor([[[[1.0, 2], [3, 6]]]])).item() == pytest.approx(30)


def test_a_stride_of_two_averages_squares_of_four():
    """A block whose branch gives nothing passes on the mean of each square: of 1, 2, 5, 6 it is 3.5."""
    block = Bottleneck(channels_in=1, channels=1, stride=2).eval()
    with torch.no_grad():
        block.bn3.weight.zero_()
        block.downsample[0].weight.fill_(1)
        found = block(torch.arange(1.0, 17).view(1, 1, 4, 4))
    assert torch.allclose(found[0, 0], torch.tensor([[3.5, 5.5], [11.5, 13.5]]), atol=1e-3)


def test_the_picture_is_halved_five_times():
    net, seen = small_model().visual, []
    for module in (net.conv3, net.layer1, net.layer2, net.layer3, net.layer4, net.attnpool):
        module.register_forward_hook(lambda _, __, out: seen.append(list(out.shape)))
    net(pixels(2))
    maps = [[2, 8, 32, 32], [2, 32, 16, 16], [2, 64, 8, 8], [2, 128, 4, 4], [2, 256, 2, 2]]
    assert seen == [*maps, [2, 16]]


@pytest.mark.parametrize(("channels_in", "stride"), [(16, 1), (8, 1), (16, 2)])
def test_a_fresh_block_passes_its_input_on(channels_in, stride):
    """bn3 begins at zero, so only the path past the convolutions is there."""
    torch.manual_seed(0)
    net = ModifiedResNet(**SIZES)
    assert all(not block.bn3.weight.any() for block in net.modules() if isinstance(block, Bottleneck))
    block = Bottleneck(channels_in, 4, stride).eval()
    torch.nn.init.zeros_(block.bn3.weight)
    x = torch.rand(2, channels_in, 8, 8)
    past = F.avg_pool2d(x, stride)
    expected = past if block.downsample is None else F.relu(block.downsample(past))
    assert (block.downsample is None) == (channels_in == 16 and stride == 1)
    assert torch.allclose(block(x), expected, atol=1e-6)


def test_a_stride_averages_and_never_skips_a_place():
    torch.manual_seed(0)
    block = Bottleneck(16, 4, stride=2).eval()
    x = torch.randn(1, 16, 6, 6).requires_grad_()
    block(x).square().sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


def test_attention_pooling_is_pytorchs_with_the_mean_as_query():
    torch.manual_seed(0)
    ours, theirs = (
        AttentionPool(side=3, width=32, heads=4, embed_dim=16),
        torch.nn.MultiheadAttention(32, 4, batch_first=True),
    )
    with torch.no_grad():
        projections = (ours.q_proj, ours.k_proj, ours.v_proj)
        for projection in projections:
            projection.bias.normal_()
        theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
        theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
        theirs.out_proj.weight.copy_(torch.eye(32))
    x = torch.randn(2, 32, 3, 3)
    places = x.flatten(2).transpose(1, 2)
    tokens = torch.cat([places.mean(1, keepdim=True), places], dim=1) + ours.positional_embedding
    pooled, _ = theirs(tokens[:, :1], tokens, tokens)
    assert torch.allclose(ours(x), ours.c_proj(pooled[:, 0]), atol=1e-6)


def test_the_attention_pool_starts_as_clips_does():
    torch.manual_seed(0)
    pool = AttentionPool(side=7, width=512, heads=8, embed_dim=256)
    for projection in (pool.q_proj, pool.k_proj, pool.v_proj, pool.c_proj):
        assert projection.weight.detach().std().item() == pytest.approx(512**-0.5, rel=0.03)
    assert pool.positional_embedding.detach().std().item() == pytest.approx(512**-0.5, rel=0.03)


def test_a_row_alone_equals_the_row_in_a_batch():
    model, batch = small_model(), pixels(4)
    alone = torch.cat([model.encode_image(row[None]) for row in batch])
    assert (alone - model.encode_image(batch)).abs().max() < 1e-5


def test_batch_norm_sees_the_whole_batch_on_several_cores():
    tokens = torch.randint(1, 50, (6, 8), generator=torch.Generator().manual_seed(2))
    gradients, means = [], []
    for cores in (1, 3):
        model = small_model().train()
        backward(model, Batch(pixels(6), tokens), Device(torch.device("cpu"), None, "test", cores))
        gradients.append(model.visual.conv1.weight.grad)
        means.append(model.visual.bn1.running_mean)
    assert torch.equal(*gradients) and torch.equal(*means)


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"image_size=40 must be a multiple of 32"):
        ModifiedResNet(**SIZES | {"image_size": 40})
    with pytest.raises(ValueError, match=r"vision_width=7 must be even"):
        ModifiedResNet(**SIZES | {"width": 7})
    with pytest.raises(ValueError, match=r"width=32 must be a multiple of heads=5"):
        AttentionPool(side=1, width=32, heads=5, embed_dim=16)
    for shape in ((1, 3, 32, 32), (1, 3, 64, 32), (1, 3, 32, 64), (1, 1, 64, 64), (3, 64, 64), (1, 1, 3, 64, 64)):
        with pytest.raises(ValueError, match=r"image has shape .*image_transform\(64\)"):
            small_model().encode_image(torch.zeros(shape))
    with pytest.raises(ValueError, match=r"patch_size=8 must be None: a ResNet has no patches"):
        CLIPConfig(16, 64, 8, 8, (1, 1, 1, 1), 64, 1, 1)
    with pytest.raises(ValueError, match=r"patch_size=None must be a whole number"):
        CLIPConfig(16, 64, None, 8, 1, 64, 1, 1)
    with pytest.raises(ValueError, match=r"vision_layers=\(1, 1\) must be a whole number"):
        CLIPConfig(16, 64, None, 8, (1, 1), 64, 1, 1)
    with pytest.raises(ValueError, match=r"a ResNet has none, so none can be left out; set patch_dropout=0"):
        _ = CONFIG.patches


def test_convolutions_have_these_shapes_and_no_bias():
    net = ModifiedResNet(**SIZES)
    convolutions = {name: module for name, module in net.named_modules() if isinstance(module, torch.nn.Conv2d)}
    assert all(module.bias is None for module in convolutions.values())
    shapes = {name: tuple(module.weight.shape) for name, module in convolutions.items()}
    expected = {"conv1": (4, 3, 3, 3), "conv2": (4, 4, 3, 3), "conv3": (8, 4, 3, 3)}
    for number, (inside, before) in enumerate([(8, 8), (16, 32), (32, 64), (64, 128)], start=1):
        expected |= {
            f"layer{number}.0.conv1": (inside, before, 1, 1),
            f"layer{number}.0.conv2": (inside, inside, 3, 3),
            f"layer{number}.0.conv3": (4 * inside, inside, 1, 1),
            f"layer{number}.0.downsample.0": (4 * inside, before, 1, 1),
        }
    assert shapes == expected
    assert net.attnpool.positional_embedding.shape == (2, 256) and net.attnpool.c_proj.weight.shape == (16, 256)


def test_a_stage_strides_once():
    net = ModifiedResNet(**SIZES | {"layers": (1, 2, 3, 4)})
    strides = [[block.stride for block in stage] for stage in (net.layer1, net.layer2, net.layer3, net.layer4)]
    assert strides == [[1], [2, 1], [2, 1, 1], [2, 1, 1, 1]]


def test_convolutions_in_half_precision_keep_norms_in_float32():
    model = set_precision(small_model(), torch.bfloat16)
    assert model.visual.bn1.weight.dtype == torch.float32
    found = model.encode_image(pixels(2))
    assert found.dtype == torch.bfloat16
    exact = small_model().encode_image(pixels(2))
    assert torch.cosine_similarity(found.float(), exact).min() > 0.99


def test_the_stem_is_three_convolutions_with_relu():
    net, x = small_model().visual, pixels(1)
    with torch.no_grad():
        for bn in (net.bn1, net.bn2, net.bn3):
            bn.bias.normal_(), bn.weight.normal_()
        seen = []
        net.layer1.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        net(x)
        for conv, bn, stride in ((net.conv1, net.bn1, 2), (net.conv2, net.bn2, 1), (net.conv3, net.bn3, 1)):
            x = F.batch_norm(F.conv2d(x, conv.weight, stride=stride, padding=1), bn.running_mean, bn.running_var,
                             bn.weight, bn.bias).relu()  # fmt: skip
    torch.testing.assert_close(seen[0], F.avg_pool2d(x, 2))


def test_a_block_is_three_convolutions_past_its_input():
    torch.manual_seed(0)
    block, x = Bottleneck(8, 4, stride=2).eval(), torch.randn(2, 8, 6, 6)
    norms = [block.bn1, block.bn2, block.bn3, block.downsample[1]]
    with torch.no_grad():
        for bn in norms:
            bn.bias.normal_(), bn.weight.normal_()
        bn1, bn2, bn3, bn_past = norms
        inside = bn1(F.conv2d(x, block.conv1.weight)).relu()
        inside = bn2(F.conv2d(inside, block.conv2.weight, padding=1)).relu()
        inside = bn3(F.conv2d(F.avg_pool2d(inside, 2), block.conv3.weight))
        past = bn_past(F.conv2d(F.avg_pool2d(x, 2), block.downsample[0].weight))
        torch.testing.assert_close(block(x), (inside + past).relu())


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_batch_norm_takes_what_it_gives(dtype):
    norm = BatchNorm(3).eval()
    norm.running_mean.fill_(0.5)
    x = torch.randn(2, 3, 4, 4).to(dtype)
    assert norm(x).dtype == dtype
    torch.testing.assert_close(norm(x), norm(x.float()).to(dtype))
