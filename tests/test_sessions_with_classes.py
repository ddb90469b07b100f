"""An exercise that is a class, written in the ways that people write classes in notebooks."""

import pytest
from notebook_session import later, session

from minclip.course.exercise import library_source
from minclip.course.outline import exercise_of

LESSON, EXERCISE = exercise_of("PatchEmbedding")
WHOLE = library_source(EXERCISE.library)
MINE = WHOLE.replace("PatchEmbedding", "Mine")
CHECK = "PatchEmbedding = check(PatchEmbedding)"
DECORATOR = "def shown(f):\n    def g(*a):\n        return f(*a)\n    return g\n"
EXTRA = "def extra(self):\n    return 3\nPatchEmbedding.extra = extra"


@pytest.fixture
def notebook(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})
    with session(capsys, LESSON.answers.SETUP) as kernel:
        yield kernel


@pytest.mark.parametrize(
    "cells",
    [
        [MINE, "class PatchEmbedding(Mine):\n    pass"],
        [MINE, "PatchEmbedding = Mine"],
        ["class Base(nn.Module):\n    pass", WHOLE.replace("nn.Module", "Base")],
        ["class Mix:\n    def extra(self):\n        return 3", WHOLE.replace("nn.Module", "Mix, nn.Module")],
        [DECORATOR, WHOLE.replace("    def forward", "    @shown\n    def forward")],
        ["def tagged(c):\n    c.tag = 1\n    return c", "@tagged\n" + WHOLE],
        [WHOLE.replace("    ", "\t"), EXTRA.replace("    ", "\t")],
        [WHOLE, EXTRA],
        [WHOLE, "@torch.no_grad()\n" + EXTRA],
    ],
    ids=[
        "inherited",
        "renamed",
        "own base",
        "mixin",
        "decorator",
        "class decorator",
        "tabs",
        "later",
        "later, decorated",
    ],
)
def test_each_way_to_write_it_is_kept(notebook, cells):
    said = notebook.run(*cells, CHECK)
    assert "✓ PatchEmbedding" in said, said
    assert later("from minclip.course import built; built('PatchEmbedding')") == "PatchEmbedding: yours\n"


@pytest.mark.parametrize(
    "body",
    [
        "    pass",
        "    forward = v.PatchEmbedding.forward",
        "    def forward(self, x):\n        return super(PatchEmbedding, self).forward(x)",
        "    def forward(self, x):\n        return v.PatchEmbedding.forward(self, x)",
    ],
)
def test_what_is_inherited_from_minclip_is_not_counted(notebook, body):
    cell = f"import minclip.vision as v\nclass PatchEmbedding(v.PatchEmbedding):\n{body}\n"
    assert "minclip's own PatchEmbedding inside" in notebook.run(cell, CHECK)
    cell = (
        f"import minclip.vision as v\nclass Middle(v.PatchEmbedding):\n{body}\nclass PatchEmbedding(Middle):\n    pass"
    )
    assert "○ PatchEmbedding" in notebook.run(cell.replace("super(PatchEmbedding", "super(Middle"), CHECK)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("class PatchEmbedding(PatchEmbedding):\n    pass", "it builds on an earlier PatchEmbedding"),
        ("PatchEmbedding.extra = lambda self: 3", "its extra is a lambda that was put into it later"),
    ],
)
def test_what_is_spread_over_cells_is_explained(notebook, cell, words):
    assert words in notebook.run(WHOLE, cell, CHECK)


def test_a_class_inherits_only_what_it_does_not_need(notebook):
    cell = (
        "import minclip\nclass BPETokenizer(minclip.BPETokenizer):\n"
        "    def encode(self, text):\n"
        "        words = self.pattern.findall(clean(text))\n"
        "        return [i for word in words for i in self.of(word)]\n"
        "    def of(self, word):\n"
        "        if word in self.special_ids:\n            return (self.special_ids[word],)\n"
        "        return tuple(self.ids[s] for s in apply_merges(word_symbols(word), self.ranks))\n"
    )
    setup = exercise_of("BPETokenizer")[0].answers.SETUP
    said = notebook.run(setup, cell, "BPETokenizer = check(BPETokenizer)")
    assert said.startswith("○ BPETokenizer: it has no decode, __call__ any more")  # and encode_word is not missed
