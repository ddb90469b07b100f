"""Byte-pair encoding and the tokenizer: known ids, round trips of any text, a second implementation, refusals."""

import json
import pickle
from collections import Counter

import numpy as np
import pytest
import regex
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from second_tokenizer import SecondTokenizer

from minclip import tokenizer as module
from minclip.bpe import END_OF_WORD, apply_merges, bytes_to_unicode, merge_pair, train_bpe
from minclip.data.pretrained import MERGES
from minclip.engine import bpe as fast_bpe
from minclip.tokenizer import EOT, FIXED_SYMBOLS, SOT, BPETokenizer, clean, openai_tokenizer

TRAINED = BPETokenizer.train(["the cat's mat isn't the bat's text!", "Ünïcödé 日本語 &<|#|>", "the sat on"] * 5, 580)
SECOND = SecondTokenizer(TRAINED.merges)

# what has gone wrong in tokenizers before, each for its own reason
ODD = [
    "&amp;amp;", "&lt;b&gt;", "&#39;s", "&nbsp;", "&eacute", "&#x1F600;", "&#xD800;", "&#28;", "&", "<br>",  # HTML
    "\u00e2\u20ac\u2122", "l\u00e2\u20ac\u2122humanit\u00c3\u00a9", "\u00c2\xa0", "\xe0",  # mojibake
    "👨\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "🏴\U000e0067\U000e007f",  # emoji of several characters
    "\ud83d\ude00", "\ud800",  # halves of one
    "e\u0301", "\u0301", "\u0345", "a\u0345b", "\u1fb3", "\u0e01\u0e33",  # marks
    "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\x0b", "\r\n", "\t",  # spaces, or nearly
    "\xad", "\u200b", "\ufeff", "\x7f", "\x00", "\x1b[31m",  # what nobody sees
    "\u212a", "\u0130", "\u0131", "\u017f", "\xdf", "\u1e9e", "\u039f\u0394\u039f\u03a3", "\ufb01", "\ufb06",  # case
    "\uff21\uff11", "\u216b", "\u24d0", "\xbd", "\u0663", "\u6f22\u5b57",  # other letters, numbers
    "'s", "'T", "'Re", "'VE", "'m", "'lL", "'d", "'\u017f", "''s", "'lll", "\u2019s", "\u02bcs", "\uff07s", "`s",
    SOT, EOT, "<|STARTOFTEXT|>", "<|EndOfText|>", "<| endoftext |>", "<|endoftext|", "<|\u017ftartoftext|>", "!" + EOT,
    "</w>", "<", "/", "w", ">", "a dog", "The CAT sat", "3rd", "1,000", "...", "red-and-blue",
]  # fmt: skip
PIECES = st.lists(st.tuples(st.sampled_from(ODD) | st.text(max_size=3), st.sampled_from(["", "", " ", "  ", "\n"])))
ODD_TEXTS = PIECES.map(lambda pieces: "".join(piece + space for piece, space in pieces))


def without_spaces(text: str) -> str:
    return regex.sub(r"\s+", "", text)


def test_the_word_the_is_id_513():
    """512 ids are bytes, with and without the end-of-word mark; then each merge gives one."""
    tokenizer = BPETokenizer([("t", "h"), ("th", "e</w>")])
    assert tokenizer.encode("the") == [513]
    assert tokenizer.encode("t h") == [256 + 83, 256 + 71]
    assert tokenizer("the")[0, :4].tolist() == [514, 513, 515, 0]


def test_a_known_text_has_openais_ids(shared):
    tokenizer = BPETokenizer.from_openai_merges(shared / "parity" / "bpe_simple_vocab_16e6.txt.gz")
    ids = [320, 1125, 539, 320, 2368]
    assert tokenizer.encode("a photo of a cat") == ids
    assert tokenizer.decode(ids) == "a photo of a cat "
    assert tokenizer("a photo of a cat")[0, :8].tolist() == [49406, *ids, 49407, 0]


