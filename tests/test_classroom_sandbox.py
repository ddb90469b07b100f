"""What a program in the sandbox of the classroom can do, with each means that the system may have or lack."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from minclip.classroom import landlock, namespaces, sandbox

ATTEMPTS = """
import json, os, socket, subprocess, sys, tempfile
from dataclasses import asdict
from pathlib import Path

course, outside, work = map(Path, sys.argv[1:4])
teacher = int(sys.argv[4])

def local_connection():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname(), timeout=5).close()

def far_away(kind):
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(2)
        one.connect(("192.0.2.1", 9))
        one.send(b"x")

def imports():
    import minclip, numpy
    assert minclip.__file__ and numpy.__file__

attempts = {
    "write own": lambda: Path("own.txt").write_text("mine"),
    "write null": lambda: Path(os.devnull).write_text("x"),
    "write shared memory": lambda: __import__("multiprocessing").Lock(),
    "write outside": lambda: (outside / "new.txt").write_text("x"),
    "overwrite": lambda: (outside / "file.txt").write_text("x"),
    "truncate": lambda: os.truncate(outside / "file.txt", 0),
    "delete": lambda: (outside / "file.txt").unlink(),
    "rename": lambda: (outside / "file.txt").rename(work / "stolen.txt"),
    "link": lambda: os.link(outside / "file.txt", work / "linked.txt"),
    "change rights": lambda: (outside / "file.txt").chmod(0),
    "append by a child": lambda: subprocess.run(["sh", "-c", f"echo x >> '{outside}/file.txt'"], check=True),
    "write submitted": lambda: (course / "submitted/ben/answer.txt").write_text("x"),
    "read gradebook": lambda: (course / "gradebook.db").read_text(),
    "read source": lambda: (course / "source/solution.txt").read_text(),
    "read submitted": lambda: (course / "submitted/ben/answer.txt").read_text(),
    "read the secret": lambda: (course / "classroom.json").read_text(),
    "read by a link": lambda: ((work / "link").symlink_to(course / "gradebook.db"), (work / "link").read_text()),
    "read outside": lambda: (outside / "file.txt").read_text(),
    "name students": lambda: os.listdir(course / "submitted/ben"),
    "network": lambda: far_away(socket.SOCK_STREAM),
    "datagrams": lambda: far_away(socket.SOCK_DGRAM),
    "local network": local_connection,
    "kill the teacher": lambda: os.kill(teacher, 0),
    "read the teacher's memory": lambda: Path(f"/proc/{teacher}/environ").read_bytes(),
    "import": imports,
}
done = {}
for name, attempt in attempts.items():
    try:
        attempt()
        done[name] = True
    except BaseException as error:
        done[name] = f"{type(error).__name__}: {error}"
