"""The bench against other CLIPs, at a size of seconds: that all do the same work, and that each result has its form.

How fast anyone is, is never asked here.
"""

import contextlib
import io
import json
import math
import platform
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import torch
from peer_packages import installed
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed import contender_process, encode_speed, peers, scaling, timing, train_speed, workload
from benchmarks.speed.contender_process import Apart
from minclip.config import CLIPConfig
from minclip.engine.devices import choose_device

SMALL = {
    "embed_dim": 16, "image_size": 16, "patch_size": 8, "vision_width": 64, "vision_layers": 1, "text_width": 64,
    "text_heads": 1, "text_layers": 1, "context_length": 8, "vocab_size": 60,
}  # fmt: skip
CONFIG = CLIPConfig.preset("tiny", **SMALL)
QUICK = {"rounds": 2, "block": 0.01}
PLAIN = {name: [next(iter(variants))] for name, variants in peers.VARIANTS.items()}
OTHERS = [name for name in peers.NAMES if name != peers.OURS]


@pytest.fixture(autouse=True)
def quick_peak(monkeypatch):
    """A large product takes a second, which no test has."""
    monkeypatch.setattr(train_speed, "matrix_product", partial(workload.matrix_product, side=128))


def assert_spread(numbers):
    assert 0 < numbers["lowest"] <= numbers["median"] <= numbers["highest"]


def without(monkeypatch, *names):
    """As where these are not installed."""
    found = peers.package
    monkeypatch.setattr(peers, "package", lambda name: None if name in names else found(name))


@pytest.mark.parametrize("name", OTHERS)
def test_a_peer_has_our_losses_and_gradients(name):
    installed(name)
    found = peers.agreement(CONFIG, pairs=6)[name]
    assert found["loss"] < train_speed.SAME_LOSS
    assert found["gradient"] < 1e-4


def test_agreement_compares_steps_that_learn():
    device, weights = choose_device("cpu", torch.float32), peers.new_weights(CONFIG)
    ours = peers.make(peers.OURS, CONFIG, weights, device)
    batch = workload.noise_batch(CONFIG, 6, 8, 8, device)
    losses = [float(ours.step(batch)) for _ in range(4)]
    assert losses == sorted(losses, reverse=True) and losses[0] - losses[-1] > 100 * train_speed.SAME_LOSS


def test_a_loss_that_is_no_number_is_other_work(monkeypatch):
    installed(peers.OPEN_CLIP)
    make = peers.make

    def lost_after_a_step(name, *asked, **variant):
        runner = make(name, *asked, **variant)
        values = iter([None, math.nan, math.nan])

        def step(batch):
            loss, value = runner.step(batch), next(values)
            return loss if value is None else loss * value

        return runner._replace(step=step) if name == peers.OPEN_CLIP else runner

    monkeypatch.setattr(peers, "make", lost_after_a_step)
    with pytest.raises(ValueError, match="open_clip does other work: its loss is nan"):
        train_speed.measure(batch=6, longest=6, variants=PLAIN, **QUICK, **SMALL)


def test_other_work_is_no_race(monkeypatch):
    installed(peers.OPEN_CLIP)
    content = peers.openclip.config_content

    def exact_gelu(config, own_words):
        changed = content(config, own_words)
        changed["model_cfg"]["quick_gelu"] = False
        return changed

    monkeypatch.setattr(peers.openclip, "config_content", exact_gelu)
    with pytest.raises(ValueError, match="open_clip does other work"):
        train_speed.measure(batch=6, longest=6, variants=PLAIN, **QUICK, **SMALL)


@pytest.mark.slow  # half a minute of processes; encode_speed's test races the same ones
def test_train_speed_has_a_number_for_everyone_here(monkeypatch, capsys):
    told = []

    class Noted(Apart):
        def __init__(self, name, keeps_memory=None, **question):
            told.append((name, keeps_memory))
            super().__init__(name, keeps_memory=keeps_memory, **question)

    monkeypatch.setattr(train_speed, "Apart", Noted)
    monkeypatch.setattr(train_speed, "dtypes", lambda: [torch.float32])
    result = train_speed.measure(batch=6, longest=6, variants=PLAIN, **QUICK, **SMALL)
    helped = [(name, True) for name in peers.installed() if name != peers.OURS]
    assert told == [*((name, None) for name in peers.installed()), *helped, *helped]  # for whole and for cut texts
    assert json.loads(json.dumps(result)) == result
    assert {
        f"{train_speed.called(dtype)}, {text}" for dtype in train_speed.dtypes() for text in ("whole", "cut")
    } == set(result["settings"])
    for setting, found in result["settings"].items():
        assert list(found["contenders"]) == peers.installed()
        for name, one in found["contenders"].items():
            assert_spread(one["pairs_per_second"])
            assert one["share_of_peak"] > 0
            assert one["tokens_of_a_text"] == (6 if "cut" in setting and name != peers.OPEN_CLIP else 8)
        if len(peers.installed()) > 1:
            assert found["ratio"]["against"] in OTHERS
            assert_spread(found["ratio"])
            assert_spread(found["ratio_memory_kept"])
    train_speed.table(result)
    printed = capsys.readouterr().out
    assert all(name in printed for name in peers.NAMES)


