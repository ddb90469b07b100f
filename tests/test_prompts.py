"""Prompts: sentences around class names, and the files that both are read from."""

import pytest

from minclip.prompts import (
    PHOTO_TEMPLATES,
    PICTURE_TEMPLATES,
    VARIED_PHOTO_TEMPLATES,
    as_read,
    check_template,
    prompts_for,
    read_class_names,
    read_templates,
    unquoted,
)


def test_a_name_is_written_into_every_template():
    assert prompts_for("car", ["a photo of a {}.", "one {}"]) == ["a photo of a car.", "one car"]


def test_other_braces_are_text():
    assert prompts_for("t{}y", ["a {}.", "{{}"]) == ["a t{}y.", "{t{}y"]


@pytest.mark.parametrize("templates", [["a photo"], ["{} and {}"], [], "a {}", [None]])
def test_templates_without_exactly_one_place_are_refused(templates):
    with pytest.raises(ValueError, match="template"):
        prompts_for("car", templates)


@pytest.mark.parametrize("templates", [PHOTO_TEMPLATES, PICTURE_TEMPLATES])
def test_our_templates_are_usable_and_different(templates):
    assert len(templates) >= 10
    assert len(set(prompts_for("car", templates))) == len(templates)
    assert max(len(template.replace(" ", "")) for template in templates) <= 28  # fits 32 tokens letter by letter


def test_read_templates_skips_comments_and_names_the_line(tmp_path):
    path = tmp_path / "templates.txt"
    path.write_text("\ufeff# ours\n\n  a {} – drawn\nthe {}\n", encoding="utf-8")
    assert read_templates(path) == ["a {} – drawn", "the {}"]
    path.write_text("a {}\n# fine\nno place\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        read_templates(path)
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no template"):
        read_templates(path)
    path.write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(ValueError, match="UTF-8"):
        read_templates(path)


def test_varied_templates_fit_77_tokens():
    texts = prompts_for("car", VARIED_PHOTO_TEMPLATES)
    assert len(texts) >= 30 and len(set(texts)) == len(texts)
    assert texts[: len(PHOTO_TEMPLATES)] == prompts_for("car", PHOTO_TEMPLATES)
    assert max(len(text.replace(" ", "")) for text in texts) <= 60  # fits 77 tokens with a long name, letter by letter


def test_class_names_are_read_line_by_line(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("\ufeff# birds\n\n  crane, a bird \n'tis a wren\nO'Neill\n", encoding="utf-8")
    assert read_class_names(path) == ["crane, a bird", "'tis a wren", "O'Neill"]


def test_lists_copied_from_python_are_understood(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("templates = [\n    'a photo of a {}.',\n    \"somebody's {}.\",  # ours\n]\n", encoding="utf-8")
    assert read_templates(path) == ["a photo of a {}.", "somebody's {}."]
    path.write_text('"tench", "goldfish",\n\'great white shark\'\n', encoding="utf-8")
    assert read_class_names(path) == ["tench", "goldfish", "great white shark"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("crane\nwren\nCrane\n", r"line 3: 'Crane' stands in line 1 already"),
        ("'wren', 'robin', 'wren'\n", r"line 1: 'wren' stands in line 1 already"),
        ("# nothing\n\n", "holds no class name"),
    ],
)
def test_class_names_that_stand_twice_are_refused(tmp_path, content, message):
    path = tmp_path / "names.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_class_names(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        read_class_names(tmp_path / "nowhere.txt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("e\u0301te\u0301\n\u00e9t\u00e9\n", "stands in line 1 already"),
        ('{"0": "cat"}\n', "looks like JSON"),
        ("\n\n", "holds no class name"),
    ],
)
def test_class_names_that_cannot_be_told_apart(content, said, tmp_path):
    (tmp_path / "n.txt").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_class_names(tmp_path / "n.txt")


LISTS = "['cat', 'a dog']", '["cat", "a dog"]', "'cat',\n'a dog',\n", "\ufeffcat\r\n\r\na dog"


@pytest.mark.parametrize("content", LISTS)
def test_class_names_of_a_list(content, tmp_path):
    (tmp_path / "n.txt").write_text(content, encoding="utf-8")
    assert read_class_names(tmp_path / "n.txt") == ["cat", "a dog"]


def test_a_file_of_names_that_is_not_there(tmp_path):
    for place, said in ((tmp_path, "is a folder"), (tmp_path / "no", "is not there")):
        with pytest.raises(FileNotFoundError, match=said):
            read_class_names(place)


def test_a_wrong_template_is_named_with_its_place():
    assert check_template("a {}") == "a {}"
    with pytest.raises(ValueError, match=r"^template 'a' has 0"):
        check_template("a")
    with pytest.raises(ValueError, match=r"^line 3: '{}{}' has 2"):
        check_template("{}{}", "line 3:")


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("['a', 'b']", ["a", "b"]),
        ("'a', 'b',", ["a", "b"]),
        ("'a', 'b'  # two", ["a", "b"]),
        ("['a', 'b'", ["['a', 'b'"]),  # no list: a bracket is missing
        ("a, 'b']", ["a, 'b']"]),
        ("[a cat]", ["[a cat]"]),
        ("'a', 5", ["'a', 5"]),
        ("'a', ' '", ["'a', ' '"]),
        ("'tis", ["'tis"]),
    ],
)
def test_a_quoted_line_is_the_texts_in_it(line, texts):
    assert unquoted(line) == texts


def test_names_are_compared_as_models_read_them():
    assert as_read("E\u0301TE\u0301") == "\u00e9t\u00e9"
    assert as_read("STRASSE") != as_read("stra\u00dfe")


def test_a_line_may_begin_with_a_brace(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("{} in the snow\n", encoding="utf-8")
    assert read_templates(path) == ["{} in the snow"]
    path.write_text('  {"0": "cat"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="looks like JSON"):
        read_class_names(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no class name"):
        read_class_names(path)


@pytest.mark.parametrize("line", ["['a red {}.'", "'a red {}.']", "['a red {}.',x"])
def test_a_lone_bracket_is_part_of_the_text(line):
    assert unquoted(line) == [line]
