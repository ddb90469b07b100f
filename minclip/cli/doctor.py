"""Check that minclip has all it needs on this machine. One line per check, with a remedy where it fails.

    minclip doctor
    minclip doctor --json > report.json     the same for a report of an error; your home folder is written as ~

    [OK]   Python 3.12.4
    [OK]   torch 2.13.0
    [FAIL] matplotlib is not installed
           remedy: python -m pip install "matplotlib>=3.9"
    [NOTE] without onnx there is no minclip export to ONNX: ...
    ...

A note is something to know, and nothing is broken. The exit code is 0 if nothing failed, else 1.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minclip.cli import packages, places
from minclip.cli.checks import Check

MINIMUM_PYTHON = (3, 11, 4)  # as pyproject.toml says


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object, to put into a report of an error")


def run(arguments: argparse.Namespace) -> int:
    found = []
    for check in checks():
        found.append(check)
        if not arguments.json:
            print(check, flush=True)
    failed = [check.status for check in found].count("fail")
    if arguments.json:
        print(without_home(json.dumps(report(found), indent=2, ensure_ascii=False)))
    else:
        print(f"\n{failed} of the checks failed" if failed else "\nEverything is in place.")
    return 1 if failed else 0


def report(found: list[Check]) -> dict[str, Any]:
    """What a report of an error needs: versions, system, and every check."""
    rows = [
        {"status": check.status, "text": check.text} | ({"remedy": check.remedy} if check.remedy else {})
        for check in found
    ]
    return {
        "minclip": packages.version_of("minclip") or "not installed",
        "python": platform.python_version(),
        "system": platform.platform(),
        "checks": rows,
    }


def without_home(text: str) -> str:
    """The text with ~ for the home folder, which holds a person's name."""
    home = json.dumps(str(Path.home()), ensure_ascii=False)[1:-1]
    return text.replace(home, "~") if len(home) > 1 else text


def checks() -> Iterator[Check]:
    """All checks, the cheapest first. Checks that need torch run only where the packages are installed."""
    python = check_python(sys.version_info[:3])
    yield python
    if python.remedy:  # the packages belong to another Python, which has no tomllib to read their list
        return
    needed = [packages.check_package(name, minimum) for name, minimum in packages.requirements()]
    yield from needed
    if any(package.remedy for package in needed):
        yield Check("device and data were not checked", "install the packages first, then run `minclip doctor` again")
        return
    yield from packages.check_pins(packages.pins(packages.CLONE / "constraints.txt"))
    yield from check_device()
    yield from packages.check_optional()
    yield from places.check_data()
    yield places.check_working_folder()
    yield from places.check_caches()
    yield from places.check_kernel()
    yield from places.check_workbook()


def check_python(version: tuple[int, ...]) -> Check:
    text, wanted = f"Python {'.'.join(map(str, version))}", ".".join(map(str, MINIMUM_PYTHON))
    return Check(text) if version >= MINIMUM_PYTHON else Check(text, f"install Python {wanted} or newer")


def check_device() -> Iterator[Check]:
    try:
        import torch
    except (ImportError, OSError) as error:  # installed, and a part of it is missing: OSError for a library
        reason = " ".join(str(error).split())
        yield Check(f"torch cannot be imported: {reason}", "python -m pip install --force-reinstall torch")
        return
    from minclip.cli.gpus import check_product, check_unused
    from minclip.engine.devices import choose_device

    vision = packages.version_of("torchvision")
    yield from packages.check_torchvision(torch.__version__, vision, packages.torchvision_error())
    device = choose_device()
    name = torch.cuda.get_device_name(device.device) if device.device.type == "cuda" else platform.machine()
    trains_in = str(device.autocast or torch.float32).removeprefix("torch.")
    yield Check(f"device {device.device} ({name}), trains in {trains_in}: {device.reason}")
    yield check_product(device)
    yield from check_unused(device)
    yield Check(f"{torch.get_num_threads()} threads of {os.cpu_count()} cores (OMP_NUM_THREADS sets the number)")
