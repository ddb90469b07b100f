"""What learning platforms hand over comes to where nbgrader looks for it, and nothing is lost on the way."""

import io
import zipfile
from pathlib import PurePosixPath

import pytest
from small_classroom import FIRST, SECOND, as_bytes, classroom, notebook, state, written

from minclip.classroom import archives
from minclip.classroom.attribution import owners
from minclip.classroom.collecting import collect
from minclip.classroom.inspection import inspect
from minclip.classroom.originals import student_id
from minclip.classroom.results import MISSING, NOT_GRADED, results
from minclip.classroom.submissions import submissions
from minclip.course.outline import LESSONS

NAME = FIRST.name


@pytest.fixture
def room(tmp_path):
    return classroom(tmp_path / "class")


def packed(files, path=None, time=(2026, 1, 2, 3, 4, 6)):
    """A zip of name -> content; a name may come with a time of its own: (name, time)."""
    target = io.BytesIO() if path is None else path
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            name, when = name if isinstance(name, tuple) else (name, time)
            made.writestr(zipfile.ZipInfo(name, when), content, zipfile.ZIP_DEFLATED)
    return target.getvalue() if path is None else path


def who(room):
    return {(one.student, one.lesson.name): one.notebook.read_bytes() for one in submissions(room)}


NAMES = {
    f"Berg Anna_12345_assignsubmission_file_/{NAME}.ipynb": "Berg Anna",
    f"Berg Anna_12345_assignsubmission_file/{NAME}.ipynb": "Berg Anna",
    f"Berg Anna_12345_assignsubmission_file/sub/{NAME}.ipynb": "Berg Anna",
    f"Berg Anna_12345_assignsubmission_file_{NAME}.ipynb": "Berg Anna",
    f"CLIP 101/Berg Anna_12345_assignsubmission_file/{NAME}.ipynb": "Berg Anna",
    f"berganna_123_456_{NAME}-1.ipynb": "berganna",
    f"berganna_LATE_123_456_{NAME}.ipynb": "berganna",
    f"anon_x7Qz_456_{NAME}.ipynb": "anon_x7Qz",
    f"LATE_anon_x7Qz_456_{NAME}.ipynb": "anon_x7Qz",
    f"berganna_123_456_work/{NAME}/{NAME}.ipynb": "berganna",
    f"{NAME} - Anna Ø.ipynb": "Anna Ø",
    f"Anna Ø - {NAME}.ipynb": "Anna Ø",
    f"Copy of {NAME} - Anna Ø (1).ipynb": "Anna Ø",
    f"Kopie von {NAME} - Anna Ø.ipynb": "Anna Ø",
    f"Anna Ø/{NAME}.ipynb": "Anna Ø",
    f"Anna Ø/workbook/{NAME}/{NAME}.ipynb": "Anna Ø",
    f"submitted/Anna Ø/{NAME}/{NAME}.ipynb": "Anna Ø",
    f"{NAME}/Anna Ø.ipynb": "Anna Ø",
    f"{NAME}/Anna Ø/05.ipynb": "Anna Ø",
    "Anna Ø.ipynb": "Anna Ø",
    f"李雷_{NAME}.ipynb": "李雷",
    f"anna_{NAME}.ipynb": "anna",
    f"anna_2024_{NAME}.ipynb": "anna_2024",
}


@pytest.mark.parametrize("path", NAMES)
def test_a_name_says_whose_it_is(path):
    (owner,) = owners([PurePosixPath(path)], list(LESSONS))
    assert owner.name == NAMES[path]


def test_a_name_without_a_student_is_nobodys():
    paths = [PurePosixPath(f"{NAME}.ipynb"), PurePosixPath(f"{NAME} (1).ipynb"), PurePosixPath("submissions/05.ipynb")]
    assert owners(paths, list(LESSONS)) == [None, None, None]


def test_the_class_around_the_students_is_no_student():
    paths = [PurePosixPath(f"class 2b/{student}/{NAME}.ipynb") for student in ("anna", "ben")]
    assert [owner.name for owner in owners(paths, list(LESSONS))] == ["anna", "ben"]


def test_moodle_zip(room, tmp_path):
    files = {
        f"{n}_{i}_assignsubmission_file_/{NAME}.ipynb": written(FIRST, f"    return {i}")
        for i, n in enumerate(("Berg Anna", "Øye Bo"))
    }
    said = collect(room, packed(files, tmp_path / "CLIP-Lesson 5-77.zip"))
    assert set(who(room)) == {("Berg_Anna", NAME), ("Øye_Bo", NAME)}
    assert len(said) == 2 and said[0].startswith(f"Berg_Anna · {NAME}: ")


