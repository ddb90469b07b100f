"""Where results are kept, and in which form: one small JSON file per measurement, read by pages.py and the tests."""

import json
import platform
from pathlib import Path

import torch
from kept import RESULTS, WITHOUT_BFLOAT16

from minclip.engine.devices import multiplies_bfloat16

CURVE_POINTS = 40  # enough for a plot


def machine() -> str:
    """The processor in words, without the machine's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def by_cpu(name: str) -> str:
    """NAME; NAME-without-bfloat16 where the CPU does not multiply that: times differ by so much that both are kept."""
    return name if multiplies_bfloat16(torch.device("cpu")) else f"{name}{WITHOUT_BFLOAT16}"


def keep(name: str, result: dict) -> None:
    """results/NAME.json, and the same on the screen."""
    text = json.dumps({"machine": machine(), **result}, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text)


def keep_report(name: str, report: dict, run_folder: Path, **more: object) -> None:
    """A run's report with its curve."""
    lines = (run_folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    seconds = {entry["step"]: entry["seconds"] for entry in entries if "seconds" in entry}
    curve = [{**entry, "seconds": seconds.get(entry["step"])} for entry in entries if "loss" not in entry]
    keep(name, {**report, **more, "curve": curve[:: max(1, len(curve) // CURVE_POINTS)]})
