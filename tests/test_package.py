"""What is released: an sdist, the wheel that is built from it, and that wheel in a clean environment."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

import minclip
from minclip.course import build
from minclip.course.outline import LESSONS

ROOT = Path(__file__).parents[1]
TRACKED = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md", "CITATION.cff", "constraints.txt")


def built(kind: str, source: Path, out: Path) -> Path:
    """An sdist or a wheel, built without a network."""
    code = f"import sys, setuptools.build_meta as backend; backend.build_{kind}(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(out)], cwd=source, check=True, capture_output=True)
    (file,) = out.iterdir()
    return file


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    pytest.importorskip("setuptools", minversion="77", reason="setuptools builds wheels since it has bdist_wheel")
    source = tmp_path_factory.mktemp("søurce tree")
    for name in TRACKED:
        (source / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "minclip").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (source / "minclip-workbook" / "my_minclip").mkdir(parents=True)
    (source / "minclip-workbook" / "my_minclip" / "loss.py").touch()  # a learner's: it belongs to nobody else
    return built("sdist", source, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as packed:
        packed.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return built("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of a clean environment with the wheel in it. Its other packages are those of this one."""
    place = tmp_path_factory.mktemp("environment") / "clean"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # a path in a .pth file is added, and the .pth files there are not read: no editable install comes in
    (site / "packages.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def clean() -> dict[str, str]:
    """The environment's variables without the one that puts other code before the installed one."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(python: Path, *words: str, folder: Path) -> str:
    done = subprocess.run(
        [str(python), *words], cwd=folder, env=clean(), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_alone(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"minclip"}
    tracked = subprocess.run(["git", "ls-files", "minclip"], cwd=ROOT, capture_output=True, text=True, check=False)
    wanted = {name for name in tracked.stdout.splitlines() if (ROOT / name).is_file()}  # none: this is no clone
    assert wanted <= names, sorted(wanted - names)
    notebooks = {f"minclip/course/notebooks/{lesson.name}.ipynb" for lesson in build.written()}
    assert notebooks | {"minclip/py.typed"} <= names


def test_the_sdist_holds_what_a_build_needs(sdist):
    with tarfile.open(sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert set(TRACKED) <= names and not [name for name in names if name.startswith(("tests/", "minclip-workbook"))]


def test_the_installed_package_loads_a_model(python, tmp_path):
    code = "import minclip; print(minclip.__version__, minclip.load('picturebook-tiny')[0].config.embed_dim)"
    version, width = run(python, "-c", code, folder=tmp_path).split()
    assert version == minclip.__version__ and int(width) > 0
    assert str(python.parents[1]) in run(python, "-c", "import minclip; print(minclip.__file__)", folder=tmp_path)


def test_the_installed_package_starts_a_workbook(python, tmp_path):
    here = tmp_path / "Bøker mine"
    here.mkdir()
    said = run(python, "-m", "minclip", "course", "start", folder=here)
    assert "Your workbook is " in said and said.count(": new") == len(LESSONS)
    assert run(python, "-m", "minclip", "course", "update", folder=here).count(": up to date") == len(LESSONS)
    lesson = LESSONS[5]
    assert (here / "minclip-workbook" / lesson.name / f"{lesson.name}.ipynb").is_file()


def test_the_script_runs(python, tmp_path):
    script = python.with_name("minclip.exe" if sys.platform == "win32" else "minclip")
    done = subprocess.run(
        [str(script), "--help"], cwd=tmp_path, env=clean(), capture_output=True, text=True, check=True
    )
    assert "doctor" in done.stdout and "course" in done.stdout


def test_versions_agree():
    """The package's, the changelog's and the citation's."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == minclip.__version__
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest and newest[1] in ("Unreleased", minclip.__version__)


def test_the_container_installs_the_pinned_torch():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"] == "bash .devcontainer/install"
    install = (ROOT / ".devcontainer" / "install").read_text(encoding="utf-8")
    (pattern,) = re.findall(r'grep -E "(.+?)" constraints.txt', install)
    pins = re.findall(f"{pattern}.+", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    assert len(pins) == 2
    assert "bash .devcontainer/install" in (ROOT / ".binder" / "postBuild").read_text(encoding="utf-8")
