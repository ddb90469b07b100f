"""The first thing to run on a new GPU: does minclip work there, what does a step launch, and where does Python wait?

python -m benchmarks.gpu.smoke                     (half a minute; the best device here)
python -m benchmarks.gpu.smoke --device mps --pairs 256

A line for each question; the exit code is 1 where one has no answer. `make gpu` begins with it and keeps what it found.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from PIL import Image

import minclip
from benchmarks.speed.workload import noise_batch
from minclip.cli.gpus import check_product
from minclip.config import CLIPConfig
from minclip.engine.devices import Device, choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.experiments.preparation import new_model
from minclip.retrieval import recall_at_k

LENGTHS = (24, 25, 32, 40, 24, 25, 32, 40)  # tokens: the second time a length costs no plan of the attention kernel
SAME = 1e-3  # nats: the CPU's loss in float32 and the device's


def torch_and_device(device: Device) -> dict:
    """What is here."""
    found = {"torch": torch.__version__, "device": f"{device.device}", "precision": device.reason}
    if device.device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device.device)
        found |= {
            "gpu": torch.cuda.get_device_name(device.device),
            "compute_capability": f"{major}.{minor}",
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "built_for": torch.cuda.get_arch_list(),
        }
    return found


def product(device: Device) -> dict:
    check = check_product(device)
    if check.remedy:
        raise RuntimeError(f"{check.text}; remedy: {check.remedy}")
    return {"product": check.text}


def same_loss(device: Device) -> dict:
    """One batch through the same weights, here and on the CPU, in float32."""
    config, losses = CLIPConfig.preset("tiny"), []
    for one in (choose_device("cpu", torch.float32), choose_device(device.device, torch.float32)):
        model = new_model(config, 0).to(one.device).train()
        optimizers = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
        batch = noise_batch(config, 16, 12, 16, one)
        losses.append([float(train_step(model, optimizers, batch, one)) for _ in range(2)])
    apart = max(abs(a - b) for a, b in zip(*losses, strict=True))
    if not apart < SAME:
        raise RuntimeError(f"losses {losses[1]} there, {losses[0]} on the CPU")
    return {"largest difference of two losses to the CPU's": apart}


def steps(optimizer: str, pairs: int, device: Device) -> dict:
    """Steps of `small`: seconds until Python was free again, and until the device had done them."""
    config = CLIPConfig.preset("small")
    model = new_model(config, 0).to(device.device).train()
    optimizers = build_optimizers(model, optimizer, 1e-3, 0.2, 0.02)
    batches = {length: noise_batch(config, pairs, length, length, device) for length in set(LENGTHS)}
    step = partial(train_step, model, optimizers, device=device)
    found = []
    for length in LENGTHS:
        device.wait()
        began = time.perf_counter()
        loss = step(batch=batches[length])
        told = time.perf_counter() - began
        device.wait()
        done = time.perf_counter() - began
        found.append({"tokens": length, "told": round(told, 4), "done": round(done, 4), "loss": round(float(loss), 3)})
    more = on_cuda(partial(step, batch=batches[24])) if device.device.type == "cuda" else {}
    return {"steps": found, **more}


def on_cuda(step: Callable[[], torch.Tensor]) -> dict:
    """What one step launches, which attention it takes, and whether Python waits."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as seen:
        step()
        torch.cuda.synchronize()
    kernels = Counter(event.name for event in seen.events() if event.device_type == torch.autograd.DeviceType.CUDA)
    attention = sorted(name[:60] for name in kernels if any(word in name.lower() for word in ("flash", "fmha", "sdpa")))
    with nobody_waits():
        step()
    return {
        "launches": kernels.total(),
        "attention": attention,
        "waits": 0,
        "memory_mb": round(torch.cuda.max_memory_allocated() / 2**20),
    }


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Inside, what waits for the GPU is an error."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def library(device: Device) -> dict:
    """What a person calls: a model there, a picture, a text, a score."""
    model, preprocess, tokenizer = minclip.load("picturebook-small", device.device)
    red = Image.new("RGB", (64, 64), "red")
    share = minclip.classify(model, tokenizer, preprocess, red, ["red", "blue", "a carrot"])[0].max().item()
    eye = torch.eye(3, device=device.device)
    recall = recall_at_k(eye, eye, torch.arange(3))["text_to_image"]["R@1"]
    features = model.encode_text(tokenizer(["a cat"]).to(device.device))
    return {"largest share": round(share, 2), "recall": recall, "features": str(features.device)}


def questions(pairs: int) -> dict[str, Callable[[Device], dict]]:
    """What is asked, in this order."""
    return {
        "torch and device": torch_and_device,
        "product": product,
        "same loss as the CPU": same_loss,
        "AdamW": partial(steps, "adamw", pairs),
        "Muon": partial(steps, "muon", pairs),
        "library": library,
    }


def smoke(device: Device, pairs: int, save: Callable[[dict], None] = lambda _found: None) -> dict:
    """{question: answer}, and {"failed": [...]}; a question that fails does not stop the others. save: after each."""
    found: dict = {"failed": []}
    for name, ask in questions(pairs).items():
        try:
            found[name] = ask(device)
        except Exception as error:  # whatever it is, the others are asked
            found[name] = {"error": f"{type(error).__name__}: {str(error).splitlines()[0]:.300}"}
            found["failed"].append(name)
        print(f"{name}: {found[name]}", flush=True)
        save(found)
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: the best one here)")
    parser.add_argument("--pairs", type=int, default=1024, help="of a step's batch (1024)")
    arguments = parser.parse_args(argv)
    return int(bool(smoke(choose_device(arguments.device), arguments.pairs)["failed"]))


if __name__ == "__main__":
    sys.exit(main())
