"""A chain of exercises in one notebook: each is wrong first, then right, and the next one calls it."""

import pytest
from notebook_session import session

from minclip.course.exercise import library_source
from minclip.course.outline import exercise_of

CHAIN = ("attention", "MultiHeadAttention", "TransformerBlock", "VisionTransformer")
WRONG = {
    "attention": ("@ value", "@ value * 2"),
    "MultiHeadAttention": ("return self.out_proj", "return 2 * self.out_proj"),
    "TransformerBlock": ("x + self.attn", "self.attn"),
    "VisionTransformer": ("[:, 0]", "[:, 1]"),
}


@pytest.fixture(autouse=True)
def mine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})


def right(name):
    return library_source(exercise_of(name)[1].library)


def wrong(name):
    old, new = WRONG[name]
    assert old in right(name), name
    return right(name).replace(old, new)


@pytest.mark.parametrize("again", [1, 2])
def test_wrong_then_right_along_a_chain(capsys, again):
    setup = exercise_of("attention")[0].answers.SETUP
    with session(capsys, setup) as kernel:
        for name in CHAIN:
            check = f"{name} = check({name})"
            for _ in range(again):
                said = kernel.run(wrong(name), check)
                assert said.startswith(f"✗ {name}") and "Traceback" not in said, said
            said = kernel.run(right(name), check)
            assert said.startswith(f"✓ {name}"), said
            said = kernel.run(wrong(name), check, check)
            assert "does not run" not in said and "Traceback" not in said, said
            assert kernel.run(right(name), check).startswith(f"✓ {name}")


def test_grading_keeps_nothing_and_blames_the_right_one(capsys, monkeypatch, mine, tmp_path):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    setup = exercise_of("attention")[0].answers.SETUP
    with session(capsys, setup, wrong("attention"), right("MultiHeadAttention")) as kernel:
        said = kernel.run("MultiHeadAttention = check(MultiHeadAttention)")
        assert said.startswith("✓ MultiHeadAttention: right with minclip's attention.") and "Kept" not in said
    assert not (tmp_path / "my_minclip").exists()
