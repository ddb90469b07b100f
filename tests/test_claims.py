"""The claims about CLIP: what is compared, the rule of the verdicts, runs that are kept, the page; their data, too."""

import io
import json
import math
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.claims import __main__ as command
from benchmarks.claims import report, supervised, trained_arms
from benchmarks.claims.catalogue import CLAIMS
from benchmarks.claims.catalogue.encoders import reads_both_ways
from benchmarks.claims.catalogue.objective import loss_in_groups_of_16, picture_finds_text, text_finds_picture
from benchmarks.claims.catalogue.training_data import picture_with
from benchmarks.claims.intervals import Interval, difference, share, verdict
from benchmarks.claims.result import result_of
from benchmarks.claims.seed_spread import kind_of, pooled
from benchmarks.claims.training_arms import Arm, Book, Setting
from minclip.checkpoint import load
from minclip.config import CLIPConfig, TrainConfig
from minclip.data.emoji import STYLES, Emoji
from minclip.data.picturebook import PictureBook, World
from minclip.data.picturebook.conditions import (
    OWN_STYLE,
    SHARED_NAME,
    ConditionedBook,
    Conditions,
    family_words,
)
from minclip.data.picturebook.objects import CLASSES
from minclip.engine.devices import choose_device
from minclip.experiments.preparation import new_model
from minclip.loss import clip_loss

ROOT = Path(__file__).parents[1]
SMALL = CLIPConfig(32, 16, 8, 64, 1, 64, 1, 2, context_length=32, vocab_size=1200)
CONFIG = TrainConfig(samples=64, batch_size=16, log_every=1, save_every=1)


