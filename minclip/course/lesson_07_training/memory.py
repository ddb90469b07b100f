"""How much memory the graph of a computation fills: the tensors that autograd keeps for the way back."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor


class Kept:
    """A tensor that a graph holds; counted as long as it is held."""

    def __init__(self, tensor: Tensor, graph: "GraphMemory"):
        self.tensor, self.graph = tensor, graph
        graph.bytes += tensor.nbytes
        graph.most = max(graph.most, graph.bytes)

    def __del__(self) -> None:
        self.graph.bytes -= self.tensor.nbytes


class GraphMemory:
    """The bytes that graphs hold now, and the most that they held at once. What is held twice is counted twice."""

    def __init__(self) -> None:
        self.bytes = self.most = 0

    def counting(self) -> AbstractContextManager[object]:
        """Inside, every tensor that autograd keeps is counted."""
        return torch.autograd.graph.saved_tensors_hooks(lambda tensor: Kept(tensor, self), lambda kept: kept.tensor)


def graph_megabytes(compute: Callable[[], object]) -> float:
    """The most megabytes that graphs hold at once while `compute` runs, in this thread."""
    memory = GraphMemory()
    with memory.counting():
        compute()
    return memory.most / 1e6