def test_training_learns_the_merges_of_the_lesson():
    merges = [("a", "t</w>"), ("h", "at</w>"), ("t", "hat</w>")]
    assert train_bpe({"hat": 3, "that": 2, "tha": 1}, 10) == merges


def test_every_byte_has_its_own_printable_character():
    table = bytes_to_unicode()
    assert sorted(table) == list(range(256))
    assert len(set(table.values())) == 256
    assert all(character.isprintable() and not character.isspace() for character in table.values())
    assert (table[ord("a")], table[ord(" ")], list(table)[:2]) == ("a", "Ġ", [33, 34])


def test_a_merge_takes_pairs_from_left_to_right():
    assert merge_pair(("a", "a", "a"), ("a", "a")) == ("aa", "a")
    assert merge_pair(("x",), ("a", "a")) == ("x",)


def test_merges_apply_in_the_order_learned():
    ranks = {("b", "c"): 0, ("a", "b"): 1}
    assert apply_merges(("a", "b", "c"), ranks) == ("a", "bc")


@given(
    st.dictionaries(st.text("abcß", min_size=1, max_size=8), st.integers(1, 9), max_size=12),
    st.integers(0, 30),
)
def test_the_engine_learns_what_the_page_learns(words, merges):
    assert fast_bpe.train_bpe(words, merges) == train_bpe(words, merges)


def test_training_texts_learns_what_the_page_learns():
    texts = ["the cat's mat", "the bat sat on the mat"] * 3
    words = Counter(word for text in texts for word in TRAINED.pattern.findall(clean(text)))
    assert BPETokenizer.train(texts, FIXED_SYMBOLS + 9).merges == train_bpe(words, 9)


def test_the_most_frequent_pair_is_merged_first():
    assert train_bpe({"low": 5, "lower": 2}, 1) == [("l", "o")]  # ("o", "w") is as frequent, "l" comes before "o"


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["a a a a a"], ["aaaa"], ["\n \t"], ["🎈"]])
def test_training_on_next_to_nothing_gives_a_tokenizer(texts):
    tokenizer = BPETokenizer.train(texts, vocab_size=1000)
    assert FIXED_SYMBOLS <= tokenizer.vocab_size <= 1000
    assert tokenizer.decode(tokenizer.encode("a quite new text 🎉")) == "a quite new text 🎉 "


# the one character that the original's word pattern skips: no letter itself, but its upper case is one
SKIPPED = "\u0345"


@settings(max_examples=300)
@given(st.text())
@example("Í\x85")  # what cleaning takes for UTF-8 read as Latin-1, and turns into the skipped one
def test_any_cleaned_text_survives_the_round_trip(text):
    kept = clean(text).replace(SKIPPED, "")
    assert without_spaces(TRAINED.decode(TRAINED.encode(text))) == without_spaces(kept)


@given(st.text(st.sampled_from([chr(i) for i in range(32, 127)] + [" ", "&", ";", "\n"])))
def test_fast_cleaning_of_ascii_equals_the_slow_way(text):
    import html

    import ftfy

    slow = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    assert clean(text) == regex.sub(r"\s+", " ", slow).strip().lower()


@settings(max_examples=300)
@given(ODD_TEXTS | st.text())
def test_ids_and_text_are_those_of_the_second_implementation(text):
    ids = TRAINED.encode(text)
    assert ids == SECOND.encode(text)
    assert TRAINED.decode(ids) == SECOND.decode(ids)


@given(st.lists(st.integers(0, TRAINED.vocab_size - 1) | st.sampled_from([TRAINED.ids[letter] for letter in "</w>"])))
def test_any_ids_decode_as_in_the_second_implementation(ids):
    assert TRAINED.decode(ids) == SECOND.decode(ids)


def test_letters_that_spell_the_end_mark_decode_to_space():
    ids = [TRAINED.ids[letter] for letter in f"a{END_OF_WORD}b"]
    assert TRAINED.decode(ids) == "a b"


