"""Completion in a shell: it names every command, and bash takes it."""

import shutil
import subprocess

import pytest

from minclip.cli import COMMANDS, completion, main


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_learns_every_command(shell, capsys):
    pytest.importorskip("shtab", reason="pip install -e .[completion]")
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS) and "samples" in printed


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["minclip", "ser"], "serve"),
        (["minclip", "train", "--sam"], "--samples"),
        (["minclip", "embed", "pic"], "pictures"),
    ],
)
def test_bash_completes(typed, found, tmp_path, capsys):
    pytest.importorskip("shtab", reason="pip install -e .[completion]")
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    main(["completion", "bash"])
    (tmp_path / "minclip.bash").write_text(capsys.readouterr().out, encoding="utf-8", newline="\n")
    (tmp_path / "pictures").mkdir()
    words = " ".join(f"'{word}'" for word in typed)
    asked = f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _shtab_minclip; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(
        ["bash", "-c", f"source ./minclip.bash; {asked}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found in done.stdout.split(), done


def test_without_shtab_the_way_is_said(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "python -m pip install shtab" in capsys.readouterr().err
