"""The kept results, read: what all pages are made from."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
WITHOUT_BFLOAT16 = "-without-bfloat16"  # at the end of a result's name: of a CPU that does not multiply it


def is_kept(name: str) -> bool:
    return (RESULTS / f"{name}.json").is_file()


def result(name: str) -> dict:
    """A kept result as keep.py wrote it."""
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
