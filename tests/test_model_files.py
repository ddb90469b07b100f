"""The model in a folder of other people: its weights and its vocabulary."""

import pytest
import torch

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats.model_files import weights_in
from minclip.formats.weight_names import HUGGING_FACE
from minclip.model import CLIP


def test_the_one_weights_file_of_a_folder_is_found(tmp_path):
    for name in ("config.json", "notes.txt", "pytorch_model.bin"):
        (tmp_path / name).touch()
    assert weights_in(tmp_path) == tmp_path / "pytorch_model.bin"


def test_a_folder_with_two_models_asks_which(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    with pytest.raises(ValueError, match=r"several models: model\.safetensors, open_clip_model\.safetensors\. Pass"):
        checkpoint.load(tmp_path, device="cpu")
    assert checkpoint.load(tmp_path / "open_clip_model.safetensors", device="cpu")[0].config == model.config


def test_two_nameless_files_ask_too_and_none_says_so(model, tokenizer, tmp_path):
    with pytest.raises(FileNotFoundError, match="no model in the folder"):
        checkpoint.load(tmp_path, device="cpu")
    checkpoint.save(model, tokenizer, tmp_path / "a.safetensors")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    checkpoint.save(model, tokenizer, tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match=r"several models: a\.safetensors, b\.safetensors"):
        checkpoint.load(tmp_path, device="cpu")


def test_the_same_weights_twice_are_no_question(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    torch.save(HUGGING_FACE.from_ours(model.state_dict()), tmp_path / "pytorch_model.bin")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    (tmp_path / "model.safetensors").unlink()
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_a_model_without_its_vocabulary_encodes_images(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "nothing"))
    path = tmp_path / "lonely.pt"
    torch.save(checkpoint.to_openai_state_dict(model), path)
    loaded, _, tokenizer = checkpoint.load(path, device="cpu", config=model.config)
    tokens = torch.randint(0, 500, (2, 16))
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    for use in (lambda: tokenizer(["a red car"]), lambda: tokenizer.encode("a"), lambda: tokenizer.vocab_size):
        with pytest.raises(ValueError, match=r"came without its tokenizer: there is none beside .*lonely\.pt"):
            use()


def test_openais_vocabulary_is_found_beside_its_model(shared, tmp_path):
    config = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, vocab_size=49408)
    merges = shared / "parity" / "bpe_simple_vocab_16e6.txt.gz"
    (tmp_path / merges.name).write_bytes(merges.read_bytes())
    torch.save(checkpoint.to_openai_state_dict(CLIP(config)), tmp_path / "ViT-tiny.pt")
    _, _, tokenizer = checkpoint.load(tmp_path / "ViT-tiny.pt", device="cpu", config=config)
    assert tokenizer(["a photo of a cat"])[0, :7].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407]
