"""Whether a run streams its pictures, and what it must know of the shards before it does.

A run streams where the pictures of its shards would fill more than SHARE of the memory that is free, and where --stream
asks for it. Every other run reads its pictures into memory, as engine/batches.py does.
"""

import json
from dataclasses import replace
from pathlib import Path

from minclip.config import TrainConfig
from minclip.data.paths import atomic_write
from minclip.data.protocol import CaptionDataset
from minclip.data.shard_packages import module_of_extra
from minclip.data.shards import Shards
from minclip.data.streamed_shards import Counted, StreamedShards, Survey, other_shards, survey
from minclip.engine.batches import Pairs, all_captions
from minclip.engine.devices import Device
from minclip.engine.processes import agree, is_first, own_rows
from minclip.engine.stream import Stream

SHARE = 0.5  # of the free memory, which pictures may fill
SURVEY_FILE = "shards.json"  # in the folder of a run: what its shards held
MEASURED = 10_000  # pictures of val and of test that a streamed run measures, at most


def free_memory() -> int:
    """Bytes that a program could still take, what the system would give up for it included."""
    return int(module_of_extra("psutil").virtual_memory().available)


def pixels_in_memory(shards: Shards, size: int) -> int:
    """About how many bytes the pictures of a split would take in memory, judged by its first shard."""
    first, *_ = shards.shards
    samples = sum(1 for _ in shards.read_shard(first, [], {}))
    total = sum(path.stat().st_size for path in shards.shards)
    return round(samples * total / max(1, first.stat().st_size)) * size * size * 3


def decide(dataset: CaptionDataset, config: TrainConfig, size: int) -> TrainConfig:
    """The configuration, which says for shards whether they are streamed. size: side of the stored pictures.

    ValueError where something else than shards is to be streamed.
    """
    if not isinstance(dataset, Shards):
        if config.stream:
            raise ValueError(
                f"stream=True (--stream) is for WebDataset shards, and {dataset.name} has none: leave it out, or write "
                f"shards, minclip data shards --data ... --out shards/"
            )
        return config
    if config.stream is None:
        config = replace(config, stream=pixels_in_memory(dataset, size) > SHARE * free_memory())
    return replace(config, stream=agree(config.stream))


def read_captions(
    dataset: CaptionDataset, config: TrainConfig, size: int, known: Path | None = None, progress: bool = False
) -> tuple[CaptionDataset | StreamedShards, list[list[str]], TrainConfig]:
    """(data set, captions, configuration), of which the configuration says whether the pictures are streamed.

    captions: those of every picture; of streamed shards those of some. known: the folder of a run that is resumed.
    ValueError where its shards held other captions.
    """
    own_rows(config.batch_size)  # a batch that is too small for the processes: said before an hour of reading
    config = decide(dataset, config, size)
    if not config.stream:
        return dataset, all_captions(dataset), config
    assert isinstance(dataset, Shards)
    surveyed, others = agree(survey_again(dataset, known, progress) if is_first() else None)  # type: ignore[misc]
    if others:
        raise ValueError(
            f"{dataset.root} does not hold the captions that the run in {known} began with; shards of it are now "
            f"{others}: bring them back, or start a new run"
        )
    streamed = StreamedShards(dataset, surveyed)
    return streamed, streamed.survey.captions, config


def survey_again(shards: Shards, known: Path | None, progress: bool) -> tuple[Survey, str]:
    """(what the shards hold, how they differ from what they held when the run in `known` began)."""
    earlier = earlier_survey(known)
    found = survey(shards, earlier, progress)
    return found, other_shards(earlier, found.shards) if earlier else ""


def pictures_with_captions(dataset: CaptionDataset | StreamedShards, captions: list[list[str]]) -> int:
    """How many pictures can be learned from. captions: as `read_captions` gives them."""
    return len(dataset) if isinstance(dataset, StreamedShards) else sum(map(bool, captions))


def keep_survey(dataset: StreamedShards, folder: Path) -> None:
    """Writes what the shards hold into the folder of the run: a resumed run need not read them all again."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / SURVEY_FILE) as file:
        file.write(json.dumps(dataset.survey.shards, indent=0).encode("utf-8"))


def earlier_survey(folder: Path | None) -> dict[str, Counted] | None:
    """What `keep_survey` wrote; None where it is not there or cannot be read: the shards are read again."""
    if folder is None:
        return None
    try:
        content = json.loads((folder / SURVEY_FILE).read_text(encoding="utf-8"))
        return {
            name: Counted(int(size), int(changed), int(n), str(d)) for name, (size, changed, n, d) in content.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def where_pictures_are(pairs: Pairs | Stream, device: Device) -> list[str]:
    """A line where pictures are not on the device that trains, or not in memory at all."""
    if isinstance(pairs, Stream):
        number = len(pairs.shards.counts)
        shards = f"{number:,} shard{'s' * (number != 1)}"
        shuffled = f"{min(pairs.buffer, len(pairs)):,} at a time are shuffled"
        return [f"{len(pairs):,} pictures are streamed from {shards}, {shuffled}"]
    if pairs.pixels.device.type == device.device.type:
        return []
    reason = f"their {pairs.pixels.nbytes / 1e9:.1f} GB are more than half of the free memory of {device.device}"
    return [f"the pictures stay on the CPU: {reason}"]
