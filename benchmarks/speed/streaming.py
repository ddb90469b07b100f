"""Training from shards that are streamed: its memory, what it sees when it is killed and resumed, and its rate.

    python -m benchmarks.speed.streaming [--pictures N] [--rates]     (200,000 pictures: eight minutes)

It draws N small JPEGs into shards. One epoch over a quarter of them and one over all, each in a process of its own, say
how memory grows with the set. The second one is killed after three quarters, and resumed. Then steps of the same recipe
from memory and from the stream take turns in one process, on the quarter. --rates adds another run of that alone
to the kept result. Writes results/streaming.json.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.result_files import ROOT, cores, keep, load, result, rows
from benchmarks.speed.contender_process import resident
from benchmarks.speed.small_jpegs import PER_SHARD, write_shards
from benchmarks.speed.timing import load_average, print_table, spread
from minclip.config import CLIPConfig, TrainConfig
from minclip.data.shards import Shards
from minclip.data.streamed_shards import StreamedShards, survey
from minclip.engine.batches import Batch, all_captions, load_pairs
from minclip.engine.cores import keep_freed_memory, one_thread
from minclip.engine.devices import choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.engine.stream import Place, Stream, batches_from
from minclip.experiments.experiment import resume_run, run_training
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

PICTURES = 200_000
# steps of a turn are short against what other programs do meanwhile; those before it let the stream read ahead again
PRESET, ROUNDS, STEPS, UNTIMED = "tiny", 25, 12, 6

# --- one epoch in a process of its own ---


def epoch_here(folder: Path, out: Path, samples: int, save_every: int) -> None:
    """The process: trains one epoch, or goes on with it; says after every checkpoint how much memory it took at most.

    OUT.keys gets the step and the key of each sample that the stream gives.
    """
    keys = Path(f"{out}.keys").open("a", encoding="utf-8")  # noqa: SIM115
    places = Stream.places

    def noted(self: Stream, config: TrainConfig, first_step: int) -> Iterator[Place]:
        for i, place in enumerate(places(self, config, first_step)):
            keys.write(f"{first_step + i // config.batch_size} {place.buffer[place.row].key}\n")
            yield place

    def tell(entry: dict) -> None:
        keys.flush()
        peak = resident(highest=True)
        print(json.dumps({"step": entry["step"], "peak": peak and round(peak)}), flush=True)

    Stream.places = noted  # type: ignore[method-assign, assignment]
    config = TrainConfig(samples=samples, stream=True)
    config = replace(config, save_every=save_every, log_every=save_every, evaluate_every=config.steps)
    if out.exists():
        resume_run(out, choose_device("cpu"), show_progress=False, on_log=tell)
    else:
        run_training(folder, CLIPConfig.preset(PRESET), config, out, choose_device("cpu"), False, tell)
    tell({"step": config.steps})


def epoch(folder: Path, out: Path, samples: int, save_every: int, kill_at: int | None = None) -> int | None:
    """MB of memory that the process of an epoch took at most; None where the system does not say.

    kill_at: the step after whose checkpoint it is killed.
    """
    command = [sys.executable, "-m", "benchmarks.speed.streaming", "--epoch", str(folder), str(out)]
    peak = None
    with subprocess.Popen(
        [*command, str(samples), str(save_every)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            peak = told["peak"]
            if told["step"] == kill_at:
                process.kill()
                return peak
    if process.returncode:
        raise RuntimeError(f"an epoch from {folder} ended with {process.returncode}")
    return peak


def killed_and_resumed(folder: Path, out: Path, samples: int) -> dict:
    """An epoch that is killed after three quarters and resumed: memory, and how often it saw each sample."""
    steps = TrainConfig(samples=samples).steps
    kill_at = steps * 3 // 4
    before = epoch(folder, out, samples, kill_at, kill_at)
    seen = [line.split() for line in Path(f"{out}.keys").read_text(encoding="utf-8").splitlines()]
    times = Counter(key for step, key in seen if int(step) < kill_at)  # the rest was read ahead
    Path(f"{out}.keys").unlink()
    after = epoch(folder, out, samples, kill_at)
    resumed = [line.split() for line in Path(f"{out}.keys").read_text(encoding="utf-8").splitlines()]
    times.update(key for _, key in resumed)
    return {
        "pictures": samples,
        "steps": steps,
        "killed_after_step": kill_at,
        "resumed_at_step": int(resumed[0][0]),
        "samples_seen_once": sum(number == 1 for number in times.values()),
        "samples_seen_more_often": sum(number > 1 for number in times.values()),
        "peak_mb": None if before is None or after is None else max(before, after),
    }


# --- from memory and from the stream, in turns ---


def rates(folder: Path, rounds: int, steps: int, batch_size: int) -> dict:
    """Pictures a second and CPU seconds of steps from memory and from the stream, round by round."""
    load_before = load_average()
    keep_freed_memory()
    device, shards = choose_device("cpu"), Shards(folder, "train")
    config = TrainConfig(batch_size=batch_size, samples=batch_size * 2 * rounds * (steps + UNTIMED))
    captions = all_captions(shards)
    preset = CLIPConfig.preset(PRESET)
    texts = (text for of_one in captions for text in of_one)
    tokenizer = BPETokenizer.train(texts, preset.vocab_size, preset.context_length)
    preset = replace(preset, vocab_size=tokenizer.vocab_size)
    pairs = load_pairs(shards, captions, tokenizer, preset.image_size, device)
    stream = Stream(StreamedShards(shards, survey(shards)), tokenizer, preset.image_size)
    model = CLIP(preset)
    optimizers = build_optimizers(
        model, config.optimizer, config.learning_rate, config.weight_decay, config.muon_learning_rate
    )

    def turn(batches: Iterator[Batch]) -> tuple[float, float]:
        """(pictures a second, CPU seconds a picture)."""
        for timed in (UNTIMED, steps):
            began, cpu = time.perf_counter(), time.process_time()
            for _ in range(timed):
                train_step(model, optimizers, next(batches), device)
        pictures = steps * batch_size
        return pictures / (time.perf_counter() - began), (time.process_time() - cpu) / pictures

    found: dict[str, list[tuple[float, float]]] = {"memory": [], "stream": []}
    with (
        one_thread(),
        closing(batches_from(pairs, config, 0, preset, device)) as from_memory,
        closing(batches_from(stream, config, 0, preset, device)) as from_stream,
    ):
        sources = {"memory": from_memory, "stream": from_stream}
        for number in range(rounds):
            for name in list(sources) if number % 2 == 0 else reversed(sources):
                found[name].append(turn(sources[name]))
    memory, streamed = found["memory"], found["stream"]
    return {
        "load_before": load_before,
        "rounds": rounds,
        "steps_of_a_turn": steps,
        "batch": batch_size,
        **{name: spread(rate for rate, _ in turns) for name, turns in found.items()},
        "ratio": spread(s[0] / m[0] for s, m in zip(streamed, memory, strict=True)),
        "cpu_ratio": spread(s[1] / m[1] for s, m in zip(streamed, memory, strict=True)),
    }


def measure(pictures: int = PICTURES, rounds: int = ROUNDS, steps: int = STEPS, batch_size: int = 256) -> dict:
    """Everything; the shards are made in a temporary folder."""
    parts: dict[str, dict] = {}
    with TemporaryDirectory() as temporary:
        home = Path(temporary)
        few = write_shards(home / "few", pictures // 4)
        parts["few"] = {"pictures": pictures // 4, "peak_mb": epoch(few, home / "of-few", pictures // 4, 10**6)}
        folder = write_shards(home / "all", pictures)
        parts["all"] = killed_and_resumed(folder, home / "of-all", pictures)
        found = rates(few, rounds, steps, batch_size)
    about = {"threads": torch.get_num_threads(), "device": choose_device("cpu").reason, "preset": PRESET}
    return {**about, "shards": -(-pictures // PER_SHARD), "epochs": parts, "rates": [found]}


def measure_rates(pictures: int) -> dict:
    """The kept result, with another run of the rates."""
    with TemporaryDirectory() as temporary:
        few, kept = write_shards(Path(temporary) / "few", pictures // 4), result("streaming")
        return {**kept, "rates": [*kept["rates"], rates(few, ROUNDS, STEPS, 256)]}


def table() -> str:
    """The kept result for the page."""
    kept = result("streaming")
    few, every = kept["epochs"]["few"], kept["epochs"]["all"]
    rest = "no sample more than once" if not every["samples_seen_more_often"] else "some samples more than once"

    def percent(found: dict, less: float = 0) -> str:
        median, low, high = (100 * (found[which] - less) for which in ("median", "lowest", "highest"))
        return f"{median:.0f} % ({low:.0f} to {high:.0f})"

    lines = [
        [f"one epoch of {few['pictures']:,} pictures", f"at most {few['peak_mb']:,.0f} MB of memory"],
        [f"one epoch of {every['pictures']:,} pictures", f"at most {every['peak_mb']:,.0f} MB of memory"],
        [
            f"that epoch, killed (`SIGKILL`) after its checkpoint at step {every['killed_after_step']:,} of "
            f"{every['steps']:,}, and resumed",
            f"{every['samples_seen_once']:,} samples once, {rest}; it goes on with step {every['resumed_at_step']:,}",
        ],
    ]
    for found in kept["rates"]:
        turns = f"{found['rounds']} rounds of {found['steps_of_a_turn']} steps in turns{load(found)}"
        said = f"{percent(found['cpu_ratio'], 1)} more CPU time, {percent(found['ratio'])} of the rate"
        lines.append([f"the stream beside memory, {turns}", said])
    note = (
        f"\nPreset `{kept['preset']}`, batch 256, JPEGs of 32 to 40 pixels in {kept['shards']} shards. The turns are "
        f"in one process; median, lowest and highest. Load is how many programs wanted a core: the CPU time is what "
        f"streaming adds, and the rate depends on the others, too. {cores(kept['threads'], kept['machine'])}, "
        f"{kept['device']}.\n"
    )
    return rows(["what", "result"], lines) + note


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.streaming")
    parser.add_argument("--pictures", type=int, default=PICTURES, help=f"to train on (default: {PICTURES:,})")
    parser.add_argument("--rates", action="store_true", help="only measure the rates anew")
    parser.add_argument("--epoch", nargs=4, metavar=("SHARDS", "OUT", "SAMPLES", "SAVE_EVERY"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.epoch:
        folder, out, samples, save_every = given.epoch
        epoch_here(Path(folder), Path(out), int(samples), int(save_every))
        return
    found = measure_rates(given.pictures) if given.rates else measure(given.pictures)
    keep("streaming", found)
    last = found["rates"][-1]
    print_table(["", "pictures a second"], [[name, f"{last[name]['median']:,.0f}"] for name in ("memory", "stream")])


if __name__ == "__main__":
    main()
