"""Every command with the bad input that users make: one error that says the way out, exit code 2, nothing changed.

Commands and arguments are read from the parsers (command_parts.py), so that a new one is tried, too, or fails here.
"""

import re
import socket

import pytest
import torch
from command_parts import WORKS, Argument, arguments, line_with, parsers
from command_places import make_places, put_back, stamps, state
from command_values import BAD, RIGHT_ALL_THE_SAME

from minclip.cli import main
from website import messages, troubles

NOT_READ = 1  # classify's documented exit code for a picture that cannot be read


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """(folder, its state): filled once, and put back where a command has changed it."""
    root = tmp_path_factory.mktemp("commands")
    here = make_places(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        assert main(["course", "start", "workbook"]) == 0
    before = state(root)
    yield root, before
    assert state(root) == before, "a command changed a file, and its size and time say nothing of it"


@pytest.fixture
def stand_in(places, monkeypatch, capsys):
    """Commands stand in `here`, without a network, and serve and open nothing."""
    root, before = places
    monkeypatch.chdir(root / "here")
    monkeypatch.setenv("HOME", str(root / "home"))
    monkeypatch.setenv("USERPROFILE", str(root / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("DATA", "MODELS", "INDEXES"):
        monkeypatch.setenv(f"MINCLIP_{name}", str(root / name.lower()))
    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr("minclip.course.lab.open_lab", lambda *_: 0)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield root, before, stamps(root)
    torch.set_num_threads(threads)


def offline(*_, **__):
    raise socket.gaierror(-2, "Name or service not known")


def code_of(line):
    try:
        return main(line)
    except SystemExit as stopped:
        return stopped.code


def faults(stand_in, capsys, line, named=()):
    """What is wrong with the way in which a command refuses a line; nothing where all is well."""
    root, before, stamped = stand_in
    capsys.readouterr()
    code, said = code_of(line), capsys.readouterr()
    found = [] if code == 2 else [f"exit code {code}"]
    if line[0] == "classify" and code == NOT_READ:
        found = [] if said.err.startswith("minclip: ") and said.err.count("\n") == 1 else ["no line"]
        named = ()
    elif said.err.count(": error: ") != 1:
        found.append("no error" if ": error: " not in said.err else "more than one error")
    elif not said.err.splitlines()[-1].startswith("minclip"):
        found.append("the error is not the last line")
    elif not says_a_way_out(said.err.splitlines()[-1].partition(": error: ")[2]):
        found.append("no way out")
    if named and not any(name in said.err for name in (*named, "''", "' '") if name):
        found.append(f"names none of {named}")
    if (now := stamps(root)) != stamped:
        found.append(f"changed: {sorted(name for name in {*now, *stamped} if now.get(name) != stamped.get(name))}")
        put_back(root, before)
        stamped.clear()
        stamped.update(stamps(root))
    return [f"{' '.join(line)!r:.120}: {', '.join(found)}: {said.err[-300:]}"] if found else []


def says_a_way_out(message):
    """By its own words, or by the cause that docs/troubleshooting.md has of it."""
    if messages.Message(message, "", "", 0).advice or message.endswith("--help shows an example)"):
        return True
    for known in troubles.met():
        pattern = ".*".join(re.escape(part) for part in known.text.split(messages.GAP))
        if re.search(pattern, message) and known.text in troubles.topic_of(known).causes:
            return True
    return False


def test_every_command_and_argument_is_known():
    assert set(WORKS) == set(parsers()), "a line that works is missing in WORKS, or too many"
    unknown = [str(argument) for argument in arguments() if argument.kind not in BAD]
    assert not unknown, f"tests/command_parts.py, KINDS: say what {unknown} are"


@pytest.mark.parametrize("argument", arguments(), ids=str)
def test_a_bad_value_is_refused(argument: Argument, stand_in, capsys):

    found = []
    for label, value in BAD[argument.kind].items():
        if label not in RIGHT_ALL_THE_SAME.get(str(argument), ()):
            named = (argument.name, str(argument.action.metavar), value.strip().rstrip("/")[:40])
            found += faults(stand_in, capsys, line_with(argument, value), named)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("command", parsers())
def test_wrong_options_are_refused(command, stand_in, capsys):
    line = [*command.split(), *WORKS[command]]
    found = faults(stand_in, capsys, [*line, "--nonsense"], ("--nonsense",))
    found += faults(stand_in, capsys, [*line, "one", "too", "many"], ("many",)) if command != "classify" else []
    own = [one for one in arguments() if one.command == command]
    for one in own:
        given = line_with(one, "8")
        if one.action.option_strings and not one.is_flag and type(one.action).__name__ == "StoreOnce":
            found += faults(stand_in, capsys, [*given, given[-1] if "=" in given[-1] else f"{one.name}8"], (one.name,))
        if one.action.option_strings and one.action.required:
            found += faults(stand_in, capsys, line_with(one, None), (one.name,))
    for group in parsers()[command]._mutually_exclusive_groups:
        both = [f"{max(action.option_strings, key=len)}" for action in group._group_actions]
        found += faults(stand_in, capsys, [*line, *(name for one in both for name in (one, "8"))], both)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("command", [name for name, words in WORKS.items() if words])
def test_a_command_without_arguments_is_refused(command, stand_in, capsys):
    if command in ("fetch", "course start", "course lab", "course update", "course certificate"):
        pytest.skip("it needs none")
    assert not faults(stand_in, capsys, command.split())


def test_a_download_of_nothing_changes_nothing(stand_in, capsys):
    root, _, stamped = stand_in
    for given in ("empty", "old", "words.txt"):
        assert code_of(["classroom", "collect", "class", given]) == 1
        assert "There is no notebook of this classroom in it." in capsys.readouterr().out
    assert stamps(root) == stamped


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (["trian"], "did you mean train?"),
        (["eval", "--modle", "x"], "did you mean --model?"),
        (["embed", "photos", "--out", "new", "--bacth=2"], "did you mean --batch?"),
        (["export", "--model", "x", "--out", "new", "--format", "ONNX"], "did you mean onnx?"),
        (["course", "updaet"], "did you mean update?"),
        (["data", "flikr8k"], "did you mean flickr8k?"),
    ],
)
def test_a_misspelt_word_gets_a_hint(line, hint, stand_in, capsys):
    assert code_of(line) == 2
    assert hint in capsys.readouterr().err
