"""The certificate: what it shows, that it fetches nothing, and what it refuses."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from minclip.cli import main
from minclip.course import certificate
from minclip.course.certificate import SHIPPED, compared, rows_of
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_package import PARTS, given_answer
from minclip.data.pretrained import SHIPPED as PLACE

TASK = {"accuracy": 0.412, "low": 0.4, "high": 0.425, "n": 5720, "chance": 1 / 52}
REPORT = {
    "run": {
        "parts": ["CLIP", "attention"], "data": "picturebook", "seed": 7, "samples": 30_000, "seconds": 90.0,
        "parameters": 2_732_033, "device": "cpu <old>",
    },
    "tasks": {"object": TASK},
}  # fmt: skip


class Reader(HTMLParser):
    """Notes every address and every tag that is opened and not closed."""

    def __init__(self):
        super().__init__()
        self.addresses, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "action")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def mine(monkeypatch, tmp_path):
    monkeypatch.setattr(certificate, "GALLERY", 40)
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    monkeypatch.chdir(tmp_path)
    kept = KeptAnswers(tmp_path / "my_minclip")
    for name in ("CLIP", "attention"):
        kept.keep(given_answer(PARTS[name], name))
    return kept


def make_run(folder, report=REPORT):
    """A finished run, with shipped weights."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes((PLACE / f"{SHIPPED}.safetensors").read_bytes())
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    lines = [{"step": i, "samples": 256 * i, "seconds": 1.0 * i, "loss": 5 - i, "scale": 14.0} for i in range(1, 4)]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def written(*more):
    assert main(["course", "certificate", "--name", "Ada & <Bob>", *more]) == 0
    return Path("certificate.html").read_text(encoding="utf-8")


def test_the_page_shows_whose_parts_and_their_code(mine):
    text = written()
    assert "Ada &amp; &lt;Bob&gt; is building CLIP by hand" in text and "<Bob>" not in text
    assert re.search(r"3\.1 <code>attention</code> · <span class='own'>written by hand</span>, passes \d+ checks", text)
    assert "scores.softmax(dim=-1) @ value" in text
    assert re.search(r"5\.2 <code>clip_loss</code> · minclip", text)
    assert "There is no training with these parts yet" in text


def test_the_page_fetches_nothing_and_is_well_formed(mine):
    text = written()
    reader = Reader()
    reader.feed(text)
    assert reader.open == [] and len(reader.addresses) > 40
    assert all(address.startswith("data:image/png;base64,") for address in reader.addresses)
    assert "default-src 'none'" in text and "<script" not in text and "url(" not in text
    assert 'name="viewport"' in text and "prefers-color-scheme: dark" in text
    assert text.count("<img") == text.count('alt="')


def test_a_run_brings_curves_and_numbers_beside_minclips(mine, tmp_path):
    make_run(tmp_path / "runs" / "first")
    text = written()
    assert "with these parts: CLIP, attention" in text and "cpu &lt;old&gt;" in text and "1.5 minutes" in text
    assert "41.2 %" in text and f"minclip's {SHIPPED}" in text.replace("&#x27;", "'")
    assert rows_of((PLACE / f"{SHIPPED}.md").read_text(encoding="utf-8"))["object"][0] in text
    assert "the weights of the training below" in text


def test_minclips_own_numbers_are_read_from_its_page():
    rows = rows_of((PLACE / f"{SHIPPED}.md").read_text(encoding="utf-8"))
    assert len(rows) == 16 and rows["image → text R@10"][2] == "1.0 %"
    report = {**REPORT, "run": {**REPORT["run"], "data": "flickr8k"}}
    assert compared(report)[0][3] == ""  # other data, no comparison


def test_a_part_that_fails_its_check_is_called_so(mine):
    path = mine.folder / "transformer.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("scores.softmax", "(2 * scores).softmax"), encoding="utf-8"
    )
    text = written()
    assert "written by hand, edited in the file since</span>, does not pass its check as it stands" in text


def test_only_a_certificate_is_written_over(mine, tmp_path, capsys):
    notes = tmp_path / "notes.html"
    notes.write_text("my notes", encoding="utf-8")
    assert main(["course", "certificate", str(notes)]) == 2
    assert "is no certificate: name another file" in capsys.readouterr().err
    assert notes.read_text(encoding="utf-8") == "my notes"
    written()
    written()


def test_runs_that_are_not_the_learners_are_refused(mine, tmp_path, capsys):
    other = make_run(tmp_path / "elsewhere", {**REPORT, "run": {**REPORT["run"], "parts": []}})
    assert main(["course", "certificate", "--run", str(other)]) == 2
    assert "was trained without parts of yours" in capsys.readouterr().err
    assert main(["course", "certificate", "--run", str(tmp_path / "nowhere")]) == 2
    assert "holds no finished run" in capsys.readouterr().err
    assert not Path("certificate.html").exists()


def test_without_answers_there_is_no_certificate(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_MINE", str(tmp_path / "my_minclip"))
    assert main(["course", "certificate"]) == 2
    assert "nothing of yours is kept yet" in capsys.readouterr().err
