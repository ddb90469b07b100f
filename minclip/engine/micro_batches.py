"""The gradient of a batch that does not fit into memory: a micro-batch is encoded at a time (GradCache).

To add up the gradients of small batches would be another loss: each pair would have only its small batch as negatives.
Here the features of all micro-batches are computed first, without their graphs, which are what fills the memory. From
the loss of the whole batch come the gradients at the features. Then each micro-batch is encoded once more, with its
graph. The price is that second forward pass. Source: Gao et al. 2021, section 3.2.
"""

import math

import torch
from torch import Tensor

from minclip.engine.batches import Batch
from minclip.engine.cores import on_cores
from minclip.engine.devices import Device
from minclip.engine.parts import Gradients, add_gradients, loss_and_feature_gradients, parameter_gradients
from minclip.engine.plain import Features, encode
from minclip.engine.processes import Loss
from minclip.model import CLIP


def backward_in_micro_batches(
    model: CLIP, batch: Batch, device: Device, loss_function: Loss, micro_batch: int
) -> Tensor:
    """Does what `plain_backward` does, with the graphs of micro_batch pairs in memory; cores share each micro-batch."""

    def encode_without_graph(part: Batch) -> Features:
        with torch.no_grad():
            return encode(model, part, device)

    def gradients_of_part(part: tuple[Batch, Features]) -> Gradients:
        rows, feature_gradients = part
        return parameter_gradients(model, encode(model, rows, device), feature_gradients)

    parts = batch.split(math.ceil(micro_batch / device.cores))
    features = list(on_cores(encode_without_graph, parts, device.cores))
    loss, feature_gradients = loss_and_feature_gradients(model, features, loss_function)
    shares = on_cores(gradients_of_part, zip(parts, feature_gradients, strict=True), device.cores)
    add_gradients(model, shares)
    return loss