def test_a_missing_peers_column_says_so(monkeypatch, capsys):
    without(monkeypatch, *OTHERS)
    result = train_speed.measure(batch=4, longest=6, variants=PLAIN, **QUICK, **SMALL)
    assert result["versions"] == {name: f"{name} (not installed)" for name in OTHERS}
    assert list(result["agreement"]) == []
    train_speed.table(result)
    printed = capsys.readouterr().out
    assert printed.count("not installed") == 2 * len(result["settings"]) and "no peer here" in printed
    with pytest.raises(ValueError, match=r"open_clip is not installed: pip install -e \.\[peers\]"):
        peers.make(peers.OPEN_CLIP, CONFIG, peers.new_weights(CONFIG), choose_device("cpu"))


def test_a_failing_variant_says_why_another_is_taken(monkeypatch):
    variants = {"broken": {"broken": True}, "as it is": {}}
    monkeypatch.setitem(train_speed.VARIANTS, peers.OURS, variants)
    question = {"preset": "tiny", "changes": SMALL, "pairs": 4, "dtype": "float32"}
    with ExitStack() as stack:
        contender = train_speed.started(peers.OURS, question, variants, {6, 8}, stack)
        found = train_speed.fastest(contender, pairs=4, length=8, block=0.01)
    assert found.variant == "as it is" and found.tried["as it is"] > 0
    assert "unexpected keyword argument 'broken'" in found.tried["broken"]
    with ExitStack() as stack, pytest.raises(RuntimeError, match=r"minclip runs in none of its settings: \{'broken'"):
        train_speed.started(peers.OURS, question, ["broken"], {8}, stack)


def test_the_fastest_setting_has_the_best_median():
    """Seconds of a call by turn: a lucky one does not decide."""
    turns = {
        "steady": iter([9, 9, 2, 2, 2]),
        "lucky": iter([9, 9, 1, 3, 3]),
    }  # the first two find out how long a call is

    class Turns:
        def __init__(self, words):
            self.words = words

        def seconds(self, calls, length):
            assert length == 8
            return next(turns[self.words])

    contender = train_speed.Started({words: Turns(words) for words in turns}, {"other": "why not"})
    found = train_speed.fastest(contender, pairs=4, length=8, block=0.0)
    assert found == ("steady", {"steady": 2.0, "lucky": 1.333, "other": "why not"})


def test_minclip_races_uncompiled_beside_a_faster_setting(monkeypatch):
    without(monkeypatch, *OTHERS)
    question = {"preset": "tiny", "changes": SMALL, "pairs": 4, "dtype": "float32", "longest": 6}
    monkeypatch.setitem(train_speed.VARIANTS, peers.OURS, {"as it is": {}, "the same again": {}})
    with ExitStack() as stack:
        contenders = {peers.OURS: train_speed.started(peers.OURS, question, ["as it is", "the same again"], {8}, stack)}
        for variant, racing in (
            ("as it is", [peers.OURS]),
            ("the same again", [peers.OURS, peers.OURS_AS_IT_IS]),
        ):
            best = {peers.OURS: train_speed.Chosen(variant, {})}
            found = train_speed.race(question, contenders, best, {peers.OURS: 8}, **QUICK)
            assert list(found["contenders"]) == racing
            assert all(one["tokens_of_a_text"] == 8 for one in found["contenders"].values())


def test_encode_speed_compares_features_and_times_them(capsys, monkeypatch):
    for module in (train_speed, encode_speed):  # each further dtype starts everybody again
        monkeypatch.setattr(module, "dtypes", lambda: [torch.float32])
    result = encode_speed.measure(batches=(1, 3), longest=6, with_compiler=False, **QUICK, **SMALL)
    assert json.loads(json.dumps(result)) == result
    assert list(result["settings"]) == [f"{train_speed.called(dtype)}, as it is" for dtype in train_speed.dtypes()]
    for rows in result["settings"].values():
        kinds = ("images", "texts, whole", "texts, cut")
        assert list(rows) == [f"{kind}, batch {size}" for size in (1, 3) for kind in kinds]
        for found in rows.values():
            assert list(found["per_second"]) == peers.installed()
            for rate in found["per_second"].values():
                assert_spread(rate)
    encode_speed.table(result)
    assert "texts, cut, batch 3" in capsys.readouterr().out


