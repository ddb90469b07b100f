"""Answers to the exercises 11.1 and 11.2."""

from minclip import adapters
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer, answer_of, indented

TIP = "def tip_adapter_logits(features, classifier, keys, values, scale, alpha, beta):\n"
NEAR = "nearness = torch.exp(-beta * (1 - features @ keys.T))\n"
ZERO = "zero_shot = scale * features @ classifier\n"
SUM = "return zero_shot + alpha * nearness @ values"


def tip(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("tip_adapter_logits", TIP, body, says, silent)


def near(expression: str, says: str, silent: str = "") -> Answer:
    return tip(f"nearness = {expression}\n" + ZERO + SUM, says, silent)


def adapter(body: str, says: str = "", silent: str = "") -> Answer:
    head = library_source(adapters.ClipAdapter).partition("    def forward(")[0]
    return Answer("ClipAdapter", f"{head}    def forward(self, features):\n{indented(body, 8)}\n", says, silent)


A = "a = self.layers(features)\n"
MIX = "x = self.share * a + (1 - self.share) * features\n"
OUT = "return self.scale * unit_rows(x) @ self.classifier"

WRONG = [
    tip(NEAR + "return alpha * nearness @ values", "the zero-shot logits are missing"),
    tip("return scale * features @ classifier", "the votes of the shots are missing"),
    tip(NEAR + "return features @ classifier + alpha * nearness @ values", "the scale is missing"),
    tip(NEAR + "return scale * (features @ classifier + alpha * nearness @ values)", "multiplies the votes, too"),
    near("torch.exp(beta * (1 - features @ keys.T))", "the minus before beta"),
    near("torch.exp(-beta * features @ keys.T)", "the exponent holds the cosine"),
    near("torch.exp(beta * features @ keys.T)", "the 1 - is missing"),
    near("beta * torch.exp(-(1 - features @ keys.T))", "outside of the exponential", "not used"),
    near("torch.exp(-(1 - features @ keys.T))", "beta is not used"),
    near("torch.exp(-(1 - features @ keys.T) / beta)", "beta divides"),
    tip(NEAR + ZERO + "return zero_shot + nearness @ values", "alpha is not used"),
    tip("nearness = torch.exp(-alpha * (1 - features @ keys.T))\n" + ZERO
        + "return zero_shot + beta * nearness @ values", "alpha and beta are swapped"),
    tip("nearness = torch.exp(-alpha * beta * (1 - features @ keys.T))\n" + ZERO
        + "return zero_shot + nearness @ values", "alpha is inside the exponential"),
    tip(NEAR + ZERO + "return alpha * zero_shot + nearness @ values", "alpha multiplies the zero-shot logits"),
    tip(NEAR + ZERO + "return alpha * (zero_shot + nearness @ values)", "alpha multiplies everything"),
    tip(NEAR + ZERO + "return (1 - alpha) * zero_shot + alpha * nearness @ values", "here they count whole"),
    near("features @ keys.T", "the cosines themselves vote"),
    near("-beta * (1 - features @ keys.T)", "the exponent itself votes"),
    near("(-beta * (1 - features @ keys.T)).softmax(dim=1)", "by a softmax or a division"),
    tip(NEAR + "nearness = nearness / nearness.sum(dim=1, keepdim=True)\n" + ZERO + SUM, "by a softmax or a division"),
    tip(NEAR + ZERO + "return zero_shot + alpha * nearness @ values / len(keys)", "a mean over all shots"),
    tip(NEAR + ZERO + "return zero_shot + alpha * nearness @ (values / values.sum(dim=0))",
        "over the shots of each class"),
    tip(NEAR + ZERO + "return zero_shot + alpha * nearness.sum(dim=1, keepdim=True)", "gets the votes of all shots"),
    tip(NEAR + ZERO + "best = nearness.max(dim=1)\n"
        "return zero_shot + alpha * best.values[:, None] * values[best.indices]",
        "the nearest shot alone votes", "of each class"),
    tip(NEAR + ZERO + "return zero_shot + alpha * (nearness[:, :, None] * values).amax(dim=1)",
        "of each class the nearest"),
    near("torch.exp(-beta * torch.cdist(features, keys) ** 2)", "squared distances"),
    near("torch.exp(-beta * torch.cdist(features, keys))", "this takes distances"),
    tip(NEAR + ZERO + "return (zero_shot + alpha * nearness @ values).softmax(dim=-1)", "after a softmax"),
    tip(NEAR + ZERO + "return (zero_shot + alpha * nearness @ values).argmax(dim=-1)", "these are classes"),
    tip(NEAR + ZERO + "return (zero_shot + alpha * nearness @ values).T", "[n, classes] is wanted"),
    tip(NEAR + ZERO + "zero_shot + alpha * nearness @ values", "is there a return?"),
    near("torch.exp(-beta * (1 - features @ keys))", "both are embed_dim"),
    tip(NEAR + ZERO + "return zero_shot + alpha * nearness @ values.T", "the shots are summed over"),
    tip(NEAR + "return scale * features @ classifier.T + alpha * nearness @ values", "its columns are the classes"),
    near("torch.exp(-beta * (1 - (features * keys).sum(dim=-1)))", "one by one"),
    near("math.exp(-beta * (1 - features @ keys.T))", "takes one number"),
    tip("features /= features.norm(dim=-1, keepdim=True) * 1.5\n" + NEAR + ZERO + SUM, "changes what it was given"),
    near("torch.exp(-beta * (1 - features @ keys.detach().T))", "the way back"),
    near("torch.exp(-beta * (1 - features @ unit_rows(keys).T))", "unit rows already"),
    near("torch.exp(-beta * (1 - unit_rows(features) @ F.normalize(keys, dim=-1).T))", "unit rows already"),
    near("torch.exp(-beta * (1 - F.cosine_similarity(features[:, None], keys, dim=-1)))", "unit rows already"),
    near("torch.exp(-beta * torch.cdist(features, keys) ** 2 / 2)", "half of the squared distance"),
    near("torch.exp(-beta * 0.5 * (features[:, None] - keys).pow(2).sum(-1))", "half of the squared distance"),
    tip("with torch.no_grad():\n    " + NEAR + ZERO + SUM, "no_grad"),
    tip(NEAR + ZERO + "return (zero_shot + alpha * nearness @ values).squeeze()", "the dimension of the batch is lost"),
    tip(NEAR + ZERO + "return (zero_shot + alpha * nearness @ values).cpu()", "moved to the CPU"),
    tip(NEAR + ZERO + "return zero_shot + torch.tensor([alpha]) * (nearness @ values)", "made on the CPU"),
    adapter(A + "x = (1 - self.share) * a + self.share * features\n" + OUT, "the shares are swapped"),
    adapter(A + MIX + "return self.scale * x @ self.classifier", "another length than 1"),
    adapter(A + MIX + "return unit_rows(x) @ self.classifier", "the scale is missing"),
    adapter("return self.scale * unit_rows(self.layers(features)) @ self.classifier", "the feature itself is missing"),
    adapter("return self.scale * self.layers(features) @ self.classifier", "and the length is not 1"),
    adapter("return self.scale * features @ self.classifier", "the layers are not used"),
    adapter(A + "x = a + features\n" + OUT, "share is not used"),
    adapter(A + "x = self.share * a + features\n" + OUT, "the feature counts whole"),
    adapter(A + "x = a + (1 - self.share) * features\n" + OUT, "what the layers give counts whole"),
    adapter("a = unit_rows(self.layers(features))\n" + MIX + OUT, "brought to length 1 before the mixture"),
    adapter("a = self.layers(self.layers(features))\n" + MIX + OUT, "the layers run twice"),
    adapter(A + MIX + "return self.scale * F.normalize(x, dim=0) @ self.classifier", "the norm runs over the pictures"),
    adapter(A + MIX + "return self.scale * x / x.norm() @ self.classifier", "divided by one length"),
    adapter("a = self.layers[:3](features)\n" + MIX + OUT, "the last ReLU is missing"),
    adapter("a = self.layers[2](self.layers[0](features))\n" + MIX + OUT, "both ReLUs are missing"),
    adapter("a = self.layers[2](self.layers[0](features)).relu()\n" + MIX + OUT, "the ReLU of the middle"),
    adapter(A + MIX + "return unit_rows(x)", "the adapted features come back; "),
    adapter(A + MIX + "return x", "and their length is not 1; the logits are asked"),
    adapter("old = self.scale * features @ self.classifier\n"
            "new = self.scale * unit_rows(self.layers(features)) @ self.classifier\n"
            "return self.share * new + (1 - self.share) * old", "the mixture was not"),
    adapter("a = unit_rows(self.layers(features))\n" + MIX + "return self.scale * x @ self.classifier",
            "A(f) was brought to length 1 here"),
    adapter(A + "x = 0.2 * a + 0.8 * features\n" + OUT, "share is not used: 0.2"),
    adapter(A + "x = 0.8 * a + 0.2 * features\n" + OUT, "share is not used: 0.8"),
    adapter(A + "x = 0.3 * a + 0.7 * features\n" + OUT, "share is not used: 0.3"),
    adapter(A + "x = 0.5 * a + 0.5 * features\n" + OUT, "share is not used"),
    adapter(A + MIX + "return (self.scale * unit_rows(x) @ self.classifier).softmax(dim=-1)", "after a softmax"),
    adapter(A + MIX + "return unit_rows(x) @ self.classifier / self.scale", "multiplied by it"),
    adapter(A + MIX + "return (self.scale * unit_rows(x) @ self.classifier).argmax(dim=-1)", "these are the classes"),
    adapter(A + MIX + "return (self.scale * unit_rows(x) @ self.classifier).T", "[n, classes] is wanted"),
    adapter(A + MIX + "return self.scale * unit_rows(x) @ self.classifier.T", "its columns are the classes"),
    adapter("a = self.layers\n" + MIX + OUT, "it is called"),
    adapter(A + MIX + "return self.scale * x / x.norm(dim=-1) @ self.classifier", "keepdim=True"),
    adapter(A + MIX + "self.scale * unit_rows(x) @ self.classifier", "is there a return?"),
    adapter(A + MIX + "return (self.scale * unit_rows(x) @ self.classifier).squeeze()", "the dimension of the batch"),
    adapter("a = self.layers(features).detach()\n" + MIX + OUT, "the way back"),
    adapter("with torch.no_grad():\n    a = self.layers(features)\n" + MIX + OUT, "no_grad"),
]  # fmt: skip

CORRECT = [
    tip(NEAR + ZERO + SUM),
    tip("distance = 1 - torch.einsum('nd,sd->ns', features, keys)\n"
        "votes = torch.zeros(len(features), values.shape[1], device=features.device, dtype=features.dtype)\n"
        "for shot in range(len(keys)):\n"
        "    votes = votes + (-beta * distance[:, shot]).exp()[:, None] * values[shot]\n"
        "return scale * (features @ classifier) + alpha * votes"),
    tip("return torch.cat([scale * features, alpha * (beta * (features @ keys.T - 1)).exp()], dim=1) @ "
        "torch.cat([classifier, values])"),
    tip("rows = []\nfor feature in features:\n    near = torch.exp(beta * (keys @ feature - 1))\n"
        "    rows.append(scale * (feature @ classifier) + alpha * (near[:, None] * values).sum(dim=0))\n"
        "return torch.stack(rows)"),
    adapter(A + MIX + OUT),
    adapter("x = torch.lerp(features, self.layers(features), self.share)\n"
            "return self.scale * F.normalize(x, dim=-1) @ self.classifier"),
    adapter("x = features\nfor layer in self.layers:\n    x = layer(x)\n"
            "x = features + self.share * (x - features)\nx = x / x.norm(dim=1, keepdim=True)\n"
            "return (x * self.scale) @ self.classifier"),
    adapter("down, _, up, _ = self.layers\nchange = F.relu(F.relu(features @ down.weight.T) @ up.weight.T)\n"
            "mix = self.share * change + (1 - self.share) * features\n"
            "return self.scale * torch.stack([row / row.norm() for row in mix]) @ self.classifier"),
]  # fmt: skip
