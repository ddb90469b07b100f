"""A notebook without a browser: IPython in this process, a fresh namespace for each session."""

import contextlib
import io
import sys
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell

SETUP = """import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.course import built, check
"""
LOGITS = """def similarity_logits(image_features, text_features, scale):
    a, b = F.normalize(image_features.float(), dim=-1), F.normalize(text_features.float(), dim=-1)
    return scale * a @ b.T
"""
LOSS = """def clip_loss(image_features, text_features, scale):
    if len(image_features) != len(text_features):
        raise ValueError("no pairs")
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
"""
LOGITS_STUB = (
    'def similarity_logits(image_features, text_features, scale):\n    raise NotImplementedError("exercise 5.1")\n'
)
CHECK_LOGITS, CHECK_LOSS = "similarity_logits = check(similarity_logits)", "clip_loss = check(clip_loss)"
BOTH = "(F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"


class Session:
    """One kernel. run(cell, ...) runs cells and returns what they printed."""

    def __init__(self, shell, capsys):
        self.shell, self.capsys = shell, capsys

    def run(self, *cells: str) -> str:
        self.capsys.readouterr()
        for cell in cells:
            self.shell.run_cell(cell, store_history=True)
        return self.capsys.readouterr().out

    def __getitem__(self, name):
        return self.shell.user_ns[name]


@contextmanager
def session(capsys, *cells: str):
    """A kernel that has run SETUP and the cells."""
    InteractiveShell.clear_instance()
    main = sys.modules["__main__"]
    shell = InteractiveShell.instance()  # puts a module of its own there, which a spawned process cannot import
    try:
        kernel = Session(shell, capsys)
        kernel.run(SETUP, *cells)
        yield kernel
    finally:
        shell.reset(new_session=True)
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = main


def later(code: str) -> str:
    """Another day, without the notebook: what the code prints."""
    printed, space = io.StringIO(), {}
    with contextlib.redirect_stdout(printed):
        exec(code, space)
    return printed.getvalue()
