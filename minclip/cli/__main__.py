"""`python -m minclip.cli`: the command line where the `minclip` script is not on the path, and under torchrun."""

import os
import sys
from typing import NoReturn

from minclip.cli import main


def run() -> NoReturn:
    """A command, and the end of its process.

    One of several processes ends without Python's own tidying up. A thread of PyTorch's may wait for Python then, and
    would abort the process after all is done (PyTorch 2.13: five of 44 runs on a busy machine).
    """
    code = main()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":  # worker processes import this file, too, and must not run it
    run()
