"""The tables of the benches against other CLIPs, and what they say of larger trainings. Used by update_docs.py."""

from collections.abc import Callable

from benchmarks.result_files import WITHOUT_BFLOAT16, cores, is_kept, load, rows
from benchmarks.result_files import result as kept_result
from benchmarks.speed.peers import NAMES, OPEN_CLIP, OURS, OURS_AS_IT_IS
from benchmarks.speed.workload import step_flops
from minclip.config import CLIPConfig

# what larger trainings take: (pairs in the set, passes over it, model); CLIP's own is 400 million pairs, 32 passes
SIZES = ((10**6, 32, "base"), (10**8, 32, "ViT-B/32"), (4 * 10**8, 32, "ViT-B/32"), (10**10, 1, "ViT-L/14"))
CONTEXT = 77  # tokens; whole texts, as an upper bound
GPU = ("one H100, computed: 35 % (assumed) of its data sheet's 989 TFLOP/s of dense bfloat16", 0.35 * 989e12)


def spread(numbers: dict, digits: int = 0) -> str:
    """1,234 (1,200 to 1,300)"""
    return f"{numbers['median']:,.{digits}f} ({numbers['lowest']:,.{digits}f} to {numbers['highest']:,.{digits}f})"


def by_cpu(name: str, table: Callable[[str], str]) -> str:
    """A result's table, and that of a CPU without bfloat16 below it, where one is kept."""
    other = f"{name}{WITHOUT_BFLOAT16}"
    text = table(name)
    if is_kept(other):
        text += f"\nOn a CPU that does not multiply bfloat16:\n\n{table(other)}"
    return text


def train_speed() -> str:
    return by_cpu("train_speed", race)


def encode_speed() -> str:
    return by_cpu("encode_speed", encoding)


def scaling() -> str:
    return by_cpu("scaling", growth)


def race(result: str) -> str:
    """One machine's table."""
    kept, lines = kept_result(result), []

    def memory(setting: str, name: str, one: dict) -> str:
        """What a contender took beyond its libraries; nothing where nobody counts."""
        found = kept["memory_mb"][setting.split(",")[0]][name][one["variant"]]
        return f", {found['training']} MB" if found else ""

    for setting, found in kept["settings"].items():
        line = [setting]
        contenders = {OURS_AS_IT_IS: found["contenders"][OURS]} | found["contenders"]  # apart only where it is another
        for name in (*NAMES, OURS_AS_IT_IS):
            one = contenders.get(name)
            share = f", {100 * one['share_of_peak']:.0f} %" if one else ""
            line.append(f"{spread(one['pairs_per_second'])}{share}" if one else "not installed")
        ratios = (found["ratio"], found["ratio_memory_kept"])
        lines.append([*line, *(f"{spread(one, 2)} × {one['against']}" if one else "no peer" for one in ratios)])
    chosen = [
        f"{setting}: "
        + ", ".join(f"{name} ({one['variant']}{memory(setting, name, one)})" for name, one in best.items())
        for setting, best in kept["variants"].items()
    ]
    apart = max([found["loss"] for found in kept["agreement"].values()], default=0)
    losses = f"are at most {apart:.0e} apart" if apart else "are the same to the last digit"
    note = (
        f"\nPreset {kept['preset']}, {kept['batch']} pairs a step. Whole: texts padded to {kept['context_length']} "
        f"tokens; cut: to {kept['longest_text']}, where an implementation can read such. In brackets: slowest and "
        f"fastest round. The percentage is a share of the rate at which this CPU multiplies large matrices; what is "
        f"skipped counts as done, so it can pass 100 %, and who reads {kept['context_length']} tokens is counted on "
        f"all of them. The fastest settings, with the memory that they took, are, {'; '.join(chosen)}. Losses of three "
        f"steps in float32 {losses}. {kept['rounds']} rounds in turn, a process for each, "
        f"{cores(kept['threads'], kept['machine'])}{load(kept)}; {', '.join(kept['versions'].values())}.\n"
    )
    header = [
        "pairs a second",
        *NAMES,
        OURS_AS_IT_IS,
        f"{OURS} / the faster peer",
        "where peers keep memory, too",
    ]
    return rows(header, lines) + note


