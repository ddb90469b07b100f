"""What `minclip doctor` says of this machine, and of machines on which something is missing or does not fit."""

import json
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from minclip.cli import doctor, main, packages, places

ROOT = Path(__file__).parents[1]


def lines_of(checks):
    return [str(check) for check in checks]


def test_this_machine_is_healthy(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(places, "ROOM", 1)
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "[FAIL]" not in printed and printed.endswith("Everything is in place.\n")
    assert f"[OK]   torch {torch.__version__.split('+')[0]}" in printed
    assert "picture book: drawn on first use" in printed
    assert "kernel python3 is this Python" in printed and "no workbook here" in printed


def test_a_missing_package_gets_its_remedy(monkeypatch, capsys):
    wanted = [("torch", "99.0"), ("surely-not-installed", "1.2")]
    monkeypatch.setattr(packages, "requirements", lambda: wanted)
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert '       remedy: python -m pip install "torch>=99.0"' in lines
    assert "[FAIL] surely-not-installed is not installed" in lines
    assert "[FAIL]" in str(doctor.check_python((3, 10, 1)))


def test_a_broken_torch_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # its import is an ImportError now
    (check,) = doctor.check_device()
    assert "torch cannot be imported" in str(check) and "--force-reinstall torch" in check.remedy


def test_an_old_python_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tomllib", None)  # as before 3.11
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    arguments = type("Arguments", (), {"json": False})
    assert runpy.run_path(doctor.__file__)["run"](arguments) == 1
    printed = capsys.readouterr().out
    assert "[FAIL] Python 3.10.13\n       remedy: install Python 3.11.4 or newer" in printed
    assert printed.count("[") == 1  # and nothing of packages


def test_a_data_folder_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "file" / "data"))
    (check,) = places.check_data()
    assert "MINCLIP_DATA" in check.remedy


def test_requirements_come_from_the_project():
    found = dict(packages.requirements())
    assert {"torch", "numpy", "Pillow", "matplotlib", "safetensors"} <= set(found)
    assert packages.numbers("2.13.0+cpu") == (2, 13, 0) >= packages.numbers(found["torch"])


def test_every_optional_part_says_what_it_gives():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(packages.GIVES) == project["optional-dependencies"].keys() - {"dev", "peers", "site"}


def test_a_missing_optional_part_is_a_note(monkeypatch):
    monkeypatch.setattr(packages, "version_of", lambda name: None if name.startswith("onnx") else "999")
    complete, missing = lines_of(packages.check_optional())
    assert complete.startswith("[OK]   optional parts that are installed: classroom, completion, course, hub")
    assert missing.startswith("[NOTE] without onnx, onnxscript, onnxruntime there is no minclip export to ONNX: ")
    assert missing.endswith('python -m pip install -c constraints.txt -e ".[export]"')


def test_packages_beside_the_constraints_are_named(monkeypatch, tmp_path):
    file = tmp_path / "constraints.txt"
    file.write_text("# versions\ntorch==2.13.0\nnumpy==2.4.6  # why\nnot-there==1\n", encoding="utf-8")
    monkeypatch.setattr(packages, "version_of", {"torch": "2.13.0+cpu", "numpy": "2.2.0"}.get)
    (line,) = lines_of(packages.check_pins(packages.pins(file)))
    assert line.startswith("[NOTE] 1 of 2 packages differ from constraints.txt: numpy 2.2.0 (there 2.4.6). ")
    assert lines_of(packages.check_pins({"torch": "2.13.0"})) == ["[OK]   1 packages are as constraints.txt has them"]
    assert lines_of(packages.check_pins(packages.pins(tmp_path / "none"))) == []


@pytest.mark.parametrize(
    ("vision", "error", "said"),
    [
        ("0.28.0+cpu", "", "[OK]   torchvision 0.28.0+cpu fits torch 2.13.0+cpu"),
        ("0.28.0", "", "torchvision==0.28.0 --index-url https://download.pytorch.org/whl/cpu"),
        ("0.28.0+cpu", "RuntimeError: operator torchvision::nms does not exist", "nms does not exist). minclip does"),
        ("0.28.0+cu128", "", "was built for another torch than 2.13.0+cpu. minclip does not need it"),
    ],
)
def test_a_torchvision_of_another_build_is_named(vision, error, said):
    (line,) = lines_of(packages.check_torchvision("2.13.0+cpu", vision, error))
    assert said in line
    assert lines_of(packages.check_torchvision("2.13.0+cpu", None, "")) == []


def test_torch_from_the_default_index_needs_no_address():
    (line,) = lines_of(packages.check_torchvision("2.14.0", "0.28.0+cpu", ""))
    assert line.endswith("pip install --force-reinstall --no-deps torchvision")


def test_json_holds_the_checks_and_no_home(monkeypatch, tmp_path, capsys):
    home = tmp_path / "home of Ødegård"
    (home / "data").mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setenv("MINCLIP_DATA", str(home / "data"))
    monkeypatch.setattr(places, "ROOM", 1)
    monkeypatch.chdir(home)
    assert main(["doctor", "--json"]) == 0
    printed = capsys.readouterr().out
    report = json.loads(printed)
    assert report["minclip"] and report["python"] and report["system"]
    assert {"status": "ok", "text": f"data folder {Path('~', 'data')} can be written to"} in report["checks"]
    assert "Ødegård" not in printed


def test_a_kernel_of_another_python_is_named(monkeypatch):
    class Manager:
        python = "/nowhere/bin/python"

        def get_kernel_spec(self, name):
            return type("Spec", (), {"argv": [self.python, "-m", "ipykernel_launcher"]})

    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager", Manager)
    (check,) = places.check_kernel()
    assert check.status == "fail" and "which cannot import minclip" in check.text
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(places.subprocess, "run", lambda *_, **__: done)
    (check,) = places.check_kernel()
    assert check.status == "ok" and "which has minclip, too" in check.text
    Manager.python = sys.executable
    (check,) = places.check_kernel()
    assert "is this Python" in check.text


def test_no_kernel_gets_its_remedy(monkeypatch):
    from jupyter_client.kernelspec import NoSuchKernel

    class Manager:
        def get_kernel_spec(self, name):
            raise NoSuchKernel(name)

    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager", Manager)
    (check,) = places.check_kernel()
    assert check.status == "fail" and "ipykernel install --sys-prefix" in check.remedy


def test_a_workbook_is_counted_and_its_news_said(monkeypatch, tmp_path):
    (tmp_path / "workbook.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (counted,) = [line for line in lines_of(places.check_workbook()) if line.startswith("[OK]")]
    assert "0 of 54 exercises are solved" in counted
    monkeypatch.setattr(places, "unwritable", lambda folder: "Permission denied")
    (check,) = places.check_workbook()
    assert check.status == "fail" and check.text.endswith("Permission denied")


def test_caches_are_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("MINCLIP_INDEXES", str(tmp_path / "none"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ViT-B-32.pt").write_bytes(b"0" * 2_000_000)
    assert lines_of(places.check_caches()) == [f"[OK]   fetched weights: 2 MB in {tmp_path / 'models'}"]


def test_a_working_folder_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(places, "unwritable", lambda folder: "Read-only file system")
    check = places.check_working_folder()
    assert check.status == "fail" and "runs/" in check.text and "--out" in check.remedy


def test_the_package_runs_as_a_module():
    asked = [sys.executable, "-m", "minclip", "doctor", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)
    assert "--json" in done.stdout
