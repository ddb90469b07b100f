"""Answers to the exercise CLIP of lesson 06."""

import inspect

from minclip.course.planted_answers import Answer, edited
from minclip.model import CLIP

SETUP = """
import math
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.config import CLIPConfig
from minclip.loss import clamp_logit_scale, clip_loss, similarity_logits
from minclip.model import HOW_TO_PIXELS, HOW_TO_TOKENS, START_TEMPERATURE, image_encoder
from minclip.similarity import cosine_similarity
from minclip.text import TextTransformer
from minclip.vision import VisionTransformer
"""
RIGHT = inspect.getsource(CLIP)
TEXT = RIGHT[RIGHT.index("        self.text = ") : RIGHT.index("        self.logit_scale = ")]
SCALE = "nn.Parameter(torch.tensor(math.log(1 / START_TEMPERATURE)))"
FORWARD = RIGHT[RIGHT.index("        image_features = self.encode_image") : RIGHT.index("    def clamp_logit_scale")]
UNIT = """
        a, b = self.encode_image(pixels).float(), self.encode_text(tokens).float()
        a, b = a / a.norm(dim=-1, keepdim=True), b / b.norm(dim=-1, keepdim=True)
"""


def clip(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    """minclip's own with one thing changed."""
    return Answer("CLIP", edited(RIGHT, old, new), says, silent)


def forward(body: str, says: str = "", silent: str = "") -> Answer:
    return clip(FORWARD, body.lstrip("\n").rstrip() + "\n\n", says, silent)


def after(lines: str) -> str:
    """forward with unit features a and b."""
    return UNIT + "".join(f"        {line}\n" for line in lines.splitlines())


BOTH = "logits = self.logit_scale.exp() * a @ b.T\nreturn logits, logits.T"
VISUAL = """VisionTransformer(
            image_size=config.image_size, patch_size=config.patch_size, width=config.vision_width,
            layers=config.vision_layers, heads=config.vision_heads, embed_dim=config.embed_dim,
            mlp_width=config.vision_mlp_width or 4 * config.vision_width, quick_gelu=config.quick_gelu,
        )"""

WRONG = [
    # __init__
    clip("        super().__init__()\n", "", "is not ready to take parts"),
    clip("        super().__init__()\n        self.config", "        self.config", "is not ready to take parts"),
    clip("class CLIP(nn.Module)", "class CLIP", ""),
    clip("        self.config = config\n", "", "asks it for its sizes"),
    clip(TEXT, "        self.text = TextTransformer(config)\n", "one by one and by name"),
    clip(TEXT, "        self.text = TextTransformer(config.context_length, config.vocab_size, config.text_width, "
         "config.text_layers, config.text_heads, config.embed_dim)\n", "one by one and by name"),
    clip("config.text_width", "config.width", "their names say of which"),
    clip("config.text_width", "config.vision_width", "got the width of the other encoder"),
    clip("config.text_layers", "config.vision_layers", "got the layers of the other encoder"),
    clip("config.text_heads", "config.vision_heads", "got the heads of the other encoder"),
    clip("width=config.text_width", "width=config.embed_dim", ""),
    clip("            embed_dim=config.embed_dim,\n            quick_gelu=config.quick_gelu,\n        )\n"
         "        self.logit", "            embed_dim=config.text_width,\n            quick_gelu=config.quick_gelu,\n"
         "        )\n        self.logit", "in which both encoders meet"),
    clip("            quick_gelu=config.quick_gelu,\n        )\n        self.logit", "        )\n        self.logit",
         "another activation"),
    clip("context_length=config.context_length", "context_length=77", "context_length is not what"),
    clip("vocab_size=config.vocab_size", "vocab_size=49408", "vocab_size is not what"),
    clip("            context_length=config.context_length,\n            vocab_size=config.vocab_size,\n",
         "            context_length=config.vocab_size,\n            vocab_size=config.context_length,\n", ""),
    clip(TEXT, "", "the model has no self.text"),
    clip("        self.visual = image_encoder(config)\n", "", "the model has no self.visual"),
    clip("        self.visual = image_encoder(config)\n", "        self.vision = image_encoder(config)\n",
         "the encoder is called vision here"),
    clip("        self.text = Text", "        self.transformer = Text", "the encoder is called transformer here"),
    clip("        self.visual = image_encoder(config)\n", "        self.parts = [image_encoder(config)]\n",
         "stands in a list"),
    clip("self.visual = image_encoder(config)", "self.visual = " + VISUAL.replace("or 4 * config.vision_width",
          ""), ""),
    clip("self.visual = image_encoder(config)",
         "self.visual = " + VISUAL.replace("config.vision_mlp_width or 4", "4"), "is 4 times its width"),
    clip("self.visual = image_encoder(config)",
         "self.visual = " + VISUAL.replace(", quick_gelu=config.quick_gelu", ""), "another activation"),
    clip("self.visual = image_encoder(config)",
         "self.visual = " + VISUAL.replace("config.vision_heads", "config.text_heads"), ""),
    clip("self.visual = image_encoder(config)",
         "self.visual = " + VISUAL.replace("config.vision_layers", "config.text_layers"),
               "layers of the other encoder"),
    clip(SCALE, "nn.Parameter(torch.tensor(1 / START_TEMPERATURE))", "this is the scale itself"),
    clip(SCALE, "nn.Parameter(torch.tensor(START_TEMPERATURE))", "this is the temperature"),
    clip(SCALE, "nn.Parameter(torch.tensor(math.log(START_TEMPERATURE)))", "logarithm of the temperature"),
    clip(SCALE, "nn.Parameter(torch.tensor(math.log(100)))", "where the scale is clamped"),
    clip(SCALE, "nn.Parameter(torch.tensor(math.log10(1 / 0.07)))", "to the base 10"),
    clip(SCALE, "nn.Parameter(torch.tensor(np.log2(1 / 0.07)))", "float64"),
    clip(SCALE, "nn.Parameter(torch.tensor(np.log(1 / 0.07)))", "stands in float64"),
    clip(SCALE, "nn.Parameter(torch.zeros([]))", "the scale starts at 1"),
    clip(SCALE, "nn.Parameter(torch.ones([]))", "the scale starts at 2.7"),
    clip(SCALE, "nn.Parameter(torch.tensor([math.log(1 / 0.07)]))", "stands in a list"),
    clip(SCALE, "torch.tensor(math.log(1 / 0.07))", "is no parameter"),
    clip(SCALE, "math.log(1 / 0.07)", "is no parameter"),
    clip(SCALE, "nn.Parameter(math.log(1 / 0.07))", "a parameter is made of a tensor"),
    clip(SCALE, "nn.Parameter(torch.log(1 / 0.07))", "torch.log wants a tensor"),
    clip(SCALE, "nn.Parameter(torch.tensor(math.log(1 / 0.07)), requires_grad=False)", "does not learn"),
    clip(f"        self.logit_scale = {SCALE}", f"        self.scale = {SCALE}", "the model has no logit_scale"),
    clip(f"        self.logit_scale = {SCALE}",
         "        self.register_buffer('logit_scale', torch.tensor(math.log(1 / 0.07)))", "is no parameter"),
    clip(f"        self.logit_scale = {SCALE}",
         f"        self.logit_scale = {SCALE}\n        self.bias = nn.Parameter(torch.zeros(()))", "a weight more"),
    clip(f"        self.logit_scale = {SCALE}", f"        self.logit_scale = {SCALE}\n        self.eval()",
          "for training"),
    clip("        self.visual = image_encoder(config)\n",
         "        if not hasattr(CLIP, 'kept'):\n            CLIP.kept = {}\n"
         "        self.visual = CLIP.kept.setdefault(config, image_encoder(config))\n", "made once for all models"),
    clip("self.visual = image_encoder(config)", "self.visual = image_encoder",
         "the function or class itself"),
    clip("self.visual = image_encoder(config)", "visual = image_encoder(config)", "the model has no self.visual"),
    clip("self.visual = image_encoder(config)", "self.visual = image_encoder(CLIPConfig.preset('tiny'))",
         "visual.", "→"),
    clip("heads=config.text_heads", "heads=config.text_width // 64", "not all heads have 64 numbers"),
    clip("heads=config.text_heads", "heads=1", "has 1 head, and the configuration says 3"),
    clip(SCALE, "torch.tensor(math.log(1 / 0.07), requires_grad=True)", "is no parameter"),
    clip(SCALE, "nn.Parameter(torch.tensor(math.log(1 / 0.7)))", "logit_scale of a new model is wrong", "→"),
    clip("        super().__init__()\n", "        super().__init__()\n        torch.manual_seed(0)\n",
         "a seed is set inside"),
    clip(f"        self.logit_scale = {SCALE}", "        for weight in self.parameters():\n"
         f"            nn.init.normal_(weight, std=0.5)\n        self.logit_scale = {SCALE}",
         "draw their weights themselves"),
    clip(f"        self.logit_scale = {SCALE}", "        for weight in self.parameters():\n"
         f"            nn.init.zeros_(weight)\n        self.logit_scale = {SCALE}", ""),
    # encode_image and encode_text
    clip("return self.visual(pixels)", "return self.visual(pixels)[0]", "the first row alone"),
    clip("return self.visual(pixels)", "return self.visual(pixels[0])", "taken out of the batch"),
    clip("return self.visual(pixels)", "return self.visual(pixels / 255)", "the result is wrong", "→"),
    clip("return self.text(tokens)", "return self.text(tokens), tokens", "is no tensor"),
    clip("return self.text(tokens)",
         "if not hasattr(self, 'kept'):\n            self.kept = self.text(tokens)\n        return self.kept",
         "the result of an earlier call"),
    clip("return self.visual(pixels)", "return F.normalize(self.visual(pixels), dim=-1)",
          "these features have length 1"),
    clip("return self.text(tokens)", "return F.normalize(self.text(tokens), dim=-1)", "these features have length 1"),
    clip("return self.text(tokens)", "x = self.text(tokens)\n        return x / x.norm()", "length of the whole batch"),
    clip("return self.text(tokens)", "x = self.text(tokens)\n        return x / x.norm(dim=1)", "RuntimeError"),
    clip("return self.visual(pixels)", "self.visual(pixels)", "is there a return?"),
    clip("return self.visual(pixels)", "return self.visual", "is no tensor"),
    clip("return self.visual(pixels)", "return self.text(pixels)", "the text encoder gets pictures"),
    clip("return self.text(tokens)", "return self.visual(tokens)", "the image encoder gets tokens"),
    clip("return self.visual(pixels)", "return self.visual(pixels).detach()", "the way back is cut"),
    clip("return self.visual(pixels)", "with torch.no_grad():\n            return self.visual(pixels)",
          "the way back is cut"),
    clip("return self.text(tokens)", "with torch.inference_mode():\n            return self.text(tokens)", ""),
    clip("return self.visual(pixels)", "self.eval()\n        return self.visual(pixels)", "changes the module itself"),
    clip("return self.visual(pixels)", "return self.visual(pixels).squeeze()", "dimension of the batch is lost"),
    clip("return self.text(tokens)", "return self.text(tokens) * self.logit_scale.exp()", "multiplied by the scale"),
    clip("return self.text(tokens)", "return self.text(tokens).cpu()", "moved to the CPU"),
    clip("return self.visual(pixels)", "return self.visual(pixels.cpu())", "moved to the CPU"),
    clip("        if not isinstance(pixels, Tensor):\n", "        if False:\n", "raises another error"),
    clip("return self.visual(pixels)", "features, tokens = self.visual(pixels)\n        return features", ""),
    # forward
    forward(after("return self.logit_scale.exp() * a @ b.T"), "the same logits are asked twice"),
    forward("        a, b = self.encode_image(pixels), self.encode_text(tokens)\n"
            "        logits = self.logit_scale.exp() * a @ b.T\n        return logits, logits.T",
            "dot products, not cosines"),
    forward(FORWARD.replace("        text_features = text_features / text_features.norm(dim=-1, keepdim=True)", "#"),
            "only the image features"),
    forward(FORWARD.replace("        image_features = image_features / image_features.norm(dim=-1, keepdim=True)", "#"),
            "only the text features"),
    forward(FORWARD.replace("dim=-1", "dim=0"), "the norm runs over the batch"),
    forward(FORWARD.replace(".norm(dim=-1, keepdim=True)", ".norm()"), "one length for all rows"),
    forward(FORWARD.replace(", keepdim=True", ""), "must stand as a column"),
    forward(after(BOTH.replace(".exp()", "")), "is used as the scale itself"),
    forward(after(BOTH.replace("self.logit_scale.exp() * ", "")), "the scale is missing"),
    forward(after("logits = a @ b.T / self.logit_scale.exp()\nreturn logits, logits.T"), "are divided by the scale"),
    forward(after(BOTH.replace("exp()", "exp().item()")), "no gradient reaches logit_scale"),
    forward(after(BOTH.replace("exp()", "exp().detach()")), "no gradient reaches logit_scale"),
    forward(after(BOTH.replace("b.T", "b")), "columns of the first meet the rows"),
    forward(after(BOTH.replace("a @ b.T", "(a * b).sum(dim=-1)")), "picture i meets text i alone"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nreturn logits.T, logits"), "wrong shape"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nreturn logits, logits"), "the rows must be the texts"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nreturn logits.softmax(-1), logits.T.softmax(-1)"),
          "shares"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nreturn logits.softmax(-1), logits.softmax(0).T"),
          "shares"),
    forward(after("return a, b"), "these are the features"),
    forward(after("return a, b, self.logit_scale.exp()"), "the features and the scale"),
    forward(after("labels = torch.arange(len(a))\nreturn F.cross_entropy(a @ b.T, labels)"), ""),
    forward(after("return self.logit_scale.exp() * a @ a.T, self.logit_scale.exp() * b @ b.T"),
          "compared with pictures"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T"), "is there a return?"),
    forward(after("logits = (self.logit_scale.exp() * a @ b.T).squeeze()\nreturn logits, logits.T"), "is lost"),
    forward(FORWARD.replace(".float()", ""), "", "picture i"),
    forward(after("self.clamp_logit_scale()\nself.logit_scale.data.mul_(1.1)\n" + BOTH), ""),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nlogits += torch.zeros(len(a), len(b))\n"
                  "return logits, logits.T"), "made on the CPU"),
    forward(after("logits = self.logit_scale.exp() * a @ b.T\nreturn logits, logits.reshape(len(b), len(a))"),
            "reshape writes the same numbers"),
    forward(after("logits = clip_loss(a, b, self.logit_scale.exp())\nreturn logits, logits"), "a loss asks for pairs"),
    forward(FORWARD.replace("keepdim=True)", "keepdim=True).pow(2)"), "the square of the length"),
    forward(FORWARD.replace(".norm(dim", ".norm(p=1, dim"), "the sum of the absolute numbers"),
    forward(FORWARD.replace(".norm(dim", ".sum(dim"), "the sum of a row"),
    forward(FORWARD.replace("self.logit_scale.exp()", "1 / 0.07"), "the scale of the start"),
    forward(FORWARD.replace("self.logit_scale.exp()", "100"), "the largest scale"),
    forward(FORWARD.replace("self.logit_scale.exp()", "1 / self.logit_scale.exp()"), "divided by the scale"),
    forward(FORWARD.replace("text_features.norm(dim=-1", "image_features.norm(dim=-1"), "the pictures' lengths meet",
            "picture i meets"),
    forward(FORWARD.replace("return logits_per_image, logits_per_image.T",
                            "return {'image': logits_per_image, 'text': logits_per_image.T}"),
            "does not return two tensors", "→"),
    forward("        logits = similarity_logits(self.encode_image(pixels), self.encode_text(tokens), "
            "self.logit_scale)\n"
            "        return logits, logits.T", "is used as the scale itself"),
    forward(after("scale = torch.tensor([self.logit_scale.exp()])\nreturn scale * a @ b.T, scale * b @ a.T"),
            "no gradient reaches logit_scale"),
    forward("        with torch.no_grad():\n            a, b = self.encode_image(pixels), self.encode_text(tokens)\n"
            "        a, b = F.normalize(a.float(), dim=-1), F.normalize(b.float(), dim=-1)\n"
            "        logits = self.logit_scale.exp() * a @ b.T\n        return logits, logits.T",
                  "no gradient reaches"),
]  # fmt: skip

