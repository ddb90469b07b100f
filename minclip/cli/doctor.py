"""Check that minclip has all it needs on this machine. One line per check, with a remedy where it fails.

    minclip doctor

    [OK]   Python 3.12.4
    [OK]   torch 2.13.0
    [FAIL] matplotlib is not installed
           remedy: python -m pip install "matplotlib>=3.9"
    ...

The exit code is 0 if nothing failed, else 1.
"""

import argparse
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from minclip.cli.checks import Check

MINIMUM_PYTHON = (3, 11, 4)  # as pyproject.toml says
ROOM = 1e9  # bytes: the picture book at 64 px takes 1.2 GB, at 32 px 0.3 GB; a run takes some 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`minclip doctor` takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    failed = 0
    for check in checks():
        print(check)
        failed += bool(check.remedy)
    print(f"\n{failed} of the checks failed" if failed else "\nEverything is in place.")
    return 1 if failed else 0


def checks() -> Iterator[Check]:
    """All checks, the cheapest first. Checks that need torch run only where the packages are installed."""
    python = check_python(sys.version_info[:3])
    yield python
    if python.remedy:  # the packages belong to another Python, which has no tomllib to read their list
        return
    packages = [check_package(name, minimum) for name, minimum in requirements()]
    yield from packages
    if any(package.remedy for package in packages):
        yield Check("device and data were not checked", "install the packages first, then run `minclip doctor` again")
        return
    yield from check_device()
    yield from check_data()


def check_python(version: tuple[int, ...]) -> Check:
    text, wanted = f"Python {'.'.join(map(str, version))}", ".".join(map(str, MINIMUM_PYTHON))
    return Check(text) if version >= MINIMUM_PYTHON else Check(text, f"install Python {wanted} or newer")


def requirements() -> list[tuple[str, str]]:
    """(package, minimum version), from the checkout's pyproject.toml or from the installed package."""
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    if pyproject.is_file():
        import tomllib  # here: Python 3.10 has none, and must get as far as check_python

        lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        lines = [line for line in metadata.requires("minclip") or [] if "extra ==" not in line]
    return [(match[1], match[2]) for line in lines if (match := re.match(r"([\w.-]+)\s*>=\s*([\d.]+)", line))]


def numbers(version: str) -> tuple[int, ...]:
    """'2.13.0+cpu' -> (2, 13, 0)"""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0]))


def check_package(name: str, minimum: str) -> Check:
    remedy = f'python -m pip install "{name}>={minimum}"'
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(f"{name} is not installed", remedy)
    if numbers(version) < numbers(minimum):
        return Check(f"{name} {version} is older than {minimum}", remedy)
    return Check(f"{name} {version}")


def check_device() -> Iterator[Check]:
    try:
        import torch
    except (ImportError, OSError) as error:  # installed, and a part of it is missing: OSError for a library
        reason = " ".join(str(error).split())
        yield Check(f"torch cannot be imported: {reason}", "python -m pip install --force-reinstall torch")
        return
    from minclip.cli.gpus import check_product, check_unused
    from minclip.engine.devices import choose_device

    device = choose_device()
    name = torch.cuda.get_device_name(device.device) if device.device.type == "cuda" else platform.machine()
    yield Check(f"device {device.device} ({name}): {device.reason}")
    yield check_product(device)
    yield from check_unused(device)
    yield Check(f"{torch.get_num_threads()} threads of {os.cpu_count()} cores (OMP_NUM_THREADS sets the number)")


def check_data() -> Iterator[Check]:
    from minclip.data.paths import data_root

    root = data_root()
    remedy = "set the environment variable MINCLIP_DATA to a folder that can be written to"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            yield Check(f"data folder {root} can be written to")
    except OSError as error:
        yield Check(f"data folder {root}: {error.strerror or error}", remedy)
        return
    free = shutil.disk_usage(root).free
    text = f"{free / 1e9:.1f} GB are free there"
    yield Check(text) if free >= ROOM else Check(text, f"make room for {ROOM / 1e9:.0f} GB, or {remedy}")
    drawn = sorted((root / "picturebook" / "cache").glob("*.npy"))
    megabytes = sum(path.stat().st_size for path in drawn) / 1e6
    later = "drawn on first use" if not drawn else f"{len(drawn)} files, {megabytes:.0f} MB, drawn already"
    yield Check(f"picture book: {later}")
