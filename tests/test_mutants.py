"""Mutation testing: the command makes mutants and counts them, and the kept survivors are explained and still there."""

import json

import pytest

from benchmarks import mutants
from benchmarks.result_files import ROOT, result

PAGES = result(mutants.NAME)["pages"]
TOY = """
def larger(a, b=0):
    if a < b:
        return b
    return a + 0
"""


def test_every_core_page_is_measured():
    assert list(PAGES) == [page for pages, _ in mutants.GROUPS.values() for page in pages]
    for page, row in PAGES.items():
        assert row["made"] >= row["tried"] >= 1, page
        assert row["tried"] == row["killed"] + row["timed_out"] + len(row["survivors"]), page


def test_nine_of_ten_mutants_are_noticed():
    tried, alive = (
        sum(numbers) for numbers in zip(*((r["tried"], len(r["survivors"])) for r in PAGES.values()), strict=True)
    )
    assert alive <= 0.1 * tried


@pytest.mark.parametrize("page", PAGES)
def test_every_survivor_has_a_reason_and_a_place(page):
    functions = mutants.functions((ROOT / "minclip" / f"{page}.py").read_text(encoding="utf-8"))
    for one in PAGES[page]["survivors"]:
        assert one["reason"], f"{page}.py: {one['from']} -> {one['to']} is not noticed by a test. Write one, or say why"
        lines = functions[one["function"]][1]
        assert one["from"] in " ".join(map(str.strip, lines)), (
            f"{page}.py no longer has {one['from']!r}: run python -m benchmarks.mutants"
        )


def test_a_mutants_change_is_found_in_its_page(tmp_path, monkeypatch):
    """As mutmut writes them: the functions of a page with a number at the end of their names."""
    for folder in ("minclip", "copy/minclip"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "minclip" / "toy.py").write_text(TOY, encoding="utf-8")
    changed = TOY.replace("larger", "x_larger__mutmut_1").replace("a < b", "a <= b")
    (tmp_path / "copy" / "minclip" / "toy.py").write_text(TOY + changed, encoding="utf-8")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    assert mutants.changes(tmp_path / "copy", "toy", ["minclip.toy.x_larger__mutmut_1"]) == [
        {"function": "larger", "line": 3, "from": "if a < b:", "to": "if a <= b:"}
    ]


def test_mutmut_makes_and_kills_mutants_of_a_toy(tmp_path, monkeypatch):
    pytest.importorskip("mutmut")
    root = tmp_path / "project"
    for folder in ("minclip", "tests"):
        (root / folder).mkdir(parents=True)
    (root / "minclip" / "__init__.py").touch()
    (root / "conftest.py").touch()
    (root / "pyproject.toml").touch()
    (root / "minclip" / "toy.py").write_text(TOY, encoding="utf-8")
    test = "from minclip.toy import larger\n\n\ndef test_larger():\n    assert (larger(1, 2), larger(3)) == (2, 3)\n"
    (root / "tests" / "test_toy.py").write_text(test, encoding="utf-8")
    monkeypatch.setattr(mutants, "ROOT", root)
    monkeypatch.setattr(mutants, "GROUPS", {"toy": (["toy"], ["toy"])})
    row = mutants.measured("toy", tmp_path / "work")["toy"]
    survivors = [(one["line"], one["from"], one["to"]) for one in row.pop("survivors")]
    assert row == {"made": 4, "tried": 4, "killed": 1, "timed_out": 0}  # killed: a + 1
    assert survivors == [
        (2, "def larger(a, b=0):", "def larger(a, b=1):"),
        (3, "if a < b:", "if a <= b:"),
        (5, "return a + 0", "return a - 0"),
    ]


def test_a_reason_outlives_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.result_files.RESULTS", tmp_path)
    monkeypatch.setattr(mutants, "version", lambda _: "3")
    one = {"function": "f", "line": 7, "from": "a", "to": "b", "reason": ""}
    row = {"made": 1, "tried": 1, "killed": 0, "timed_out": 0, "survivors": [one]}
    mutants.keep_rows({"loss": row})
    path = tmp_path / "mutants.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["pages"]["loss"]["survivors"][0]["reason"] = "equivalent"
    path.write_text(json.dumps(kept), encoding="utf-8")
    mutants.keep_rows({"loss": {**row, "survivors": [{**one, "line": 9}]}})
    assert result(mutants.NAME)["pages"]["loss"]["survivors"] == [{**one, "line": 9, "reason": "equivalent"}]


def test_survivors_are_known_where_tests_do_not_run(tmp_path, monkeypatch):
    """--survivors tries them again; where the tests fail without a mutant, the next call still knows them."""
    verdicts = {"minclip.loss.x_f__mutmut_1": "killed", "minclip.loss.x_f__mutmut_2": "survived"}
    monkeypatch.setattr(mutants, "make_mutants", lambda group, folder: {"loss": [*verdicts]})
    mutants.write_verdicts(tmp_path, verdicts)

    def fails(group, folder, tried, minutes):
        assert tried == ["minclip.loss.x_f__mutmut_2"]
        raise RuntimeError("the tests of numbers do not run")

    monkeypatch.setattr(mutants, "run_tests", fails)
    with pytest.raises(RuntimeError, match="do not run"):
        mutants.measured("numbers", tmp_path, only_survivors=True)
    assert mutants.read_verdicts(tmp_path) == verdicts
