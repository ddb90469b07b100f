"""What is on the site and in which order; a new page of docs/ is on it by itself."""

from pathlib import Path

from website.lessons import lesson_pages

ROOT = Path(__file__).parents[1]
CONTENTS = {  # the bar at the side
    "Start": ["README.md", "docs/faq.md", "docs/troubleshooting.md", "docs/glossary.md"],
    "The course": ["lessons/README.md", "docs/workbook.md"],  # and the lessons
    "How to": [
        "docs/finetuning.md",
        "docs/your-pictures.md",
        "docs/weights.md",
        "docs/sizes.md",
        "docs/experiments.md",
    ],
    "Data": ["datasets/README.md"],
    "Results": ["docs/recipes.md", "docs/claims.md", "docs/scaling.md", "benchmarks/README.md"],
    "Reference": ["reference/index.md"],
    "The project": ["docs/contributing.md", "examples/README.md", "CHANGELOG.md", "SECURITY.md"],
}
MADE = {"reference/index.md"}
TITLES = {"README.md": "What minclip is", "datasets/README.md": "Data sets"}


def repository_pages() -> list[str]:
    """The Markdown files that are pages, from the root on."""
    patterns = ("README.md", "CHANGELOG.md", "SECURITY.md", "docs/*.md", "datasets/README.md", "datasets/*/README.md")
    patterns += ("benchmarks/README.md", "examples/README.md", "lessons/README.md", "minclip/models/*.md")
    return [path.relative_to(ROOT).as_posix() for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def start_page() -> str:
    """website/index.md, with the contents of the whole site."""
    text = (ROOT / "website" / "index.md").read_text(encoding="utf-8")
    placed = {page for pages in CONTENTS.values() for page in pages}
    lists = {caption: list(pages) for caption, pages in CONTENTS.items()}
    lists["The course"] += lesson_pages()
    for page in repository_pages():
        if page.startswith("docs/") and page not in placed:
            lists["How to"].append(page)
        elif page.startswith("minclip/models/"):
            lists["Results"].append(page)
    for caption, pages in lists.items():
        listed = "\n".join(entry(page) for page in pages if page in MADE or (ROOT / page).is_file())
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"
    return text


def with_cards(text: str) -> str:
    """The page of data sets, with the cards below it in the bar at the side."""
    cards = [page.split("/")[1] for page in repository_pages() if page.count("/") == 2 and page.startswith("datasets/")]
    listed = "\n".join(f"{card}/README" for card in cards)
    return f"{text}\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def entry(page: str) -> str:
    name = page.rpartition(".")[0]
    return f"{TITLES[page]} <{name}>" if page in TITLES else name
