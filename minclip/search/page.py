"""The search page: a small local web page over a folder's index, with Starlette.

    GET  /                         the page; its style and script are files of their own, as the policy asks
    GET  /about                    the folder's name, the number of pictures, what was left out
    GET  /picture/12?size=large    a picture of the index, by its number and never by a path
    POST /search                   text, instead, weight, like (a number) or upload (a file), k
    POST /classify                 names (one per line), like or upload

`minclip serve` runs it on the loopback address. Guard (guards.py) stands in front of all of it.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from torch import Tensor

from minclip.search.guards import MAX_BODY, Guard
from minclip.search.searcher import SIZES, Searcher

STATIC = Path(__file__).parent / "static"
FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
MAX_FIELD = 64 * 1024  # bytes of a field that is no file


def search_app(searcher: Searcher, hosts: Iterable[str], max_body: int = MAX_BODY) -> Starlette:
    """The page as an ASGI application. hosts: the Host headers that it answers to, such as "127.0.0.1:8760"."""
    routes = [Route(path, static(*file)) for path, file in FILES.items()]
    routes += [
        Route("/favicon.ico", lambda request: Response(status_code=204)),  # browsers ask for it
        Route("/about", lambda request: about(searcher)),
        Route("/picture/{number:int}", picture(searcher)),
        Route("/search", form_answer(lambda form: searched(searcher, form)), methods=["POST"]),
        Route("/classify", form_answer(lambda form: classified(searcher, form)), methods=["POST"]),
    ]
    middleware = [Middleware(Guard, hosts=hosts, max_body=max_body)]
    return Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: refused})


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def static(name: str, media_type: str) -> Callable[[Request], Response]:
    content = (STATIC / name).read_bytes()
    return lambda request: Response(content, media_type=media_type)


def about(searcher: Searcher) -> Response:
    index = searcher.index
    return JSONResponse({"folder": index.folder.resolve().name, "pictures": len(index), "left_out": lines_of(searcher)})


def lines_of(searcher: Searcher) -> list[str]:
    return [line.encode("utf-8", "replace").decode("utf-8") for line in searcher.index.facts.lines()]


def picture(searcher: Searcher) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        size = request.query_params.get("size", "small")
        if size not in SIZES:
            raise HTTPException(400, f"size must be {' or '.join(SIZES)}")
        try:
            content = searcher.shown(request.path_params["number"], size)
        except (IndexError, FileNotFoundError) as error:
            raise HTTPException(404, str(error)) from error
        return Response(content, media_type="image/jpeg")

    return answer


def form_answer(work: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    """An endpoint that reads a form and answers with JSON; what is wrong with the form is said in one line."""

    async def endpoint(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=10, max_part_size=MAX_FIELD) as form:
            fields = await fields_of(form)
        try:
            result = await run_in_threadpool(work, fields)
        except IndexError as error:
            raise HTTPException(404, str(error)) from error
        except ValueError as error:
            raise HTTPException(400, " ".join(str(getattr(error, "plain", error)).split())) from error
        return Response(json.dumps(result), media_type="application/json")

    return endpoint


async def fields_of(form: FormData) -> dict[str, Any]:
    """Field names and values: str, and bytes of a file. The last one counts where a name comes twice."""
    return {name: await value.read() if isinstance(value, UploadFile) else value for name, value in form.items()}


def text_of(form: dict[str, Any], name: str, otherwise: str = "") -> str:
    value = form.get(name, otherwise)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text, not a file")
    return value


def number_of(form: dict[str, Any], name: str, otherwise: float) -> float:
    text = text_of(form, name, str(otherwise))
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name}={text!r:.40} must be a number") from error
    if not abs(value) < 1e9:  # also NaN
        raise ValueError(f"{name}={text!r:.40} must be a number of a sensible size")
    return value


def picture_in(searcher: Searcher, form: dict[str, Any]) -> tuple[Tensor | None, int | None]:
    """(features of the picture that a form names or brings, its number in the index); None where there is none."""
    upload = form.get("upload")
    if isinstance(upload, bytes) and upload:
        return searcher.features_of_upload(upload), None
    like = text_of(form, "like").strip()
    if not like:
        return None, None
    if not (like.isascii() and like.isdigit() and len(like) < 10):
        raise ValueError(f"like={like!r:.40} must be the number of a picture")
    return searcher.features_of(int(like)), int(like)


def searched(searcher: Searcher, form: dict[str, Any]) -> dict[str, Any]:
    features, number = picture_in(searcher, form)
    text, instead = text_of(form, "text"), text_of(form, "instead")
    if features is None and not text.strip():
        raise ValueError("write what to look for, or choose a picture")
    query = searcher.query(text, instead, features, number_of(form, "weight", 1.0))
    return {"found": searcher.search(query, int(number_of(form, "k", 24)), number)}


def classified(searcher: Searcher, form: dict[str, Any]) -> dict[str, Any]:
    features, _ = picture_in(searcher, form)
    if features is None:
        raise ValueError("choose a picture first")
    names = [name.strip() for name in text_of(form, "names").splitlines() if name.strip()]
    return {"shares": searcher.shares(names, features)}
