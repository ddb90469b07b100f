"""The picture book's tasks: balanced, held out where they say so, one right answer."""

import re

import numpy as np
import pytest

from minclip.data.picturebook import CLASSES, COLOURS, grammar
from minclip.data.picturebook.sampling import (
    HELD_OUT_COLOUR,
    KINDS,
)
from minclip.data.picturebook.tasks import LIMITS, TASKS, task_picture, tasks
from minclip.data.protocol import ChoiceTask


@pytest.fixture(scope="module")
def small_tasks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    return tasks(16, per_class=1, names=TASKS + LIMITS, cache=folder, workers=1, progress=False)


def test_tasks_come_in_their_order(small_tasks):
    assert tuple(small_tasks) == TASKS + LIMITS
    assert all(task.name == name for name, task in small_tasks.items())
    assert all(len(task.pixels) == len(task.labels) for task in small_tasks.values())
    assert all(task.labels.dtype == np.int64 for task in small_tasks.values())


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("object", 52),
        ("object_held_out_style", 52),
        ("colour", 10),
        ("style", 11),
        ("scene", 8),
        ("count", 4),
        ("relation", 4),
        ("relation_swap", 2),
        ("object_wrong_word", 52),
        ("spurious_swapped", 2),
    ],
)
def test_tasks_are_balanced(small_tasks, name, answers):
    task = small_tasks[name]
    counts = np.bincount(task.labels, minlength=answers)
    assert counts.shape == (answers,) and len(set(counts.tolist())) == 1
    names = task.texts if isinstance(task, ChoiceTask) else [task.class_names]
    assert {len(texts) for texts in names} == {answers} and all(len(set(texts)) == answers for texts in names)


def test_held_out_combinations_are_never_seen(small_tasks):
    held_out, seen = small_tasks["held_out_combination"], small_tasks["seen_combination"]
    assert len(held_out.class_names) == len(set(held_out.class_names)) == len(CLASSES) * len(COLOURS)
    for index, kind in enumerate(KINDS):
        colour = task_picture("seen_combination", 0, index).things[0].colour
        assert colour != HELD_OUT_COLOUR[kind]
        name = held_out.class_names[held_out.labels[index]]
        assert f" {HELD_OUT_COLOUR[kind]} " in name
        assert f" {colour} " in seen.class_names[seen.labels[index]]


def test_templates_fit_every_name(small_tasks):
    for task in small_tasks.values():
        if not isinstance(task, ChoiceTask):
            assert all(template.count("{}") == 1 for template in task.templates)
            texts = [template.format(name) for template in task.templates for name in task.class_names]
            assert not any(re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(a|an) (a|an)\b", text) for text in texts)


def test_the_true_relation_is_the_labelled_text(small_tasks):
    relation, swap = small_tasks["relation"], small_tasks["relation_swap"]
    for index in range(20):
        first, second = task_picture("relation", 0, index).things
        words = {"left": first.x < second.x - 0.3, "right": first.x > second.x + 0.3}
        words |= {"above": first.y < second.y - 0.3, "below": first.y > second.y + 0.3}
        (truth,) = (word for word in words if words[word])
        assert truth in relation.texts[index][relation.labels[index]]
        first, _ = task_picture("relation_swap", 0, index).things
        true_text = swap.texts[index][swap.labels[index]]
        assert true_text.startswith(grammar.with_article(CLASSES[first.kind].names[0]))


def test_a_wrong_word_is_never_the_right_one():
    for index in range(200):
        picture = task_picture("object_wrong_word", 0, index)
        assert picture.written is not None and picture.written not in CLASSES[picture.things[0].kind].names


def test_unknown_tasks_are_named(tmp_path):
    with pytest.raises(ValueError, match="'smell'"):
        tasks(16, names=["smell"], cache=tmp_path)
