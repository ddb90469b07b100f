"""What lesson 12 says in its text, held against the kept trainings, the nets and the formulas."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from benchmarks.claims import resnet_rates
from benchmarks.claims.catalogue.resnets import RATES, RESNET, VIT
from minclip.classroom.notebook import written_question
from minclip.config import CLIPConfig
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import installed
from minclip.course.lesson_12_resnet.operations import operations, parameters, shape_only
from minclip.course.lesson_12_resnet.other_nets import every, with_a_mean, with_plain_strides
from minclip.course.lesson_12_resnet.shifts import fresh, moved, moved_by_seed, shifted
from minclip.course.outline import LESSONS
from minclip.data.picturebook import PictureBook
from minclip.formats.weight_names import OPENAI
from minclip.model import CLIP
from minclip.preprocess import pixels_to_float
from minclip.resnet import AttentionPool, BatchNorm, Bottleneck, ModifiedResNet

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "lessons" / "12_resnet" / "lesson.md").read_text(encoding="utf-8").split())
SMALL = CLIPConfig(16, 64, None, 4, (1, 2, 1, 1), 64, 1, 1, context_length=8, vocab_size=50)
(LESSON,) = [lesson for lesson in LESSONS if lesson.number == 12]


def kept(name):
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def small_net():
    torch.manual_seed(0)
    net = ModifiedResNet(image_size=64, width=4, layers=(1, 1, 1, 1), heads=2, embed_dim=8).eval()
    for block in net.modules():
        if isinstance(block, Bottleneck):
            torch.nn.init.ones_(block.bn3.weight)
    return net


def drawn(net):
    """Its norms get random numbers: a fresh block's last one is 0, and then no convolution of it counts."""
    for norm in net.modules():
        if isinstance(norm, BatchNorm):
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5), torch.nn.init.normal_(norm.bias)
            norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 1.5)
    return net


class Idle(Bottleneck):
    """A block whose convolutions are not used."""

    def forward(self, x):
        return F.relu(x if self.downsample is None else self.downsample(F.avg_pool2d(x, self.stride)))


def idle_net(**sizes):
    net = ModifiedResNet(**sizes)
    for layer in (net.layer1, net.layer2, net.layer3, net.layer4):
        for block in layer:
            block.__class__ = Idle
    return net


def pixels():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def test_operations_are_counted_by_hand():
    """A ViT's: patches, then for each token 12 · width² in a block, and tokens² twice; the projection."""
    tokens, width, layers = 65, VIT.vision_width, VIT.vision_layers
    by_hand = 64 * 3 * 64 * width + layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + width * VIT.embed_dim
    assert operations(VIT) == by_hand


def test_both_arms_do_equal_work():
    assert operations(VIT) == pytest.approx(operations(RESNET), rel=0.01)


def test_counting_draws_nothing():
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    assert operations(RESNET) and parameters(RESNET) and torch.equal(torch.rand(1), first)


def test_plain_strides_are_convolutions_with_a_stride():
    torch.manual_seed(0)
    block, x = Bottleneck(8, 4, stride=2).eval(), torch.randn(2, 8, 6, 6)
    net = small_net()
    net.layer2 = torch.nn.Sequential(block)
    with_plain_strides(net)
    with torch.no_grad():
        inside = F.relu(block.bn1(block.conv1(x)))
        inside = F.relu(block.bn2(F.conv2d(inside, block.conv2.weight, padding=1, stride=2)))
        past = block.downsample[1](F.conv2d(x, block.downsample[0].weight, stride=2))
        torch.testing.assert_close(block(x), F.relu(block.bn3(block.conv3(inside)) + past))
        stem = F.relu(net.bn2(net.conv2(F.relu(net.bn1(net.conv1(pixels()))))))
        stem = F.relu(net.bn3(F.conv2d(stem, net.conv3.weight, padding=1, stride=2)))
        torch.testing.assert_close(net.stem(pixels()), stem)


def test_the_mean_is_attention_whose_weights_are_equal():
    """Without a query all scores are 0; where the first position is the places' mean, the mean's token adds nothing."""
    net = small_net()
    with torch.no_grad():
        net.attnpool.q_proj.weight.zero_(), net.attnpool.q_proj.bias.zero_()
        position = net.attnpool.positional_embedding
        position[0] = position[1:].mean(dim=0)
        expected = net(pixels())
        torch.testing.assert_close(with_a_mean(net)(pixels()), expected)