@pytest.fixture(scope="module", autouse=True)
def drawn_once(tmp_path_factory):
    """Pictures of this file's tests are drawn into a folder of their own, once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINCLIP_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture
def setting(tmp_path):
    """Everything very small: runs of four steps."""
    base = Arm(data=Book(pictures=600), config=CONFIG, model=SMALL)
    gains = {"half of the patches": 1.5, "smaller pictures, shorter texts": 2.0}
    (tmp_path / "step_gains.json").write_text(json.dumps({"gains": gains}), encoding="utf-8")
    (tmp_path / "speed_of_half_the_patches.json").write_text('{"gain": 1.5}', encoding="utf-8")
    return Setting(base, tmp_path, choose_device("cpu", torch.float32), per_class=1, emoji=tmp_path / "emoji")


@pytest.fixture
def longer(setting):
    """Long enough for the largest batch; never trained here."""
    return replace(setting, base=setting.base.with_config(samples=2048))


@pytest.fixture
def emoji_folder(tmp_path):
    """Six emoji, a red square with a transparent rim in every design; the last one is not in the fourth."""
    folder = tmp_path / "emoji"
    folder.mkdir()
    square = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    square.paste((250, 10, 10, 255), (2, 2, 6, 6))
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    entries = []
    with tarfile.open(folder / "images-64.tar", "w") as tar:
        for i in range(6):
            styles = STYLES if i < 5 else ("noto", "fluent3d", "fluentflat")
            files = {style: f"{style}/{i}.png" for style in styles}
            for file in files.values():
                member = tarfile.TarInfo(file)
                member.size = len(buffer.getvalue())
                tar.addfile(member, io.BytesIO(buffer.getvalue()))
            entries.append({"key": f"{i}", "name": f"thing {i}", "keywords": ["red", "square"][:i], "images": files})
    (folder / "emoji.json").write_text(json.dumps({"emoji": entries}), encoding="utf-8")
    return folder


LUCK = {
    kind: {"pooled": pooled, "lowest": 0.001, "highest": 0.05}
    for kind, pooled in (("share", 0.02), ("one run", 0.01), ("two runs", 0.03))
}


def silent(text: str) -> None:
    """Says nothing."""


# ---- the rule of the verdicts


def seeds(*shares: float, pictures: int = 1000) -> list[np.ndarray]:
    """Answers of which a share is right, the same pictures first."""
    return [np.arange(pictures) < round(share * pictures) for share in shares]


def test_a_clear_difference_is_seen_its_reverse_is_opposite():
    high, low = seeds(0.80, 0.81, 0.79), seeds(0.60, 0.61, 0.59)
    assert verdict(difference(high, low, same_pictures=True)) == "seen"
    assert verdict(difference(low, high, same_pictures=True)) == "opposite"


def test_seeds_that_disagree_show_nothing():
    found = difference(seeds(0.80, 0.60, 0.70), seeds(0.65, 0.65, 0.65), same_pictures=True)
    assert found.mean == pytest.approx(0.05) and verdict(found) == "not seen"
    # Student's t of two degrees of freedom, 4.303, on a deviation of 0.1; the pictures add a little
    assert found.high - found.mean > 4.303 * 0.1 / math.sqrt(3)


def test_one_seed_shows_nothing_however_large_the_difference():
    found = difference(seeds(1.0), seeds(0.0), same_pictures=True)
    assert (found.mean, found.low, found.high, verdict(found)) == (1.0, -1.0, 1.0, "not seen")


def test_one_seed_is_judged_by_the_others_spread():
    better, worse = seeds(0.70), seeds(0.60)
    small, large = (difference(better, worse, same_pictures=True, luck=luck) for luck in (0.02, 0.05))
    assert (verdict(small), verdict(large)) == ("seen", "not seen")
    pictures = 1.96 * math.sqrt(0.1 * 0.9 / 1000)  # they differ in a tenth of them
    assert small.high - small.mean == pytest.approx(math.hypot(2.228 * 0.02, pictures), rel=1e-6)
    two = difference(seeds(0.70, 0.70), seeds(0.60, 0.60), same_pictures=True, luck=0.05)
    assert two.high - two.mean < large.high - large.mean, "a second seed makes it narrower"


def test_three_seeds_show_their_own_luck():
    answers = seeds(0.80, 0.81, 0.79), seeds(0.60, 0.61, 0.59)
    assert difference(*answers, same_pictures=True, luck=0.5) == difference(*answers, same_pictures=True)


def test_spread_is_pooled_from_results_with_three_seeds():
    def result(by_seed: list[list[float]], kinds: list[str]) -> dict:
        rows = [{"by_seed": one} for one in by_seed]
        findings = [{"kind": kind, "by_seed": one} for kind, one in zip(kinds, by_seed, strict=True)]
        return {"seeds": list(range(len(by_seed[0]))), "rows": rows, "findings": findings}

    wide, narrow = [0.4, 0.5, 0.6], [0.5, 0.5, 0.5]
    results = [
        result([wide, narrow], ["two runs", "one run"]),
        result([wide], ["share"]),  # the base again: counted once
        result([[0.0, 1.0]], ["two runs"]),  # two seeds: not asked
    ]
    found = pooled(results)
    assert {kind: luck["pooled"] for kind, luck in found.items()} == {"share": 0.0707, "two runs": 0.1, "one run": 0.0}
    assert found["share"] == {"pooled": 0.0707, "lowest": 0.0, "highest": 0.1}
    assert pooled(results[2:]) == {}


def test_a_finding_knows_what_it_compares(longer):
    kinds = {
        name: [kind_of(finding) for finding in CLAIMS[name](longer).findings] for name in ("counting", "relations")
    }
    assert kinds == {
        "counting": ["two runs", "one run", "share"],
        "relations": ["share", "one run", "share", "share"],
    }


def test_few_pictures_make_the_interval_wide():
    few, many = (difference(seeds(0.6, 0.6, 0.6, pictures=n), 0.5, same_pictures=False) for n in (50, 5000))
    assert verdict(few) == "not seen" and verdict(many) == "seen"
    assert many.high - many.mean == pytest.approx(1.96 * math.sqrt(0.24 / 5000), rel=0.01)


def test_none_right_of_few_pictures_proves_nothing():
    found = difference(seeds(0.0, 0.0, 0.0, pictures=10), 0.1, same_pictures=False)
    assert found.mean == pytest.approx(-0.1) and verdict(found) == "not seen"


def test_pictures_that_both_are_asked_about_cancel():
    better, worse = seeds(0.53, 0.53, 0.53), seeds(0.50, 0.50, 0.50)
    assert verdict(difference(better, worse, same_pictures=True)) == "seen"
    assert verdict(difference(better, worse, same_pictures=False)) == "not seen"


def test_a_share_stays_a_share():
    found = share(seeds(0.98, 1.0, 0.99, pictures=100))
    assert found.mean == pytest.approx(0.99) and found.high == 1.0 and found.by_seed == (0.98, 1.0, 0.99)
    assert verdict(Interval(-0.2, -0.3, -0.1, ())) == "opposite"


# ---- what is compared


def test_every_claim_says_what_it_compares(longer, emoji_folder):
    claims = [make(longer) for make in CLAIMS.values()]
    assert [claim.name for claim in claims] == list(CLAIMS)
    for claim in claims:
        assert claim.findings and claim.rows and claim.source
        cells = [(row.label, row.series) for row in claim.rows]
        assert len(set(cells)) == len(cells), f"{claim.name} shows two numbers in one place"
        names = [claim.name_of(arm) for arm in claim.arms]
        assert len(set(names)) == len(names), f"{claim.name} calls two arms the same: {names}"


def test_the_base_is_trained_once_for_all_claims(longer, emoji_folder):
    arms = {name: make(longer).arms for name, make in CLAIMS.items()}
    without_base = [name for name, several in arms.items() if longer.base not in several]
    assert without_base == ["emoji", "siglip", "resnet", "resnet_parts", "half_the_work"]
    folders = {arm.folder(longer.out, 0) for several in arms.values() for arm in several}
    assert len(folders) == 46


def test_equal_arms_share_a_folder_and_others_do_not(setting):
    base = setting.base
    folder = base.folder(setting.out, 0)
    assert folder == Arm(data=Book(pictures=600), config=CONFIG, model=SMALL).folder(setting.out, 0)
    assert folder == base.with_config(seed=7).folder(setting.out, 0), "the seed is the run's"
    others = [
        base.with_config(samples=80),
        replace(base, loss=picture_finds_text),
        replace(base, change=reads_both_ways),
        replace(base, label="kind"),
        replace(base, data=Book(pictures=600, world=World(noise=0.2))),
        replace(base, data=Book(pictures=600, conditions=Conditions(swapped=0.5))),
        replace(base, model=replace(SMALL, text_layers=3)),
    ]
    assert len({folder, base.folder(setting.out, 1), *(arm.folder(setting.out, 0) for arm in others)}) == 9


def test_the_loss_is_the_mean_of_both_directions():
    torch.manual_seed(0)
    images, texts, scale = torch.randn(32, 8), torch.randn(32, 8), torch.tensor(10.0)
    one, other = picture_finds_text(images, texts, scale), text_finds_picture(images, texts, scale)
    assert one != other and torch.allclose((one + other) / 2, clip_loss(images, texts, scale))
    halves = [clip_loss(images[i : i + 16], texts[i : i + 16], scale) for i in (0, 16)]
    assert torch.allclose(loss_in_groups_of_16(images, texts, scale), sum(halves) / 2)


def test_text_read_both_ways_ignores_the_padding(tokenizer):
    model = new_model(replace(SMALL, vocab_size=tokenizer.vocab_size), 0)
    tokens = tokenizer(["a red car", "a small green tree at night"])
    causal = model.encode_text(tokens)
    reads_both_ways(model)
    both = model.encode_text(tokens)
    assert not torch.allclose(causal, both, atol=1e-4)
    longest = int(tokens[0].argmax()) + 1
    assert torch.allclose(both[:1], model.encode_text(tokens[:1, :longest]), atol=1e-5)


# ---- runs


def test_claims_go_from_training_to_verdict(setting, monkeypatch):
    claims = [CLAIMS[name](setting) for name in ("temperature", "counting", "text_direction")]
    results = [result_of(claim, setting, [0, 1], LUCK, silent) for claim in claims]
    assert len(list((setting.out / "arms").iterdir())) == 10  # base, two temperatures, a net, both ways; two seeds
    monkeypatch.setattr(trained_arms, "train_arm", None)  # whoever trains fails
    monkeypatch.setattr(trained_arms, "load", None)
    assert [result_of(claim, setting, [0, 1], LUCK, silent) for claim in claims] == results
    for result in results:
        assert result["seeds"] == [0, 1] and result["samples"] == 64 and result["stopped"] == []
        assert all(0 <= row["low"] <= row["mean"] <= row["high"] <= 1 for row in result["rows"])
        assert all(finding["verdict"] in ("seen", "not seen", "opposite") for finding in result["findings"])
        assert result["luck"] == LUCK and all(row["high"] - row["low"] < 1 for row in result["rows"])
        assert json.loads(json.dumps(result)) == result


def test_the_same_seed_gives_the_same_answers_elsewhere(setting, tmp_path):
    number = CLAIMS["directions"](setting).numbers[3]  # of an arm with a loss of its own
    answers = [trained_arms.answers(number, 3, replace(setting, out=tmp_path / name)) for name in ("one", "two")]
    folders = [number.arm.folder(tmp_path / name, 3) for name in ("one", "two")]
    first, second = (load(folder)[0].state_dict() for folder in folders)
    assert np.array_equal(*answers) and all(torch.equal(first[name], second[name]) for name in first)
    other = load(trained_arms.learned(number.arm, 4, setting).arm.folder(setting.out, 4))[0].state_dict()
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_fixed_temperature_stays_and_a_learned_one_moves(setting):
    claim = CLAIMS["temperature"](setting)
    learned, warm, cold = (trained_arms.learned(arm, 0, setting).model.logit_scale.item() for arm in claim.arms)
    assert warm == pytest.approx(math.log(1 / 0.07)) and cold == pytest.approx(math.log(100))
    assert learned != warm


def test_a_killed_run_ends_in_the_same_weights(setting, tmp_path):
    calls = []

    def dying(*features):
        calls.append(features)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return clip_loss(*features)

    dying.__name__ = clip_loss.__name__  # so that it is the same arm
    arm = CLAIMS["temperature"](setting).arms[1]
    with pytest.raises(KeyboardInterrupt):
        trained_arms.train_arm(replace(arm, loss=dying), 0, setting)
    assert not trained_arms.is_done(arm, 0, setting.out)
    resumed = trained_arms.learned(arm, 0, setting).model.state_dict()
    whole = trained_arms.learned(arm, 0, replace(setting, out=tmp_path / "whole")).model.state_dict()
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_a_run_whose_loss_is_no_number_ends_alone(setting):
    def no_number(images, texts, scale):
        return clip_loss(images, texts, scale) * float("nan")

    arm = replace(setting.base, loss=no_number)
    model = trained_arms.learned(arm, 0, setting).model
    assert trained_arms.done(arm, 0, setting.out)["stopped"].startswith("the loss is nan")
    assert all(bool(weight.isfinite().all()) for weight in model.parameters()), "it can still be asked"


def test_a_supervised_net_learns_from_a_balanced_set(setting):
    arm = replace(setting.base, label="count", data=Book(pictures=2000)).with_config(samples=16)
    pairs = supervised.labelled(arm, setting.device)
    counts = pairs.tokens[:, 0].bincount(minlength=4)
    assert counts.min() == counts.max() > 50
    book = arm.data.open(16)
    assert supervised.label_of(next(p for p in book.book.pictures if p.layout == "two"), "kind") is None
    net = supervised.train_net(arm, 0, setting.device)
    again = supervised.train_net(arm, 0, setting.device)
    assert torch.equal(net.head.weight, again.head.weight)
    assert not torch.equal(net.head.weight, supervised.new_net(arm, 0).head.weight)


def test_the_command_keeps_whole_runs_and_never_fewer_seeds(setting, monkeypatch):
    monkeypatch.setattr(command, "setting_of", lambda asked: setting)
    monkeypatch.setattr(command.result_files, "RESULTS", setting.out / "results")
    monkeypatch.setattr(command.report, "write", lambda: None)
    (setting.out / "results").mkdir()
    path = setting.out / "results" / "claims-relations.json"

    def seeds_kept(*arguments: str) -> list[int]:
        command.main(["--only", "relations", *arguments])
        return json.loads(path.read_text(encoding="utf-8"))["seeds"] if path.is_file() else []

    assert seeds_kept("--samples", "64") == [] and (setting.out / "claims-relations.json").is_file()
    assert seeds_kept("--seeds", "0", "0", "0") == [0], "one seed three times is one"
    assert seeds_kept("--seeds", "0", "1", "2") == [0, 1, 2]
    assert seeds_kept("--seeds", "0") == [0, 1, 2]


def test_the_list_says_what_is_left_to_train(setting, monkeypatch, capsys):
    monkeypatch.setattr(command, "setting_of", lambda asked: setting)
    command.main(["--only", "relations", "--seeds", "0"])
    command.main(["--only", "emoji", "relations", "--list"])
    said = capsys.readouterr().out
    assert "emoji is left out" in said and "3 runs, 2 of them to train: CLIP" in said


# ---- the page


def made_up(name: str, verdict: str = "seen") -> dict:
    number = {"mean": 0.5, "low": 0.4, "high": 0.612, "by_seed": [0.5, 0.5, 0.5]}
    return {
        "machine": "a made-up machine",
        "claim": name,
        "title": f"Title of {name}",
        "said": "It is said.",
        "source": "Somebody 2021, section 1",
        "measured": "It was measured.",
        "seeds": [0, 1, 2],
        "samples": 300_000,
        "batch_size": 256,
        "runs": 6,
        "training_seconds": 600,
        "stopped": [],
        "device": "cpu",
        "luck": {},
        "rows": [
            {"label": label, "series": series, "n": 100, **number} for label in ("this", "that") for series in "ab"
        ],
        "findings": [{"statement": "This beats that.", "verdict": verdict, **number}],
    }


def test_the_page_shows_kept_results_and_nothing_else(tmp_path):
    report.write(tmp_path, tmp_path / "docs")
    assert not (tmp_path / "docs").exists(), "no result, no page"
    for name, said in (("temperature", "not seen"), ("zero_shot", "opposite")):
        path = tmp_path / f"claims-{name}.json"
        path.write_text(json.dumps(made_up(name, said)), encoding="utf-8")
    report.write(tmp_path, tmp_path / "docs")
    text = (tmp_path / "docs" / "claims.md").read_text(encoding="utf-8")
    assert text.index("## Title of zero_shot") < text.index("## Title of temperature")
    assert "Title of counting" not in text and "Not measured yet: ensembling, " in text and "counting, " in text
    assert "It is said. (Somebody 2021, section 1)" in text and "300,000 samples" in text
    assert "| this | 50.0 (40.0 to 61.2) | 50.0 (40.0 to 61.2) | 100 |" in text
    assert "| This beats that. | +50.0 (+40.0 to +61.2) | **opposite** |" in text
    assert {path.name for path in (tmp_path / "docs" / "claims").iterdir()} == {"temperature.png", "zero_shot.png"}


def test_the_page_says_how_one_seed_was_judged(tmp_path):
    three, one = made_up("zero_shot"), made_up("counting") | {"seeds": [0], "luck": LUCK}
    assert "Where a claim has one seed" not in report.page([three])
    text = report.page([three, one])
    assert "a standard deviation of 2.0 (0.1 to 5.0) points for a share" in " ".join(text.split())
    assert "seed 0; 6 runs" in text and "seeds 0, 1, 2; 6 runs" in text
    assert (
        "| [Title of counting](#title-of-counting) | This beats that. | +50.0 (+40.0 to +61.2) | **seen** | 1 |" in text
    )


def test_the_page_is_made_of_the_kept_results():
    path, results = ROOT / "docs" / "claims.md", report.read_results(ROOT / "benchmarks" / "results")
    assert path.is_file() == bool(results)
    if results:
        assert path.read_text(encoding="utf-8") == report.page(results), "run python -m benchmarks.claims --page"


@pytest.mark.parametrize(
    "result", report.read_results(ROOT / "benchmarks" / "results", CLAIMS), ids=lambda one: one["claim"]
)
def test_a_kept_result_speaks_of_todays_claim(longer, emoji_folder, result):
    claim = CLAIMS[result["claim"]](longer)
    assert [claim.title, claim.said, claim.source] == [result[name] for name in ("title", "said", "source")]
    if claim.name not in ("patch_dropout", "half_the_work"):  # says how much faster a step was
        assert claim.measured == result["measured"]
    assert [(row.label, row.series) for row in claim.rows] == [(row["label"], row["series"]) for row in result["rows"]]
    found = [(finding["statement"], finding["kind"]) for finding in result["findings"]]
    assert [(finding.statement, kind_of(finding)) for finding in claim.findings] == found


def test_a_plot_shows_every_number():
    figure = report.plot(made_up("counting"))
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["this", "that"]
    assert [container.get_label() for container in axes.containers] == ["a", "b"]


# ---- the conditions of the picture book


def conditioned(world: World = World(), **shares: float) -> ConditionedBook:  # noqa: B008  (frozen)
    book = PictureBook("train", size=16, count=400, workers=1, progress=False, world=world)
    return ConditionedBook(book, Conditions(**shares))


def says(text: str, kind: str) -> bool:
    """Whether a class is named, by the start of any of its names: it may be a plural or a tag."""
    squeezed = text.lower().replace(" ", "")
    return any(name.replace(" ", "")[:4] in squeezed for name in CLASSES[kind].names)


def test_without_conditions_the_book_is_itself():
    book = conditioned()
    assert book.captions(3) == book.book.captions(3) and book.picture(3) == book.book.picture(3)
    assert np.array_equal(book.image(3), book.book.image(3))


def test_swapped_captions_speak_of_another_picture():
    quiet = World(noise=0.0)
    shares = []
    for swapped in (0.0, 0.5, 1.0):
        book = conditioned(quiet, swapped=swapped)
        assert book.captions(7) == book.captions(7)
        kinds = [book.picture(i).things[0].kind for i in range(len(book))]
        shares.append(np.mean([says(text, kind) for i, kind in enumerate(kinds) for text in book.captions(i)]))
    assert shares[0] > 0.95 and abs(shares[1] - shares[0] / 2) < 0.1 and shares[2] < 0.15


def test_shared_names_are_told_apart_by_family():
    book = conditioned(World(noise=0.0), shared_names=1.0)
    pictures = [book.picture(i) for i in range(len(book))]
    rockets = [i for i, p in enumerate(pictures) if p.layout == "one" and p.things[0].kind in SHARED_NAME]
    assert len(rockets) > 50
    in_context = 0
    for i in rockets:
        kind = pictures[i].things[0].kind
        owner = SHARED_NAME[kind]
        for text in book.captions(i):
            assert says(text, owner)
            assert family_words(owner) not in text
            in_context += family_words(kind) in text
    assert 0.25 < in_context / (5 * len(rockets)) < 0.5
    assert all(CLASSES[a].family != CLASSES[b].family for a, b in SHARED_NAME.items())


def test_own_style_draws_each_class_in_one_style():
    book, plain = conditioned(own_style=1.0), conditioned()
    assert all(book.picture(i).style == OWN_STYLE[book.picture(i).things[0].kind] for i in range(len(book)))
    assert all(replace(book.picture(i), style="photo") == replace(plain.picture(i), style="photo") for i in range(50))
    changed = [i for i in range(50) if book.picture(i).style != plain.picture(i).style]
    assert len(changed) > 30 and all((book.pixels[i] != plain.pixels[i]).any() for i in changed)
    half = conditioned(own_style=0.5)
    share_changed = np.mean([half.picture(i).style == OWN_STYLE[half.picture(i).things[0].kind] for i in range(400)])
    assert 0.45 < share_changed < 0.7


def test_conditions_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"Conditions\(swapped=1.5\)"):
        Conditions(swapped=1.5)
    with pytest.raises(ValueError, match="test split"):
        ConditionedBook(PictureBook("test", progress=False), Conditions())
    with pytest.raises(IndexError):
        conditioned(swapped=0.5).captions(400)


def test_the_attacked_pictures_differ_by_the_word_alone():
    none, right, wrong = (picture_with(which, 5) for which in ("none", "right", "wrong"))
    assert none == replace(right, written=None) == replace(wrong, written=None)
    assert right.written == CLASSES[none.things[0].kind].names[0] != wrong.written and wrong.written


# ---- emoji


def test_emoji_are_read_by_style_with_names_and_keywords(emoji_folder):
    three = Emoji(emoji_folder, ("noto", "fluent3d", "fluentflat"))
    assert len(three) == 18 and len(Emoji(emoji_folder, ("emojitwo",))) == 5
    assert (three.keys[6], three.styles[6], three.split) == ("0", "fluent3d", "noto+fluent3d+fluentflat")
    assert three.captions(0) == ["thing 0"]
    assert three.captions(2) == ["thing 2", "thing 2: red, square"]
    image = three.image(7)
    assert image.mode == "RGB" and image.getpixel((0, 0)) == (255, 255, 255) and image.getpixel((4, 4)) == (250, 10, 10)


def test_emoji_that_are_not_whole_are_refused(emoji_folder, tmp_path):
    for wrong in (("oil",), "noto", None, 3, [None], [["noto"]]):
        with pytest.raises(ValueError, match=r"styles=.* must be one or more of noto, emojitwo"):
            Emoji(emoji_folder, wrong)
    with pytest.raises(FileNotFoundError, match=r"emoji\.json"):
        Emoji(tmp_path / "nowhere")
    table = emoji_folder / "emoji.json"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("noto/3.png", "noto/33.png"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"lacks 1 of 6 pictures, first noto/33.png"):
        Emoji(emoji_folder, ("noto",))
    table.write_text(text[:50], encoding="utf-8")
    with pytest.raises(ValueError, match="not JSON"):
        Emoji(emoji_folder)
    for wrong in (
        '[{"key": "1"}]',
        '[{"key": "1", "name": "a", "keywords": [], "images": ["noto/1.png"]}]',
        "[3]",
        "7",
    ):
        table.write_text(f'{{"emoji": {wrong}}}', encoding="utf-8")
        with pytest.raises(ValueError, match="does not hold emoji"):
            Emoji(emoji_folder)


def test_the_fourth_design_is_never_seen_in_training(setting, emoji_folder):
    three, with_fourth, one = (arm.data for arm in CLAIMS["emoji"](setting).arms)
    assert len(three.open(16)) == 18 and len(one.open(16)) == 6
    assert str(emoji_folder) not in repr(three), "where they lie does not matter to the outcome"
    result = result_of(CLAIMS["emoji"](setting), setting, [0], say=silent)
    asked = result["rows"][0]["n"]
    assert 0 < asked < 5 and len(with_fourth.open(16)) == 18 + 5 - asked


def test_the_card_counts_the_real_emoji(shared):
    emoji = Emoji(shared / "data" / "emoji-64")
    assert {style: emoji.styles.count(style) for style in STYLES} == {
        "noto": 1867,
        "emojitwo": 1355,
        "fluent3d": 1545,
        "fluentflat": 1545,
    }
    assert emoji.captions(0)[0] == "grinning face" and emoji.image(0).size == (64, 64)
