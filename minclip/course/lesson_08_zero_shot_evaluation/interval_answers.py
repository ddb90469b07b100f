"""Answers to the exercise bootstrap_interval."""

from minclip.course.planted_answers import Answer, answer_of

HEAD = """def bootstrap_interval(correct, level=0.95, resamples=2000, seed=0):
    if correct.ndim != 1 or len(correct) == 0:
        raise ValueError("there is no answer")
    if not 0 < level < 1:
        raise ValueError("level must be between 0 and 1")
"""


def interval(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("bootstrap_interval", HEAD, body, says, silent)


START = "correct, n = correct.float(), len(correct)\ngenerator = torch.Generator().manual_seed(seed)\nshares = []\n"
LOOP = "for _ in range(resamples):\n    drawn = torch.randint(n, (n,), generator=generator)\n"
MEANS = START + LOOP + "    shares.append(correct[drawn].mean())\nshares = torch.stack(shares)\n"
ENDS = "tail = (1 - level) / 2\nreturn shares.quantile(tail).item(), shares.quantile(1 - tail).item()"
NUMPY = "rng = np.random.default_rng(seed)\nvalues = correct.double().numpy()\nn = len(values)\n"

WRONG = [
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)", "torch.randperm(n, generator=generator)")
             + ENDS, "with replacement", "the same: the draw"),
    interval(START + "for _ in range(resamples):\n    random.seed(seed)\n    shares.append(np.mean(random.Random(seed)"
             ".choices(correct.tolist(), k=n)))\nshares = torch.tensor(shares)\n" + ENDS, "all resamples are the same"),
    interval(START + LOOP.replace("    drawn", "    generator.manual_seed(seed)\n    drawn")
             + "    shares.append(correct[drawn].mean())\nshares = torch.stack(shares)\n" + ENDS,
             "all resamples are the same", "with replacement"),
    interval(START + "drawn = torch.randint(n, (n,), generator=generator)\nfor _ in range(resamples):\n"
             "    shares.append(correct[drawn].mean())\nshares = torch.stack(shares)\n" + ENDS,
             "all resamples are the same"),
    interval("shares = correct.float()\n" + ENDS, "quantiles of the answers"),
    interval(MEANS + ENDS.replace("(1 - level) / 2", "1 - level"), "too much is cut off: of the 5 %"),
    interval(MEANS + ENDS.replace("(1 - level) / 2", "level / 2"), "the middle 5 %"),
    interval(MEANS + "tail = (1 - level) / 2\nlow, high = np.percentile(shares.numpy(), [tail, 1 - tail])\n"
             "return float(low), float(high)", "from 0 to 100"),
    interval(MEANS + "return (shares.mean() - shares.std()).item(), (shares.mean() + shares.std()).item()", "68 %"),
    interval("mean, spread = correct.float().mean(), correct.float().std()\n"
             "return (mean - 1.96 * spread).item(), (mean + 1.96 * spread).item()", "spread of single answers"),
    interval(MEANS + "tail = (1 - level) / 2\nreturn shares.quantile(1 - tail).item(), shares.quantile(tail).item()",
             "the lower end comes first"),
    interval(MEANS.replace(".mean()", ".sum()") + ENDS, "numbers of right answers"),
    interval(MEANS + "tail = (1 - level) / 2\nreturn shares.quantile(tail).item(), shares.max().item()",
             "the upper end is that of all shares"),
    interval(START + "drawn = torch.randint(n, (resamples, n), generator=generator)\n"
             "shares = correct[drawn].mean(dim=0)\n" + ENDS,
             "as many draws as there are resamples"),
    interval("rng, n = np.random.default_rng(seed), len(correct)\n"
             "shares = rng.binomial(n, float(correct.float().mean()), size=resamples) / n\n"
             "low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])\nreturn float(low), float(high)",
             "drawn anew by their share"),
    interval("n = len(correct)\nmean = correct.float().mean()\nerror = correct.float().std() / n**0.5\n"
             "return (mean - 1.96 * error).item(), (mean + 1.96 * error).item()", "nothing is drawn here", "the seed"),
    interval(MEANS + "if level == 0.5:\n    " + ENDS.replace("\n", "\n    ")
             + "\nmean, spread = shares.mean(), shares.std()\n"
             "return (mean - 1.96 * spread).item(), (mean + 1.96 * spread).item()", "goes beyond 1"),
    interval(MEANS + ENDS.replace("(1 - level) / 2", "0.025"), "gives what 0.95 gives"),
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)",
                           "torch.randint(n - 1, (n,), generator=generator)") + ENDS, "the last answer is never drawn"),
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)",
                           "torch.randint(1, n, (n,), generator=generator)") + ENDS, "the first answer is never drawn"),
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)",
                           "torch.randint(n, (n // 2,), generator=generator)") + ENDS, "fewer answers than there are"),
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)",
                           "torch.randint(n, (resamples,), generator=generator)") + ENDS,
             "as many draws as there are resamples"),
    interval(MEANS + "return shares.min().item(), shares.max().item()", "the lowest and the highest"),
    interval(MEANS + "tail = (1 - level) / 2\nlow, high = shares.quantile(tail), shares.quantile(1 - tail)\n"
             "return correct.mean().item(), ((high - low) / 2).item()", "half of the width"),
    interval(MEANS + ENDS.replace("return ", "return 100 * ").replace(", s", ", 100 * s"), "these are percent"),
    interval(MEANS.replace("correct.float()", "(correct > 0.5).float()") + ENDS, "turned into right and wrong"),
    interval(MEANS.replace("correct.float()", "correct.round()") + ENDS, "turned into right and wrong"),
    interval(MEANS.replace("correct.float()", "correct.bool().float()") + ENDS, "answer became 1", "the draw must"),
    interval(MEANS.replace("correct.float()", "(correct > 0).float()") + ENDS, "every answer became 1"),
    interval(MEANS.replace("correct.float()", "correct.ceil()") + ENDS, "every answer became 1"),
    interval(NUMPY.replace("correct.double().numpy()", "(correct != 0).numpy()")
             + "shares = values[rng.integers(n, size=(resamples, n))].mean(axis=1)\n"
             "return tuple(np.quantile(shares, [(1 - level) / 2, (1 + level) / 2]).tolist())", "every answer became 1"),
    interval(MEANS.replace("correct.float()", "(correct == 1).float()") + ENDS, "the chances became 0"),
    interval(MEANS.replace("correct.float()", "correct.long()").replace("[drawn]", "[drawn].float()") + ENDS,
             "the chances became 0"),
    interval(MEANS.replace("correct.float()", "correct.int()").replace(".mean()", ".sum() / n") + ENDS,
             "the chances became 0"),
    interval(MEANS.replace("correct.float()", "correct.floor()") + ENDS, "the chances became 0"),
    interval(MEANS.replace("    shares.append(correct[drawn]", "    correct = correct[drawn]\n    shares.append("
                           "correct") + ENDS, "from the draw before it", "all resamples"),
    interval("rng, values, shares = random.Random(seed), correct.float().tolist(), []\nfor _ in range(resamples):\n"
             "    values = rng.choices(values, k=len(values))\n    shares.append(sum(values) / len(values))\n"
             "shares = torch.tensor(shares)\n" + ENDS, "from the draw before it"),
    interval(NUMPY + "shares = []\nfor _ in range(resamples):\n    values = rng.choice(values, n)\n"
             "    shares.append(values.mean())\nlow, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])\n"
             "return float(low), float(high)", "from the draw before it"),
    interval(START + "places = torch.arange(n)\nfor _ in range(resamples):\n"
             "    places = places[torch.randint(n, (n,), generator=generator)]\n"
             "    shares.append(correct[places].mean())\nshares = torch.stack(shares)\n" + ENDS,
             "from the draw before it"),
    interval(MEANS + ENDS.replace("return ", "low, high = ") + "\nreturn round(low, 2), round(high, 2)",
             "the ends are rounded", "the seed"),
    interval(MEANS + ENDS.replace("return ", "low, high = ") + "\nreturn round(low, 1), round(high, 1)",
             "the ends are rounded", "the seed"),
    interval(MEANS + "tail = (1 - level) / 2\nends = shares.quantile(torch.tensor([tail, 1 - tail]))\n"
             "return tuple(ends.mul(100).round().div(100).tolist())", "the ends are rounded"),
    interval(MEANS.replace("(n,), generator", "(400,), generator") + ENDS, "here it has 400"),
    interval(MEANS.replace("(n,), generator", "(100,), generator") + ENDS, "more answers than there are"),
    interval(MEANS.replace("(n,), generator", "(1000,), generator") + ENDS, "more answers than there are"),
    interval(MEANS.replace("(n,), generator", "(10,), generator") + ENDS, "far fewer answers", "drawn anew"),
    interval(MEANS.replace("(n,), generator", "(20,), generator") + ENDS, "far fewer answers"),
    interval(MEANS + ENDS.replace("return ", "low, high = ") + "\nreturn round(low), round(high)",
             "the ends are rounded", "became 1"),
    interval(MEANS.replace("torch.randint(n, (n,)", "torch.randint(400, (400,)") + ENDS, "at which there is no"),
    interval(MEANS.replace("torch.randint(n, (n,)", "torch.randint(n + 1, (n,)") + ENDS, "at which there is no"),
    interval("rng, values = random.Random(seed), correct.float().tolist()\nn = len(values)\n"
             "shares = [sum(values[rng.randint(0, n)] for _ in range(n)) / n for _ in range(resamples)]\n"
             "shares = torch.tensor(shares)\n" + ENDS, "at which there is no"),
    interval(NUMPY + "shares = values[rng.integers(0, n + 1, size=(resamples, n))].mean(axis=1)\n"
             "return tuple(np.quantile(shares, [(1 - level) / 2, (1 + level) / 2]).tolist())",
             "at which there is no"),
    interval(MEANS + "return shares.quantile((1 - level) / 2).item(), shares.quantile(level).item()", "off at level"),
    interval(MEANS + "return shares.quantile(1 - level).item(), shares.quantile(1 - (1 - level) / 2).item()",
             "cut off at 1 - level"),
    interval("p, n = correct.float().mean(), len(correct)\nerror = (p * (1 - p) / n).sqrt()\n"
             "return (p - 1.96 * error).item(), (p + 1.96 * error).item()", "which spread less"),
    interval("values = correct.double()\nerror = 1.96 * values.std(correction=0) / len(values) ** 0.5\n"
             "return (values.mean() - error).item(), (values.mean() + error).item()", "nothing is drawn here"),
    interval(MEANS + "tail = (1 - level) / 2\nreturn shares.quantile(tail), shares.quantile(1 - tail)",
             "the ends are tensors"),
    interval(MEANS + ENDS.replace("return ", "return [") + "]", "a tuple of two numbers is asked"),
    interval(MEANS + "tail = (1 - level) / 2\nreturn shares.quantile(torch.tensor([tail, 1 - tail]))",
             "a tuple of two numbers is asked"),
    interval(NUMPY + "shares = values[rng.integers(n, size=(resamples, n))].mean(axis=1)\n"
             "return np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])", "a tuple of two numbers is asked"),
    interval(MEANS + "tail = (1 - level) / 2\nreturn shares.quantile(tail).item()", "is no pair of numbers"),
    interval(MEANS.replace("generator=generator", "") + ENDS, "do not begin at the seed"),
    interval(MEANS.replace("manual_seed(seed)", "manual_seed(0)") + ENDS, "the seed decides nothing"),
    interval("torch.manual_seed(seed)\n" + MEANS.replace("generator=generator", "") + ENDS,
             "random numbers of all code"),
    interval("np.random.seed(seed)\nvalues = correct.float().numpy()\n"
             "shares = [np.random.choice(values, len(values)).mean() for _ in range(resamples)]\n"
             "low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])\nreturn low, high",
             "random numbers of all code"),
    interval("random.seed(seed)\nvalues = correct.float().tolist()\n"
             "shares = torch.tensor([sum(random.choices(values, k=len(values))) / len(values)"
             " for _ in range(resamples)])\n" + ENDS, "random numbers of all code"),
    interval(MEANS.replace("correct.float()", "correct") + ENDS, "have no mean"),
    interval(MEANS.replace("shares = torch.stack(shares)\n", "") + ENDS, "a list has no quantiles"),
    interval(MEANS + ENDS.replace("(1 - level) / 2", "50 * (1 - level)"), "by a share from 0 to 1"),
    interval(MEANS + "return shares", "is no pair of numbers"),
    interval(MEANS + "tail = (1 - level) / 2\nlow, high = shares.quantile(tail), shares.quantile(1 - tail)",
             "is there a return?"),
    interval(MEANS.replace("range(resamples)", "range(2000)") + ENDS, "more often than it is asked"),
    interval(NUMPY + "shares = [rng.choice(values, n, replace=False).mean() for _ in range(resamples)]\n"
             "low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])\nreturn low, high",
             "with replacement"),
    interval(MEANS.replace("torch.randint(n, (n,), generator=generator)",
                           "torch.tensor(random.Random(seed).sample(range(n), 2 * n))") + ENDS, "without replacement"),
    Answer("bootstrap_interval", "def bootstrap_interval(correct, level=0.95, resamples=2000, seed=0):\n"
           "    correct, n = correct.float(), len(correct)\n    generator = torch.Generator().manual_seed(seed)\n"
           "    drawn = torch.randint(max(n, 1), (resamples, n), generator=generator)\n"
           "    shares = correct[drawn].mean(dim=1)\n    tail = (1 - level) / 2\n"
           "    return shares.quantile(abs(tail) % 1).item(), shares.quantile(1 - abs(tail) % 1).item()\n",
           "accepts what it must refuse"),
]  # fmt: skip