def test_a_picture_moves_to_the_right():
    picture = torch.arange(4.0).expand(1, 3, 4, 4)
    assert shifted(picture, 1)[0, 0, 0].tolist() == [0, 0, 1, 2]
    assert every(picture, 2).tolist() == picture[:, :, [0, 2]][..., [0, 2]].tolist()


def test_the_learners_resnet_becomes_the_library(monkeypatch, tmp_path):
    """And it reads OpenAI's names: CLIP is built of the learner's classes, with the numbers of minclip's."""
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    torch.manual_seed(0)
    ours = drawn(CLIP(SMALL)).eval()
    file = OPENAI.from_ours(ours.state_dict())
    answers = KeptAnswers(tmp_path / "my_minclip")
    for exercise in LESSON.exercises:
        other = next(answer for answer in LESSON.answers.CORRECT if answer.exercise == exercise.name)
        answers.adopt(exercise.name, LESSON.answers.SETUP + other.code)
    with installed():
        mine = CLIP(SMALL).eval()
        mine.load_state_dict(OPENAI.to_ours(file))
        with torch.no_grad():
            torch.testing.assert_close(mine.encode_image(pixels()), ours.encode_image(pixels()))
    for part in (mine.visual, mine.visual.layer2[0], mine.visual.attnpool):
        assert type(part).__module__.startswith("my_minclip")


def test_rn50_has_openais_shapes():
    """Read off OpenAI's file; the paper's table 20 has the channels and layers."""
    config = CLIPConfig.preset("RN50")
    shapes = {
        "visual.conv1.weight": (32, 3, 3, 3),
        "visual.layer4.2.conv3.weight": (2048, 512, 1, 1),
        "visual.layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "visual.attnpool.positional_embedding": (50, 2048),
        "visual.attnpool.c_proj.weight": (1024, 2048),
    }
    with torch.device("meta"):
        state = OPENAI.from_ours(CLIP(replace(config, text_layers=1, vocab_size=512)).state_dict())
    assert {name: tuple(state[name].shape) for name in shapes} == shapes


def cell_with(words):
    """The code cell of the lesson that holds these words."""
    source = (ROOT / "lessons" / "12_resnet" / "lesson.md").read_text(encoding="utf-8")
    (cell,) = [cell for cell in re.findall(r"```python\n(.*?)```", source, re.DOTALL) if words in cell]
    return cell


@pytest.mark.parametrize(("kind", "zero"), [(ModifiedResNet, True), (idle_net, False)], ids=["right", "idle"])
def test_the_cell_of_rn50_sees_what_blocks_do(kind, zero, capsys):
    names = {"torch": torch, "nn": torch.nn, "CLIP": CLIP, "CLIPConfig": CLIPConfig, "OPENAI": OPENAI}
    exec(cell_with("largest difference"), names | {"BatchNorm": BatchNorm, "ModifiedResNet": kind})
    assert ("largest difference: 0.0000 of" in capsys.readouterr().out) == zero


def test_the_mean_asks_for_the_largest_number(capsys):
    exec(cell_with("the mean asks: "), {"torch": torch, "AttentionPool": AttentionPool})
    assert capsys.readouterr().out == "no question: 3.000\nthe mean asks: 5.999\n"


def test_the_nets_that_move_may_be_the_learners():
    class Mine(ModifiedResNet):
        pass

    books = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert type(fresh(0, 64, Mine)) is Mine
    assert moved(fresh(0, 64, Mine), books) == moved(fresh(0, 64), books)
    assert moved(with_plain_strides(fresh(0, 64, Mine)), books) != moved(fresh(0, 64), books)


def test_features_move_as_far_as_the_text_says():
    book = PictureBook("val", 64, count=64, captions_per_picture=1, progress=False)
    found = moved_by_seed(pixels_to_float(book.pixels))
    for name, words in (("averages", "by 0.09 to 0.18"), ("plain strides", "by 0.55 to 0.75")):
        values = [value for seed in found[name] for value in seed]
        assert f"by {min(values):.2f} to {max(values):.2f}" == words and words in TEXT
    first = [seed[0] for seed in found["plain strides"]]
    assert f"by {min(first):.2f} to {max(first):.2f}, somewhat more than half of the way" in TEXT


def test_the_rates_are_the_best_on_validation():
    runs = kept("resnet_rates")["runs"]
    assert {(run["encoder"], run["rate"]) for run in runs} == {(e, r) for e in RATES for r in resnet_rates.TRIED}
    assert resnet_rates.best(runs) == kept("resnet_rates")["best"] == RATES


