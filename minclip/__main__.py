"""`python -m minclip`: the command line where the `minclip` script is not on the path."""

from minclip.cli.__main__ import run

if __name__ == "__main__":  # worker processes import this file, too, and must not run it
    run()
