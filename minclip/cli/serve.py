"""Search a folder of pictures in the browser: by a sentence, by a picture, or by both together.

    minclip serve --in ~/Pictures --model picturebook-small

    Search page: http://127.0.0.1:8760 (1,204 pictures of ~/Pictures; Ctrl-C ends it)

Type a sentence and see the pictures that fit best, with their scores. Drop a picture and find its like, or "like this,
but in the snow". Write class names and watch their shares move. Needs `pip install "minclip[serve]"`.

Pictures that are added while it runs are seen when it is started again.
Only this computer can open the page. Whoever else is logged in on it can open it, too. Pictures are never sent
anywhere, and the index is kept as by `minclip search`. Links that lead out of the folder are not followed.
"""

import argparse
import os
import socket
import webbrowser
from contextlib import suppress
from importlib.util import find_spec

from minclip.cli.models import add_model_arguments, open_model
from minclip.cli.search import add_index_arguments, open_index
from minclip.cli.values import local_path, whole_number

LOOPBACK, PORT = "127.0.0.1", 8760
NEEDED = {"starlette": "starlette", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_index_arguments(parser)
    parser.add_argument(
        "--port", type=whole_number, default=PORT, help=f"of the page's address (default: {PORT}; 0: any)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    words = "text file, one template per line, for the class names (default: a set for pictures of any kind)"
    parser.add_argument("--templates", type=local_path, metavar="FILE", help=words)
    add_model_arguments(parser)


def check_installed() -> None:
    """ValueError with the pip line where a package that serves the page is missing."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        packages = "packages" if len(missing) > 1 else "a package"
        raise ValueError(
            f"the search page needs {packages} that {'are' if len(missing) > 1 else 'is'} not here, "
            f'{", ".join(missing)}: pip install "minclip[serve]" (in a clone: pip install -e ".[serve]")'
        )


def listening(port: int) -> socket.socket:
    """A socket of this computer alone. ValueError for a port that cannot be had."""
    if not 0 <= port < 65536:
        raise ValueError(f"--port {port} must be from 0 to 65535")
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # there it lets a page that was just closed start again, elsewhere two share a port
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind((LOOPBACK, port))
    except OSError as error:
        own.close()
        raise ValueError(f"port {port} cannot be used ({error.strerror}): pass another --port, or 0 for any") from error
    return own


def run(arguments: argparse.Namespace) -> int:
    check_installed()
    import uvicorn

    from minclip.prompts import PICTURE_TEMPLATES, read_templates
    from minclip.search.guards import own_hosts
    from minclip.search.page import search_app
    from minclip.search.searcher import Searcher

    templates = read_templates(arguments.templates) if arguments.templates else PICTURE_TEMPLATES
    with listening(arguments.port) as own:
        model, preprocess, tokenizer = open_model(arguments)
        index = open_index(arguments, model, preprocess, follow_links=False)
        searcher = Searcher(index, model, preprocess, tokenizer, templates)
        searcher.warm_up()
        port = own.getsockname()[1]
        address = f"http://{LOOPBACK}:{port}"
        print(f"Search page: {address} ({len(index):,} pictures of {arguments.folder}; Ctrl-C ends it)", flush=True)
        if arguments.open:
            webbrowser.open(address)
        config = uvicorn.Config(
            search_app(searcher, own_hosts(port)),
            log_level="error",
            ws="none",
            access_log=False,
            server_header=False,
            lifespan="off",
            limit_concurrency=64,
        )
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            uvicorn.Server(config).run(sockets=[own])
    return 0
