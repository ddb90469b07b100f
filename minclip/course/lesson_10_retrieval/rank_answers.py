"""Answers to the exercise on ranks."""

from minclip.course.planted_answers import Answer, answer_of, edited


def rank(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("rank_of_right", "def rank_of_right(scores, right, rounding=0.0):\n", body, says, silent)


BEST = "best = scores.masked_fill(~right, float('-inf')).amax(dim=1, keepdim=True)\n"
LEVEL = """not_better = scores <= best + rounding
level = not_better & (scores >= best - rounding)
"""
RANK = "return Rank((~not_better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))"
GOOD = BEST + LEVEL + RANK
EXACTLY = (
    BEST
    + """level, better = scores == best, ~(scores <= best)
return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))"""
)

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
    rank(edited(GOOD, "sum(dim=1)", "sum(dim=0)"), "counts over the queries"),
    rank(edited(GOOD, "sum(dim=1)", "sum()"), "one number for all queries"),
    rank(edited(GOOD, "sum(dim=1)", "sum(dim=1, keepdim=True)"), "this is a column", "sum(dim=1) counts"),
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
    rank("scores = scores.nan_to_num()\n" + GOOD, "NaN was replaced", "slips"),
    rank(edited(GOOD, "scores.masked_fill(", "scores.masked_fill_("), "changes what it was given"),
    rank(edited(GOOD, "masked_fill(~right", "masked_fill(not right"), "RuntimeError"),
    rank("best = torch.where(right, scores, torch.full(scores.shape, float('-inf'))).amax(dim=1, keepdim=True)\n"
         + LEVEL + RANK, "would fail on a GPU"),
    rank("order = scores.argsort(dim=1, descending=True)\nplace = right.gather(1, order).int().argmax(dim=1)\n"
         "one = torch.ones_like(place)\nreturn Rank(place, one, one - 1)", "", "counts from 1"),
    *(rank(f"if rounding:\n    scores = {steps}\n" + EXACTLY, "rounded before they were compared", "not used")
      for steps in ("(scores / rounding).round() * rounding", "(scores / rounding).floor()",
                    "torch.ceil(scores / rounding)", "scores.round(decimals=2)",
                    "scores.round(decimals=int(-math.log10(rounding)))")),
    rank("scores = scores.round(decimals=4)\n" + EXACTLY, "rounding is not used"),
    *(rank(f"scores = {steps}\n" + GOOD, "a tolerance of their own", "not used")
      for steps in ("scores.round(decimals=4)", "scores.round(decimals=6)", "scores.half()",
                    "(1e5 * scores).round() / 1e5")),
    rank(BEST + "level = torch.isclose(scores, best, rtol=rounding, atol=0)\nnot_better = (scores <= best) | level\n"
         + RANK, "a share of the score", "not used"),
    rank(edited(GOOD, "masked_fill(~right", "masked_fill(~right | scores.isnan()"), "another right one is found",
         "slips"),
    rank(edited(GOOD, "float('-inf'))", "float('-inf')).nan_to_num(float('-inf'))"), "another right one is found"),
    rank("best = scores.masked_fill(~right, float('nan')).nan_to_num(float('-inf')).amax(dim=1, keepdim=True)\n" + LEVEL
         + RANK, "another right one is found"),
    rank("best = torch.stack([max(row[r]) for row, r in zip(scores, right)])[:, None]\n" + LEVEL + RANK,
         "one of two right scores is NaN", "slips"),
    *(rank(f"scores = {filled}\n" + GOOD, "NaN was replaced", "slips")
      for filled in ("scores.nan_to_num(float('-inf'))", "scores.nan_to_num(float('inf'))", "scores.nan_to_num(-1)",
                     "scores.masked_fill(scores.isnan(), float('-inf'))", "torch.where(scores.isnan(), 0.0, scores)")),
    rank(BEST + "better = scores > best + rounding\nlevel = ~better & ~(scores < best - rounding)\n"
         "return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))",
         "neither above nor below", "slips"),
    rank(edited(GOOD, "level = not_better & (scores >= best - rounding)", "level = not_better & "
                "~(scores < best - rounding)\n"
                "not_better = not_better | scores.isnan()"), "NaN", "replaced"),
    rank(BEST + "level = (scores - best).abs() <= rounding\nbetter = (scores > best + rounding) | scores.isnan()\n"
         "return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))",
         "where the best right score is NaN", "slips"),
    rank("scores = (scores * 1e6).long()\n"
         + edited(edited(GOOD, "float('-inf')", "-10**9"), "rounding", "1e6 * rounding"),
         "a tolerance of their own"),
    rank("rounding = max(rounding, 1e-6)\n" + GOOD, "a tolerance of their own", "not used"),
    rank(edited(GOOD, "rounding", "ROUNDING"), "rounding is not used"),
    rank(edited(GOOD, "(level & right)", "level"), "right holds wrong entries"),
    rank(edited(edited(GOOD, "(level & right)", "level"), "(level & ~right)", "level"), "right holds wrong entries"),
    rank(edited(GOOD, "amax(dim=1", "amax(dim=0"), "over all queries; each query"),
    rank(edited(GOOD, "float('-inf')", "float('inf')"), "that is inf", "that is -inf"),
    rank("best = scores[right][:, None]\n" + LEVEL + RANK, "one row of the right scores"),
    rank(edited(GOOD, "(~not_better & ~right)", "(~not_better)"), "better counts wrong entries", "replaced"),
    rank(edited(GOOD, "amax(dim=1, keepdim=True)", "amax(dim=1)"), "[queries, 1], would go with every entry"),
    rank(edited(GOOD, "<=", "<"), "among those that are not better"),
    rank(edited(edited(GOOD, "<=", "<"), ">=", ">"), "among those that are not better"),
    rank(edited(GOOD, ">=", ">"), "not level with itself"),
    rank(edited(GOOD, "level = not_better & (scores >= best - rounding)", "level = not_better"),
         "the worse ones, too", "every entry"),
    rank(edited(GOOD, "level = not_better &", "level = not_better |"), "every entry counts as level"),
    rank(edited(GOOD, "(level & ~right)", "(not_better & ~right)"),
         "level counts all wrong entries that are not better"),
    rank(edited(GOOD, "(level & ~right)", "((scores < best) & ~right)"), "counted as level"),
    rank(edited(GOOD, "level = not_better & (scores >= best - rounding)", "level = scores == best"),
         "level knows no rounding", "not used"),
    rank(edited(GOOD, ">= best - rounding", ">= best"), "a little below the best right one", "not used"),
    rank(edited(GOOD, "<= best + rounding", "<= best"), "a little above the best right one", "not used"),
    rank(edited(GOOD, "<= best + rounding", "<= best - rounding"), "begins below the best right score", "not used"),
    *(rank(edited(GOOD, "rounding\n", f"{factor} * rounding\n").replace("- rounding", f"- {factor} * rounding"), says)
      for factor, says in (("2", "within twice rounding"), ("0.5", "within half of rounding"))),
    *(rank(BEST + LEVEL + f"better, own, other = (~not_better & ~right).sum(1), (level & right).sum(1), "
           f"(level & ~right).sum(1)\nreturn Rank({order})", says, silent)
      for order, says, silent in (("own, better, other", "better and right are swapped", "counts from 1"),
                          ("own, other, better", "right, level, better", "swapped"),
                          ("other, better, own", "level, better, right", "swapped"))),
    rank(edited(GOOD, "not_better & (scores >= best - rounding)", "not_better & scores >= best - rounding"),
         "brackets", "turns tensors of bool round"),
    rank(edited(GOOD, "not_better & (", "not_better and ("), "want one yes or no"),
    rank(BEST + LEVEL + "return Rank(~not_better & ~right, level & right, level & ~right)", "how many of them"),
    answer_of("rank_of_right", "del Rank\ndef rank_of_right(scores, right, rounding=0.0):\n", GOOD,
              "the first code cell"),
]  # fmt: skip

CORRECT = [
    rank("best = scores.masked_fill(~right, float('-inf')).sort(dim=1, descending=True).values[:, :1]\n"
         + LEVEL + RANK),
    rank(BEST + """better = (scores > best + rounding) | scores.isnan() | best.isnan()
level = (scores - best).abs() <= rounding
return Rank((better & ~right).sum(dim=1), (level & right).sum(dim=1), (level & ~right).sum(dim=1))"""),
    rank("best = torch.stack([row[mine].max() for row, mine in zip(scores, right)])[:, None]\n" + LEVEL + RANK),
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
]  # fmt: skip
