"""Troubleshooting: minclip's messages out of its source, with the causes that docs/troubleshooting.md adds.

A section of that page whose first line is `<!-- modules: ... -->` is a topic. It says what holds for all messages of
these modules. In it a list of messages, followed by a paragraph, adds the cause and the way out of these messages. A
message that says its way out itself needs no entry.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from website.messages import ROOT, Message, messages
from website.reference import path_of

PAGE = "docs/troubleshooting.md"
THEMSELVES = "A message that says itself what to do has no more than its place in the source here."
TOPIC = re.compile(r"^<!-- modules: (.+?) -->$", re.MULTILINE | re.DOTALL)
# met while a lesson or the library is written, and by nobody who uses them
NOT_MET = (
    "minclip.course.assertions", "minclip.course.build", "minclip.course.exercise_cells",
    "minclip.course.planted_answers", "minclip.course.battery", "minclip.course.number_reading", "minclip.figures.look",
)  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """A section of the page: what it says of all its messages, and the causes of some."""

    title: str
    modules: tuple[str, ...]
    words: str
    causes: dict[str, str]

    @property
    def page(self) -> str:
        return f"docs/troubleshooting/{re.sub(r'[^a-z0-9]+', '-', self.title.lower()).strip('-')}.md"


@cache
def met() -> tuple[Message, ...]:
    """The messages that a user can meet."""
    return tuple(message for message in messages() if not message.module.startswith(NOT_MET))


def sections() -> list[str]:
    """The page, a text for each `## ` section; the first one is what stands before them."""
    return re.split(r"^## ", (ROOT / PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)


@cache
def topics() -> tuple[Topic, ...]:
    return tuple(topic_in(section) for section in sections() if TOPIC.search(section))


def topic_in(section: str) -> Topic:
    title, _, rest = section.partition("\n")
    (found,) = TOPIC.findall(rest)
    words, causes, told = [], {}, []
    for block in re.split(r"\n\s*\n", TOPIC.sub("", rest).strip()):
        lines = re.split(r"\n(?=- )", block)
        if all(re.fullmatch(r"- (`+).+\1", line, re.DOTALL) for line in lines):
            told = [" ".join(line[2:].strip("`").split()) for line in lines]
        elif told:
            causes |= {message: "\n\n".join(filter(None, [causes.get(message, ""), block])) for message in told}
        else:
            words.append(block)
    return Topic(title, tuple(f"minclip.{name}" for name in found.split()), "\n\n".join(words), causes)


def topic_of(message: Message) -> Topic:
    """The one whose list names the message's module, or the nearest folder of it. LookupError where none does."""
    name = message.module
    while name != "minclip":
        for topic in topics():
            if name in topic.modules:
                return topic
        name = name.rpartition(".")[0]
    raise LookupError(f"{message.module} belongs to no topic of {PAGE}: name it in a line <!-- modules: ... -->")


def others() -> list[str]:
    """Messages that are not raised by minclip's source: the headings in `code` of the sections that are no topics."""
    plain = "\n".join(section for section in sections() if not TOPIC.search(section))
    return re.findall(r"^### `(.+)`$", plain, re.MULTILINE)


def anchor(text: str) -> str:
    return "message-" + hashlib.sha256(text.encode()).hexdigest()[:8]


def pages() -> dict[str, str]:
    """The pages by their path on the site: the page itself without its topics, and one for each topic."""
    made = {topic.page: topic_page(topic) for topic in topics()}
    kept = [section for section in sections() if not TOPIC.search(section)]
    text = "## ".join(kept)
    for message in others():
        text = text.replace(f"### `{message}`", f"({anchor(message)})=\n### `{message}`")
    names = {topic.page: topic.title for topic in topics()}
    listed = "\n".join(f"- [{title}]({page.removeprefix('docs/')})" for page, title in names.items())
    tree = "\n".join(page.removeprefix("docs/").removesuffix(".md") for page in made)
    text += f"\n## Messages of minclip\n\n{listed}\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    return {PAGE: text, **made}


def topic_page(topic: Topic) -> str:
    text = f"# {topic.title}\n\n{topic.words}\n\n{THEMSELVES}\n\n"
    for message in sorted((m for m in met() if topic_of(m) is topic), key=lambda m: m.text.lstrip("… ").lower()):
        code = f"`` {message.text} ``" if "`" in message.text else f"`{message.text}`"
        text += f"({anchor(message.text)})=\n\n{code}\n: {cause(message, topic)}\n\n"
    return text.replace("](", "](../").replace("](../http", "](http")


def cause(message: Message, topic: Topic) -> str:
    """What is told of a message, and where it is raised. Its own words are not said again."""
    path = path_of(message.module)
    lines = [f"*{message.kind}*, raised in [`{path}`](../{path})."]
    if told := topic.causes.get(message.text):
        lines = [*told.split("\n"), "", *lines]
    return "\n".join(f"  {line}" if line else "" for line in lines).lstrip()
