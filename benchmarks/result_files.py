"""The results that are kept: one small JSON file for each measurement in results/, written here and read here."""

import json
import platform
from pathlib import Path

import torch

from minclip.engine.devices import multiplies_bfloat16

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
WITHOUT_BFLOAT16 = "-without-bfloat16"  # ends the name of a result of a CPU that does not multiply it
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


def is_kept(name: str) -> bool:
    return (RESULTS / f"{name}.json").is_file()


def result(name: str) -> dict:
    """A kept result, as `keep` wrote it."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def rows(header: list[str], lines: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines]) + "\n"


def load(kept: dict) -> str:
    """What else the machine did: , load 0.6 before (how many processes wanted a core); nothing where nobody counts."""
    return "" if kept["load_before"] is None else f", load {kept['load_before']:.1f} before"


def cores(threads: int, machine: str) -> str:
    """2 cores of Some Processor"""
    return f"{threads} core{'s' if threads > 1 else ''} of {machine}"
