"""The certificate as one HTML file: nothing is fetched, light and dark, readable on a phone."""

import html
from itertools import groupby

from minclip.course.certificate import SHIPPED, Certificate, Part

MARK = "minclip course certificate"  # stands in every page: only a page of ours is written over
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --page: #fcfcfa; --text: #1c1c1c; --quiet: #5f5f5f; --line: #d9d9d4; --own: #00704f; }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181a; --text: #e9e9e6; --quiet: #a9a9a4; --line: #3a3d40; --own: #4fd1a5; }
}
body { background: var(--page); color: var(--text); font: 1.05rem/1.55 system-ui, sans-serif;
  margin: 0 auto; max-width: 54rem; padding: 2rem 1.1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .5rem 0; }
.quiet { color: var(--quiet); }
.own { color: var(--own); font-weight: 600; }
.figure { background: #fff; border: 1px solid var(--line); border-radius: .6rem; display: block; margin: .8rem 0;
  max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left; white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; white-space: normal; }
td.number, th.number { text-align: right; }
.found { display: flex; flex-wrap: wrap; gap: .35rem; margin: .3rem 0 1rem; padding: 0; list-style: none; }
.found img { border-radius: .3rem; display: block; height: 5rem; image-rendering: pixelated; width: 5rem; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
pre { font-size: .85rem; line-height: 1.4; overflow-x: auto; padding: .6rem 0; }
footer { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
@media (max-width: 30rem) {
  body { font-size: 1rem; padding-top: 1.2rem; }
  .found img { height: 3.9rem; width: 3.9rem; }
}
@media print { details { break-inside: avoid; } }
"""


def page(certificate: Certificate) -> str:
    """The whole file."""
    own = [part for part in certificate.parts if part.code]
    who, whole = html.escape(certificate.name), len(own) == len(certificate.parts)
    title = f"{who} {'built' if whole else 'is building'} CLIP by hand" if who else "CLIP, built by hand"
    wrote = f"that {who} wrote" if who else "that were written by hand"
    body = [
        f"<header><h1>{title}</h1>",
        f'<p class="quiet">{len(own)} of {len(certificate.parts)} parts, {certificate.day:%d %B %Y}</p></header>',
        "<p>CLIP is the model that knows which sentence belongs to which picture. This page shows the parts of it "
        f"{wrote} in the course of minclip, and what the model that is made of them knows.</p>",
        figure(certificate.diagram, f"The diagram of CLIP: {len(own)} of {len(certificate.parts)} parts are built."),
        *found(certificate),
        *run(certificate),
        *table(certificate),
        *parts(certificate.parts),
        f"<footer class='quiet'><p>Written by <code>{MARK}</code>. minclip is a course and a library in which anyone "
        "builds the real CLIP by hand. This file needs no network.</p></footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style></head>\n<body>\n<main>\n" + "\n".join(body) + "\n</main>\n"
        "</body></html>\n"
    )


def figure(uri: str, words: str) -> str:
    return f'<img class="figure" src="{uri}" alt="{html.escape(words)}">'


def found(certificate: Certificate) -> list[str]:
    """A sentence, and the pictures that come first."""
    if not certificate.pages:
        return []
    lines = ["<h2>Pictures found for sentences</h2>"]
    lines += [
        "<p>Pictures of the picture book's test split, which no training has seen. The code of this page found them, "
        f"with {html.escape(certificate.found_with)}. The first one is the nearest to the sentence.</p>"
    ]
    for text, pictures in certificate.pages:
        alt = html.escape(f"found for {text}, place")
        items = "".join(f'<li><img src="{uri}" alt="{alt} {i}"></li>' for i, uri in enumerate(pictures, start=1))
        lines.append(f"<h3>“{html.escape(text)}”</h3>\n<ol class='found'>{items}</ol>")
    return lines


def run(certificate: Certificate) -> list[str]:
    """What was trained, and the curves."""
    if certificate.run is None:
        return [
            "<h2>The training</h2>",
            "<p>There is no training with these parts yet. <code>minclip train --mine</code> makes one, and its curves "
            "and numbers come here.</p>",
        ]
    about = certificate.run["run"]
    named = ", ".join(map(html.escape, about["parts"]))
    data = "the picture book" if about["data"] == "picturebook" else html.escape(str(about["data"]))
    return [
        "<h2>The training</h2>",
        f"<p>A model of {about['parameters']:,} parameters saw {about['samples']:,} pictures of {data} in "
        f"{about['seconds'] / 60:.1f} minutes (seed {about['seed']}, {html.escape(about['device'])}), "
        f"with these parts: {named}.</p>",
        figure(certificate.curves, "The curves of the training: loss, scale and zero-shot accuracy by pictures seen."),
    ]


def table(certificate: Certificate) -> list[str]:
    """The learner's numbers beside minclip's own."""
    if not certificate.scores:
        return []
    beside = any(row[3] for row in certificate.scores)
    head = ["task", "this model", "95 % interval", *([f"minclip's {SHIPPED}"] if beside else []), "guessing"]
    lines = ["<h2>What it knows</h2>", "<div class='wide'><table>", row_of(head, "th")]
    for task, score, interval, theirs, chance in certificate.scores:
        lines.append(row_of([task, score, interval, *([theirs] if beside else []), chance], "td"))
    lines.append("</table></div>")
    if beside:
        lines.append(
            f"<p class='quiet'>minclip's {SHIPPED} saw 399,872 pictures of the picture book. The intervals cover the "
            "choice of test pictures. They do not cover the random seed.</p>"
        )
    return lines


def row_of(values: list[str], kind: str) -> str:
    scope = ' scope="col"' if kind == "th" else ""
    first, *rest = (html.escape(value) for value in values)
    cells = "".join(f'<{kind}{scope} class="number">{value}</{kind}>' for value in rest)
    return f"<tr><{kind}{scope}>{first}</{kind}>{cells}</tr>"


def parts(found: list[Part]) -> list[str]:
    """Every exercise: whose it is, and the learner's code."""
    lines = [
        "<h2>The parts</h2>",
        "<p>Each part with code was written by hand, and judged again when this page was written. Open one to read "
        "it.</p>",
    ]
    for lesson, members in groupby(found, key=lambda part: part.lesson):
        lines.append(f"<h3>{html.escape(lesson)}</h3>")
        lines += [one_part(part) for part in members]
    return lines


def one_part(part: Part) -> str:
    head = f"{part.number} <code>{html.escape(part.name)}</code>"
    if not part.code:
        return f"<p class='quiet'>{head} · minclip's</p>"
    verdict = f"passes {part.checks} checks" if part.checks else "does not pass its check as it stands"
    return (
        f"<details><summary>{head} · <span class='own'>{words_of(part)}</span>, "
        f"{verdict}</summary>\n<pre><code>{html.escape(part.code)}</code></pre></details>"
    )


def words_of(part: Part) -> str:
    return "written by hand" + part.whose.removeprefix("yours").replace("edited by hand", "edited in the file since")