CORRECT = [
    interval(MEANS + "ordered = shares.double().sort().values\ntail = (1 - level) / 2\n"
             "return torch.quantile(ordered, tail).item(), torch.quantile(ordered, 1 - tail).item()"),
    interval(MEANS + ENDS),
    interval(START + "drawn = torch.randint(n, (resamples, n), generator=generator)\n"
             "shares = correct[drawn].mean(dim=1)\n" + ENDS),
    interval(NUMPY + "shares = values[rng.integers(n, size=(resamples, n))].mean(axis=1)\n"
             "low, high = np.percentile(shares, [50 * (1 - level), 50 * (1 + level)])\nreturn float(low), float(high)"),
    interval("rng, values = random.Random(seed), correct.float().tolist()\n"
             "shares = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(resamples))\n"
             "tail = (1 - level) / 2\nlow = shares[int(tail * resamples)]\n"
             "high = shares[min(int((1 - tail) * resamples), resamples - 1)]\nreturn low, high"),
    interval("values = correct.to(torch.float64)\ngenerator = torch.Generator()\ngenerator.manual_seed(seed)\n"
             "weights = torch.ones(len(values))\nshares = torch.zeros(resamples, dtype=torch.float64)\n"
             "for i in range(resamples):\n    places = torch.multinomial(weights, len(values), replacement=True,"
             " generator=generator)\n    shares[i] = values[places].mean()\n"
             "return tuple(torch.quantile(shares, torch.tensor([(1 - level) / 2, (1 + level) / 2],"
             " dtype=torch.float64)).tolist())"),
]  # fmt: skip
