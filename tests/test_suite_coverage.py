"""`make coverage`: the order of the tests, and the words of its result."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import random_order

from benchmarks import result_files, suite_coverage, suite_runs, uncovered


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


def test_every_explained_file_is_there():
    assert [path for path in uncovered.WHY if not (result_files.ROOT / path).exists()] == []


def test_every_file_below_the_limit_is_explained():
    below = result_files.result("coverage")["below"] if result_files.is_kept("coverage") else {}
    assert [path for path in below if not uncovered.why(path)] == []


def test_the_table_says_what_was_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(result_files, "RESULTS", tmp_path)
    assert suite_coverage.table() == "Not measured yet.\n"
    low = {"percent": 50.0, "lines": 4, "covered": 2, "excluded": 0, "missing": "3-4"}
    suite = {"tests": 1200, "failures": 0, "errors": 0, "skipped": 3, "failed": [], "seconds": 9}
    found = {"percent": 97.5, "lines": 2000, "covered": 1950, "excluded": 5, "files": 7}
    result_files.keep("coverage", {"seed": 7, "suite": suite, **found, "below": {"minclip/classroom/sandbox.py": low}})
    said = suite_coverage.table()
    assert said.startswith("97.5 % of 2,000 lines in 7 files: 1,200 tests in the order of `--seed 7`, 0 of them failed")
    assert f"| `minclip/classroom/sandbox.py` | 50.0 % | 3-4 | {uncovered.CLOSED_IN} |" in said


def test_runs_of_another_python_stay_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(result_files, "RESULTS", tmp_path)
    ended = {"tests": 1200, "failures": 1, "errors": 1, "skipped": 3, "failed": ["tests/a.py::test_b"]}
    monkeypatch.setattr(suite_runs, "run_once", lambda: ended)
    for version in ("3.13.5", "3.11.7"):
        monkeypatch.setattr(suite_runs.platform, "python_version", lambda version=version: version)
        monkeypatch.setattr("sys.argv", ["suite_runs", "--times", "2"])
        assert suite_runs.main() == 1, "a test failed"
    lines = suite_runs.table().splitlines()[2:]
    assert lines == [f"| {version} | {run} | 1,200 | 2 | 3 |" for version in ("3.11.7", "3.13.5") for run in (1, 2)]


def test_runs_in_a_row_are_those_of_make_test():
    makefile = (result_files.ROOT / "Makefile").read_text(encoding="utf-8")
    *words, marker, asked = suite_runs.SUITE
    assert f"-m pytest {' '.join(words)}\n" in makefile and f'$(PYTEST) {marker} "{asked}"' in makefile
