"""Byte-pair encoding and the tokenizer: usage, round trips on any text, and refusals."""

import json
from collections import Counter

import pytest
import regex
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minclip.bpe import apply_merges, bytes_to_unicode, count_pairs, merge_pair, train_bpe, word_symbols
from minclip.tokenizer import EOT, FIXED_SYMBOLS, SOT, BPETokenizer, clean

TRAINED = BPETokenizer.train(["the cat sat on the mat", "the bat sat", "Ünïcödé and 日本語 text"] * 5, 560)


def without_spaces(text: str) -> str:
    return regex.sub(r"\s+", "", text)


def slow_bpe(word_counts: dict[str, int], merges: int) -> list[tuple[str, str]]:
    """Training as the paper tells it: count everything again at every merge."""
    words = {word_symbols(word): count for word, count in word_counts.items()}
    learned: list[tuple[str, str]] = []
    while len(learned) < merges:
        counts = count_pairs(words)
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learned.append(best)
        merged: Counter[tuple[str, ...]] = Counter()
        for symbols, count in words.items():
            merged[merge_pair(symbols, best)] += count
        words = dict(merged)
    return learned


def test_every_byte_has_its_own_printable_character():
    table = bytes_to_unicode()
    assert sorted(table) == list(range(256))
    assert len(set(table.values())) == 256
    assert all(character.isprintable() and not character.isspace() for character in table.values())
    assert (table[ord("a")], table[ord(" ")], list(table)[:2]) == ("a", "Ġ", [33, 34])


def test_a_merge_takes_pairs_from_left_to_right():
    assert merge_pair(("a", "a", "a"), ("a", "a")) == ("aa", "a")
    assert merge_pair(("x",), ("a", "a")) == ("x",)


def test_merges_apply_in_the_order_learned_not_in_the_order_of_the_text():
    ranks = {("b", "c"): 0, ("a", "b"): 1}
    assert apply_merges(("a", "b", "c"), ranks) == ("a", "bc")


@given(
    st.dictionaries(st.text("abcß", min_size=1, max_size=8), st.integers(1, 9), max_size=12),
    st.integers(0, 30),
)
def test_incremental_counting_learns_what_recounting_learns(words, merges):
    assert train_bpe(words, merges) == slow_bpe(words, merges)


def test_the_most_frequent_pair_is_merged_first():
    assert train_bpe({"low": 5, "lower": 2}, 1) == [("l", "o")]  # ("o", "w") is as frequent, "l" comes before "o"


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["a a a a a"], ["aaaa"], ["\n \t"], ["🎈"]])
def test_training_on_next_to_nothing_gives_a_tokenizer(texts):
    tokenizer = BPETokenizer.train(texts, vocab_size=1000)
    assert FIXED_SYMBOLS <= tokenizer.vocab_size <= 1000
    assert tokenizer.decode(tokenizer.encode("a quite new text 🎉")) == "a quite new text 🎉 "


# U+0345 is the one character that the original's word pattern skips: no letter itself, but its upper case is one
@settings(max_examples=300)
@given(st.text().map(lambda text: text.replace("\u0345", "")))
def test_any_text_survives_the_round_trip_but_for_cleaning_and_spaces(text):
    assert without_spaces(TRAINED.decode(TRAINED.encode(text))) == without_spaces(clean(text))


@given(st.lists(st.integers(0, TRAINED.vocab_size - 1), max_size=20))
def test_any_ids_decode(ids):
    assert isinstance(TRAINED.decode(ids), str)


@given(st.text(st.sampled_from([chr(i) for i in range(32, 127)] + [" ", "&", ";", "\n"])))
def test_ascii_is_cleaned_the_fast_way_as_the_slow_way(text):
    import html

    import ftfy

    slow = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    assert clean(text) == regex.sub(r"\s+", " ", slow).strip().lower()


def test_special_tokens_and_tokens_with_spaces_survive_saving(tmp_path):
    specials = ["<new line>", "<|mask|>", "ünï"]
    tokenizer = BPETokenizer.train(["a b <new line> c", "ab ab"] * 3, 600, 20, specials)
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = BPETokenizer.load(tmp_path / "tokenizer.json")
    text = "AB <NEW LINE> <|mask|>ünï ab"
    assert loaded.encode(text) == tokenizer.encode(text)
    assert torch.equal(loaded(text), tokenizer(text))
    assert [loaded.special_ids[token] for token in specials] == [
        i for i in loaded.encode(text) if i >= loaded.first_special
    ]
    assert loaded.decode([loaded.special_ids["<new line>"]]) == "<new line>"


@given(st.text())
def test_a_saved_tokenizer_gives_the_same_ids(text):
    assert BPETokenizer.from_json(TRAINED.to_json()).encode(text) == TRAINED.encode(text)


@pytest.mark.parametrize("token", ["", "Upper", " two  spaces", SOT, EOT])
def test_a_special_token_that_could_never_be_found_is_refused(token):
    with pytest.raises(ValueError, match="special token"):
        BPETokenizer([], special_tokens=[token])


def test_calling_gives_sot_ids_eot_and_zeros():
    tokens = TRAINED(["the cat", ""])
    sot, eot = TRAINED.special_ids[SOT], TRAINED.special_ids[EOT]
    ids = TRAINED.encode("the cat")
    assert tokens.dtype == torch.int64 and tokens.shape == (2, 77)
    assert tokens[0, : len(ids) + 3].tolist() == [sot, *ids, eot, 0]
    assert tokens[1, :3].tolist() == [sot, eot, 0]
    assert eot == TRAINED.vocab_size - 1, "the text encoder finds EOT as the largest id"


def test_a_text_too_long_is_an_error_that_says_what_to_do():
    tokenizer = BPETokenizer([], context_length=8)
    with pytest.raises(
        ValueError, match=r"caption 1 has 14 tokens, the model reads 8: pass truncate=True .*'a long caption'"
    ):
        tokenizer(["short", "a long caption"])
    tokens = tokenizer(["short", "a long caption"], truncate=True)
    assert tokens[1, -1] == tokenizer.special_ids[EOT]


def test_the_empty_list_gives_no_rows():
    assert TRAINED([]).shape == (0, 77)


def test_a_vocabulary_too_small_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="vocab_size=300 must be at least 514"):
        BPETokenizer.train(["a"], 300)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"format": "other"}), "null"])
def test_what_is_no_tokenizer_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.json.*tokenizer"):
        BPETokenizer.load(path)


def test_what_is_no_merges_file_is_refused(tmp_path):
    path = tmp_path / "merges.txt"
    path.write_text("header\na b c\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"merges\.txt is not a merges file"):
        BPETokenizer.from_openai_merges(path)


def test_an_unknown_id_is_named():
    with pytest.raises(ValueError, match="id 999999"):
        TRAINED.decode([999999])