def test_what_is_remembered_has_a_bound(monkeypatch):
    monkeypatch.setattr(fast_bpe, "REMEMBERED_WORDS", 3)
    tokenizer = BPETokenizer(TRAINED.merges)
    for text in ("the cat sat on the mat", "a" * 5000, "one two three four five"):
        assert tokenizer.encode(text) == TRAINED.encode(text)
        assert len(tokenizer._remembered) <= 3
        assert all(len(word) <= fast_bpe.REMEMBERED_LETTERS for word in tokenizer._remembered)


def test_a_tokenizer_comes_back_from_its_file(tmp_path):
    TRAINED.save(tmp_path / "tokenizer.json")
    assert BPETokenizer.load(tmp_path / "tokenizer.json") == TRAINED


def test_a_file_without_more_special_tokens_loads():
    """Older files have the entry, newer ones do not."""
    assert "special_tokens" not in saved()
    assert BPETokenizer.from_json(saved(special_tokens=[])) == BPETokenizer.from_json(saved())


def test_a_file_with_more_special_tokens_is_refused(tmp_path):
    (tmp_path / "old.json").write_text(saved(special_tokens=["<mask>"]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"old\.json: .*special_tokens=\['<mask>'\].*train it again without them"):
        BPETokenizer.load(tmp_path / "old.json")


def test_sot_and_eot_in_texts_are_not_learned():
    assert BPETokenizer.train([f"{SOT} a {EOT}"] * 9, 600).merges == []


@given(st.text())
def test_a_saved_tokenizer_gives_the_same_ids(text):
    assert BPETokenizer.from_json(TRAINED.to_json()).encode(text) == TRAINED.encode(text)


def test_calling_gives_sot_ids_eot_and_zeros():
    tokens = TRAINED(["the cat", ""])
    sot, eot = TRAINED.special_ids[SOT], TRAINED.special_ids[EOT]
    ids = TRAINED.encode("the cat")
    assert tokens.dtype == torch.int64 and tokens.shape == (2, 77)
    assert tokens[0, : len(ids) + 3].tolist() == [sot, *ids, eot, 0]
    assert tokens[1, :3].tolist() == [sot, eot, 0]
    assert eot == TRAINED.vocab_size - 1, "the text encoder finds EOT as the largest id"


def test_a_text_too_long_is_a_helpful_error():
    tokenizer = BPETokenizer([], context_length=8)
    with pytest.raises(
        ValueError, match=r"caption 1 has 14 tokens, the model reads 8: pass truncate=True .*'a long caption'"
    ):
        tokenizer(["short", "a long caption"])
    tokens = tokenizer(["short", "a long caption"], truncate=True)
    assert tokens[1, -1] == tokenizer.special_ids[EOT]


def test_a_text_that_just_fits_is_read():
    tokenizer = BPETokenizer([], context_length=8)
    six_letters = tokenizer("abcdef")
    assert six_letters.shape == (1, 8) and six_letters[0, -1] == tokenizer.special_ids[EOT]
    with pytest.raises(ValueError, match="caption 0 has 9 tokens"):
        tokenizer("abcdefg")


def test_training_stops_at_the_asked_vocabulary():
    trained = BPETokenizer.train(["the cat sat on the mat"] * 5, FIXED_SYMBOLS + 2)
    assert (trained.vocab_size, trained.context_length) == (FIXED_SYMBOLS + 2, 77)


def test_the_empty_list_gives_no_rows():
    assert TRAINED([]).shape == (0, 77) and TRAINED([]).dtype == torch.int64


@pytest.mark.parametrize("kind", [tuple, iter, np.array, lambda texts: [np.str_(text) for text in texts]])
def test_texts_come_in_any_row_of_strings(kind):
    assert torch.equal(TRAINED(kind(["the cat", "a mat"])), TRAINED(["the cat", "a mat"]))


@pytest.mark.parametrize("texts", [b"the cat", bytearray(b"the cat"), None, 5, torch.nn.Identity()])
def test_what_is_no_row_of_strings_is_refused(texts):
    with pytest.raises(ValueError, match=f"a list of strings, found {type(texts).__name__}"):
        TRAINED(texts)


@pytest.mark.parametrize("text", [b"the cat", None, 5, ["the cat"]])
def test_a_caption_that_is_no_string_is_refused(text):
    with pytest.raises(ValueError, match=f"caption 1 must be a string, found {type(text).__name__}"):
        TRAINED(["a mat", text])
    with pytest.raises(ValueError, match=f"a text must be a string, found {type(text).__name__}"):
        TRAINED.encode(text)


def test_a_vocabulary_too_small_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="vocab_size=300 must be at least 514"):
        BPETokenizer.train(["a"], 300)


