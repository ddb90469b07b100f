"""What a learner is told about the version that is judged, and where nothing can be written. Every word is true."""

import errno

import pytest
from notebook_session import CHECK_LOGITS, CHECK_LOSS, LOGITS, LOSS, session

from minclip.course import kept_answers

WRONG = LOSS.replace(" / 2", "")
BUILT = "clip_loss = built('clip_loss')"


@pytest.fixture
def mine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.setattr("minclip.course.workbook.said", {tmp_path / "my_minclip"})
    return tmp_path / "my_minclip"


@pytest.fixture
def solved(capsys, mine):
    """A notebook in which lesson 5 is solved."""
    with session(capsys, LOGITS, CHECK_LOGITS, LOSS, CHECK_LOSS) as kernel:
        yield kernel


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_second_check_says_what_it_judged(solved):
    solved.run(WRONG, CHECK_LOSS)
    earlier = solved["clip_loss"]
    said = solved.run(CHECK_LOSS)
    assert said.startswith("○ clip_loss: what was checked is my_minclip/loss.py") and "✓" not in said
    assert "run its cell again" in said and solved["clip_loss"] is earlier
    assert "Kept in my_minclip" in solved.run(LOSS, CHECK_LOSS)


def test_right_after_wrong_after_right_is_kept(solved):
    assert "✗" in solved.run(WRONG, CHECK_LOSS)
    assert "✓ clip_loss" in solved.run(LOSS, CHECK_LOSS) and "✓ clip_loss" in solved.run(CHECK_LOSS)


def test_another_kernel_may_check_what_is_kept(solved, capsys):
    with session(capsys) as kernel:
        assert "✓ clip_loss" in kernel.run(BUILT, CHECK_LOSS)


def test_a_version_broken_by_hand_is_judged_and_named(solved, mine):
    edit(mine / "loss.py", " / 2", "")
    said = solved.run(BUILT, CHECK_LOSS)
    assert "✗ clip_loss: the result is wrong" in said
    assert "goes on with your version in my_minclip/loss.py, edited by hand." in said


@pytest.mark.parametrize(
    ("line", "words"), [("import nothing_here", "nothing_here"), ("raise SystemExit", "SystemExit. Mend it")]
)
def test_a_file_broken_by_hand_is_named(solved, mine, line, words):
    edit(mine / "loss.py", "\n\n\ndef clip_loss", f"\n\n\n{line}\n\n\ndef clip_loss")
    assert "minclip's (yours does not run: my_minclip/loss.py" in solved.run(BUILT)
    said = solved.run(LOSS, CHECK_LOSS)
    assert "clip_loss: right, but what you wrote by hand does not run: my_minclip/loss.py" in said and words in said


@pytest.fixture
def full_disk(solved, monkeypatch):
    def fails(path):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(kept_answers, "atomic_write", fails)
    return solved


def test_a_full_disk_is_said(full_disk, mine):
    edit(mine / "loss.py", "def clip_loss", "# by hand\ndef clip_loss")
    said = full_disk.run(BUILT)
    assert "could not be brought up to date" in said and "clip_loss: yours" in said
    said = full_disk.run(LOSS, CHECK_LOSS)
    assert "✓ clip_loss" in said and "it could not be kept: [Errno 28] No space left" in said
    assert "✗ clip_loss: the result is wrong" in full_disk.run(LOGITS.replace("scale *", "2 *"), LOSS, CHECK_LOSS)


def test_a_read_only_folder_is_said(solved, monkeypatch):
    def no_lock(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(kept_answers, "FileLock", no_lock)
    assert "clip_loss: yours" in solved.run(BUILT)
    assert "it could not be kept: [Errno 13]" in solved.run(LOSS, CHECK_LOSS)


def test_a_kept_answer_that_runs_no_more_is_named(capsys, mine):
    """As after an update of minclip, in which something is gone that the answer imports."""
    store = kept_answers.KeptAnswers(mine)
    store.adopt(
        "clip_loss", "from minclip.loss import no_such_name\n\n\ndef clip_loss(a, b, c):\n    return no_such_name\n"
    )
    with session(capsys) as kernel:
        said = kernel.run(LOGITS, CHECK_LOGITS)
        assert "right, but your clip_loss does not run any more: my_minclip/loss.py" in said
        assert "minclip course reset 05 clip_loss" in said and "no_such_name" in said
        store.set_aside("clip_loss")
        assert "✓ similarity_logits" in kernel.run(LOGITS, CHECK_LOGITS)
