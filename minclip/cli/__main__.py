"""`python -m minclip.cli`: the command line where the `minclip` script is not on the path, and under torchrun."""

import os
import sys
from typing import NoReturn

from minclip.cli import main


def run() -> NoReturn:
    """Runs a command and ends the process.

    Where several processes train together, each ends without Python's cleanup. During the cleanup a thread of PyTorch
    may wait for Python and abort the process, although all work is done (PyTorch 2.13: 5 of 44 runs on a busy machine).
    """
    code = main()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":  # worker processes import this file, too, and must not run it
    run()