def test_compiled_contenders_encode_in_the_same_rounds(monkeypatch):
    """Nobody encodes here, compiling takes minutes: what is asked for is noted."""
    made, raced = [], []

    class Noted(contextlib.AbstractContextManager):
        def __init__(self, name, variant, **question):
            made.append((name, variant))

        def __exit__(self, *_):
            pass

        def ready(self):
            return self

        def seconds(self, calls, **asked):
            return 0.01

    def alternating(timed, rounds, block):
        raced.append(list(timed))
        return timing.alternating(timed, rounds, block)

    monkeypatch.setattr(encode_speed, "Apart", Noted)
    monkeypatch.setattr(encode_speed, "alternating", alternating)
    monkeypatch.setattr(encode_speed, "dtypes", lambda: [torch.float32])
    result = encode_speed.measure(batches=(2,), longest=6, **QUICK, **SMALL)
    assert list(result["settings"]) == ["float32, as it is", "float32, compiled"]
    asked = [
        (name, variant)
        for settings in encode_speed.SETTINGS.values()
        for name in peers.installed()
        for variant in settings[name]
    ]
    assert made == [(name, peers.VARIANTS[name][variant]) for name, variant in asked]
    assert raced == [asked] * 3  # pictures, whole texts, cut texts
    assert (peers.OURS, {"compiled": True}) in made


def test_the_faster_kind_of_attention_counts():
    taken = {("them", "slow"): [3.0, 3.0, 1.0], ("them", "fast"): [2.0, 2.0, 4.0], ("us", "slow"): [1.0, 1.0, 1.0]}
    assert encode_speed.fastest(taken, "them", ["slow", "fast"]) == "fast"


@pytest.mark.parametrize("name", peers.NAMES)
def test_half_precision_is_what_each_library_makes_of_it(name):
    installed(name)
    device, weights = choose_device("cpu", torch.float32), peers.new_weights(CONFIG)
    batch = workload.noise_batch(CONFIG, 4, 6, 8, device)
    runner = peers.make(name, CONFIG, weights, device)
    runner.model.eval()
    with torch.no_grad():
        whole = runner.encode_image(batch.pixels), runner.encode_text(batch.tokens)
        runner.halve(torch.bfloat16)
        half = runner.encode_image(batch.pixels), runner.encode_text(batch.tokens)
    for one, other in zip(whole, half, strict=True):
        assert other.dtype == torch.bfloat16
        assert 0 < (one - other).abs().max() < 0.05 * one.abs().max()


def test_who_encodes_is_asked_for_pictures_or_texts():
    with Apart(peers.OURS, "tiny", 3, "float32", changes=SMALL, encodes=True) as runner:
        assert runner.seconds(1, work="images", pairs=1) > 0 and runner.seconds(1, length=6, work="texts") > 0
        assert runner.memory() is None


def test_features_that_differ_stop_the_race():
    ours = torch.ones(2, 3)
    encode_speed.check({peers.OURS: ours, "other": ours + 1e-6}, "text")
    with pytest.raises(ValueError, match="other does other work: its text features"):
        encode_speed.check({peers.OURS: ours, "other": ours * 1.01}, "text")
    with pytest.raises(ValueError, match="other does other work"):
        encode_speed.check({peers.OURS: ours, "other": ours * math.nan}, "text")


@pytest.mark.slow  # half a minute of processes
def test_scaling_measures_every_point_and_draws_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(scaling.os, "cpu_count", lambda: 1)  # a worker for each
    monkeypatch.setattr(scaling, "BASE", {"pairs in a batch": 4, "tokens of a text": 8, "pixels of a side": 32})
    sweeps = {"pairs in a batch": (2, 4), "pixels of a side": (32,)}
    result = scaling.measure(sweeps, pictures=12, side=40, epochs=1, batch=4, **QUICK)
    assert json.loads(json.dumps(result)) == result
    assert {changed: list(points) for changed, points in result["steps"].items()} == {
        "pairs in a batch": ["2", "4"],
        "pixels of a side": ["32"],
    }
    for points in result["steps"].values():
        for point in points.values():
            assert list(point) == [name for name in peers.installed() if name in scaling.LOOKS]
            for found in point.values():
                assert_spread(found["seconds"])
    assert len(result["data"]["rates"]) == 5
    for rate in result["data"]["rates"].values():
        assert_spread(rate)
    figure = scaling.plot_scaling(result["steps"])
    assert [axes.get_xlabel() for axes in figure.axes] == [*sweeps, *sweeps]
    assert list(figure.axes[0].lines[0].get_xdata()) == [2, 4]
    figure.savefig(tmp_path / "scaling.png")
    scaling.table(result)
    assert "make_batch" in capsys.readouterr().out