print(json.dumps(done))
"""
WANTED = {"write own", "write null", "write shared memory", "import"}
READS = {"read gradebook", "read source", "read submitted", "read the secret", "read by a link", "read outside"}
WITHOUT_NAMESPACES = "import minclip.classroom.namespaces as n; n.possible = lambda attempt: False"
WITHOUT_LANDLOCK = "import minclip.classroom.landlock as n; n.version = lambda: 0"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what it asks for are Linux's means")


def tried(folder: Path, without: str = "pass") -> dict[str, object]:
    """What came of each attempt. without: a line that takes a means away."""
    course, outside, work = folder / "course", folder / "outside", folder / "work"
    for place in (course / "submitted/ben", course / "source", outside, work):
        place.mkdir(parents=True)
    for name in ("gradebook.db", "source/solution.txt", "submitted/ben/answer.txt", "classroom.json"):
        (course / name).write_text("secret")
    (outside / "file.txt").write_text("the teacher's")
    box = sandbox.Sandbox(str(work), sandbox.hidden_of(course))
    teacher = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    program = [sys.executable, "-c", ATTEMPTS, str(course), str(outside), str(work), str(teacher.pid)]
    command = box.command(program)
    at = command.index("-m")
    command[at : at + 2] = ["-c", f"{without}; from minclip.classroom import sandbox; sandbox.main()"]
    run = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=120)
    teacher.communicate(b"\n")
    assert run.returncode == 0, run.stderr
    (outside / "file.txt").chmod(0o644)  # Landlock alone does not keep rights from being changed
    assert (outside / "file.txt").read_text() == "the teacher's"
    assert [path.name for path in outside.iterdir()] == ["file.txt"]
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def confined(tmp_path_factory):
    if said := sandbox.lacking():
        pytest.skip(" ".join(said))
    return tried(tmp_path_factory.mktemp("confined"))


@pytest.mark.parametrize("what", sorted(WANTED))
def test_a_program_does_what_a_notebook_needs(confined, what):
    assert confined[what] is True


def test_nothing_else_is_possible(confined):
    allowed = WANTED | ({"local network"} if sandbox.namespaces_work() else set())
    possible = {what for what, came in confined.items() if came is True}
    if not sandbox.namespaces_work():  # Landlock alone leaves these, depending on its version
        possible -= {"change rights", "datagrams", "kill the teacher", "name students", "truncate"}
    assert possible - allowed == set()


def test_landlock_alone_keeps_files_apart(tmp_path):
    if not landlock.version():
        pytest.skip("this Linux has no Landlock")
    came = tried(tmp_path, WITHOUT_NAMESPACES)
    assert {
        what for what in READS | {"write outside", "overwrite", "delete", "rename", "link"} if came[what] is True
    } == set()
    if landlock.version() >= 4:
        assert came["network"] is not True
    assert {what for what in WANTED if came[what] is not True} == set()


def test_namespaces_alone_keep_changes_and_the_network_away(tmp_path):
    if not sandbox.namespaces_work():
        pytest.skip("this system forbids namespaces to this user")
    came = tried(tmp_path, WITHOUT_LANDLOCK)
    writes = {
        "write outside",
        "overwrite",
        "truncate",
        "delete",
        "rename",
        "link",
        "change rights",
        "append by a child",
    }
    away = writes | {"network", "datagrams", "kill the teacher", "read the teacher's memory", "read submitted"}
    assert {what for what in away if came[what] is True} == set()
    assert {what for what in WANTED if came[what] is not True} == set()


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_comes_through(tmp_path, code):
    command = sandbox.Sandbox(str(tmp_path)).command([sys.executable, "-c", f"raise SystemExit({code})"])
    assert subprocess.run(command, timeout=60).returncode == code


def test_no_process_outlives_the_sandbox(tmp_path):
    if not sandbox.namespaces_work():
        pytest.skip("this system forbids namespaces to this user")
    left = "import os, time; os.fork() or (os.setsid(), os.fork() or time.sleep(1000))"
    command = sandbox.Sandbox(str(tmp_path)).command([sys.executable, "-c", left, str(tmp_path)])
    subprocess.run(command, timeout=60, check=True)
    psutil = pytest.importorskip("psutil")
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in (one.info["cmdline"] or [])]


def test_python_inside_of_the_course_stays_readable(tmp_path, monkeypatch):
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "source").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    assert sandbox.hidden_of(tmp_path) == (str(tmp_path / "source"),)


def test_a_course_in_a_readable_folder_is_hidden(tmp_path, monkeypatch):
    for name in ("minclip", "class/source"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(sandbox, "python_paths", lambda: [str(tmp_path)])
    found = sandbox.readable(sandbox.hidden_of(tmp_path / "class"))
    assert str(tmp_path / "minclip") in found and not [path for path in found if "class" in Path(path).parts]


def test_what_a_system_lacks_is_said_in_sentences(monkeypatch):
    monkeypatch.setattr(sandbox, "namespaces_work", lambda: False)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert [line.split(":")[0] for line in sandbox.lacking()] == [
        "This system cannot keep a submission from reading and changing your files",
        "This system cannot take the network from a submission",
    ]
    monkeypatch.setattr(sys, "platform", "win32")
    assert sandbox.lacking() and sandbox.Sandbox("x").command(["python"]) == ["python"]


def test_a_mac_is_told_what_to_refuse(monkeypatch, tmp_path):
    """Read, not run: no Mac was at hand."""
    monkeypatch.setattr(sys, "platform", "darwin")
    program, option, profile, *rest = sandbox.Sandbox(str(tmp_path), ("/class/source",)).command(["python", "-V"])
    assert (program, option, rest) == ("/usr/bin/sandbox-exec", "-p", ["python", "-V"])
    assert "(deny network*)" in profile and f'(subpath "{tmp_path.resolve()}")' in profile
    assert '(deny file-read* (subpath "/class/source"))' in profile


def test_a_clone_does_not_show_the_teachers_work():
    clone = sandbox.clone_root()
    if clone is None:
        pytest.skip("minclip is not in a clone of its repository")
    found = sandbox.readable(())
    assert str(clone / "minclip") in found and str(clone) not in found
    assert not [path for path in found if Path(path).name in (".git", "workbook")]


@pytest.mark.skipif(sys.platform != "linux", reason="a Mac has sandbox-exec")
@pytest.mark.parametrize("apart", [True, False])
def test_the_process_is_closed_in_before_the_program(monkeypatch, tmp_path, apart):
    done = []

    def note(name, result=None):
        return lambda *given, **named: done.append(name) or result

    box = sandbox.Sandbox(folder=str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["sandbox", json.dumps(asdict(box)), "program", "its", "words"])
    monkeypatch.setattr(namespaces, "die_with_parent", note("die with parent"))
    monkeypatch.setattr(namespaces, "possible", note("try namespaces", apart))
    monkeypatch.setattr(namespaces, "enter", note("enter namespaces"))
    monkeypatch.setattr(landlock, "version", lambda: 7)
    monkeypatch.setattr(landlock, "restrict", note("restrict"))
    monkeypatch.setattr(sandbox, "limit", note("limit"))
    monkeypatch.setattr(Path, "write_text", note("be the first that the system ends"))
    monkeypatch.setattr(sandbox.os, "chdir", note("enter the folder again"))
    monkeypatch.setattr("signal.signal", note("can be interrupted"))
    monkeypatch.setattr(sandbox.os, "execvp", lambda file, words: done.append(words))
    sandbox.main()
    assert done == [
        *("die with parent", "be the first that the system ends", "try namespaces"),
        *(["enter namespaces"] if apart else []),
        *("can be interrupted", "limit", "enter the folder again", "restrict"),
        ["program", "its", "words"],
    ]
