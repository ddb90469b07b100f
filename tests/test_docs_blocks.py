"""Every block of code in the how-to pages is run: here, or by the test that is named here, or not, with a reason.

README has tests of its own: test_readme_loop.py, test_pretend.py, test_your_pictures_page.py.
"""

import re
import shlex
from pathlib import Path

import pytest
from colour_pictures import short_finetuning, write_album

from minclip.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "examples" / "README.md"]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {  # pages whose blocks a test of their own runs, each of them
    "experiments.md": "test_experiments_page.py",
    "sizes.md": "test_sizes_page.py",
    "teaching.md": "test_teaching_page.py",
    "your-pictures.md": "test_your_pictures_page.py",
    "examples/README.md": "test_examples.py",
}
SECTIONS = {  # the same for a section
    "## There and back": "test_weights_page.py",
    "## From the Hugging Face Hub": "test_weights_page.py",
    "## SigLIP": "test_weights_page.py",
    "## What `make train` prints": "test_pages.py",  # it compares the numbers
    "## A training loop in plain PyTorch": "test_readme_loop.py",
}
NOT_RUN = {  # lines that no test runs as they stand there, with the reason
    r"python -m pip install": "the tests run in what was installed so",
    r"minclip fetch ViT-B/32": "a download; test_pretrained.py fetches from a server of its own",
    r"minclip (classify|export) .*ViT-B/32": "OpenAI's weights; test_weights_page.py has small ones",
    r"minclip\.(load|checkpoint\.save_huggingface)\(": "files of others; test_huggingface.py, test_openclip.py",
    r"git clone|make |python -m venv|source |ruff |python -m pytest": "the installation, which these tests need",
    r"mypy$|MINCLIP_FUZZ=|pip install -c constraints.txt mutmut": "tests of tests; test_mutants.py",
    r"python -m benchmarks\.(mutants|soak|suite_runs)": "minutes to hours; test_mutants.py and its like run them small",
    r"uv |\.venv/bin/minclip course lab": "the installation with uv; the page says what was run",
    r"minclip train --data picturebook": "100,000 drawn pictures; test_experiment.py trains on few",
    r"torchrun --nproc-per-node": "several processes; test_processes.py starts them",
    r"torchrun --nnodes": "two machines; docs/scaling.md says that it was not run",
    r"minclip course lab": "JupyterLab; test_lab.py, and test_browser.py in Chromium",
    r"minclip (train|eval) --mine": "100,000 drawn pictures; test_mine.py trains on few",
    r"minclip course certificate": "it needs answers of a learner; test_certificate.py has some",
    r"minclip serve": "it serves until it is stopped; test_search_page_in_browser.py opens it",
    r"[!%]|from google\.colab|drive\.mount": "a hosted notebook, which no test has",
}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """(section, language, code) of a page."""
    found = []
    for section in re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
        found += [(section.partition("\n")[0], *match) for match in BLOCK.findall(section)]
    return found


def name(page: Path) -> str:
    return page.name if page.parent.name == "docs" else f"{page.parent.name}/{page.name}"


def reason(line: str) -> str:
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, line)), "")


def left(page: Path) -> list[tuple[str, str]]:
    """(language, code) of the blocks that are run here, without the lines that are not run."""
    if name(page) in ELSEWHERE:
        return []
    kept = []
    for section, language, code in blocks(page):
        lines = [line for line in code.splitlines() if line.strip() and not reason(line)]
        if section not in SECTIONS and lines:
            kept.append((language, "\n".join(lines)))
    return kept


RUN = [pytest.param(page, id=name(page)) for page in PAGES if left(page)]


@pytest.mark.parametrize("page", RUN)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    """In order, beside a folder my-photos/ of few pictures, and with few samples."""
    write_album(tmp_path / "my-photos")
    short_finetuning(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINCLIP_INDEXES", str(tmp_path / "indexes"))
    monkeypatch.setattr("minclip.course.workbook_start.repository_beside", lambda folder: None)  # nobody's answers
    for language, code in left(page):
        if language == "python":
            few = code.replace('mix="auto"', 'mix="auto", samples=24, batch_size=8, device="cpu"')
            exec(few.replace('"runs/', '"runs/python-'), {})  # beside what the commands made
            continue
        assert language == "bash", f"{page.name}: no test runs {code!r}; see NOT_RUN"
        for line in code.splitlines():
            words = shlex.split(line, comments=True)
            assert words[0] == "minclip", f"{page.name}: no test runs {line!r}; see NOT_RUN"
            if words[1] == "train" and "--resume" not in words:
                if "--samples" in words:
                    words[words.index("--samples") + 1] = "24"
                words += ["--batch", "8", *(() if "--samples" in words else ("--samples", "24"))]
            assert main(words[1:]) == 0, f"{line}\n{capsys.readouterr().err}"


def test_every_reason_and_place_is_in_use():
    lines = [line for page in PAGES for _, _, code in blocks(page) for line in code.splitlines()]
    for pattern in NOT_RUN:
        assert any(re.match(pattern, line) for line in lines), f"no line of a page begins with {pattern}"
    headings = {section for page in PAGES for section, _, _ in blocks(page)}
    assert headings >= SECTIONS.keys() and {name(page) for page in PAGES} >= ELSEWHERE.keys()
    for test in {*ELSEWHERE.values(), *SECTIONS.values()}:
        assert (ROOT / "tests" / test).is_file()
