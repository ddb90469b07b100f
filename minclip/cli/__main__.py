"""`python -m minclip.cli`: the command line where the `minclip` script is not on the path."""

from minclip.cli import main

if __name__ == "__main__":  # worker processes import this file, too, and must not run it
    raise SystemExit(main())
