"""Each answer is judged in the state of a fresh Python, and what was there before is put back."""

import random
import sys
import warnings

import numpy as np
import pytest
import torch

from minclip.course.execution_guards import fresh_state
from minclip.course.global_state import settings


def spoil():
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("medium")
    torch.autograd.set_detect_anomaly(True)
    torch.set_autocast_enabled("cpu", True)
    torch.backends.cudnn.deterministic = True
    warnings.simplefilter("error")
    np.seterr(all="raise")
    sys.setrecursionlimit(sys.getrecursionlimit() + 7)
    random.seed(9)
    np.random.seed(9)
    torch.manual_seed(9)


def everything():
    numbers = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()
    python = len(warnings.filters), sys.getrecursionlimit(), np.geterr()
    return settings(), torch.get_default_device(), python, numbers


@pytest.fixture
def kept():
    with fresh_state():
        yield


@pytest.mark.usefixtures("kept")
def test_what_an_answer_switches_is_put_back():
    before = everything()
    with fresh_state():
        spoil()
    assert everything() == before
    with pytest.raises(ZeroDivisionError), fresh_state():
        spoil()
        raise ZeroDivisionError
    assert everything() == before


@pytest.mark.usefixtures("kept")
def test_what_a_notebook_switched_does_not_matter():
    with fresh_state():
        fresh, drawn = everything(), (random.random(), np.random.rand(), float(torch.rand(())))
    spoil()
    before = everything()
    with fresh_state():
        now, again = everything(), (random.random(), np.random.rand(), float(torch.rand(())))
        assert torch.ones(2, requires_grad=True).sum().requires_grad and torch.zeros(1).device.type == "cpu"
    assert again == drawn
    threads = {"the number of threads": 0}  # they stay what they were
    assert {**now[0], **threads} == {**fresh[0], **threads}
    assert everything() == before


@pytest.mark.usefixtures("kept")
def test_a_default_device_lasts_as_it_was():
    torch.set_default_device("meta")
    with torch.device("cpu"):
        with fresh_state():
            torch.set_default_device("meta")
            torch.set_default_device(None)
            assert torch.zeros(1).device.type == "cpu"
        assert torch.zeros(1).device.type == "cpu"
    assert torch.zeros(1).device.type == "meta"
    torch.set_default_device(None)
    assert torch.zeros(1).device.type == "cpu"


def test_inference_mode_of_a_notebook_is_left():
    with torch.inference_mode():
        with fresh_state():
            assert torch.ones(2, requires_grad=True).sum().requires_grad
        assert torch.is_inference_mode_enabled()
