"""Answers to the exercise on recall."""

from minclip.course.planted_answers import Answer, answer_of, edited

HEAD = "def recall_at_k(image_features, text_features, image_of_text, ks=KS):\n"
REFUSES = "if fault := fault_of_pairs(image_features, text_features, image_of_text, ks):"


def recall(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("recall_at_k", HEAD, f"{REFUSES}\n    raise ValueError(fault)\n{body}", says, silent)


COSINES = "cosines = unit_rows(image_features) @ unit_rows(text_features).T\n"
MASK = """each = torch.arange(len(image_features), device=cosines.device)
right = each[:, None] == image_of_text.to(cosines.device)
"""
RANKS = """a = rank_of_right(cosines, right, ROUNDING)
b = rank_of_right(cosines.T, right.T, ROUNDING)
"""
RESULT = """return {"image_to_text": {f"R@{k}": a.hit(k).mean().item() for k in ks},
        "text_to_image": {f"R@{k}": b.hit(k).mean().item() for k in ks}}"""
WHOLE = COSINES + MASK + RANKS + RESULT
TOPK = """def found(scores, right, k):
    return right.gather(1, scores.topk(min(k, scores.shape[1]), dim=1).indices)
"""

WRONG = [
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = torch.zeros_like(cosines, dtype=torch.bool)\nfor i in range(len(image_features)):\n"
                  "    right[i, (image_of_text == i).nonzero()[0]] = True"),
           "only one caption of each picture", "dot products"),
    recall(COSINES + MASK + "first = torch.zeros_like(right).scatter(1, right.int().argmax(1, keepdim=True), True)\n"
           + edited(RANKS, "rank_of_right(cosines, right", "rank_of_right(cosines, first") + RESULT,
           "one caption of each picture only"),
    recall(COSINES + MASK + TOPK + RANKS
           + edited(RESULT, "a.hit(k).mean().item()",
                    "(found(cosines, right, k).sum(1) == right.sum(1)).double().mean().item()"),
           "all captions of a picture"),
    recall(COSINES + MASK + TOPK + RANKS
           + edited(RESULT, "a.hit(k).mean().item()",
                    "(found(cosines, right, k).sum(1).double() / right.sum(1)).mean().item()"),
           "the share of the right captions that were found"),
    recall(COSINES + MASK + TOPK + RANKS
           + edited(RESULT, "a.hit(k).mean().item()", "(found(cosines, right, k).sum(1).double() / k).mean().item()"),
           "that is precision"),
    recall(COSINES + MASK + TOPK
           + RESULT.replace("a.hit(k)", "found(cosines, right, k).any(1).double()").replace(
               "b.hit(k)", "found(cosines.T, right.T, k).any(1).double()"), "is left to topk", "only rounding"),
    recall(edited(WHOLE, "b.hit", "a.hit"), "both directions are image to text"),
    recall(edited(WHOLE, "a.hit", "b.hit"), "both directions are text to image"),
    recall(WHOLE.replace("a.hit", "c.hit").replace("b.hit", "a.hit").replace("c.hit", "b.hit"),
           "the two directions are swapped"),
    recall(edited(WHOLE, COSINES, "cosines = image_features @ text_features.T\n"), "dot products, not cosines"),
    recall(edited(WHOLE, ", ROUNDING", ""), "only rounding holds apart", "drawn by lot"),
    recall(edited(WHOLE, "mean().item()", "mean().item() * 100"), "these are percent"),
    recall(edited(WHOLE, "mean().item()", "mean()"), "the recalls are tensors"),
    recall(WHOLE.replace("a.hit(k).mean().item()", "1 - a.hit(k).mean().item()").replace(
        "b.hit(k).mean().item()", "1 - b.hit(k).mean().item()"), "did not find their match"),
    recall(edited(WHOLE, "hit(k)", "hit(k + 1)"), "one place too many"),
    recall(edited(WHOLE, "hit(k)", "hit(k - 1)"), "one place too few"),
    recall(edited(WHOLE, "hit(k)", "hit(1)"), "every k has the recall at 1"),
    recall(edited(WHOLE, 'f"R@{k}"', 'f"R{k}"'), "the keys are not those"),
    recall(edited(WHOLE, 'f"R@{k}"', "k"), "the keys are not those"),
    recall(edited(WHOLE, '"image_to_text"', '"i2t"'), "the keys are not those"),
    recall(edited(WHOLE, "for k in ks", "for k in (1, 5, 10)"), "the keys are not those"),
    recall(edited(WHOLE, "return {", "{"), "is there a return?"),
    recall(COSINES + MASK + RANKS + "return {f'R@{k}': a.hit(k).mean().item() for k in ks}", "the keys are not those"),
    recall(COSINES + MASK + RANKS + "return [[x.hit(k).mean().item() for k in ks] for x in (a, b)]", "wrong type"),
    recall(edited(WHOLE, "cosines.T, right.T", "cosines.T, right"), "the other as [texts, images]"),
    recall(edited(WHOLE, "cosines.T, right.T", "cosines, right.T"), "the other as [texts, images]"),
    recall(edited(WHOLE, "each[:, None] == image_of_text.to(cosines.device)",
                  "image_of_text.to(cosines.device)[:, None] == each"), "the other as [texts, images]"),
    recall(edited(WHOLE, ", ROUNDING", ", 0.01"), "cosines that differ a little", "drawn by lot"),
    recall(edited(WHOLE, "rank_of_right(cosines, ", "rank_of_right(cosines.half().float(), "),
           "cosines that differ a little", "drawn by lot"),
    recall(edited(WHOLE, "for k in ks}", "for k in ks if k <= len(text_features)}"), "the keys are not those"),
    recall(edited(WHOLE, "cosines.T, right.T", "cosines, right"), "both directions are image to text"),
    recall(edited(WHOLE, "a.hit(k)", "a.hit(k).bool().double()"), "drawn by lot"),
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = torch.eye(*cosines.shape, device=cosines.device).bool()"),
           "text i is taken", "dot products"),
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = each[:, None] == torch.arange(len(text_features), device=cosines.device) "
                  "* len(image_features) // len(text_features)"), "from the text's place"),
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = each == image_of_text.to(cosines.device)"), "one by one"),
    recall(edited(WHOLE, COSINES, "cosines = (unit_rows(image_features) * unit_rows(text_features)).sum(dim=1)\n"),
           "one by one", "dot products"),
    recall(edited(WHOLE, "mean().item()", "round().mean().item()"), "drawn by lot", "percent"),
    recall(edited(WHOLE, "mean().item()", "sum().item()"), "numbers of queries", "percent"),
    recall(edited(WHOLE, ".hit(k).mean().item()", ".better.lt(k).double().mean().item()"), "never stands before it"),
    recall(edited(WHOLE, "device=cosines.device)", ")"), "would fail on a GPU"),
    *(recall(edited(WHOLE, COSINES, f"cosines = {cosines}\n"), "NaN was replaced by a number", "stays a row of zeros")
      for cosines in (*(f"(unit_rows(image_features) @ unit_rows(text_features).T).nan_to_num({number})"
                        for number in ("", "-1.0", "float('-inf')")),
                      "unit_rows(image_features).nan_to_num() @ unit_rows(text_features).nan_to_num().T",
                      "F.normalize(image_features.nan_to_num(), dim=-1) "
                      "@ F.normalize(text_features.nan_to_num(), dim=-1).T")),
    recall(edited(WHOLE, COSINES, "cosines = unit_rows(image_features) @ unit_rows(text_features).T\n"
                                  "cosines = cosines.masked_fill(cosines.isnan(), -2)\n"), "features of", "zeros"),
    *(recall(edited(WHOLE, COSINES, f"unit = {unit}\ncosines = unit(image_features) @ unit(text_features).T\n"),
             "stays a row of zeros", "NaN was replaced")
      for unit in ("lambda x: F.normalize(x.float(), dim=-1)",
                   "lambda x: x.float() / (x.float().norm(dim=-1, keepdim=True) + 1e-8)",
                   "lambda x: x.float() / x.float().norm(dim=-1, keepdim=True).clamp(min=1e-12)")),
    recall(edited(WHOLE, COSINES, "cosines = F.cosine_similarity(image_features[:, None].float(), "
                                  "text_features[None].float(), dim=-1)\n"), "stays a row of zeros"),
    recall(edited(WHOLE, COSINES, "cosines = cosine_similarity(image_features, text_features)\n"),
           "raises an error for a row of zeros"),
    *(recall(COSINES + MASK + head + RESULT.replace("a.hit(k)", f"found({given[0]}, k)").replace(
                 "b.hit(k)", f"found({given[1]}, k)"), says, "by lot, and the recall")
      for head, given, says in (
          ("""def found(scores, right, k):
    best = scores.masked_fill(~right, float("-inf")).amax(dim=1, keepdim=True)
    return (scores > best).sum(dim=1).lt(k).float()
""", ("cosines, right", "cosines.T, right.T"), "never stands before it"),
          ("""def found(scores, right, k):
    best = scores.masked_fill(~right, float("-inf")).amax(dim=1, keepdim=True)
    return ((scores >= best) & ~right).sum(dim=1).lt(k).float()
""", ("cosines, right", "cosines.T, right.T"), "always stands before it"),
          (RANKS + "found = lambda rank, k: (rank.better < k).float()\n", ("a", "b"), "never stands before it"),
          (RANKS + "found = lambda rank, k: (rank.better + rank.level < k).float()\n", ("a", "b"),
           "always stands before it"),
          (RANKS + "found = lambda rank, k: (rank.hit(k) > 0).float()\n", ("a", "b"), "never stands before it"),
          (RANKS + "found = lambda rank, k: (rank.hit(k) == 1).float()\n", ("a", "b"), "always stands before it"),
          ("found = lambda scores, right, k: right.gather(1, scores.topk(min(k, scores.shape[1]), dim=1).indices)"
           ".any(1).float()\n", ("cosines, right", "cosines.T, right.T"), "is left to topk"),
          ("found = lambda scores, right, k: right.gather(1, scores.argsort(dim=1, descending=True)[:, :k])"
           ".any(1).float()\n", ("cosines, right", "cosines.T, right.T"), "is left to topk"),
      )),
    recall("cosines = unit_rows(text_features) @ unit_rows(image_features).T\nown = cosines.diagonal()[:, None]\n"
           "return (cosines > own).sum(dim=1).eq(0).float().mean().item()", "one by one"),
    recall(COSINES + MASK + "def found(scores, right, k):\n"
           "    near = scores.topk(min(k, scores.shape[1]), dim=1).indices\n"
           "    return (right.gather(1, near).sum() / right.sum()).item()\n" + RESULT.replace(
               "a.hit(k).mean().item()", "found(cosines, right, k)").replace(
               "b.hit(k).mean().item()", "found(cosines.T, right.T, k)"),
           "which other fields call recall", "precision"),
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = (each[:, None] == image_of_text.to(cosines.device)) & ~cosines.isnan()"),
           "right no more", "replaced"),
    recall(edited(WHOLE, "text_features).T", "text_features)"), "here both are embed_dim"),
    *(answer_of("recall_at_k", HEAD, refusal + WHOLE, "the lines that were given")
      for refusal in ("", REFUSES[len("if fault := "):-1] + "\n", REFUSES + " print(fault)\n")),
    answer_of("recall_at_k", "del rank_of_right\n" + HEAD, WHOLE, "its cells have not run"),
    *(recall(edited(WHOLE, MASK, f"right = {right}\n"), says, "the other as [texts, images]")
      for right, says in (("torch.eye(len(image_features), dtype=torch.bool)", "right is [images, images]"),
                          ("torch.eye(len(text_features), dtype=torch.bool)", "right is [texts, texts]"),
                          ("image_of_text[:, None] == image_of_text", "right is [texts, texts]"),
                          ("torch.arange(len(image_features)).repeat_interleave(5) == image_of_text[:, None]",
                           "two shapes"),
                          ("image_of_text", "right holds numbers"),
                          ("torch.ones(len(text_features), dtype=torch.bool)", "two shapes"))),
    recall(edited(WHOLE, COSINES, "texts = unit_rows(text_features[:len(image_features)])\n"
                                  "cosines = (unit_rows(image_features) * texts).sum(1)\n"), "are no matrix"),
    *(recall(edited(WHOLE, COSINES, COSINES + f"cosines = {softmax}\n"), "a softmax turns", "softmaxes")
      for softmax in ("cosines.softmax(0)", "cosines.softmax(1)", "(100 * cosines).softmax(1)",
                      "cosines.softmax(dim=-1)")),
    *(recall(edited(WHOLE, "each[:, None] == image_of_text.to(cosines.device)",
                    f"each[:, None] == torch.arange(len(text_features), device=cosines.device) {of}"),
             "from the text's place")
      for of in ("// len(image_features)", "// (len(text_features) // len(image_features))", "% len(image_features)",
                 "// 5", "* len(image_features) // len(text_features)")),
]  # fmt: skip

