"""Runs a script on the pretend device: python -m pretend.script SCRIPT.py ARGUMENTS"""

import runpy
import sys

from pretend.device import PretendDevice, put_in_place

if __name__ == "__main__":
    put_in_place()
    del sys.argv[0]
    with PretendDevice():
        runpy.run_path(sys.argv[0], run_name="__main__")
