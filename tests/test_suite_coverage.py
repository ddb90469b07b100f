"""`make coverage`: the order of the tests, and the words of its result."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import random_order

from benchmarks import suite_coverage


def ordered(seed):
    items = [SimpleNamespace(path=Path(file), name=name) for file in "abcdefgh" for name in range(6)]
    random_order.pytest_collection_modifyitems(SimpleNamespace(option=SimpleNamespace(order_seed=seed)), items)
    return [(str(item.path), item.name) for item in items]


def test_a_seed_gives_the_same_order_again():
    assert ordered(7) == ordered(7)
    assert ordered(7) != ordered(8)


def test_every_test_stays_in_the_suite():
    assert sorted(ordered(7)) == [(file, name) for file in "abcdefgh" for name in range(6)]


def test_the_tests_of_a_file_stay_together():
    files = [file for file, _ in ordered(7)]
    assert [file for i, file in enumerate(files) if i % 6 == 0] == list(dict.fromkeys(files))
    assert files != sorted(files)


def test_a_new_order_is_drawn_where_none_is_asked():
    config = SimpleNamespace(option=SimpleNamespace(order_seed=None))
    random_order.pytest_configure(config)
    assert isinstance(config.option.order_seed, int)


@pytest.mark.parametrize(("numbers", "said"), [([], ""), ([4], "4"), ([3, 4, 5, 9], "3-5, 9"), ([1, 3], "1, 3")])
def test_missing_lines_are_said_as_ranges(numbers, said):
    assert suite_coverage.ranges(numbers) == said


def test_shares_of_no_lines_are_no_error():
    empty = {"num_statements": 0, "covered_lines": 0, "excluded_lines": 2}
    assert suite_coverage.counted(empty) == {"percent": 100.0, "lines": 0, "covered": 0, "excluded": 2}
