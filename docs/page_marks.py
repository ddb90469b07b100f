"""What stands between marks of a page, made anew: <!-- name --> ... <!-- end of name -->."""

from collections.abc import Callable, Mapping


def made_anew(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page's text with each part made by its function. ValueError where the page has lost a part's marks."""
    for name, make in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        if begin not in page or end not in page:
            raise ValueError(f"the page has lost its marks {begin.strip()} ... {end}")
        before, _, rest = page.partition(begin)
        page = before + begin + make() + end + rest.partition(end)[2]
    return page