CORRECT = [
    recall(edited(WHOLE, "mean().item()", "float().mean().item()")),
    recall(edited(WHOLE, COSINES, "cosines = (unit_rows(text_features) @ unit_rows(image_features).T).T\n")),
    recall("""images = image_features.float() / image_features.float().square().sum(dim=-1, keepdim=True).sqrt()
texts = text_features.float() / text_features.float().norm(dim=-1)[:, None]
right = torch.nn.functional.one_hot(image_of_text, len(images)).bool().T
result = {}
for name, scores, matches in (("image_to_text", images @ texts.T, right), ("text_to_image", texts @ images.T, right.T)):
    rank = rank_of_right(scores, matches, ROUNDING)
    result[name] = {}
    for k in ks:
        result[name][f"R@{k}"] = float(rank.hit(k).mean())
return result"""),
    recall(COSINES + MASK + """def shares(rank):
    return {"R@" + str(k): (rank.hit(k).sum() / len(rank.better)).item() for k in ks}
return {
    "image_to_text": shares(rank_of_right(cosines, right, ROUNDING)),
    "text_to_image": shares(rank_of_right(cosines.T, right.T, ROUNDING)),
}"""),
    recall(COSINES + """owners = image_of_text.tolist()
right = torch.tensor([[owner == i for owner in owners] for i in range(len(image_features))], device=cosines.device)
both = dict(image_to_text=(cosines, right), text_to_image=(cosines.mT, right.mT))
return {d: {f"R@{k}": rank_of_right(s, r, rounding=ROUNDING).hit(k).mean().item() for k in ks}
        for d, (s, r) in both.items()}"""),
]  # fmt: skip
