"""Answers to the exercises on ranks and recall."""

from minclip.course.planted_answers import Answer, answer_of, edited


def rank(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("rank_of_right", "def rank_of_right(scores, right, rounding=0.0):\n", body, says, silent)


def recall(body: str, says: str = "", silent: str = "") -> Answer:
    refusal = (
        "if fault := fault_of_pairs(image_features, text_features, image_of_text, ks):\n    raise ValueError(fault)\n"
    )
    head = "def recall_at_k(image_features, text_features, image_of_text, ks=KS):\n"
    return answer_of("recall_at_k", head, refusal + body, says, silent)


BEST = "best = scores.masked_fill(~right, float('-inf')).amax(dim=1, keepdim=True)\n"
LEVEL = """not_better = scores <= best + rounding
level = not_better & (scores >= best - rounding)
"""
RANK = "return Rank((~not_better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))"
GOOD = BEST + LEVEL + RANK

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
    rank(edited(GOOD, "amax", "amin"), "that is -inf", "any of them"),
    rank("best = scores.masked_fill(~right, float('inf')).amin(dim=1, keepdim=True)\n" + LEVEL + RANK,
         "the worst right entry"),
    rank("best = scores.gather(1, right.int().argmax(dim=1, keepdim=True))\n" + LEVEL + RANK, "only the first right"),
    rank("best = torch.stack([row[r.nonzero()[-1]] for row, r in zip(scores, right)])\n" + LEVEL + RANK,
         "only the last right"),
    rank("best = (scores * right).sum(dim=1, keepdim=True) / right.sum(dim=1, keepdim=True)\n" + LEVEL + RANK,
         "the mean of the right scores"),
    rank("best = scores.masked_fill(~right, 0).amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "masked with 0"),
    rank("best = (scores * right).amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "masked with 0"),
    rank("best = scores[right].max()\n" + LEVEL + RANK, "of all queries together"),
    rank("best = scores[right].view(len(scores), -1).amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "RuntimeError"),
    rank("best = scores.masked_fill(~right, -1e4).amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "masked with a number"),
    rank("best = scores.masked_fill(~right, -1).amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "masked with a number"),
    rank("best = scores.masked_fill(~right, float('nan')).nan_to_num(-9).amax(dim=1, keepdim=True)\n" + LEVEL + RANK,
         "masked with a number"),
    rank(BEST + "better = ~(scores <= best + rounding)\nlevel = torch.isclose(scores, best, atol=rounding)\n"
         "return Rank((better & ~right).sum(1), (level & right).sum(1), (level & ~right).sum(1))", "nearly level"),
    rank("right = right.float()\n" + GOOD, "turns tensors of bool round"),
    rank("scores = scores.softmax(dim=1)\n" + GOOD, ""),
    rank("scores = -scores\n" + GOOD, "", "masked"),
    rank("best = scores.amax(dim=1, keepdim=True)\n" + LEVEL + RANK, "best of all scores"),
    rank("best = scores.masked_fill(right, float('-inf')).amax(dim=1, keepdim=True)\n" + LEVEL + RANK,
         "the best wrong one", "masked with 0"),
    rank(edited(GOOD, "amax(dim=1, keepdim=True)", "amax(dim=1)"), "RuntimeError"),
    rank(edited(GOOD, "amax(dim=1, keepdim=True)", "max(dim=1, keepdim=True)"), "TypeError"),
    rank(edited(GOOD, "(level & ~right).sum(dim=1)", "level.sum(dim=1)"), "level holds the right entries"),
    rank(edited(GOOD, "(level & right).sum(dim=1)", "right.sum(dim=1)"), "right counts all right entries"),
    rank(edited(GOOD, "(level & right).sum(dim=1)", "torch.ones(len(scores), dtype=torch.int64, device=scores.device)"),
         "right is 1 everywhere"),
    rank(edited(GOOD, "(~not_better & ~right)", "((scores >= best) & ~right)"), "count as better here"),
    rank(BEST + LEVEL + "better = ((scores >= best) & ~right).sum(dim=1)\n"
         "return Rank(better, (level & right).sum(dim=1), torch.zeros_like(better))", "nothing is level"),
    rank(edited(GOOD, "(~not_better & ~right)", "(scores >= best)"), "among the better ones"),
    rank(edited(GOOD, "(level & ~right).sum(dim=1)", "torch.zeros_like(scores[:, 0]).long()"), "ever level"),
    rank(edited(GOOD, "(~not_better & ~right)", "((scores < best) & ~right)"), "worse entries are counted"),
    rank(edited(GOOD, "(~not_better & ~right).sum(dim=1)", "(~not_better & ~right).sum(dim=1) + 1"),
         "counts from 1", "swapped"),
    rank(BEST + LEVEL + "return Rank((level & ~right).sum(dim=1), (level & right).sum(dim=1), "
         "(~not_better & ~right).sum(dim=1))", "better and level are swapped"),
    rank(BEST + LEVEL + "return Rank((~not_better & ~right).sum(dim=1), (level & ~right).sum(dim=1), "
         "(level & right).sum(dim=1))", "right and level are swapped"),
    rank(edited(GOOD, "return Rank", "return "), "parts have names"),
    rank(edited(GOOD, "return Rank", "Rank"), "is there a return?"),
    rank(edited(GOOD, "sum(dim=1)", "sum(dim=0)"), "one number for each query"),
    rank(edited(GOOD, "sum(dim=1)", "sum()"), "one number for each query"),
    rank(edited(GOOD, "sum(dim=1)", "sum(dim=1, keepdim=True)"), "one number for each query"),
    rank(edited(GOOD, "sum(dim=1)", "any(dim=1)"), "wrong dtype"),
    rank(edited(GOOD, "sum(dim=1)", "float().sum(dim=1)"), "wrong dtype"),
    rank(BEST + "level = scores == best\nreturn Rank((~(scores <= best) & ~right).sum(dim=1), "
         "(level & right).sum(dim=1), (level & ~right).sum(dim=1))", "rounding is not used"),
    rank(BEST + "level = (scores - best).abs() <= rounding\nreturn Rank(((scores > best) & ~right).sum(dim=1), "
         "(level & right).sum(dim=1), (level & ~right).sum(dim=1))", "a little above the best right one",
         "not used"),
    rank(BEST + "level = (scores <= best + rounding) & (scores >= best)\n"
         "return Rank((~(scores <= best + rounding) & ~right).sum(dim=1), (level & right).sum(dim=1), "
         "(level & ~right).sum(dim=1))", "a little below the best right one"),
    rank(BEST + "rounding = 2.4e-7\n" + LEVEL + RANK, "rounding is not used"),
    rank(edited(GOOD, "(~not_better & ~right)", "((scores > best + rounding) & ~right)"), "NaN is never right"),
    rank("scores = scores.nan_to_num()\n" + GOOD, "NaN is never right"),
    rank(edited(GOOD, "scores.masked_fill(", "scores.masked_fill_("), "changes what it was given"),
    rank(edited(GOOD, "masked_fill(~right", "masked_fill(not right"), "RuntimeError"),
    rank("best = torch.where(right, scores, torch.full(scores.shape, float('-inf'))).amax(dim=1, keepdim=True)\n"
         + LEVEL + RANK, "would fail on a GPU"),
    rank("order = scores.argsort(dim=1, descending=True)\nplace = right.gather(1, order).int().argmax(dim=1)\n"
         "one = torch.ones_like(place)\nreturn Rank(place, one, one - 1)", "", "counts from 1"),
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
           "the share of the captions that were found"),
    recall(COSINES + MASK + TOPK + RANKS
           + edited(RESULT, "a.hit(k).mean().item()", "(found(cosines, right, k).sum(1).double() / k).mean().item()"),
           "that is precision"),
    recall(COSINES + MASK + TOPK
           + RESULT.replace("a.hit(k)", "found(cosines, right, k).any(1).double()").replace(
               "b.hit(k)", "found(cosines.T, right.T, k).any(1).double()"), "drawn by lot", "only rounding"),
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
    recall(edited(WHOLE, "cosines.T, right.T", "cosines.T, right"), "met what is [texts, images]"),
    recall(edited(WHOLE, "cosines.T, right.T", "cosines, right.T"), "met what is [texts, images]"),
    recall(edited(WHOLE, "each[:, None] == image_of_text.to(cosines.device)",
                  "image_of_text.to(cosines.device)[:, None] == each"), "met what is [texts, images]"),
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
                  "* len(image_features) // len(text_features)"), ""),
    recall(edited(WHOLE, "right = each[:, None] == image_of_text.to(cosines.device)",
                  "right = each == image_of_text.to(cosines.device)"), "one by one"),
    recall(edited(WHOLE, COSINES, "cosines = (unit_rows(image_features) * unit_rows(text_features)).sum(dim=1)\n"),
           "one by one", "dot products"),
    recall(edited(WHOLE, "mean().item()", "round().mean().item()"), "drawn by lot", "percent"),
    recall(edited(WHOLE, "mean().item()", "sum().item()"), "numbers of queries", "percent"),
    recall(edited(WHOLE, ".hit(k).mean().item()", ".better.lt(k).double().mean().item()"), "drawn by lot"),
    recall(edited(WHOLE, "device=cosines.device)", ")"), "would fail on a GPU"),
]  # fmt: skip

CORRECT = [
    rank("""best = scores.where(right, torch.finfo(scores.dtype).min).amax(dim=1, keepdim=True)
above = ~(scores <= best + rounding)
level = torch.isclose(scores, best, rtol=0, atol=rounding)
return Rank((above & ~right).sum(1), (level & right).sum(1), (level & ~right).sum(1))"""),
    rank("""best = torch.where(right, scores, float("-inf")).max(dim=1, keepdim=True).values
better = ~(scores <= best + rounding)
level = ~better & ~(scores < best - rounding)
return Rank(torch.sum(better & ~right, 1), torch.sum(level & right, 1), torch.sum(level & ~right, 1))"""),
    rank("""rows = []
for row, mine in zip(scores, right):
    best = row[mine].max()
    wrong = row[~mine]
    better = (~(wrong <= best + rounding)).sum()
    level = ((wrong <= best + rounding) & (wrong >= best - rounding)).sum()
    own = ((row[mine] >= best - rounding) & (row[mine] <= best + rounding)).sum()
    rows.append(torch.stack([better, own, level]))
return Rank(*torch.stack(rows, dim=1))"""),
    rank("""best = scores.masked_fill(right.logical_not(), -torch.inf).amax(1)[:, None]
above = scores - best
level = above.abs() <= rounding
better = ~(above <= rounding)
count = lambda mask: mask.long().sum(-1)
return Rank(better=count(better & ~right), right=count(level & right), level=count(level & ~right))"""),
    recall("""images = torch.nn.functional.normalize(image_features.float(), dim=-1)
texts = torch.nn.functional.normalize(text_features.float(), dim=-1)
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