CORRECT = [
    forward("        logits = similarity_logits(self.encode_image(pixels), self.encode_text(tokens), "
            "self.logit_scale.exp())\n        return logits, logits.T"),
    forward("        a = F.normalize(self.visual(pixels).float(), dim=-1)\n"
            "        b = F.normalize(self.text(tokens).float(), dim=-1)\n"
            "        logits = torch.einsum('id,td->it', a, b) * torch.exp(self.logit_scale)\n"
            "        return logits, logits.t()"),
    forward("        a, b = self.encode_image(pixels).float(), self.encode_text(tokens).float()\n"
            "        cosines = F.cosine_similarity(a[:, None], b[None], dim=-1)\n"
            "        scale = self.logit_scale.exp()\n        return scale * cosines, scale * cosines.mT"),
    forward("        a, b = self.encode_image(pixels).float(), self.encode_text(tokens).float()\n"
            "        cosines = cosine_similarity(a, b)\n"
            "        return [self.logit_scale.exp() * cosines, self.logit_scale.exp() * cosines.T]"),
    clip("self.visual = image_encoder(config)", f"self.visual = {VISUAL}"),
    clip(SCALE, "nn.Parameter(torch.ones([]) * np.log(1 / 0.07))"),
    clip(SCALE, "nn.Parameter(torch.log(torch.tensor(1 / 0.07)))"),
    clip(SCALE, "nn.Parameter(torch.tensor(-math.log(0.07)))"),
    clip(TEXT, "        sizes = {name: getattr(config, f'text_{name}') for name in ('width', 'layers', 'heads')}\n"
         "        sizes |= {name: getattr(config, name) for name in ('context_length', 'vocab_size', 'embed_dim', "
         "'quick_gelu')}\n        self.text = TextTransformer(**sizes)\n"),
    clip("return self.visual(pixels)", "features = self.visual.forward(pixels)\n        return features"),
]  # fmt: skip
