"""What the examples in docstrings may name without an import of their own: pytest runs them (`--doctest-modules`)."""

import pytest
import torch

import minclip


@pytest.fixture(autouse=True)
def names_of_the_docstrings(doctest_namespace):
    doctest_namespace.update(minclip=minclip, torch=torch)
