"""smoke.py, the first thing to run on a GPU: here on the CPU and, for its questions to a GPU, on the pretend one."""

import torch

from benchmarks.gpu import smoke
from minclip.engine.devices import choose_device

CPU = choose_device("cpu", torch.float32)


def test_every_answer_is_kept_at_once(capsys):
    kept = []
    found = smoke.smoke(CPU, pairs=2, save=lambda so_far: kept.append(set(so_far)))
    names = list(smoke.questions(2))
    assert found["failed"] == [] and list(found)[1:] == names
    assert [len(so_far) for so_far in kept] == [n + 2 for n in range(len(names))]
    assert [step["tokens"] for step in found["Muon"]["steps"]] == list(smoke.LENGTHS)
    assert found["library"]["recall"] == 1 and "AdamW: " in capsys.readouterr().out


def test_a_failed_question_does_not_stop_the_others(monkeypatch, capsys):
    def fails(_device):
        raise RuntimeError("no kernel image\nmore")

    monkeypatch.setattr(smoke, "questions", lambda _pairs: {"broken": fails, "product": smoke.product})
    assert smoke.main(["--device", "cpu"]) == 1
    assert "broken: {'error': 'RuntimeError: no kernel image'}" in (said := capsys.readouterr().out)
    assert "is right" in said


def test_another_loss_than_the_cpus_is_a_failure(monkeypatch):
    losses = iter([1.0, 1.0, 1.0, 1.1])
    monkeypatch.setattr(smoke, "train_step", lambda *_: torch.tensor(next(losses)))
    assert "there, [1.0, 1.0] on the CPU" in str(smoke.smoke(CPU, 2)["same loss as the CPU"])