def saved(**changes):
    """What `save` writes, with some entries changed."""
    return json.dumps(json.loads(BPETokenizer([("a", "b")]).to_json()) | changes)


@pytest.mark.parametrize("content", [
    "", "{", "[]", "{}", json.dumps({"format": "other"}), "null", saved(format=[[]]), "[" * 100_000,
    saved(special_tokens={"a": 1}), saved(special_tokens=5), saved(merges=[["a", ["b"]]]), saved(context_length="x"),
    saved(context_length=7.5), saved(merges=None), saved(format=json.loads("[" * 900 + "]" * 900)),
])  # fmt: skip
def test_what_is_no_tokenizer_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.json.*tokenizer"):
        BPETokenizer.load(path)


def test_an_error_shows_a_long_merges_beginning():
    with pytest.raises(ValueError, match=r"merge \('xxx") as caught:
        BPETokenizer.from_json(saved(merges=[["x" * 1_000_000, "a"]]))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "content", ["", "header", "header\n", "header\na b c\n", "header\nnot bytes\n", "header\na b\nab cd\n"]
)
def test_what_is_no_merges_file_is_refused(tmp_path, content):
    path = tmp_path / "merges.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"merges\.txt is not a merges file"):
        BPETokenizer.from_openai_merges(path)


@pytest.mark.parametrize("damage", ["cut", "changed", "not UTF-8"])
def test_a_damaged_merges_file_is_refused(tmp_path, damage):
    import gzip

    packed = gzip.compress(b"header\nt h\n" * 99)
    damaged = {"cut": packed[:-9], "changed": packed[:12] + b"\xff\xff" + packed[14:], "not UTF-8": b"\xe9\nt h"}
    (tmp_path / "merges.gz").write_bytes(damaged[damage])
    with pytest.raises(ValueError, match=r"merges\.gz is not a merges file"):
        BPETokenizer.from_openai_merges(tmp_path / "merges.gz")


@pytest.mark.parametrize("ids", [[999999], [-1]])
def test_an_unknown_id_is_named(ids):
    with pytest.raises(ValueError, match=f"id {ids[0]} is not in this vocabulary"):
        TRAINED.decode(ids)


@pytest.mark.parametrize("ids", ["12", [1.0], [[1, 2]], TRAINED(["a cat", "a mat"]), np.ones(2), 5])
def test_ids_that_are_no_row_of_numbers_are_refused(ids):
    with pytest.raises(ValueError, match="ids must be one row of whole numbers"):
        TRAINED.decode(ids)


@pytest.mark.parametrize("kind", [list, tuple, torch.tensor, np.array, iter])
def test_ids_come_in_any_row_of_numbers(kind):
    assert TRAINED.decode(kind(TRAINED.encode("the cat"))) == "the cat "


@pytest.fixture
def fetched_merges(tmp_path, monkeypatch):
    """A small vocabulary where `minclip fetch` would put OpenAI's."""
    lines = "\n".join(["#version: 0.2", *map(" ".join, TRAINED.merges)])
    (tmp_path / MERGES.name).write_text(lines, encoding="utf-8")
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path))


