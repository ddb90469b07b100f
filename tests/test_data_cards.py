"""The cards of data sets: each example in them opens as it stands there, and the table of layouts is the library's."""

import re
import shlex
from pathlib import Path

import pytest
from folder_examples import write

from minclip.cli import build_parser
from minclip.data import open_dataset
from minclip.data.layouts import LAYOUTS, layout_of
from minclip.data.layouts.data_source import DataSource
from minclip.evaluation.suites import evaluation_suite

CARDS = Path(__file__).parents[1] / "datasets"
FOUND = {  # what the example of a card holds in its train split
    "folder": {"dogs/rex.jpg": ["a brown dog on a beach", "rex, wet and happy"]},  # the other one is in val
    "imagefolder": {
        "train/0001.png": ["a cat on a sofa"],
        "train/été/0002.png": ["a dog in the snow", "a wet dog"],
    },
    "coco": {"train2017/000000000009.jpg": ["a bowl of fruit", "broccoli beside bread"]},
    "karpathy": {"flickr30k-images/1000092795.jpg": ["two men in a garden"]},
    "records": {"photos/1.jpg": ["a cat on a sofa", "a pet"], "photos/2.jpg": ["a dog"]},
    "texts": {"1.png": ["a cat on a sofa", "a pet that sleeps"], "boats/2.jpg": ["a boat"]},
}


def example(card: str, root: Path) -> Path:
    """The files of a card's example: blocks that name one, and a block with the names of pictures."""
    text = (CARDS / card / "README.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", text, re.M | re.S))
    (names,) = re.findall(r"^```pictures\n(.*?)^```", text, re.M | re.S)
    return write(root, files | dict.fromkeys(names.split()))


@pytest.mark.parametrize("card", FOUND)
def test_the_example_of_a_card_opens(card, tmp_path):
    data = open_dataset(example(card, tmp_path), "train")
    assert {file: data.captions(i) for i, file in enumerate(data.files)} == FOUND[card]
    assert data.notes.keys() <= {"columns_unknown"}
    assert data.found.pictures == len([path for path in tmp_path.rglob("*.*g") if path.is_file()])
    assert layout_of(DataSource(tmp_path)).card == card
    for i in range(len(data)):
        data.image(i)


def test_the_example_of_class_folders_is_a_task(tmp_path):
    task = evaluation_suite(example("class_folders", tmp_path), 16).tasks["class"]
    assert list(task.class_names) == ["cat", "a hot dog, the food"]
    assert (task.labels.tolist(), list(task.templates)) == ([0, 0, 1], ["a photo of {}.", "a drawing of {}."])


def test_the_table_of_layouts_is_the_librarys():
    text = (CARDS / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- layouts -->\n(.*?)<!-- end of layouts -->", text, re.S)[1]
    assert [line.split(" | ")[0] + line.split(" | ")[1] for line in block.splitlines()[2:]] == [
        f"| [{layout.title}]({layout.card}/README.md){layout.looked_for}" for layout in LAYOUTS
    ]
    for line, layout in zip(block.splitlines()[2:], LAYOUTS, strict=True):
        assert [word.replace("-", "_") for word in re.findall("`--([a-z-]+)`", line)] == list(layout.options)
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (CARDS / link).exists(), link


def test_the_card_of_folders_shows_what_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example("folder", Path("my/photos"))
    assert f"\n{open_dataset('my/photos', 'train').found}\n" in (CARDS / "folder" / "README.md").read_text(
        encoding="utf-8"
    )


COMMANDS = [
    line
    for path in (CARDS.parent / "README.md", *sorted(CARDS.glob("*/README.md")))
    for line in path.read_text(encoding="utf-8").splitlines()
    if line.startswith(("minclip train ", "minclip eval "))
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_in_cards_are_understood(command):
    """What they do is tested in test_layouts_in_commands.py and test_class_folders.py."""
    arguments = build_parser().parse_args(shlex.split(command, comments=True)[1:])
    assert arguments.data or arguments.resume or arguments.mine


def test_the_card_of_folders_names_all_known_columns():
    from minclip.data.layouts.columns import CAPTION, IMAGE

    text = (CARDS / "folder" / "README.md").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("Known without an option")]
    pictures, captions = line.split("; for captions ")
    assert re.findall("`([a-z_]+)`", pictures) == list(IMAGE)
    assert re.findall("`([a-z_]+)`", captions)[: len(CAPTION)] == list(CAPTION)
