"""The teacher's page: one HTML file that needs no network and no script, light and dark, readable on a phone."""

import html

from minclip.classroom.findings import Finding, Findings
from minclip.classroom.graded_before import FORMER, NEWER
from minclip.classroom.report import flagged, stuck, to_grade, waiting_for_marks
from minclip.classroom.report_tables import number
from minclip.classroom.results import MISSING, NOT_GRADED, Graded, Result
from minclip.course.certificate_page import POLICY, STYLE
from minclip.course.exercise import Lesson

MORE_STYLE = """
body { max-width: 72rem; }
.low { background: color-mix(in srgb, #d1495b 22%, transparent); }
.some { background: color-mix(in srgb, #e9b44c 22%, transparent); }
td.words { white-space: normal; min-width: 16rem; }
.key { padding: .1rem .5rem; border-radius: .25rem; }
td.count { font-weight: 600; }
nav a { margin-right: 1rem; }
a { color: inherit; }
.numbers { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; padding: 0; list-style: none; }
.numbers b { display: block; font-size: 1.6rem; line-height: 1.2; }
li { margin: .25rem 0; }
"""
LEGEND = (
    "<p class='quiet'><span class='key low'>less than half of the points</span> "
    "<span class='key some'>less than all</span></p>"
)
NOTHING = "<p class='quiet'>None.</p>"


def page(found: list[Result], checked: Findings) -> str:
    """The whole file."""
    lessons = list(dict.fromkeys(row.lesson for row in found))
    body = [
        "<header><h1>The class</h1></header>",
        in_numbers(found),
        not_up_to_date(found),
        "<nav>" + "".join(f'<a href="#{anchor(lesson)}">{title(lesson)}</a>' for lesson in lessons) + "</nav>",
        "<h2>Written answers that wait for your marks</h2>",
        waiting(found),
        "<h2>To look at</h2>",
        "<p class='quiet'>What grading and the check of the submissions found: reasons to look, no proofs.</p>",
        listed([*flagged(found), *checked.named]),
    ]
    for lesson in lessons:
        rows = [row for row in found if row.lesson is lesson]
        body += [f'<h2 id="{anchor(lesson)}">{title(lesson)}</h2>', "<h3>Who is stuck where</h3>"]
        body += [stuck_table(rows, lesson), "<h3>Points</h3>", LEGEND, points_table(rows)]
    body += ["<h2>Repaired before grading</h2>", listed(checked.repaired)]
    body.append(
        "<footer class='quiet'><p>The points are in points.csv beside this page, each student's feedback in feedback/. "
        "Written by <code>minclip classroom report</code>. This file needs no network.</p></footer>"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>The class</title>\n<style>{STYLE}{MORE_STYLE}</style></head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body></html>\n"
    )


def in_numbers(found: list[Result]) -> str:
    handed_in = [row for row in found if row.state != MISSING]
    waits = sum(map(len, waiting_for_marks(found).values()))
    items = {
        "students": len({row.student for row in found}),
        "submissions": len(handed_in),
        "not graded": sum(row.state == NOT_GRADED for row in found),
        "newer versions not graded": sum(row.state == NEWER for row in found),
        "graded before a change": sum(row.state == FORMER for row in found),
        "not handed in": len(found) - len(handed_in),
        "answers wait for marks": waits,
    }
    return (
        "<ul class='numbers'>" + "".join(f"<li><b>{value}</b> {name}</li>" for name, value in items.items()) + "</ul>"
    )


def not_up_to_date(found: list[Result]) -> str:
    """What grading has to give points, and the way to it; "" where all is graded."""
    lines = to_grade(found)
    if not lines:
        return ""
    items = "".join(f"<li><bdi>{html.escape(line)}</bdi></li>" for line in lines)
    how = "<p>Run <code>minclip classroom grade</code>, then <code>minclip classroom report</code> again.</p>"
    return f"<h2>Not graded as it is now</h2><ul>{items}</ul>{how}"