def encoding(result: str) -> str:
    """One machine's items a second, setting by setting."""
    kept, lines = kept_result(result), []
    for setting, kinds in kept["settings"].items():
        for kind, found in kinds.items():
            rates = found["per_second"]
            cells = [f"{rates[name]['median']:,.0f}" if name in rates else "not installed" for name in NAMES]
            ratio = found["ratio"]
            against = f"{spread(ratio, 2)} × {ratio['against']}" if ratio else "no peer"
            lines.append([f"{setting}: {kind}", *cells, against])
    note = (
        f"\nMedians of {kept['rounds']} rounds in turn, in brackets the lowest and the highest; "
        f"{cores(kept['threads'], kept['machine'])}{load(kept)}; preset {kept['preset']}.\n"
    )
    return rows(["a second", *NAMES, "ours / the faster peer"], lines) + note


def growth(result: str) -> str:
    """One machine's steps by size, with their plot, and its data."""
    kept, lines = kept_result(result), []
    for changed, points in kept["steps"].items():
        for value, point in points.items():
            cells = [
                f"{1000 * point[name]['seconds']['median']:.0f} ms, {point[name]['memory_mb']} MB"
                if name in point
                else "not installed"
                for name in (OURS, OPEN_CLIP)
            ]
            lines.append([f"{value} {changed}", *cells])
    rates = [[name, spread(rate)] for name, rate in kept["data"]["rates"].items()]
    base = ", ".join(f"{value} {changed}" for changed, value in kept["base"].items())
    data = kept["data"]
    note = (
        f"\nPreset {kept['preset']}, nobody compiled, bfloat16 where the CPU has it; what is not changed: {base}. "
        f"Medians of {kept['rounds']} rounds (bands in the plot: lowest to highest), "
        f"{cores(kept['threads'], kept['machine'])}{load(kept)}.\n\n"
        f"{data['pictures']:,} JPEG files of {data['file_pixels']} pixels a side, read at {data['read_pixels']}; in "
        f"brackets the lowest and the highest of the repeats.\n\n"
    )
    plot = f"\n![Time and memory of a step by batch, text and picture](../docs/{result}.png)\n"
    return rows(["a training step", OURS, OPEN_CLIP], lines) + note + rows(["data", "pictures a second"], rates) + plot


def costs() -> str:
    """Hours of larger trainings, from the rate that was measured here and from a data sheet."""
    kept = kept_result("train_speed")
    dtype = "bfloat16" if "bfloat16, whole" in kept["settings"] else "float32"
    rate = kept["settings"][f"{dtype}, whole"]["contenders"][OURS]["pairs_per_second"]["median"]
    here = rate * operations(kept["preset"], kept["context_length"])
    lines = []
    for pairs, passes, model in SIZES:
        whole = pairs * passes * operations(model, CONTEXT)
        lines.append(
            [f"{pairs:.0e}", f"{passes}", model, f"{whole:.1e}", duration(whole / here), duration(whole / GPU[1])]
        )
    header = ["pairs", "passes", "model", "operations", f"{kept['threads']} cores as measured here", GPU[0]]
    note = (
        f"\nHere: {here / 1e9:,.0f} GFLOP/s, work that is skipped counted as done: the rate of preset "
        f"{kept['preset']} in {dtype} ({cores(kept['threads'], kept['machine'])}); a larger model has larger matrices "
        f"and may do better.\n"
    )
    return rows(header, lines) + note


def operations(preset: str, context: int) -> float:
    """Floating-point operations of a training step for one pair, the logits apart."""
    config = CLIPConfig.preset(preset)
    return step_flops(config, 1, min(context, config.context_length))


def duration(seconds: float) -> str:
    """In the unit in which a person would say it."""
    for unit, length in (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds / 60:,.0f} minutes"
