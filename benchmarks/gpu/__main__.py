"""What minclip does on a CUDA GPU, in at most seven minutes: smoke.py, tests, a minute's learning, speed beside peers.

python -m benchmarks.gpu                        (open_clip and transformers take part where they are installed)
python -m benchmarks.gpu --photos FOLDER        FOLDER/flickr8k and FOLDER/rsicd from nothing, too (or PHOTOS=FOLDER)
python -m benchmarks.gpu --parts minute,small   some parts only
python -m benchmarks.gpu --long                 ten minutes of training instead; stopped, it goes on when called again
python -m benchmarks.gpu --dry                  the same lines in miniature on a CPU, in a minute

Before the clock starts, the pictures that the parts learn from are drawn, unless they are on the disk already. Every
part runs in a process of its own until its share of --minutes is over; what fails is named in the result, and the
others go on. After each, results/gpu-NAME.json is written, and again into --out with two plots.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from xml.etree import ElementTree

import torch

from benchmarks.gpu.figures import plot_learning, plot_throughput, table
from benchmarks.gpu.sizes import DRY, GPU, Work, about
from benchmarks.gpu.smoke import smoke
from benchmarks.gpu.timed_training import draw_pictures, learned
from benchmarks.gpu.training_speed import speed
from benchmarks.result_files import RESULTS, machine
from minclip.cli.models import RUNS
from minclip.cli.train import new_folder
from minclip.data.paths import atomic_write
from minclip.engine.devices import choose_device

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "benchmarks.gpu"]
CLOSING = 12  # seconds at the end, for the plots
GRACE = 4  # seconds before its end at which a part should be done by itself
LEAST = 20  # seconds: with fewer a part is not begun, it would hardly load its libraries
MINUTES, LONG_MINUTES = 7, 10


def tests(work: Work) -> dict:
    """pytest -m gpu; at the end the slow ones, which compile: what was found before is kept. Dry: without them."""
    import pytest

    os.environ["MINCLIP_TEST_DEVICE"] = work.sizes.device
    place = [str(ROOT / "tests" / "test_gpu.py"), "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    found: dict = {"passed": 0, "failed": [], "skipped": 0}
    for chosen in ["gpu and not slow", "gpu and slow"][: 2 if work.sizes.compiles else 1]:
        report = work.folder / f"{safe(chosen)}.xml"
        pytest.main([*place, "-m", chosen, "-q", "-p", "no:cacheprovider", f"--junitxml={report}"])
        cases = list(ElementTree.parse(report).iter("testcase"))
        failed = [str(case.get("name")) for case in cases if {"failure", "error"} & {child.tag for child in case}]
        skipped = sum(case.find("skipped") is not None for case in cases)
        found["passed"] += len(cases) - len(failed) - skipped
        found["failed"] += failed
        found["skipped"] += skipped
        work.save(found)
    return found


# name: (seconds of the seven minutes, if all take part; what runs). What one does not need, the later ones get.
PARTS = {
    "smoke": (30, lambda work: smoke(choose_device(work.sizes.device), work.sizes.small.pairs, work.save)),
    "tests": (60, tests),
    "minute": (105, lambda work: learned("minute", work.sizes.minute, work)),
    "ViT-B/32": (100, lambda work: speed(work.sizes.large, work)),
    "small": (45, lambda work: speed(work.sizes.small, work)),
    "flickr8k": (40, lambda work: learned("flickr8k", work.sizes.flickr8k, work)),
    "rsicd": (40, lambda work: learned("rsicd", work.sizes.rsicd, work)),
    "long": (0, lambda work: learned("long", work.sizes.long, work)),
}
PHOTOS = ("flickr8k", "rsicd")


def lacks(name: str, arguments: argparse.Namespace) -> bool:
    """Whether a part's photos are not there."""
    return name in PHOTOS and not (arguments.photos and (arguments.photos / name).is_dir())


def share(names: list[str], left: float) -> float:
    """Seconds for the first of the parts that are still to come."""
    return left * PARTS[names[0]][0] / sum(PARTS[name][0] for name in names)


def safe(name: str) -> str:
    """A name as part of a file's.

    >>> safe("NVIDIA H100 80GB HBM3")
    'nvidia-h100-80gb-hbm3'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def long_folder() -> Path:
    """Of the long run: one for each kind of GPU, so that none goes on with what another began."""
    return RUNS / f"gpu-long-{safe(torch.cuda.get_device_name(0))}"


def write(path: Path, content: dict) -> None:
    """As result_files.py writes, and whole or not at all: a run may be killed at any moment."""
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def part_file(folder: Path, name: str) -> Path:
    """Where a part leaves its result."""
    return folder / f"part-{safe(name)}.json"


def work_on(name: str, arguments: argparse.Namespace) -> int:
    """One part, in this process, into its file. Returns 1 where it failed."""
    found: dict = {}
    file = part_file(arguments.folder, name)

    def save(more: dict) -> None:
        found.update(more)
        write(file, found)

    sizes = DRY if arguments.dry else GPU
    try:
        save(PARTS[name][1](Work(sizes, arguments.folder, arguments.photos, arguments.until, save)))
    except Exception as error:  # whatever it is, the other parts go on
        traceback.print_exc()
        save({"error": "".join(traceback.format_exception_only(error))[-2000:]})
        return 1
    return 0


def started(command: list[str], limit: float) -> str | None:
    """A part in a process of its own; None, or what became of it."""
    try:
        code = subprocess.run([*COMMAND, *command], timeout=limit, check=False).returncode
    except subprocess.TimeoutExpired:
        return f"stopped after {limit:.0f} s: its time was over"
    return f"its process ended with code {code}" if code else None


def run_part(name: str, limit: float, arguments: argparse.Namespace) -> dict:
    """A part's result, or what it had until it failed or its time was over, and the error."""
    file, began = part_file(arguments.folder, name), time.time()
    file.unlink(missing_ok=True)
    command = ["--part", name, "--until", str(began + limit - GRACE), "--folder", str(arguments.folder)]
    command += ["--photos", str(arguments.photos)] if arguments.photos else []
    command += ["--dry"] if arguments.dry else []
    error = started(command, limit)
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if error and "error" not in found:
        found["error"] = error
    return {"seconds": round(time.time() - began, 1), **found}


