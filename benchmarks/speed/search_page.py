"""A text query on the search page over 10,000 pictures, beside the one matrix product that it cannot do without.

    python -m benchmarks.speed.search_page        (a minute)

The time is the server's: from the request's bytes to the answer's, form, text encoder, search and JSON included,
without a socket. Every query is a new text. Each round asks both, in turn. Writes results/search_page.json.
"""

import asyncio
import statistics
import time
from pathlib import Path

import torch

from benchmarks.result_files import keep
from benchmarks.speed.timing import load_average
from minclip.checkpoint import load
from minclip.search.folder_index import Facts, FolderIndex
from minclip.search.guards import own_hosts
from minclip.search.page import search_app
from minclip.search.searcher import Searcher

PICTURES, ROUNDS, PORT = 10_000, 200, 8760
MODEL = "picturebook-small"


def request(text: str) -> tuple[dict, bytes]:
    """An ASGI scope and a body, as a browser's form makes them."""
    body = f'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n--x--\r\n'.encode()
    host = f"127.0.0.1:{PORT}"
    headers = {"host": host, "origin": f"http://{host}", "content-type": "multipart/form-data; boundary=x"}
    headers["content-length"] = str(len(body))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/search", "raw_path": b"/search", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
    }  # fmt: skip
    return scope, body


async def answered(app, text: str) -> float:
    """Seconds that the application takes for this text."""
    scope, body = request(text)
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    start = time.perf_counter()
    await app(scope, receive, send)
    seconds = time.perf_counter() - start
    assert sent[0]["status"] == 200, sent
    return seconds


async def measure() -> dict:
    model, preprocess, tokenizer = load(MODEL, "cpu")
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(PICTURES, model.config.embed_dim, generator=generator)
    folder = Path("pictures")
    index = FolderIndex(features, [folder / f"{i}.png" for i in range(PICTURES)], folder, Facts())
    app = search_app(Searcher(index, model, preprocess, tokenizer), own_hosts(PORT))
    query = torch.randn(model.config.embed_dim, generator=generator)
    times: dict[str, list[float]] = {"query": [], "product": []}
    for i in range(-20, ROUNDS):  # the first ones warm up
        seconds = await answered(app, f"a red car number {i + 20}")
        start = time.perf_counter()
        index.features @ query
        product = time.perf_counter() - start
        if i >= 0:
            times["query"].append(seconds)
            times["product"].append(product)
    found = {name: {"median": statistics.median(values), "fastest": min(values)} for name, values in times.items()}
    milliseconds = {name: {k: round(1000 * v, 3) for k, v in part.items()} for name, part in found.items()}
    return {"model": MODEL, "pictures": PICTURES, "embed_dim": model.config.embed_dim, "milliseconds": milliseconds}


def main() -> None:
    load_before = load_average()
    keep("search_page", {"threads": torch.get_num_threads(), "load_before": load_before, **asyncio.run(measure())})


if __name__ == "__main__":
    main()