def test_clips_functions_use_the_fetched_vocabulary(fetched_merges):
    assert module.encode("The CAT") == TRAINED.encode("The CAT")
    assert module.decode(module.encode("The CAT")) == "the cat "
    assert torch.equal(module.tokenize("the cat"), TRAINED("the cat"))
    ten = module.tokenize(["the cat", "the mat " * 9], context_length=10, truncate=True)
    assert torch.equal(ten, BPETokenizer(TRAINED.merges, 10)(["the cat", "the mat " * 9], truncate=True))
    with pytest.raises(ValueError, match=r"caption 0 has \d+ tokens, the model reads 10: pass truncate=True"):
        module.tokenize("the mat " * 9, 10)


def test_the_vocabulary_is_read_once(fetched_merges, monkeypatch):
    module.encode("the cat")
    monkeypatch.setattr(BPETokenizer, "__init__", None)
    assert module.openai_tokenizer() is module.openai_tokenizer()


def test_without_the_vocabulary_functions_name_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path))
    for function in (module.encode, module.tokenize):
        with pytest.raises(FileNotFoundError, match="minclip fetch merges"):
            function("a red car")


def test_a_string_instead_of_texts_is_refused_by_training():
    """Its letters would be the texts, and nothing would be learned."""
    for texts in ("a cat and a cat", b"a cat"):
        with pytest.raises(ValueError, match=r"texts must be several texts, found b?'a cat.*put it in a list"):
            BPETokenizer.train(texts, 600)


@pytest.mark.parametrize("length", [7.5, 77.0, "77", None, 1, True])
def test_a_wrong_context_length_is_refused(length):
    with pytest.raises(ValueError, match=r"context_length=.* must be at least 2, a whole number"):
        BPETokenizer([], context_length=length)


def test_a_tokenizer_has_length_repr_and_equality():
    twin = BPETokenizer(TRAINED.merges)
    assert len(TRAINED) == TRAINED.vocab_size == 552
    assert repr(TRAINED) == "BPETokenizer(552 ids, context_length=77)"
    assert twin == TRAINED and hash(twin) == hash(TRAINED) and {TRAINED: 1}[twin] == 1
    others = (BPETokenizer(TRAINED.merges, 8), BPETokenizer(TRAINED.merges[:-1]), BPETokenizer([]), "a string")
    assert all(other != TRAINED for other in others)


def test_a_tokenizer_and_its_error_travel_to_other_processes():
    TRAINED.encode("a word that is remembered")
    there = pickle.loads(pickle.dumps(TRAINED))
    assert there == TRAINED and not hasattr(there, "_remembered")
    assert there.encode("the cat") == TRAINED.encode("the cat")
    with pytest.raises(ValueError) as caught:
        BPETokenizer([], context_length=3)("a cat")
    there = pickle.loads(pickle.dumps(caught.value))
    assert str(there) == str(caught.value) and there.plain == caught.value.plain != str(there)


def test_a_word_counts_in_every_piece_that_holds_it():
    trained = BPETokenizer.train(["xy? xy! xy. xy; cd cd cd"], FIXED_SYMBOLS + 1, context_length=12)
    assert trained.merges == [("x", "y</w>")], "four pieces with one word are more than one piece that comes thrice"
    assert trained.context_length == 12


def test_a_long_s_ends_words_like_a_short_one():
    """U+017F stays where a text is cleaned, and is an s to OpenAI's pattern, which asks for no case."""
    assert BPETokenizer([]).pattern.findall(clean("IT\u2019\u017f")) == ["it", "'\u017f"]


def test_the_smallest_vocabulary_is_the_bytes():
    assert BPETokenizer.train(["ab ab"], FIXED_SYMBOLS).merges == []
    with pytest.raises(ValueError, match=r": every byte with and without its end-of-word mark, SOT and EOT$"):
        BPETokenizer.train(["ab ab"], FIXED_SYMBOLS - 1)


def test_openais_tokenizer_reads_77_tokens(fetched_merges):
    assert openai_tokenizer().context_length == 77