def draw(result: dict, out: Path) -> None:
    """The two plots, of what is there for them."""
    parts = result["parts"]
    speeds = [part for part in parts.values() if "contenders" in part]
    figures = {"gpu-throughput.png": plot_throughput(speeds)} if speeds else {}
    if parts.get("minute", {}).get("curve"):
        figures["gpu-minute.png"] = plot_learning(parts["minute"])
    for name, figure in figures.items():
        with atomic_write(out / name) as file:
            figure.savefig(file, format="png", dpi=110)


def bench(names: list[str], arguments: argparse.Namespace) -> int:
    """All parts one after the other; returns 1 where anything failed."""
    without = {
        name: f"no photos: --photos FOLDER, with FOLDER/{name} in it" for name in names if lacks(name, arguments)
    }
    names = [name for name in names if name not in without]
    draw_pictures(DRY if arguments.dry else GPU, names)
    end = time.time() + 60 * arguments.minutes - CLOSING
    result = {"machine": machine(), **about(DRY if arguments.dry else GPU), "minutes": arguments.minutes}
    result |= {"parts": {}, "not_reached": without}
    gpu = "dry" if arguments.dry else safe(result["gpu"]["name"])
    file = f"gpu-{'long-' if arguments.long else ''}{gpu}.json"
    files = [arguments.out / file] if arguments.dry else [arguments.out / file, RESULTS / file]
    for place, name in enumerate(names):
        limit = end - time.time() if arguments.long else share(names[place:], end - time.time())
        if limit < LEAST:
            result["not_reached"][name] = f"{limit:.0f} s were left for it: give more --minutes"
        else:
            print(f"\n--- {name}: at most {limit:,.0f} s", flush=True)
            result["parts"][name] = run_part(name, limit, arguments)
        for path in files:
            write(path, result)
    draw(result, arguments.out)
    table(result["parts"])
    for name, why in result["not_reached"].items():
        print(f"{name} was not reached: {why}")
    print(f"everything is in {', '.join(map(str, files))}" if names else "there was nothing to do")
    return int(any("error" in part or part.get("failed") for part in result["parts"].values()))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, help=f"for everything together ({MINUTES}; with --long {LONG_MINUTES})"
    )
    parser.add_argument("--photos", type=Path, default=os.environ.get("PHOTOS"), help="folder of flickr8k/ and rsicd/")
    parser.add_argument("--parts", help=f"of {', '.join(name for name in PARTS if name != 'long')}")
    parser.add_argument("--long", action="store_true", help="training for all of --minutes, and nothing else")
    parser.add_argument("--dry", action="store_true", help="in miniature, on the CPU")
    parser.add_argument("--out", type=Path, help="for the result and the plots (default: the folder of the runs)")
    for inner, kind in (("--part", str), ("--until", float), ("--folder", Path)):
        parser.add_argument(inner, type=kind, help=argparse.SUPPRESS)  # how it calls itself
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    arguments.minutes = arguments.minutes or (LONG_MINUTES if arguments.long else MINUTES)
    if not (arguments.dry or torch.cuda.is_available()):
        print(
            f"no CUDA GPU is here that torch {torch.__version__} can use (it was built for CUDA {torch.version.cuda}); "
            f"--dry goes through the same lines in miniature on the CPU",
            file=sys.stderr,
        )
        return 2
    if arguments.part:
        return work_on(arguments.part, arguments)
    everything = [name for name in PARTS if name != "long"]
    names = arguments.parts.split(",") if arguments.parts else everything
    if unknown := set(names) - set(everything):
        print(f"--parts {','.join(sorted(unknown))}: choose of {', '.join(everything)}", file=sys.stderr)
        return 2
    if arguments.dry:
        arguments.folder = Path(tempfile.mkdtemp(prefix="minclip-gpu-"))
    else:
        arguments.folder = long_folder() if arguments.long else new_folder("gpu")
    arguments.out = arguments.out or arguments.folder
    for folder in (arguments.folder, arguments.out):
        folder.mkdir(parents=True, exist_ok=True)
    return bench(["long"] if arguments.long else names, arguments)


if __name__ == "__main__":
    sys.exit(main())
