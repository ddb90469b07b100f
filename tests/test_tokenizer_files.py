"""Tokenizers from and to other people's files: the same ids, or a refusal that says where they part."""

import gzip
import itertools
import json
import random
import re

import pytest
from peer_packages import installed
from test_tokenizer import ODD

from minclip.bpe import bytes_to_unicode
from minclip.data.tokenizer_file import OPENAI_MERGES
from minclip.formats.json_files import read_json, write_json
from minclip.formats.tokenizer_files import (
    is_tokenizer_folder,
    read_tokenizer,
    write_openai_merges,
    write_tokenizer,
)
from minclip.tokenizer import EOT, SOT, BPETokenizer, clean

CAPTIONS = ["A red car, isn't it?", "two blue fish in the sea", "3 small trees & a dog's house!", "", "THE END..."]
HUGGING_FACE = ["merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"]


@pytest.fixture
def plain():
    return BPETokenizer.train(CAPTIONS * 3, 600, context_length=40)


@pytest.fixture
def folder(plain, tmp_path):
    """Hugging Face's files of the plain tokenizer."""
    write_tokenizer(plain, tmp_path / "hf")
    return tmp_path / "hf"


def assert_same(ours, theirs):
    assert (ours.merges, ours.context_length) == (theirs.merges, theirs.context_length)


def whole(tokenizer, text):
    """ids with SOT and EOT, as Hugging Face gives them."""
    return [tokenizer.special_ids[SOT], *tokenizer.encode(text), tokenizer.special_ids[EOT]]


def change(path, **entries):
    """Writes a JSON file again with other entries; `model__x` is an entry of its part `model`."""
    content = read_json(path)
    for name, value in entries.items():
        *parts, last = name.split("__")
        place = content[parts[0]] if parts else content
        place[last] = value
    write_json(path, content)


def test_our_own_file_is_read_by_its_content(plain, tmp_path):
    plain.save(tmp_path / "any name.txt")
    assert_same(read_tokenizer(tmp_path / "any name.txt"), plain)
    assert read_tokenizer(tmp_path / "any name.txt", 12).context_length == 12


@pytest.mark.parametrize("name", ["merges.txt", "merges.txt.gz", "any name"])
def test_openais_merges_come_back(name, plain, tmp_path):
    write_openai_merges(plain, tmp_path / name)
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert_same(read_tokenizer(tmp_path / name, 40), plain)
    assert_same(BPETokenizer.from_openai_merges(tmp_path / name, 40), plain)
    assert read_tokenizer(tmp_path / name).context_length == 77


def test_the_same_merges_give_the_same_bytes(plain, tmp_path):
    for name in ("one.gz", "two.gz"):
        write_openai_merges(plain, tmp_path / name)
    written = (tmp_path / "one.gz").read_bytes()
    assert written == (tmp_path / "two.gz").read_bytes()
    assert written[4:8] == bytes(4), "bytes 4 to 7 of gzip are the time"
    assert not gzip.decompress(written).endswith(b"\n"), "the original would count an empty last line as a merge"


def test_an_untrained_tokenizer_comes_back(tmp_path):
    untrained = BPETokenizer([], 9)
    write_openai_merges(untrained, tmp_path / "merges.txt.gz")
    write_tokenizer(untrained, tmp_path / "hf")
    assert_same(read_tokenizer(tmp_path / "merges.txt.gz", 9), untrained)
    assert_same(read_tokenizer(tmp_path / "hf"), untrained)


def test_what_a_merges_file_cannot_hold_is_refused(tmp_path):
    pairs = itertools.product(bytes_to_unicode().values(), repeat=2)
    many = BPETokenizer(list(itertools.islice(pairs, OPENAI_MERGES + 1)))
    with pytest.raises(ValueError, match="48,895 merges are too many"):
        write_openai_merges(many, tmp_path / "merges.gz")
    assert list(tmp_path.iterdir()) == []


