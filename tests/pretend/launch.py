"""Runs Python with the pretend device (device.py): builds its guard, once for each PyTorch, and loads it first."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def why_not() -> str | None:
    """Why it cannot be had here, in words; None: it can."""
    if sys.platform != "linux":
        return "the pretend device is loaded before PyTorch, which is done on Linux only"
    if shutil.which("g++") is None:
        return "the pretend device needs g++, which is not installed"
    if torch.version.cuda is not None:
        return (
            "this PyTorch has CUDA of its own: the pretend device needs a build for CPUs (`make gpu` asks a real one)"
        )
    return None


@cache
def guard(kind: str) -> Path:
    """The library that tells PyTorch of the device. RuntimeError with the compiler's words where it cannot be built."""
    folder = Path(torch.__file__).parent
    source = HERE / "guard.cpp"
    # of this source, for the PyTorch of this folder: a library that was linked against another one does not load
    key = hashlib.sha256(f"{folder} {torch.__version__} {kind} {source.read_text(encoding='utf-8')}".encode())
    library = Path(tempfile.gettempdir()) / f"minclip-pretend-{os.getuid()}-{key.hexdigest()[:16]}.so"
    if library.is_file():
        return library
    fresh = library.with_suffix(f".{os.getpid()}")
    places = [f"-I{folder / 'include'}", f"-L{folder / 'lib'}", f"-Wl,-rpath,{folder / 'lib'}"]
    compiler = ["g++", "-std=c++20", "-O1", "-shared", "-fPIC", f"-DKIND={kind.upper()}"]
    command = [*compiler, str(source), *places, "-lc10", "-ltorch_cpu", "-o", str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"guard.cpp does not compile against PyTorch {torch.__version__}: {done.stderr[:2000]}")
    fresh.replace(library)  # another process may have built it meanwhile
    return library


def run(kind: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, from the project's folder, where a device of that kind pretends to be."""
    places = [str(ROOT / "tests"), str(ROOT)]
    environment = {
        **os.environ,
        "LD_PRELOAD": str(guard(kind)),
        "PYTHONPATH": os.pathsep.join(places),
        "MINCLIP_PRETEND": kind,
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )
