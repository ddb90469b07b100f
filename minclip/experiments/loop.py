"""The loop of a whole run: training.py's loop with the engine's steps, kept in a folder, so that it can be resumed.

The page is training.py. One step is in engine/step.py; log, checkpoints and evaluations are in keeper.py.
"""

from contextlib import AbstractContextManager, closing, nullcontext

from torch import nn

from minclip.config import TrainConfig
from minclip.engine.batches import Pairs, refuse_sizes
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.cores import keep_freed_memory, one_thread
from minclip.engine.devices import Device, memory_explained
from minclip.engine.features import reads_smaller_pictures
from minclip.engine.gradients import sees_whole_batch
from minclip.engine.optimizers import build_optimizers
from minclip.engine.processes import Loss, world_size
from minclip.engine.replaced_step import is_replaced
from minclip.engine.step import train_step
from minclip.engine.stream import Stream, batches_from
from minclip.experiments.keeper import Keeper
from minclip.experiments.stopping import stop_after_step
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import lr_schedule, set_learning_rate


def train(
    model: CLIP,
    pairs: Pairs | Stream,
    config: TrainConfig,
    device: Device,
    keeper: Keeper,
    loss_function: Loss = clip_loss,
) -> float:
    """Trains the model in place; returns the seconds of training, without those of evaluations and checkpoints.

    Parameters that are frozen (requires_grad=False) stay bit for bit what they are. A resumed run goes on as if it had
    never stopped: the model must have its architecture and the same frozen parameters (else ValueError).
    A loss function that is a module has parameters of its own: they train and are kept with the run, too.
    On Linux the process keeps the memory that training took, for what it does next (cores.py).
    Raises ValueError where the loss stops being a number, and for a model that several processes cannot train.
    """
    keep_freed_memory()
    model.to(device.device).train()  # before the optimisers: their moments go where the weights are
    keep_frozen(model)
    check_processes(model)
    check_smaller(model, config)
    stepped = with_compiled_encoders(model, device) if config.compiled else model  # the same weights
    loss_module = loss_function.to(device.device).train() if isinstance(loss_function, nn.Module) else nn.Identity()
    optimizers = build_optimizers(
        nn.ModuleList([model, loss_module]),
        config.optimizer,
        config.learning_rate,
        config.weight_decay,
        config.muon_learning_rate,
    )
    warmup = round(config.warmup * config.steps)
    at_once = min(config.micro_batch or config.batch_size, config.batch_size)  # pairs in memory
    recording = keeper.record(model, optimizers, pairs, config, device, loss_module)
    with (
        threads_for(model),
        memory_explained(device, at_once),
        recording as record,
        stop_after_step(keeper.run.is_kept) as asked,
        closing(batches_from(pairs, config, record.next_step, model.config, device)) as batches,
    ):
        for step, batch in enumerate(batches, record.next_step):
            set_learning_rate(optimizers, lr_schedule(step, config.steps, warmup))
            loss_module.zero_grad(set_to_none=True)  # the step itself drops the model's
            loss = train_step(stepped, optimizers, batch, device, config.micro_batch, loss_function)
            if record.after_step(loss):
                break
            if asked():
                record.stop(loss)
    model.eval()
    return record.seconds


def keep_frozen(model: CLIP) -> None:
    """Puts every module whose parameters are all frozen into eval mode: its running statistics would move otherwise."""
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()


def check_processes(model: CLIP) -> None:
    """ValueError for batch norm in several processes: each would take its statistics of its own rows only."""
    if world_size() > 1 and sees_whole_batch(model):
        raise ValueError(
            "a model with batch norm, such as a ResNet, cannot be trained by several processes: its batch norm must "
            "see the whole batch"
        )


def check_smaller(model: CLIP, config: TrainConfig) -> None:
    """ValueError where the model cannot read smaller pictures or shorter texts, before anything is trained."""
    refuse_sizes(config, model.config)
    if config.small_pictures is not None and not reads_smaller_pictures(model):
        raise ValueError(
            f"small_pictures={config.small_pictures} is read by minclip's own ViT alone, and this image encoder is a "
            f"{type(model.visual).__name__} or was changed: leave out small_pictures"
        )


def threads_for(model: CLIP) -> AbstractContextManager[object]:
    """One PyTorch thread, because each core has its own rows; all of them where a step takes the whole batch at once.

    Batch norm needs the whole batch, and so does a train_step that replaces minclip's.
    """
    return nullcontext() if sees_whole_batch(model) or is_replaced() else one_thread()