def bracketed(one, share=100):
    return f"{share * one['mean']:.1f} ({share * one['low']:.1f} to {share * one['high']:.1f})"


def test_the_table_is_that_of_the_kept_claims():
    names = {
        ("resnet", "ViT"): "ViT",
        ("resnet", "ResNet"): "ResNet as in CLIP",
        ("resnet_parts", "mean for the pool"): "ResNet, a mean for the pool",
        ("resnet_parts", "plain strides"): "ResNet, plain strides",
    }
    for (claim, label), words in names.items():
        rows = {row["series"]: row for row in kept(f"claims-{claim}")["rows"] if row["label"] == label}
        assert f"| {words} | {bracketed(rows['R@10'])} | {bracketed(rows['object'])} |" in TEXT
    whole, arm = kept("claims-resnet"), kept("claims-resnet_parts")
    assert whole["rows"][2]["by_seed"] == arm["rows"][0]["by_seed"], "the ResNet was trained once for both"


def test_the_text_says_the_verdicts():
    encoders, parts = kept("claims-resnet")["findings"], kept("claims-resnet_parts")["findings"]
    assert [one["verdict"] for one in encoders] == ["not seen"] * 2
    assert [one["verdict"] for one in parts] == ["not seen", "not seen", "seen", "not seen"]
    behind = [-100 * value for value in encoders[0]["by_seed"]]
    assert (round(min(behind), 1), round(max(behind), 1)) == (2.2, 4.9) and "by 2.2 to 4.9 points" in TEXT
    assert [round(100 * encoders[0][end], 1) for end in ("low", "high")] == [-7.2, 0.6] and "-7.2 to +0.6" in TEXT
    assert bracketed(parts[0]) == "-0.3 (-1.7 to 1.0)" and "-0.3 points (-1.7 to +1.0)" in TEXT
    assert bracketed(parts[2]) == "5.2 (2.2 to 8.3)" and "5.2 points (2.2 to 8.3)" in TEXT
    assert bracketed(parts[3]) == "1.0 (-0.2 to 2.2)" and "1.0 (-0.2 to +2.2)" in TEXT


def test_the_text_says_the_work_and_the_parameters():
    assert f"{operations(RESNET) / 1e6:.2f} million multiply-adds and {parameters(RESNET):,} parameters" in TEXT
    assert f"The ViT has {operations(VIT) / 1e6:.2f} million and {parameters(VIT):,}." in TEXT
    assert round(parameters(RESNET) / parameters(VIT), 1) == 5.8 and "5.8 times as many" in TEXT
    small = ModifiedResNet(image_size=64, width=8, layers=(1, 1, 1, 1), heads=4, embed_dim=128)  # the lesson's cell
    nets = (small, shape_only(RESNET))
    assert len({str([(name, part.shape) for name, part in net.named_parameters()]) for net in nets}) == 1
    assert len({net.attnpool.heads for net in nets}) == 1
    width, places = RESNET.vision_width, (RESNET.image_size // 2) ** 2
    strided = [(width // 2 * width, places)]  # the stem's last; then conv2 of three stages
    strided += [((width * 2**i) ** 2, places // 4**i) for i in (1, 2, 3)]
    saved = sum(9 * channels * places * 3 // 4 for channels, places in strided)
    assert f"{(operations(RESNET) - saved) / 1e6:.2f} million multiply-adds in place of" in TEXT


def test_the_text_says_the_rates():
    for encoder, words in (("ResNet", "10.3, 17.2, 14.7 and 7.3 %"), ("ViT", "5.7, 8.3, 8.2 and 5.0 %")):
        of_it = {run["rate"]: run["val_r10"] for run in kept("resnet_rates")["runs"] if run["encoder"] == encoder}
        numbers = [f"{100 * of_it[rate]:.1f}" for rate in resnet_rates.TRIED]
        assert f"{', '.join(numbers[:3])} and {numbers[3]} %" == words and words in TEXT
    assert "0.0002, 0.0007, 0.002 and 0.006" in TEXT


def test_the_mark_scheme_is_right():
    scheme = written_question(LESSON).mark_scheme
    assert 256 * 64 + 9 * 64 * 64 + 64 * 256 == 69_632 and "69,632" in scheme
    assert 9 * 256 * 256 == 589_824 and "589,824" in scheme and round(589_824 / 69_632, 1) == 8.5
    assert pytest.approx(3.8) == 0.7 * 5 + 0.3
