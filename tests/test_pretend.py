"""Lessons, README, examples, training and commands on a pretend GPU: what would fail on CUDA or on a Mac fails here."""

import re
from pathlib import Path

import pytest
from pretend import launch

ROOT = Path(__file__).parents[1]
KINDS = pytest.mark.parametrize("kind", ["cuda", "mps"])
WHY_NOT = launch.why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")


# they work on a few features or pictures, in seconds: no cell chooses a device
ON_THE_CPU = {"11_after_training", "12_resnet", "13_siglip", "14_half_the_work", "15_looking_inside"}


def passed(done) -> str:
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout


SOLUTIONS = [  # those without a line for the device run no cell there, unless a function chooses one by itself
    pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem in ON_THE_CPU else [])
    for path in sorted(ROOT.glob("solutions/*/*.ipynb"))
]


@pytest.mark.parametrize("kind", ["cuda", pytest.param("mps", marks=pytest.mark.slow)])  # all lessons twice are minutes
@pytest.mark.parametrize("path", SOLUTIONS)
def test_every_solved_lesson_passes_on_a_gpu(path, kind):
    said = passed(launch.run(kind, "-m", "pretend.notebook", str(path)))
    chosen = 0 if path.stem in ON_THE_CPU else 1
    assert f"0 cells failed, {chosen} cells chose the device" in said
    assert "✗" not in said, "an answer that is right is refused"


@KINDS
def test_readmes_lines_pass_on_a_gpu(kind, tmp_path):
    import nbformat.v4 as nb
    from PIL import Image

    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    (block,) = [block for block in blocks if 'minclip.load("picturebook-small"' in block]
    Image.new("RGB", (60, 40), "orange").save(tmp_path / "cat.png")
    lines = tmp_path / "lines.ipynb"
    lines.write_text(nb.writes(nb.new_notebook(cells=[nb.new_code_cell(block)])), encoding="utf-8")
    assert "0 cells failed, 1 cells chose" in passed(launch.run(kind, "-m", "pretend.notebook", str(lines)))


@KINDS
@pytest.mark.parametrize("script", ["interacting_with_clip", "prompt_engineering"])
def test_the_examples_pass_on_a_gpu(script, kind, tmp_path):
    arguments = ["--out", str(tmp_path)] + (["--limit", "60"] if script == "prompt_engineering" else [])
    said = passed(launch.run(kind, "-m", "pretend.script", f"examples/{script}.py", *arguments))
    assert f"{tmp_path} holds" in said


FIT = """
import sys
import minclip
from pathlib import Path
from PIL import Image
from colour_pictures import colour_task
from minclip.experiments import finetuning

finetuning.not_trained_for = colour_task  # a thousand pictures of things would be a minute
device, folder = sys.argv[1], Path(sys.argv[2])
rows = ["file,caption,split"]
for i in range(40):
    Image.new("RGB", (32, 32), (6 * i, 90, 250 - 6 * i)).save(folder / f"{i}.png")
    rows.append(f"{i}.png,shade {i},{'train' if i < 24 else 'val' if i < 32 else 'test'}")
(folder / "captions.csv").write_text("\\n".join(rows), encoding="utf-8")
few = {"samples": 64, "batch_size": 8, "device": device}
run = minclip.fit(folder, config="tiny", **few)
assert run.model.logit_scale.device.type == device
tuned = minclip.fit(folder, model="picturebook-tiny", freeze="image:2", mix="auto", **few)
print("mixed", tuned.report["finetuning"]["share"], minclip.embed(folder, tuned.model, tuned.preprocess).features.shape)
"""


@pytest.mark.parametrize("kind", ["cuda", pytest.param("mps", marks=pytest.mark.slow)])
def test_fit_and_finetuning_pass_on_a_gpu(kind, tmp_path):
    script, folder = tmp_path / "fit.py", tmp_path / "photos"
    script.write_text(FIT, encoding="utf-8")
    folder.mkdir()
    said = passed(launch.run(kind, "-m", "pretend.script", str(script), kind, str(folder)))
    assert re.search(r"mixed [\d.]+ torch.Size\(\[40, 1024\]\)", said)


STREAM = """
import sys
import minclip
from pathlib import Path
from shard_examples import write_shards_of

device, folder = sys.argv[1], Path(sys.argv[2])
for split, counts in {"train": [60, 60], "val": [9], "test": [9]}.items():
    write_shards_of(folder, counts, split)
run = minclip.fit(
    folder, config="tiny", stream=True, samples=64, batch_size=8, device=device, patch_dropout=0.5, out=folder / "run"
)
assert run.model.logit_scale.device.type == device
print("pictures on", run.report["run"]["pictures_on"], len(run.log))
"""


@KINDS
def test_a_stream_passes_on_a_gpu(kind, tmp_path):
    pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e .[shards]")
    script, folder = tmp_path / "stream.py", tmp_path / "shards"
    script.write_text(STREAM, encoding="utf-8")
    said = passed(launch.run(kind, "-m", "pretend.script", str(script), kind, str(folder)))
    assert "pictures on shards, streamed" in said


@KINDS
def test_a_cell_in_which_devices_mix_is_found(kind, tmp_path):
    import nbformat.v4 as nb

    load = f'import minclip\nmodel, preprocess, tokenizer = minclip.load("picturebook-tiny", "{kind}")'
    cells = [nb.new_code_cell(text) for text in (load, 'model.encode_text(tokenizer(["a cat"]))', "print(1)")]
    nb_path = tmp_path / "mixed.ipynb"
    nb_path.write_text(nb.writes(nb.new_notebook(cells=cells)), encoding="utf-8")
    done = launch.run(kind, "-m", "pretend.notebook", str(nb_path))
    assert done.returncode == 1 and "FAILED cell 1: RuntimeError: Expected all tensors" in done.stdout
    assert "1 cells failed" in done.stdout


@KINDS
def test_what_must_hold_on_a_gpu_holds(kind):
    said = passed(launch.run(kind, "-m", "pytest", "-q", "-p", "pretend.plugin", "tests/pretend/inside.py"))
    assert re.search(r"\d\d passed", said), said


def test_the_gpus_own_tests_hold(tmp_path):
    """Those of `make gpu`, but for compiling."""
    command = ["-m", "pytest", "-q", "-p", "pretend.plugin", "-m", "gpu and not slow", "tests/test_gpu.py"]
    assert re.search(r"\d\d passed", passed(launch.run("cuda", *command)))
