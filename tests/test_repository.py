"""The repository: what an import does, requirements, short files, short names of tests, examples in pages."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from minclip.course.outline import LESSONS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return dict(pins)


def requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]


def test_every_requirement_is_pinned_within_its_range():
    pins = constraints()
    for requirement in requirements():
        name = requirement.name.lower()
        assert name in pins, f"constraints.txt does not pin {name}"
        assert requirement.specifier.contains(pins[name]), f"{name}=={pins[name]} is outside of {requirement}"


def test_the_conda_environment_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    assert set(environment["channels"]) <= {"conda-forge", "nodefaults"} and "conda-forge" in environment["channels"]
    python, pip, through_pip = environment["dependencies"]
    assert python == f"python{PROJECT['requires-python']}" and pip == "pip"
    extras = ",".join(sorted(PROJECT["optional-dependencies"].keys() - {"peers", "site"}))  # tests, pages
    assert through_pip["pip"] == ["--constraint constraints.txt", f"--editable .[{extras}]"]


def run(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def test_importing_prints_nothing_and_changes_nothing():
    code = """
import logging, random, sys
import numpy as np, torch
torch.manual_seed(5); np.random.seed(5); random.seed(5)
before = (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate(), torch.get_num_threads(),
          torch.get_default_dtype(), list(logging.root.handlers))
import minclip
[getattr(minclip, name) for name in minclip.__all__]
after = (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate(), torch.get_num_threads(),
         torch.get_default_dtype(), list(logging.root.handlers))
assert before == after
for heavy in ("matplotlib", "jupyterlab", "http.server"):
    assert heavy not in sys.modules, heavy
"""
    assert run(code) == ""


def test_minclip_adds_few_modules_to_torchs_import():
    # time differs from machine to machine; what is imported does not (benchmarks/speed/import_time.py has the seconds)
    face = "import minclip; [getattr(minclip, name) for name in minclip.__all__]"
    assert int(run(f"import sys, torch, numpy; n = len(sys.modules); {face}; print(len(sys.modules) - n)")) < 400


def test_the_top_of_the_library_is_the_course():
    pages = {path.stem for path in (ROOT / "minclip").glob("*.py")} - {"__init__", "__main__"}
    assert len(pages) <= 28, sorted(pages)
    lessons = {exercise.home for lesson in LESSONS for exercise in lesson.exercises}
    assert lessons <= pages


def test_the_library_has_more_files_than_its_benchmarks():
    library, benchmarks = (len(list((ROOT / folder).rglob("*.py"))) for folder in ("minclip", "benchmarks"))
    assert library > 2 * benchmarks


def test_no_file_is_longer_than_a_reader_wants():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("minclip", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 250
    }
    assert long == {}


def test_the_page_installs_pinned_torch_and_torchvision_together():
    """One of PyPI beside one of PyTorch's own index breaks `import open_clip`."""
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if "--index-url" in line]
    pins = constraints()
    assert f"torch=={pins['torch']} torchvision=={pins['torchvision']} --index-url" in line


def test_names_of_tests_have_fewer_than_ten_words():
    long = {
        f"{path.name}: {name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def test_(\w+)\(", path.read_text(encoding="utf-8"))
        if len(name.split("_")) > 9
    }
    assert long == set()


PAGES = [path for path in ROOT.rglob("*.md") if path.relative_to(ROOT).parts[0] in ("README.md", "docs", "datasets")]
BLOCKS = [
    pytest.param(block, id=f"{path.relative_to(ROOT)} {number}")
    for path in sorted(PAGES)
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_pages_names_what_is_there(block):
    """It compiles, and all that it imports of minclip exists. README's lines run in test_pretend.py."""
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("minclip"):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)
