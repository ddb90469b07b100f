"""Would an answer run where its inputs lie on a GPU? Judged without one, by following the tensors."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from minclip.course.assertions import Trial, Wrong
from minclip.course.device_places import GPU, Meeting, place_of
from minclip.course.device_tracking import PretendedGPU
from minclip.course.planted_answers import run_cell

SETUP = "import numpy as np\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def answer(body: str, arguments: str = "logits"):
    lines = "\n".join("    " + line for line in body.splitlines())
    return run_cell(f"def answer({arguments}):\n{lines}\n", SETUP)["answer"]


def refusal(function, *arguments, **named) -> Wrong | None:
    trial = Trial(function)
    try:
        trial.on_a_gpu(function, *arguments, **named)
    except Wrong as wrong:
        return wrong
    return None


RIGHT = [
    "return F.cross_entropy(logits, torch.arange(len(logits)).to(logits.device))",
    "return torch.tensor(0.5) * F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))",
    "return logits @ torch.eye(6, device=logits.device)",
    "return logits + torch.zeros(6, 6).to(logits)",
    "return logits + torch.zeros(6, 6).to(device=logits.device, dtype=logits.dtype)",
    "return logits + torch.zeros(6, 6).type_as(logits)",
    "return logits.type(torch.float64)",
    "return logits + torch.zeros_like(logits) + logits.new_zeros(6)",
    "return logits + logits.new_tensor([1, 2, 3, 4, 5, 6.0])",
    "return logits[torch.arange(6), torch.tensor([0, 1, 2, 3, 4, 5])]",
    "return logits[[0, 1]] + logits[logits[:, 0] > 0].sum()",
    "logits = logits.clone()\nlogits[torch.arange(6), torch.arange(6)] = 0.0\nreturn logits",
    "logits = logits.clone()\nlogits[0] = torch.ones(6)\nreturn logits",
    "with torch.device(logits.device):\n    return logits + torch.ones(6)",
    "device = torch.device('cuda' if logits.is_cuda else 'cpu')\nreturn logits + torch.ones(6, device=device)",
    "device = f'cuda:{logits.get_device()}' if logits.is_cuda else 'cpu'\nreturn logits + torch.ones(6).to(device)",
    "return torch.stack([row.softmax(0) for row in logits])",
    "total = torch.tensor(0.0)\nfor row in logits:\n    total = total + row.sum()\nreturn total",
    "return logits / torch.sqrt(torch.tensor(logits.shape[-1]))",
    "a, b = logits.chunk(2)\nvalues, places = torch.cat([b, a]).max(dim=-1)\nreturn values",
    "best = logits.cpu().argmax().item()\nreturn logits * best",
    "table = np.ones(6, dtype='float32')\nreturn logits + torch.from_numpy(table).to(logits.device)",
    "return torch.as_tensor(logits, dtype=torch.float64)",
    "return torch.einsum('ij,jk->ik', logits, logits.T).triu(1).masked_fill(logits > 0, 0.0)",
    "mask = torch.ones(6, 6, dtype=torch.bool, device=logits.device).triu(1)\nreturn logits.masked_fill(mask, 0.0)",
    "out = torch.empty(6, 6, device=logits.device)\nout.copy_(logits.cpu())\nreturn out",
    "return torch.ones(6).expand_as(torch.ones(6, 6)).to(logits.device) * logits",
    "return F.one_hot(logits.argmax(dim=-1), 6).float()",
    "n = torch.tensor(3)\nreturn logits[:n]",
    "return torch.vmap(lambda row: row / row.norm())(logits) + logits",
    "return nn.Linear(6, 6).to(logits.device)(logits) + nn.Linear(6, 6, device=logits.device)(logits)",
    "return logits + nn.Parameter(torch.zeros(6, device=logits.device))",
    "from torch.utils.checkpoint import checkpoint\nreturn checkpoint(torch.exp, logits, use_reentrant=False) + logits",
    "import copy\nreturn copy.deepcopy(logits) + copy.copy(logits)",
    "return torch.where(logits > 0, logits, torch.tensor(0.0))",
    "return torch.tensor([[float(a @ b) for b in logits] for a in logits], device=logits.device)",
    "return torch.Tensor(6, 6).to(logits.device).copy_(logits)",
    "return logits.numpy(force=True).sum().item() * logits",
    "out = torch.zeros(6)\nout[0] = logits[0, 0]\nout[1:] = logits[0, 1:]\nreturn logits + out.to(logits.device)",
]


@pytest.mark.parametrize("body", RIGHT)
def test_what_runs_on_a_gpu_is_accepted(body):
    assert refusal(answer(body), torch.randn(6, 6)) is None


WRONG = [
    ("return F.cross_entropy(logits, torch.arange(len(logits)))", "a tensor is made on the CPU"),
    ("return logits + torch.ones(6)", "made on the CPU by torch.ones"),
    ("return logits @ torch.eye(6)", "a tensor is made on the CPU"),
    ("return logits + torch.ones(6, device='cpu')", "a tensor is made on the CPU"),
    ("return logits + torch.tensor(logits.tolist())", "a tensor is made on the CPU"),
    ("return torch.tensor(logits.tolist()).softmax(dim=-1)", "got       float [6, 6], made on the CPU by torch.tensor"),
    ("return torch.stack([torch.tensor(0.0), logits.sum()])", "a tensor is made on the CPU"),
    ("total = torch.tensor(0.0)\ntotal += logits.sum()\nreturn total", "a tensor is made on the CPU"),
    ("return torch.arange(6)[logits.argmax(dim=-1)]", "a tensor is made on the CPU"),
    ("return logits.cpu().softmax(dim=-1)", "moved to the CPU by .cpu()"),
    ("return logits.to('cpu').softmax(dim=-1)", "moved to the CPU by .to()"),
    ("return logits.softmax(dim=-1).cpu()", "a tensor is moved to the CPU"),
    ("return logits.type(torch.FloatTensor)", "a tensor is moved to the CPU"),
    ("return logits.type('torch.FloatTensor').softmax(dim=-1)", "moved to the CPU by .type(torch.FloatTensor)"),
    ("return logits + logits.cpu()", "a tensor is moved to the CPU"),
    ("return torch.from_numpy(logits.numpy()).to(logits.device)", "NumPy cannot read a tensor"),
    ("return torch.from_numpy(np.exp(logits))", "NumPy cannot read a tensor"),
    ("return torch.as_tensor(np.asarray(logits))", "NumPy cannot read a tensor"),
    ("return torch.from_numpy(logits.cpu().numpy()).softmax(dim=-1)", "a tensor lies on the CPU"),
    (
        "logits = logits.clone()\nlogits[torch.arange(3)] = torch.ones(3, 6)\nreturn logits",
        "a tensor is made on the CPU",
    ),
    ("out = torch.zeros(6, 6)\nout[:] = logits\nreturn out", "a tensor is made on the CPU"),
    ("return logits.masked_fill(torch.ones(6, 6, dtype=torch.bool).triu(1), 0.0)", "a tensor is made on the CPU"),
    ("return torch.Tensor([1, 2, 3, 4, 5, 6]) + logits", "would fail on a GPU"),
    ("return logits, logits.cpu()", "a tensor is moved to the CPU"),
]


@pytest.mark.parametrize(("body", "words"), WRONG)
def test_what_fails_on_a_gpu_is_refused(body, words):
    wrong = refusal(answer(body), torch.randn(6, 6))
    assert wrong is not None, "accepted"
    assert wrong.lines[0] == "would fail on a GPU" and words in str(wrong)
    assert len(wrong.lines) <= 5 and wrong.mistake is not None


def test_a_constant_of_the_notebook_lies_on_the_cpu():
    function = run_cell("table = torch.ones(6)\ndef answer(x):\n    return x + table\n", SETUP)["answer"]
    assert "a tensor lies on the CPU" in str(refusal(function, torch.randn(6)))
    moving = run_cell("table = torch.ones(6)\ndef answer(x):\n    return x + table.to(x.device)\n", SETUP)["answer"]
    assert refusal(moving, torch.randn(6)) is None


def test_a_cache_by_device_is_right_each_time():
    code = "from functools import cache\n@cache\ndef table(device):\n    return torch.ones(6, device=device)\n"
    function = run_cell(code + "def answer(x):\n    return x + table(x.device)\n", SETUP)["answer"]
    x = torch.randn(6)
    for _ in range(2):
        assert refusal(function, x) is None
        assert torch.equal(function(x), x + 1)


@pytest.mark.parametrize(
    "code",
    [
        "@cache\ndef answer(x):\n    return x / x.norm()\n",
        "@cache\ndef unit(x):\n    return x / x.norm()\ndef answer(x):\n    return unit(x) + 1\n",
    ],
)
def test_a_cache_of_tensors_is_named(code):
    function = run_cell("from functools import cache\n" + code, SETUP)["answer"]
    x = torch.randn(6)
    function(x)
    assert "the result of an earlier call comes back" in str(refusal(function, x))


def test_a_cache_without_fault_is_not_named():
    code = "from functools import cache\n@cache\ndef two():\n    return 2\ntable = torch.ones(6)\n"
    function = run_cell(code + "def answer(x):\n    return two() * x + table\n", SETUP)["answer"]
    function(torch.randn(6)), function(torch.randn(6))
    assert "a tensor lies on the CPU" in str(refusal(function, torch.randn(6)))


def test_a_cache_without_device_is_refused():
    code = "kept = {}\ndef answer(x):\n    if 6 not in kept:\n        kept[6] = torch.ones(6, device=x.device)\n"
    function = run_cell(code + "    return x + kept[6]\n", SETUP)["answer"]
    function(torch.randn(6))
    assert "a tensor lies on the CPU" in str(refusal(function, torch.randn(6)))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.proj = nn.Embedding(9, 4), nn.Parameter(torch.randn(4, 3))
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.register_buffer("scale", torch.ones(3))

    def forward(self, tokens):
        x = self.embedding(tokens)
        mask = torch.full((5, 5), -torch.inf, device=x.device).triu(1)
        x = F.layer_norm(self.attention(x, x, x, attn_mask=mask, need_weights=False)[0], (4,))
        return x[torch.arange(len(x)), tokens.argmax(dim=-1)] @ self.proj * self.scale


class Mover(Encoder):
    def forward(self, tokens):
        result = super().forward(tokens)
        self.proj.data = self.proj.data.cpu()
        return result


class WholeMover(Encoder):
    def forward(self, tokens):
        result = super().forward(tokens)
        self.to("cpu")
        return result


def test_a_modules_weights_and_buffers_lie_there():
    assert refusal(Encoder(), torch.randint(0, 9, (2, 5))) is None


@pytest.mark.parametrize("kind", [Mover, WholeMover])
def test_weights_that_are_moved_to_the_cpu_are_named(kind):
    wrong = refusal(kind(), torch.randint(0, 9, (2, 5)))
    assert wrong is not None and wrong.lines[0] == "moves its weights to the CPU" and "proj" in str(wrong)


def test_a_device_that_is_asked_for_is_used():
    right = answer("return torch.zeros(length, length, device=device).triu(1)", "length, device=None")
    wrong = answer("return torch.zeros(length, length).triu(1)", "length, device=None")
    assert refusal(right, 3, device=GPU) is None
    assert "made on the CPU by torch.zeros" in str(refusal(wrong, 3, device=GPU))


def test_another_error_keeps_its_own_words():
    wrong = refusal(answer("if logits.is_cuda:\n    raise ValueError('no GPU, please')\nreturn logits"), torch.ones(3))
    assert wrong is not None and wrong.lines[0] == "raises an error" and "no GPU, please" in str(wrong)


def test_the_result_holds_its_numbers_and_nothing_stays():
    x = torch.randn(3, requires_grad=True)
    result = Trial(len).on_a_gpu(answer("return 2 * logits"), x)
    assert torch.equal(result, 2 * x) and result.requires_grad
    assert not place_of(x).on_gpu and x.device.type == "cpu" and torch.zeros(2).device.type == "cpu"


def test_the_error_is_pytorchs_own():
    x = torch.ones(3)
    with pytest.raises(Meeting, match="Expected all tensors to be on the same device"), PretendedGPU(x):
        x + torch.ones(3)
