"""The gradient of a batch on several CPU cores: each core encodes its share of the rows."""

import math

from torch import Tensor

from minclip.engine.batches import Batch
from minclip.engine.cores import on_cores
from minclip.engine.devices import Device
from minclip.engine.parts import Gradients, add_gradients, loss_and_feature_gradients, parameter_gradients
from minclip.engine.plain import Features, encode
from minclip.engine.processes import Loss
from minclip.model import CLIP


def backward_on_cores(model: CLIP, batch: Batch, device: Device, loss_function: Loss) -> Tensor:
    """Does what `plain_backward` does, on device.cores cores.

    Kept because a step takes half the time where another program is busy (benchmarks/README.md, `cores_busy`).
    """

    def encode_part(part: Batch) -> Features:
        return encode(model, part, device)

    def gradients_of_part(part: tuple[Features, Features]) -> Gradients:
        return parameter_gradients(model, *part)

    parts = batch.split(math.ceil(len(batch.pixels) / device.cores))
    features = list(on_cores(encode_part, parts, device.cores))
    loss, feature_gradients = loss_and_feature_gradients(model, features, loss_function)
    shares = on_cores(gradients_of_part, zip(features, feature_gradients, strict=True), device.cores)
    add_gradients(model, shares)
    return loss