def test_canvas_newer_attempt_counts(room, tmp_path):
    old, new = written(FIRST, "    return 1"), written(FIRST, "    return 2")
    files = {f"berganna_123_9_{NAME}.ipynb": old, f"berganna_123_10_{NAME}-1.ipynb": new}
    (line,) = collect(room, packed(files, tmp_path / "submissions.zip"))
    assert who(room) == {("berganna", NAME): new}
    assert "newest of 2 versions" in line
    assert [path.read_bytes() for path in (room / "originals/berganna" / NAME).iterdir()] == [old]


def test_without_numbers_the_later_time_counts(room, tmp_path):
    old, new = written(FIRST, "    return 1"), written(FIRST, "    return 2")
    files = {(f"anna/{NAME}.ipynb", (2026, 5, 2, 0, 0, 0)): new, (f"anna/{NAME} (1).ipynb", (2026, 5, 1, 0, 0, 0)): old}
    collect(room, packed(files, tmp_path / "a.zip"))
    assert who(room) == {("anna", NAME): new}


def test_collecting_again_changes_nothing(room, tmp_path):
    given = packed({f"anna/{NAME}.ipynb": written(FIRST)}, tmp_path / "a.zip")
    collect(room, given)
    before = state(room)
    assert "nothing changes" in collect(room, given)[0]
    assert state(room) == before


def test_a_newer_download_keeps_the_version_before(room, tmp_path):
    old, new = written(FIRST, "    return 1"), written(FIRST, "    return 2")
    first = packed({(f"anna/{NAME}.ipynb", (2026, 5, 1, 0, 0, 0)): old}, tmp_path / "a.zip")
    second = packed({(f"anna/{NAME}.ipynb", (2026, 5, 2, 0, 0, 0)): new}, tmp_path / "b.zip")
    collect(room, first)
    assert "the version before is in originals/anna" in collect(room, second)[0]
    assert who(room) == {("anna", NAME): new} and old in state(room / "originals").values()
    assert "older than what was collected before" in collect(room, first)[0]
    assert who(room) == {("anna", NAME): new}


def test_a_file_that_a_teacher_put_there_is_kept(room, tmp_path):
    path = room / "submitted" / "anna" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"by hand")
    collect(room, packed({f"anna/{NAME}.ipynb": written(FIRST)}, tmp_path / "a.zip"))
    assert b"by hand" in state(room / "originals").values()


def test_a_workbook_gives_its_written_lessons(room, tmp_path):
    files = {
        "anna/workbook.json": b"{}",
        f"anna/{NAME}/{NAME}.ipynb": written(FIRST),
        f"anna/{NAME}/helper.py": b"x = 1",
        f"anna/{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb": written(FIRST, "    return 8"),
        f"anna/{SECOND.name}/{SECOND.name}.ipynb": as_bytes(notebook(SECOND)),
        "anna/my_minclip/answers/clip_loss.py": b"",
        f"anna/copies/{NAME} 2026.ipynb": written(FIRST, "    return 9"),
        f"__MACOSX/anna/{NAME}/._{NAME}.ipynb": b"\0",
    }
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert who(room) == {("anna", NAME): written(FIRST)}
    assert (room / "submitted/anna" / NAME / "helper.py").read_bytes() == b"x = 1"
    assert len(said) == 2 and "hidden copies" in said[1] and "nothing is written" in said[1] and "my_minclip" in said[1]


def test_zips_within_a_zip(room, tmp_path):
    inner = packed({f"{NAME}/{NAME}.ipynb": written(FIRST)})
    files = {
        "Berg Anna_12_assignsubmission_file/work.zip": inner,
        "Øye Bo_13_assignsubmission_file/my.b.zip": b"PK no zip",
    }
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert set(who(room)) == {("Berg_Anna", NAME)}
    assert any("no zip that can be opened" in line and "Øye Bo" in line for line in said)


def test_a_zip_of_one_notebook_names_its_student(room, tmp_path):
    collect(room, packed({f"{NAME}.ipynb": written(FIRST)}, tmp_path / "Anna Berg.zip"))
    assert set(who(room)) == {("Anna_Berg", NAME)}


def test_paths_out_of_the_archive_are_refused(room, tmp_path):
    evil = {
        f"../../anna/{NAME}.ipynb": b"1",
        f"/etc/{NAME}.ipynb": b"2",
        f"..\\ben\\{NAME}.ipynb": b"3",
        f"C:/cy/{NAME}.ipynb": b"4",
    }
    files = evil | {f"dora/{NAME}.ipynb": written(FIRST), "eve/../../../evil.ipynb": b"5"}
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert set(who(room)) == {("dora", NAME)}
    assert sum("outside of its folder" in line for line in said) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "class"]