def test_hugging_faces_folder_comes_back_in_both_forms(plain, tmp_path):
    write_tokenizer(plain, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == HUGGING_FACE
    assert_same(read_tokenizer(tmp_path), plain)
    assert_same(read_tokenizer(tmp_path / "tokenizer.json"), plain)
    (tmp_path / "tokenizer.json").unlink()
    assert is_tokenizer_folder(tmp_path)
    assert_same(read_tokenizer(tmp_path), plain)
    assert_same(read_tokenizer(tmp_path / "vocab.json"), plain)
    assert read_tokenizer(tmp_path, 12).context_length == 12


@pytest.mark.parametrize("name", ["ours.json", "merges.txt", "theirs"])
def test_a_small_context_length_is_not_the_files_fault(name, plain, tmp_path):
    plain.save(tmp_path / "ours.json")
    write_openai_merges(plain, tmp_path / "merges.txt")
    write_tokenizer(plain, tmp_path / "theirs")
    assert read_tokenizer(tmp_path / name, context_length=2).context_length == 2
    with pytest.raises(ValueError, match=r"^context_length=1 must be at least 2"):
        read_tokenizer(tmp_path / name, context_length=1)


def test_a_folder_without_a_tokenizer_is_an_error(tmp_path):
    (tmp_path / "vocab.json").write_text("{}", encoding="utf-8")
    assert not is_tokenizer_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json, and for vocab\.json \+ merges\.txt"):
        read_tokenizer(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no tokenizer at .*nowhere"):
        read_tokenizer(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no merges\.txt is beside it"):
        read_tokenizer(tmp_path / "vocab.json")


def test_merges_are_read_as_pairs_and_as_strings(folder, plain):
    strings = read_json(folder / "tokenizer.json")["model"]["merges"]
    assert all(isinstance(merge, str) for merge in strings), "which every version reads"
    change(folder / "tokenizer.json", model__merges=[merge.split(" ") for merge in strings])
    assert_same(read_tokenizer(folder), plain)


@pytest.mark.parametrize("stated", [40, None, 10**30, "many", 1.5])
def test_a_stated_context_length_is_used(folder, stated):
    change(folder / "tokenizer_config.json", model_max_length=stated)
    assert read_tokenizer(folder).context_length == (40 if stated == 40 else 77)


def test_a_padding_token_of_the_vocabulary_is_nothing_special(folder, plain):
    """Stable Diffusion 2 pads with "!", whose id is 0."""
    added = read_json(folder / "tokenizer.json")["added_tokens"]
    change(folder / "tokenizer.json", added_tokens=[{**added[0], "id": 0, "content": "!"}, *added])
    assert_same(read_tokenizer(folder), plain)


def without_marks(content):
    return {symbol.replace("</w>", "@@"): i for symbol, i in content.items()}


def swapped(content):
    return content | {"a": content["b"], "b": content["a"]}


def like_gpt2(content):
    return {symbol: i for i, symbol in enumerate(symbol for symbol in content if "</w>" not in symbol)}


def with_a_gap(content):
    return {symbol: i + (i > 520) for symbol, i in content.items()}


def longer(content):
    return content | {"<cat>": len(content)}


@pytest.mark.parametrize(
    ("vocabulary", "difference"),
    [
        (swapped, "id 64 is 'b', in CLIP's order it is 'a'"),
        (without_marks, "id 256 is '!@@', in CLIP's order it is '!</w>'"),
        (like_gpt2, "id 256 is 'is', in CLIP's order it is '!</w>'"),
        (with_a_gap, "id 521 is missing, in CLIP's order it is '"),
        (longer, "id 552 is '<cat>', in CLIP's order it is missing"),
        (lambda content: {"[PAD]": 0, "[UNK]": 1, "the": 2}, "id 0 is '[PAD]', in CLIP's order it is '!'"),
        (lambda content: [["<unk>", 0.0], ["the", -3.5]], "id 0 is '<unk>', in CLIP's order it is '!'"),
    ],
)
def test_another_vocabulary_is_refused_by_its_first_difference(vocabulary, difference, folder):
    content = vocabulary(read_json(folder / "vocab.json"))
    change(folder / "tokenizer.json", model__vocab=content, added_tokens=[])
    with pytest.raises(ValueError, match=re.escape("tokenizer.json: " + difference)):
        read_tokenizer(folder)
    if isinstance(content, dict):
        (folder / "tokenizer.json").unlink()
        write_json(folder / "vocab.json", content)
        with pytest.raises(ValueError, match=re.escape("vocab.json: " + difference)):
            read_tokenizer(folder)


def test_tokens_after_eot_are_refused_in_older_files(folder):
    (folder / "tokenizer.json").unlink()
    for i, difference in ((552, "id 552 is '<cat>'"), (600, "id 552 is missing")):
        write_json(folder / "added_tokens.json", {"<cat>": i})
        with pytest.raises(ValueError, match=difference):
            read_tokenizer(folder)


def test_a_third_special_token_is_refused(folder):
    added = read_json(folder / "tokenizer.json")["added_tokens"]
    mask, sot, eot = {**added[0], "content": "<mask>"}, {**added[0], "id": 551}, {**added[1], "id": 552}
    vocabulary = {s: i for s, i in read_json(folder / "vocab.json").items() if s not in (SOT, EOT)}
    change(folder / "tokenizer.json", model__vocab=vocabulary, added_tokens=[mask, sot, eot])
    with pytest.raises(ValueError, match=r"id 550 is '<mask>', in CLIP's order .* and no other special tokens"):
        read_tokenizer(folder)


@pytest.mark.parametrize(
    ("entry", "value", "reason"),
    [
        ("model__ignore_merges", True, "ignore_merges=True, CLIP has False"),
        ("model__dropout", 0.1, "dropout=0.1, CLIP has None"),
        ("model__continuing_subword_prefix", "##", "continuing_subword_prefix='##', CLIP has ''"),
        ("model__end_of_word_suffix", "_", "end_of_word_suffix='_', CLIP has '</w>'"),
        ("normalizer", {"type": "NFC"}, "keeps capital letters"),
        ("normalizer", None, "keeps capital letters"),
    ],
)
def test_other_settings_of_the_same_vocabulary_are_refused(entry, value, reason, folder):
    change(folder / "tokenizer.json", **{entry: value})
    with pytest.raises(ValueError, match=reason):
        read_tokenizer(folder)


@pytest.mark.parametrize(
    "content",
    ["{", "{}", '{"format": "other"}', '{"model": {}}', '{"model": {"vocab": 5}}', '{"model": {"vocab": {"a": [1]}}}',
     '{"model": {"vocab": {}, "merges": [5]}}', '{"model": {"vocab": {}}, "added_tokens": [5]}', "[]", "\x00", "",
     '{"model": {"vocab": [5]}}', '{"model": {"vocab": [[]]}}', '{"model": {"vocab": {"a": 0}, "merges": [[1, 2]]}}'],
)  # fmt: skip
def test_what_is_no_tokenizer_is_refused_by_name(content, tmp_path):
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize(("entry", "value"), [
    ("model__merges", [["x" * 1_000_000, "a"]]), ("model__vocab", {"x" * 1_000_000: 0}),
    ("model__dropout", [1] * 100_000),
])  # fmt: skip
def test_an_error_shows_the_beginning_of_long_values(entry, value, folder):
    change(folder / "tokenizer.json", **{entry: value})
    with pytest.raises(ValueError, match=r"tokenizer\.json: ") as caught:
        read_tokenizer(folder)
    assert len(str(caught.value)) < 800


def test_a_symbol_that_is_there_twice_is_refused(tmp_path):
    tokenizer = BPETokenizer([("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc")])
    with pytest.raises(ValueError, match=r"ids 514 and 515 are both 'abc'"):
        write_tokenizer(tokenizer, tmp_path / "hf")
    assert not (tmp_path / "hf").exists()


def test_tokenizers_reads_our_file_and_gives_our_ids(plain, tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install -e .[dev]")
    write_tokenizer(plain, tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in [*CAPTIONS, "AB <NEW LINE> ünï ab", f"{SOT} x"]:
        assert theirs.encode(text).ids == whole(plain, text)
    theirs.save(str(tmp_path / "tokenizer.json"))
    assert_same(read_tokenizer(tmp_path), plain)


@pytest.mark.parametrize("name", ["CLIPTokenizer", "AutoTokenizer"])
@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json"])
def test_transformers_reads_our_folder_and_gives_our_ids(name, form, plain, tmp_path):
    transformers = installed("transformers")
    write_tokenizer(plain, tmp_path / "ours")
    if form == "vocab.json":
        (tmp_path / "ours" / "tokenizer.json").unlink()
    theirs = getattr(transformers, name).from_pretrained(tmp_path / "ours")
    assert type(theirs).__name__.startswith("CLIPTokenizer")
    assert (theirs.model_max_length, len(theirs)) == (40, plain.vocab_size)
    assert theirs.pad_token_id == theirs.eos_token_id == plain.vocab_size - 1
    for text in [*CAPTIONS, "AB <NEW LINE> ünï ab"]:
        assert theirs(text)["input_ids"] == whole(plain, text)
    padded = theirs(CAPTIONS, padding="max_length")["input_ids"]
    ours = plain(CAPTIONS)
    assert [row.index(theirs.eos_token_id) for row in padded] == ours.argmax(dim=-1).tolist()
    theirs.save_pretrained(tmp_path / "theirs")
    assert_same(read_tokenizer(tmp_path / "theirs"), plain)


def test_the_original_reads_our_merges(plain, tmp_path):
    installed("pkg_resources")  # openai/CLIP needs this part of an older setuptools
    original = installed("clip.simple_tokenizer").SimpleTokenizer
    write_openai_merges(plain, tmp_path / "merges.txt.gz")
    theirs = original(str(tmp_path / "merges.txt.gz"))
    assert (theirs.encoder[SOT], theirs.encoder[EOT]) == (plain.special_ids[SOT], plain.special_ids[EOT])
    for text in [*CAPTIONS, *ODD]:
        assert theirs.encode(text) == plain.encode(text)
        assert theirs.decode(plain.encode(text)) == plain.decode(plain.encode(text))


def test_open_clip_reads_our_merges(plain, tmp_path):
    copied = installed("open_clip.tokenizer").SimpleTokenizer
    write_openai_merges(plain, tmp_path / "merges.txt.gz")
    theirs = copied(bpe_path=str(tmp_path / "merges.txt.gz"), context_length=40)
    assert theirs(CAPTIONS).tolist() == plain(CAPTIONS).tolist()


def test_openais_vocabulary_goes_through_every_form_and_back(shared, tmp_path):
    original = BPETokenizer.from_openai_merges(shared / "parity" / "bpe_simple_vocab_16e6.txt.gz")
    write_openai_merges(original, tmp_path / "merges.gz")
    write_tokenizer(original, tmp_path / "hf")
    assert_same(read_tokenizer(tmp_path / "merges.gz"), original)
    assert_same(read_tokenizer(tmp_path / "hf"), original)
    (tmp_path / "hf" / "tokenizer.json").unlink()
    assert_same(read_tokenizer(tmp_path / "hf"), original)


def test_hugging_faces_ids_differ_on_odd_strings(shared, tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install -e .[dev]")
    original = BPETokenizer.from_openai_merges(shared / "parity" / "bpe_simple_vocab_16e6.txt.gz")
    write_tokenizer(original, tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    lines = (shared / "parity" / "tokenizer_cases.jsonl").read_text(encoding="utf-8").split("\n")
    cases = [json.loads(line) for line in lines[1:] if line]
    as_it_is = sum(theirs.encode(case["text"]).ids[1:-1] != case["ids"] for case in cases)
    cleaned = sum(theirs.encode(clean(case["text"])).ids[1:-1] != case["ids"] for case in cases)
    assert cleaned <= 5 < 100 < as_it_is


def test_odd_strings_have_the_originals_ids_with_openais_vocabulary(shared):
    installed("pkg_resources")
    merges = shared / "parity" / "bpe_simple_vocab_16e6.txt.gz"
    theirs = installed("clip.simple_tokenizer").SimpleTokenizer(str(merges))
    ours, draw = read_tokenizer(merges), random.Random(0)
    for _ in range(500):
        text = "".join(draw.choice(ODD) + draw.choice(["", " "]) for _ in range(draw.randrange(8)))
        assert ours.encode(text) == theirs.encode(text), ascii(text)
        ids = [draw.randrange(ours.vocab_size) for _ in range(8)]
        assert ours.decode(ids) == theirs.decode(ids), ids


def test_tokenize_has_the_meaning_of_clips(shared, monkeypatch):
    installed("pkg_resources")
    clip = installed("clip.clip")
    from minclip.tokenizer import tokenize

    monkeypatch.setenv("MINCLIP_MODELS", str(shared / "parity"))
    long = "a photo of " * 40
    assert tokenize(CAPTIONS).tolist() == clip.tokenize(CAPTIONS).tolist()
    assert tokenize("a red car", 9).tolist() == clip.tokenize("a red car", 9).tolist()
    assert tokenize([long, "a"], 77, True).tolist() == clip.tokenize([long, "a"], 77, True).tolist()
    for function, error in ((tokenize, ValueError), (clip.tokenize, RuntimeError)):
        with pytest.raises(error):
            function(long)
