"""Answers to the exercise CLIP of lesson 06 on sizes, on what is given, and on what a method leaves alone."""

from minclip.course.lesson_06_clip_assembled.clip_answers import RIGHT, SCALE, VISUAL, clip

CLAMP = RIGHT[RIGHT.index("    def clamp_logit_scale") :]
BODY = "        clamp_logit_scale(self.logit_scale)"
FIRST = "        image_features = self.encode_image"
TEXT_SPACE = (
    "            embed_dim=config.embed_dim,\n            quick_gelu=config.quick_gelu,\n        )\n        self.logit"
)
PARTS = "self.visual = image_encoder(config)"

WRONG = [
    # a number in place of the configuration
    clip("heads=config.text_heads", "heads=2", "has 2 heads, and the configuration says 3", "other encoder"),
    clip("heads=config.text_heads", "heads=4", "has 4 heads, and the configuration says 3", "other encoder"),
    clip("layers=config.text_layers", "layers=2", "layers is 2 here, and the configuration says 1", "other encoder"),
    clip("layers=config.text_layers", "layers=12", "layers is 12 here, and the configuration says 1"),
    clip("width=config.text_width", "width=144", "width is 144 here, and the configuration says 12"),
    clip("width=config.text_width", "width=128", "width and heads do not fit together"),
    clip(TEXT_SPACE, TEXT_SPACE.replace("=config.embed_dim", "=1024"), "embed_dim is 1024 here"),
    clip("vocab_size=config.vocab_size", "vocab_size=1429", "vocab_size is 1429 here"),
    clip("context_length=config.context_length", "context_length=32", "context_length is 32 here"),
    clip(PARTS, f"self.visual = {VISUAL.replace('config.vision_layers', '4')}", "layers is 4 here"),
    clip(PARTS, f"self.visual = {VISUAL.replace('config.patch_size', '6')}", ""),
    clip(PARTS, f"self.visual = {VISUAL.replace('config.embed_dim', '1024')}", "embed_dim is 1024 here"),
    clip(PARTS, f"self.visual = {VISUAL.replace('config.vision_mlp_width or 4 * config.vision_width', '768')}",
         "mlp_width is 768 here"),
    # how a part is made
    clip("width=config.text_width", "text_width=config.text_width", "own names say of no encoder"),
    clip("heads=config.text_heads", "text_heads=config.text_heads", "own names say of no encoder"),
    clip(PARTS, "self.visual = image_encoder(config.embed_dim)", "the whole configuration"),
    clip(PARTS, "self.visual = image_encoder()", "the whole configuration"),
    clip("super().__init__()", "super.__init__()", "super is to be called"),
    clip("super().__init__()", "super().__init__(config)", "of nn.Module takes nothing"),
    clip(SCALE, f"{SCALE}.requires_grad_(False)", "all of CLIP learns"),
    clip(PARTS, f"{PARTS}.requires_grad_(False)", "all of CLIP learns"),
    # the given method
    clip(CLAMP, "", "the given method is gone"),
    clip(BODY, "        pass", "was given"),
    clip(BODY, "        return self.logit_scale.clamp(0, math.log(100))", "was given"),
    clip(BODY, "        clamp_logit_scale(self.logit_scale.exp())", "was given"),
    clip(BODY, "        with torch.no_grad():\n            self.logit_scale.clamp_(1, 100)", "was given"),
    clip(BODY, "        self.logit_scale = nn.Parameter(self.logit_scale.clamp(0, math.log(100)))",
         "which no optimiser knows"),
    # a clamp elsewhere
    clip(FIRST, f"        self.clamp_logit_scale()\n{FIRST}", "the scale is clamped here"),
    clip("scale = self.logit_scale.exp()", "scale = self.logit_scale.exp().clamp(max=100)",
         "the scale is clamped here"),
    clip("scale = self.logit_scale.exp()", "scale = self.logit_scale.clamp(0, math.log(100)).exp()",
         "the scale is clamped here"),
    clip("scale = self.logit_scale.exp()", "scale = self.logit_scale.clamp(min=0).exp()", ""),
    clip("return self.text(tokens)", "self.clamp_logit_scale()\n        return self.text(tokens)",
         "the scale is clamped here"),
    # a part of the tokens
    clip("return self.text(tokens)", "return self.text(tokens[:, :8])", "the last tokens are cut off"),
    clip("return self.text(tokens)", "return self.text(tokens[:, :-1])", "the last tokens are cut off"),
    clip("return self.text(tokens)", "return self.text(tokens[:, :4])", "the last tokens are cut off"),
    clip("return self.text(tokens)", "return self.text(tokens[:, 1:])", "the first token is left out"),
]  # fmt: skip

CORRECT = [
    clip(BODY, "        with torch.no_grad():\n            self.logit_scale.clamp_(0, math.log(100))"),
    clip("return logits_per_image, logits_per_image.T", "return [logits_per_image, logits_per_image.T]"),
    clip("return self.text(tokens)", "return self.text(tokens[:, : self.config.context_length])"),
]