def test_memory_grows_with_the_batch():
    found = []
    for pairs in (4, 2048):
        with Apart(peers.OURS, "tiny", pairs, "float32", changes=SMALL) as runner:
            runner.seconds(2)
            found.append(runner.memory())
    few, many = found
    if few is None:
        pytest.skip("this system does not say how much memory a process held")
    assert many["training"] > few["training"] + 20
    assert few["libraries"] > 50


@pytest.mark.parametrize(
    ("name", "encodes", "asked", "keeps"),
    [
        (peers.OURS, False, None, True),
        (peers.OURS, False, False, False),
        (peers.OURS, True, None, False),
        (peers.OPEN_CLIP, False, None, False),
        (peers.OPEN_CLIP, False, True, True),
    ],
)
def test_memory_is_kept_by_name_or_by_hand(name, encodes, asked, keeps, monkeypatch):
    installed(name)
    done = []
    monkeypatch.setattr(contender_process, "keep_freed_memory", lambda: done.append("kept"))
    monkeypatch.setattr(
        contender_process, "make", lambda *asked, **more: done.append("made") or peers.make(*asked, **more)
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))  # asked for nothing
    question = {"name": name, "preset": "tiny", "pairs": 2, "dtype": "float32", "variant": {}, "changes": SMALL}
    contender_process.answered(question | {"longest": None, "keeps_memory": asked, "encodes": encodes}, io.StringIO())
    assert done[: 1 + keeps] == ["kept"] * keeps + ["made"] and done.count("kept") == keeps


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc"
    or platform.machine() != "x86_64"
    or (HUGE_PAGES.is_file() and "[always]" in HUGE_PAGES.read_text(encoding="utf-8")),
    reason="PyTorch's memory is not glibc's here, or comes in pages too few to count",
)
def test_kept_memory_is_not_fetched_again():
    """Counted in pages that the system hands out, which depend on no other program."""
    code = (
        "import resource, torch\nfrom minclip.engine.cores import keep_freed_memory\n"
        "fetched = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "def pages():\n    before = fetched()\n    for _ in range(20): torch.ones(20_000_000)\n"
        "    return fetched() - before\n"
        "pages(); left_alone = pages()\nkeep_freed_memory()\n"
        "print(left_alone, min(pages() for _ in range(5)))"  # the system moves pages around for its own reasons, too
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    left_alone, kept = map(int, done.stdout.split())
    if left_alone < 1000:
        pytest.skip("this system does not count pages")
    assert kept < 100 and left_alone > 20 * kept


def test_the_work_counted_is_what_a_peer_multiplies():
    installed(peers.TRANSFORMERS)
    device = choose_device("cpu", torch.float32)
    peer = peers.make(peers.TRANSFORMERS, CONFIG, peers.new_weights(CONFIG), device, attention="eager")
    with FlopCounterMode(display=False) as counter:
        peer.step(workload.noise_batch(CONFIG, 3, 6, 8, device))
    assert workload.step_flops(CONFIG, pairs=3, length=8) == counter.get_total_flops()


def test_a_noise_batch_has_its_longest_text():
    tokens = workload.noise_batch(CONFIG, 50, longest=6, length=8, device=choose_device("cpu")).tokens
    ends = tokens.argmax(dim=1)
    assert tokens.shape == (50, 8) and int(ends.max()) == 5 and int(ends.min()) == 3
    assert bool((tokens.max(dim=1).values == CONFIG.vocab_size - 1).all())
    assert bool((tokens[torch.arange(8) > ends[:, None]] == 0).all())


def test_the_ratio_is_to_the_faster_peer():
    times = {peers.OURS: [1.0, 1.0, 1.0], peers.OPEN_CLIP: [3.0, 3.0, 3.0], peers.TRANSFORMERS: [2.0, 1.5, 9.0]}
    assert peers.ratio(times) == {"against": peers.TRANSFORMERS, "median": 2.0, "lowest": 1.5, "highest": 9.0}
    assert peers.ratio({peers.OURS: [1.0]}) == {}


def test_rounds_alternate_in_both_directions():
    order = []
    timed = {name: lambda calls, name=name: order.append(name) or 1.0 for name in "ab"}
    timing.alternating(timed, rounds=2, block=0)
    blocks = [name for name, before in zip(order, [None, *order], strict=False) if name != before]
    assert blocks == ["a", "b", "a", "b", "a"]
