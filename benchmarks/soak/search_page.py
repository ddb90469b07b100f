"""Thousands of requests of all kinds to the search page, at its own address: good, wrong, broken, and cut off.

python -m benchmarks.soak.search_page 12000
"""

import io
import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import uvicorn
from PIL import Image

from benchmarks.soak.watched import soaked
from minclip.checkpoint import load
from minclip.cli.serve import listening
from minclip.model import CLIP
from minclip.search.folder_index import index_folder
from minclip.search.guards import own_hosts
from minclip.search.page import search_app
from minclip.search.searcher import Searcher
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import Preprocess

MODEL, PICTURES, PER = "picturebook-tiny", 40, 1000
TEXTS = 300  # different ones: after the first round the page knows their features
WARM = 0.25  # share of the requests after which its caches are full
JPEG, FORM = "image/jpeg", "multipart/form-data; boundary=x"
Answer = Callable[["Client", int], int]


def png(number: int, size: tuple[int, int] = (160, 120)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (number * 7 % 256, number * 31 % 256, number * 53 % 256)).save(content, "PNG")
    return content.getvalue()


def form(**fields: str | bytes) -> bytes:
    parts = []
    for name, value in fields.items():
        more, content = ('; filename="a.png"', value) if isinstance(value, bytes) else ("", value.encode())
        parts.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


class Client:
    """Asks the page at a port, a connection for each request."""

    def __init__(self, port: int):
        self.port, self.host = port, f"127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of the answer; 0 where the page hangs up before it has one."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        own = {"Host": self.host, "Origin": f"http://{self.host}", "Content-Type": FORM}
        try:
            connection.request(method, path, body or None, own | {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        finally:
            connection.close()

    def cut_off(self, sent: bytes) -> int:
        """Sends so many bytes and goes away."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(sent)
        return 0

    def post_head(self, length: int) -> bytes:
        headers = {"Host": self.host, "Origin": f"http://{self.host}", "Content-Type": FORM, "Content-Length": length}
        lines = ["POST /search HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode()


KINDS: dict[str, Answer] = {
    "text": lambda page, i: page.ask("POST", "/search", form(text=f"a red car number {i % TEXTS}")),
    "picture": lambda page, i: page.ask("POST", "/search", form(upload=png(i))),
    "picture and text": lambda page, i: page.ask("POST", "/search", form(upload=png(i), text="in the snow")),
    "like this one": lambda page, i: page.ask("POST", "/search", form(like=str(i % PICTURES))),
    "class names": lambda page, i: page.ask("POST", "/classify", form(like="1", names=f"a car\na tree\nsome {i % 90}")),
    "page": lambda page, i: page.ask("GET", ("/", "/page.js", "/page.css", "/about")[i % 4]),
    "picture shown": lambda page, i: page.ask("GET", f"/picture/{i % PICTURES}?size={('small', 'large')[i % 2]}"),
    "no such picture": lambda page, i: page.ask("GET", f"/picture/{PICTURES + i}"),
    "no such page": lambda page, i: page.ask("GET", f"/nothing/{i}"),
    "broken picture": lambda page, i: page.ask("POST", "/search", form(upload=png(i)[: 40 + i % 60])),
    "no picture": lambda page, i: page.ask("POST", "/search", form(upload=bytes(range(256)) * 40)),
    "broken form": lambda page, i: page.ask("POST", "/search", form(upload=png(i))[:-30]),
    "wrong number": lambda page, i: page.ask("POST", "/search", form(text="a car", k=("nan", "-1", "x")[i % 3])),
    "another host": lambda page, i: page.ask("GET", "/", Host="example.org"),
    "another page": lambda page, i: page.ask("POST", "/search", form(text="a"), Origin="http://example.org"),
    "too large": lambda page, i: page.ask("POST", "/search", b"x", Content_Length=str(2**40)),
    "cut off in the head": lambda page, i: page.cut_off(b"POST /search HTTP/1.1\r\nHost: "),
    "cut off in the picture": lambda page, i: page.cut_off(page.post_head(9000) + form(upload=png(i))[:200]),
    "cut off before the answer": lambda page, i: page.cut_off(
        page.post_head(len(form(upload=png(i)))) + form(upload=png(i))
    ),
}


@contextmanager
def served(searcher: Searcher) -> Iterator[Client]:
    """The page as `minclip serve` serves it, in a thread."""
    own = listening(0)
    port = own.getsockname()[1]
    config = uvicorn.Config(
        search_app(searcher, own_hosts(port)), log_level="critical", ws="none", access_log=False, lifespan="off",
        limit_concurrency=64,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
    thread.start()
    try:
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        yield Client(port)
    finally:
        server.should_exit = True
        thread.join()
        own.close()


def soak(model: CLIP, preprocess: Preprocess, tokenizer: BPETokenizer, folder: Path, requests: int) -> dict:
    """Asks every kind in turn. folder: a new one, for the pictures and the index."""
    pictures = folder / "pictures"
    pictures.mkdir()
    for i in range(PICTURES):
        (pictures / f"{i}.png").write_bytes(png(i))
    index = index_folder(pictures, model, preprocess, file=folder / "index.safetensors")
    searcher = Searcher(index, model, preprocess, tokenizer)
    searcher.warm_up()
    statuses: dict[str, Counter] = {name: Counter() for name in KINDS}
    with served(searcher) as page:

        def one(i: int) -> None:
            name = list(KINDS)[i % len(KINDS)]
            statuses[name][str(KINDS[name](page, i // len(KINDS)))] += 1

        found = soaked(one, requests, max(len(KINDS), int(WARM * requests)), max(1, requests // 12), PER)
        assert page.ask("GET", "/about") == 200, "the page does not answer any more"
    return {"requests": requests, "kinds": len(KINDS), "statuses": statuses, **found}


def main() -> None:
    torch.set_num_threads(1)
    model, preprocess, tokenizer = load(MODEL, "cpu")
    with TemporaryDirectory() as folder:
        result = soak(model, preprocess, tokenizer, Path(folder), int(sys.argv[1]))
    print(json.dumps({"model": MODEL, "pictures": PICTURES, **result}))


if __name__ == "__main__":
    main()
