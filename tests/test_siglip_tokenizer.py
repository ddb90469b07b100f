"""SigLIP's tokenizer by itself: kept and read again, and what is refused in words."""

import json
import pickle

import pytest
import torch
from siglip_examples import write_tokenizer

from minclip.formats import siglip_tokenizer
from minclip.formats.siglip_tokenizer import SigLIPTokenizer, read_siglip_tokenizer, tokenizer_from_json

pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install -e .[siglip]")


@pytest.fixture
def folder(tmp_path):
    write_tokenizer(tmp_path)
    return tmp_path


@pytest.fixture
def words(folder):
    return read_siglip_tokenizer(folder, 12)


@pytest.mark.parametrize("again", [
    lambda words: pickle.loads(pickle.dumps(words)),
    lambda words: tokenizer_from_json(words.to_json()),
])  # fmt: skip
def test_a_kept_tokenizer_is_the_same(words, again):
    other = again(words)
    assert other == words and hash(other) == hash(words) and repr(other) == repr(words)
    assert torch.equal(other(["a red car"]), words("a red car"))
    assert other != "a tokenizer" and other != SigLIPTokenizer(words.content, 13)


def test_ids_lead_back_to_the_text(words):
    assert words.decode(words("A_red, CAR!")[0]) == "a red car"
    assert len(words) == words.vocab_size and f"{len(words):,} ids, context_length=12" in repr(words)


def test_a_text_too_long_is_refused_or_cut(words):
    long = "a red car " * 9
    with pytest.raises(ValueError, match="the model reads 12"):
        words(long)
    row = words(long, truncate=True)[0]
    assert len(row) == 12 and row[-1] == words.eos_id and row[-2] != words.pad_id


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "12", None])
def test_a_length_that_is_no_number_is_refused(words, wrong):
    with pytest.raises(ValueError, match=r"context_length=.* must be a whole number, at least 1"):
        SigLIPTokenizer(words.content, wrong)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"format": "bpe"}', "[" * 9999, '{"format": "minclip-siglip-1"}']
)
def test_a_text_that_holds_no_tokenizer_is_refused(text):
    with pytest.raises(ValueError, match=r"this is not a .* tokenizer"):
        SigLIPTokenizer.from_json(text)


@pytest.mark.parametrize("entry", ["tokenizer", "context_length", "eos", "pad"])
def test_an_entry_that_lacks_or_is_wrong_is_refused(words, entry):
    content = json.loads(words.to_json())
    for wrong in ({**content, entry: {}}, {name: value for name, value in content.items() if name != entry}):
        with pytest.raises(ValueError, match=r"this is not a .* tokenizer|must be a whole number|lacks|cannot read it"):
            SigLIPTokenizer.from_json(json.dumps(wrong))


def test_a_folder_without_the_file_says_which_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no tokenizer\.json in .*: put"):
        read_siglip_tokenizer(tmp_path, 12)
    (tmp_path / "spiece.model").write_bytes(b"a sentencepiece vocabulary")
    with pytest.raises(FileNotFoundError, match=r"\(spiece\.model alone is not read\)"):
        read_siglip_tokenizer(tmp_path, 12)


def test_a_file_of_another_kind_is_refused(folder, monkeypatch):
    (folder / "tokenizer.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"tokenizer\.json: .*decode"):
        read_siglip_tokenizer(folder, 12)
    monkeypatch.setattr(siglip_tokenizer, "MOST_BYTES", 2)
    with pytest.raises(ValueError, match="is larger than 2 bytes: that is no tokenizer"):
        read_siglip_tokenizer(folder, 12)


def test_special_tokens_are_told_plainly_or_in_an_entry(folder, words):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({"eos_token": {"content": "</s>"}, "pad_token": {"content": "<pad>"}}), encoding="utf-8")
    other = read_siglip_tokenizer(folder, 12)
    assert (other.eos, other.pad, words.pad) == ("</s>", "<pad>", "</s>")
    for wrong in ({"content": 3}, 3, ["</s>"], {"text": "</s>"}):
        path.write_text(json.dumps({"eos_token": wrong}), encoding="utf-8")
        with pytest.raises(ValueError, match=r"tokenizer_config\.json: eos_token=.* must be a token"):
            read_siglip_tokenizer(folder, 12)