def test_links_are_not_followed(room, tmp_path):
    link = zipfile.ZipInfo(f"anna/{NAME}.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    assert "a link" in collect(room, tmp_path / "a.zip")[1]
    (tmp_path / "given/ben").mkdir(parents=True)
    (tmp_path / "given/ben" / f"{NAME}.ipynb").symlink_to("/etc/passwd")
    assert "a link" in collect(room, tmp_path / "given")[1]
    assert who(room) == {}


def test_a_bomb_costs_itself_alone(room, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FREE", 100_000)
    files = {f"anna/{NAME}.ipynb": b" " * 10**7, f"ben/{NAME}.ipynb": written(FIRST)}
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert set(who(room)) == {("ben", NAME)} and "would unpack to" in said[1]


def test_one_students_heavy_zip_costs_itself_alone(room, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ONES", 100_000)
    heavy = packed({f"{i}.txt": bytes(range(256)) * 200 for i in range(3)} | {f"{NAME}.ipynb": written(FIRST)})
    files = {"anna/work.zip": heavy, f"ben/{NAME}.ipynb": written(FIRST)}
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert set(who(room)) == {("ben", NAME)} and "anna/work.zip: it would unpack to" in said[1]


def test_a_download_that_grows_without_end_is_refused(room, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ARCHIVE", 100)
    with pytest.raises(ValueError, match="would unpack to more than"):
        collect(room, packed({f"ben/{NAME}.ipynb": written(FIRST)}, tmp_path / "a.zip"))


def test_what_cannot_be_opened_is_said(room, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 half a zip")
    for name, words in (("a.zip", "download it again"), ("b.zip", "is not there"), ("c.rar", "is not there")):
        with pytest.raises(ValueError, match=words):
            collect(room, tmp_path / name)
    with pytest.raises(ValueError, match="is no classroom"):
        collect(tmp_path, tmp_path / "a.zip")


def test_the_notebook_says_which_lesson_it_is(room, tmp_path):
    files = {f"anna/{NAME}.ipynb": written(SECOND), "ben/homework.ipynb": written(FIRST)}
    collect(room, packed(files, tmp_path / "a.zip"))
    assert set(who(room)) == {("anna", SECOND.name), ("ben", NAME)}


def test_a_lesson_of_another_classroom_is_left_out(room, tmp_path):
    other = LESSONS[3]
    said = collect(room, packed({f"anna/{NAME}.ipynb": written(other)}, tmp_path / "a.zip"))
    assert who(room) == {} and "this classroom does not have" in said[1]
    said = collect(room, packed({f"anna/{NAME}.ipynb": written(SECOND)}, tmp_path / "a.zip"), FIRST)
    assert who(room) == {} and f"{NAME} is asked for" in said[1]


def test_a_broken_notebook_is_collected_by_its_name(room, tmp_path):
    collect(room, packed({f"anna/{NAME}.ipynb": b"<<<<<<< HEAD"}, tmp_path / "a.zip"))
    assert who(room) == {("anna", NAME): b"<<<<<<< HEAD"}


def test_who_handed_in_no_notebook_is_named(room, tmp_path):
    said = collect(
        room, packed({"Berg Anna_1_assignsubmission_onlinetext/onlinetext.html": b"<p>"}, tmp_path / "a.zip")
    )
    assert said[0].startswith("There is no notebook") and "there is no notebook of Berg_Anna" in said[1]


def test_who_handed_in_no_notebook_does_not_vanish(room, tmp_path):
    files = {
        f"ben/{NAME}.ipynb": written(FIRST),
        "anna/answer.py": b"def f(): pass",
        f"eve/{NAME}.ipynb": written(LESSONS[3]),
        "Berg Cy_1_assignsubmission_onlinetext/onlinetext.html": b"<p>",
        "pictures/cat.png": b"",
    }
    collect(room, packed(files, tmp_path / "a.zip"))
    said = inspect(room)
    assert "look at   anna: handed in no notebook of the class, but answer.py" in said
    assert sum("handed in no notebook" in line for line in said) == 3
    states = {row.student: row.state for row in results(room)}
    assert states == {"anna": MISSING, "eve": MISSING, "Berg_Cy": MISSING, "ben": NOT_GRADED}
    collect(room, packed({f"anna/{NAME}.ipynb": written(FIRST)}, tmp_path / "b.zip"))
    assert not any("anna: handed in no" in line for line in inspect(room))
    assert {row.student: row.state for row in results(room)}["anna"] == NOT_GRADED


def test_two_people_of_one_name_stay_two(room, tmp_path):
    files = {f"Berg Anna_{i}_assignsubmission_file/{NAME}.ipynb": written(FIRST, f"    return {i}") for i in (12, 13)}
    collect(room, packed(files, tmp_path / "a.zip"))
    assert {student for student, _ in who(room)} == {"Berg_Anna_12", "Berg_Anna_13"}
    files = {f"{name}/{NAME}.ipynb": written(FIRST, "    return 3") for name in ("Li, Bo", "Li Bo")}
    collect(room, packed(files, tmp_path / "b.zip"))
    assert sum(student.startswith("Li_Bo_") for student, _ in who(room)) == 2


def test_macs_and_windows_letters_are_one_name(room, tmp_path):
    files = {f"A\u030asa/{NAME}.ipynb": written(FIRST), f"\u00c5sa/{SECOND.name}.ipynb": written(SECOND)}
    collect(room, packed(files, tmp_path / "a.zip"))
    assert {student for student, _ in who(room)} == {"\u00c5sa"}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Anna [b]*?", "Anna_b"),
        (" Øye, Bo ", "Øye_Bo"),
        ("..", None),
        ("CON", "CON_"),
        ("nul.x", "nul.x_"),
        ("a" * 300, "a" * 80),
        ("💥", None),
    ],
)
def test_student_ids_are_names_that_nbgrader_takes(name, student):
    made = student_id(name)
    assert made == student if student else made.startswith("student_")
    assert student_id(made) == made or made.endswith("_")


def test_a_macs_letters_are_read(room, tmp_path):
    name = f"Øye Bo/{NAME}.ipynb".encode().decode("cp437")
    info = zipfile.ZipInfo("x" * len(name.encode("cp437")), (2026, 1, 2, 3, 4, 6))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(info, written(FIRST))
    content = (tmp_path / "a.zip").read_bytes().replace(b"x" * len(name.encode("cp437")), name.encode("cp437"))
    (tmp_path / "a.zip").write_bytes(content)
    collect(room, tmp_path / "a.zip")
    assert {student for student, _ in who(room)} == {"Øye_Bo"}


def test_odd_names_are_said_in_one_line(room, tmp_path):
    path = tmp_path / "given" / "an\udcff\nna" / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(written(FIRST))
    (path.parent / "\udcfe.pdf").write_bytes(b"1")
    said = collect(room, tmp_path / "given")
    assert all(line.isprintable() for line in said) and len(who(room)) == 1
    assert "nothing changes" in collect(room, tmp_path / "given")[0]


def test_one_place_that_cannot_be_written_stops_nobody(room, tmp_path):
    (room / "submitted" / "anna" / NAME / f"{NAME}.ipynb").mkdir(parents=True)
    files = {f"{name}/{NAME}.ipynb": written(FIRST) for name in ("anna", "ben")}
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert "could not be put" in said[0] and said[1].startswith("ben") and ("ben", NAME) in {*map_of(room)}


def map_of(room):
    return {(one.student, one.lesson.name) for one in submissions(room)}


def test_names_that_differ_in_capitals_are_two(room, tmp_path):
    files = {f"{name}/{NAME}.ipynb": written(FIRST, f"    return {len(name)}") for name in ("Anna B", "anna b")}
    collect(room, packed(files, tmp_path / "a.zip"))
    before = map_of(room)
    assert len({student.casefold() for student, _ in before}) == 2
    collect(room, packed({f"Anna B/{SECOND.name}.ipynb": written(SECOND)}, tmp_path / "b.zip"))
    assert {student for student, _ in map_of(room)} == {student for student, _ in before}


def test_a_workbooks_untouched_lesson_is_left_out(tmp_path):
    room = classroom(tmp_path / "class", question=True)
    files = {
        f"anna/{NAME}/{NAME}.ipynb": written(FIRST),
        f"anna/{SECOND.name}/{SECOND.name}.ipynb": as_bytes(notebook(SECOND)),
    }
    collect(room, packed(files, tmp_path / "a.zip"))
    assert map_of(room) == {("anna", NAME)}


def test_a_nameless_notebook_gets_the_way_out(room, tmp_path):
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(written(FIRST))
    _, line = collect(room, path)
    assert line.endswith("rename it, for example to Anna Berg.ipynb")


def test_swapped_arguments_are_named(room, tmp_path):
    given = packed({f"anna/{NAME}.ipynb": written(FIRST)}, tmp_path / "a.zip")
    with pytest.raises(ValueError, match=r"the class's folder comes first: minclip classroom collect .*class .*a.zip"):
        collect(given, room)
    with pytest.raises(ValueError, match=r"a.zip is a file, and no classroom. Name the class's folder first"):
        collect(given, given)


def test_files_that_are_left_out_are_named(room, tmp_path):
    files = {f"{name}/{NAME}.ipynb": written(FIRST) for name in ("anna", "ben")}
    files |= {f"anna/{name}.pdf": b"x" for name in "abcd"}
    said = collect(room, packed(files, tmp_path / "a.zip"))
    assert said[-1] == "Left out: 4 × .pdf files (anna/a.pdf, anna/b.pdf, anna/c.pdf, 1 more)"
