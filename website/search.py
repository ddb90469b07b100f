"""The site's search: Sphinx's own, which also finds an error by its words and answers questions (static/search.js).

It works from a plain folder. There a page may not fetch another one, so the line about each result comes with the
search page, instead of being cut out of the other pages.
"""

from pathlib import Path

from sphinx.application import Sphinx


def on_search_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    if pagename == "search":
        data = (Path(app.srcdir) / "search-data.json").read_text(encoding="utf-8")
        data = data.replace("</", r"<\/")  # which would end the script
        app.add_js_file(None, body=f"window.MINCLIP_SEARCH = {data};")
        app.add_js_file("ranking.js")
        app.add_js_file("search.js")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", on_search_page)
