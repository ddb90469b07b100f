"""Starts a program that can do little to this computer: `command` gives the command line for it.

The program writes in its own folder only. It reads the system's files, Python's and what is named, not the teacher's.
It has no network. Linux keeps to this with Landlock and namespaces, each where the system allows it; a Mac with
sandbox-exec (written from its manual, never run here). `lacking` says in words what the system cannot do.
"""

import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import minclip
from minclip.data.paths import clone_root, data_root

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix", "/gnu", "/proc", "/sys", "/dev")
CACHES = ("/var/cache/fontconfig", "/var/lib/dpkg", "/snap", "/run/current-system")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm", "/dev/tty", "/dev/ptmx")
GIGABYTE = 2**30
LARGEST_FILE = GIGABYTE  # bytes that a program writes into one file


@dataclass(frozen=True)
class Sandbox:
    """What a program may do. folder: it writes there and nowhere else. hide: what it must not see, files and folders.

    memory: bytes that one process may take. read: what it may read besides Python and the system's files.
    """

    folder: str
    hide: tuple[str, ...] = ()
    memory: int = 4 * GIGABYTE
    read: tuple[str, ...] = ()

    def command(self, program: list[str]) -> list[str]:
        """The command line that runs a program in this sandbox."""
        if sys.platform == "linux":
            return [sys.executable, "-P", "-m", "minclip.classroom.sandbox", json.dumps(asdict(self)), *program]
        if sys.platform == "darwin":
            return ["/usr/bin/sandbox-exec", "-p", mac_profile(self), *program]
        return program


def lacking() -> list[str]:
    """What this system cannot keep a submission from, a sentence for each; none where it can all."""
    if sys.platform == "linux":
        from minclip.classroom import landlock

        apart, version = namespaces_work(), landlock.version()
        said = []
        if not version:
            what = "reading your files" if apart else "reading and changing your files"
            said.append(f"This system cannot keep a submission from {what}: its Linux has no Landlock.")
        if not apart and version < 4:
            why = "it forbids namespaces to your user"
            said.append(f"This system cannot take the network from a submission: {why}.")
        return said
    if sys.platform == "darwin":
        return []
    return ["This system cannot keep a submission from your files and from the network: grade on Linux or a Mac."]


def namespaces_work() -> bool:
    from minclip.classroom import namespaces

    return namespaces.possible(lambda: namespaces.enter((), (), GIGABYTE))


def python_paths() -> list[str]:
    """Where Python, the packages and minclip are, and its data sets."""
    paths = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, sys.executable]
    paths += [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
    paths += [entry for entry in sys.path if entry and Path(entry).resolve() != Path.cwd().resolve()]
    paths += os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    paths += [str(Path(minclip.__file__).parent), str(data_root())]
    real = [str(Path(path).resolve()) for path in paths if path]
    clone = str(clone_root() or "")  # a teacher's work lies in it, too, and what git keeps
    return list(dict.fromkeys([path for path in [*paths, *real] if path not in ("", "/", clone)]))


def readable(hide: Iterable[str]) -> list[str]:
    """What a program may read: the system's files and Python's, without those that are hidden."""
    hidden = [Path(path).resolve() for path in hide]
    found = [str(part) for path in python_paths() for part in without(Path(path), hidden)]
    return [*SYSTEM, *CACHES, *found]


def without(path: Path, hidden: list[Path]) -> Iterator[Path]:
    """A path, or its parts where something hidden is beneath it."""
    if any(one == path or one in path.parents for one in hidden):
        return
    if not any(path in one.parents for one in hidden):
        yield path
        return
    for part in sorted(path.iterdir()):
        yield from without(part, hidden)


def hidden_of(course: Path) -> tuple[str, ...]:
    """All that lies in a course's folder, but Python's own, which a teacher may have put there."""
    needed = [Path(path) for path in python_paths()]
    if not course.is_dir():
        return ()
    return tuple(
        str(path) for path in sorted(course.iterdir()) if not any(path == one or path in one.parents for one in needed)
    )


def mac_profile(sandbox: Sandbox) -> str:
    """In sandbox-exec's own language."""
    quoted = json.dumps
    folder = Path(sandbox.folder).resolve()
    hidden = " ".join(f"(subpath {quoted(str(Path(path).resolve()))})" for path in sandbox.hide)
    return "\n".join(
        [
            "(version 1)",
            "(allow default)",
            "(deny network*)",
            "(allow network* (local unix-socket) (remote unix-socket))",
            "(deny file-write*)",
            f'(allow file-write* (subpath {quoted(str(folder))}) (subpath "/dev"))',
            *([f"(deny file-read* {hidden})"] if hidden else []),
            "(deny signal (target others))",
        ]
    )


def limit(memory: int) -> None:
    """Of this process: memory, the size of a file, no dump when it crashes. The system ends it first of all."""
    import resource

    for which, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def main() -> None:
    """On Linux: closes this process in and becomes the program."""
    import signal

    from minclip.classroom import landlock, namespaces

    given = json.loads(sys.argv[1])
    sandbox, program = Sandbox(**given), sys.argv[2:]
    namespaces.die_with_parent()
    os.environ.pop("JPY_PARENT_PID", None)  # by which a kernel looks for its parent, among processes it cannot see
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # the system ends this one first
    readable_paths = [*readable(sandbox.hide), *sandbox.read]
    folders = [path for path in sandbox.hide if Path(path).is_dir()]
    write = [sandbox.folder]
    apart = namespaces.possible(lambda: namespaces.enter(write, folders, sandbox.memory))
    if apart:
        namespaces.enter(write, folders, sandbox.memory)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit(sandbox.memory)
    os.chdir(Path.cwd())  # into the folder as it is mounted now
    if landlock.version():
        listed = [path for path in [*sys.path, *python_paths()] if path and path not in readable_paths]
        landlock.restrict([*readable_paths, sandbox.folder], listed, [*write, *DEVICES], tcp=apart)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