def anchor(lesson: Lesson) -> str:
    return f"lesson-{lesson.number:02}"


def title(lesson: Lesson) -> str:
    return f"{lesson.number:02} · {html.escape(lesson.title)}"


def name_of(student: str) -> str:
    """A name that keeps its own direction of writing."""
    return f"<bdi>{html.escape(student)}</bdi>"


def names_of(students: list[str] | tuple[str, ...]) -> str:
    return ", ".join(map(name_of, students))


def waiting(found: list[Result]) -> str:
    """The questions that a person marks, and the way to it."""
    rows = waiting_for_marks(found)
    if not rows:
        return NOTHING
    items = [
        f"<li>{title(lesson)}, <code>{html.escape(question)}</code>: {len(students)} × {names_of(students)}</li>"
        for (lesson, question), students in rows.items()
    ]
    how = (
        "<p>The points and the tables for your platform have 0 for them so far. To mark them, run <code>jupyter lab"
        "</code> in the class's folder: menu Nbgrader, Formgrader, Manual Grading. Then run <code>minclip classroom "
        "report</code> again.</p>"
    )
    return f"<ul>{''.join(items)}</ul>{how}"


def listed(findings: list[Finding]) -> str:
    """A table of findings."""
    if not findings:
        return NOTHING
    rows = [
        f"<tr><td>{name_of(one.student)}</td><td>{html.escape(one.lesson[:2])}</td>"
        f"<td class='words'>{html.escape(one.words)}</td></tr>"
        for one in sorted(findings)
    ]
    return table(["student", "lesson", "what"], rows)


def stuck_table(rows: list[Result], lesson: Lesson) -> str:
    """Each exercise's messages, with how many and who."""
    found = stuck(rows, lesson)
    if not found:
        return "<p class='quiet'>Nobody.</p>"
    body = [
        f"<tr><td><code>{html.escape(one.exercise)}</code></td><td class='words'>{html.escape(one.message)}</td>"
        f"<td class='number count'>{len(one.students)}</td><td class='words'>{names_of(one.students)}</td></tr>"
        for one in found
    ]
    return table(["exercise", "message", "students", "who"], body)


def points_table(rows: list[Result]) -> str:
    """Students and exercises; what got less than half, or less than all, is told by its colour, too."""
    names = list(dict.fromkeys(cell.name for row in rows for cell in row.graded))
    body = []
    for row in rows:
        cells = {cell.name: cell for cell in row.graded}
        if row.points is None:
            span = f"<td colspan='{len(names) + 2}' class='quiet'>{row.state}</td>"
            body.append(f"<tr><td>{name_of(row.student)}</td>{span}</tr>")
            continue
        percent = f"{100 * row.points / row.of:.0f} %" if row.of else ""
        each = "".join(cell_of(cells.get(name)) for name in names)
        total = (
            f"<td class='number'><b>{number(row.points)}</b> of {number(row.of)}</td><td class='number'>{percent}</td>"
        )
        body.append(f"<tr><td>{name_of(row.student)}</td>{total}{each}</tr>")
    return table(["student", "points", "", *names], body, numbers=len(names) + 2)


def cell_of(cell: Graded | None) -> str:
    if cell is None:
        return "<td></td>"
    if cell.gone:
        return "<td class='number low'>0</td>"
    if cell.points is None:
        return "<td class='number quiet'>waits</td>"
    share = cell.points / cell.of if cell.of else 1.0
    kind = " low" if share < 0.5 else " some" if share < 1 else ""
    return f"<td class='number{kind}'>{number(cell.points)}</td>"


def table(head: list[str], rows: list[str], numbers: int = 0) -> str:
    """numbers: how many columns at the end are numbers."""
    kinds = [""] * (len(head) - numbers) + [' class="number"'] * numbers
    columns = "".join(f'<th scope="col"{k}>{html.escape(name)}</th>' for k, name in zip(kinds, head, strict=True))
    return f"<div class='wide'><table><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
