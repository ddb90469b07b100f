"""Answers to the exercises of lesson 09."""

from minclip.course.planted_answers import Answer, answer_of

SETUP = """
import re
import numpy as np
import torch
from collections.abc import Sequence
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.prompts import check_template
from minclip.similarity import unit_rows
"""
HEAD = """def prompts_for(name, templates):
    if isinstance(templates, str) or len(templates) == 0:
        raise ValueError("templates must be a list")
"""
EACH = "[check_template(template).replace('{}', name) for template in templates]"


def prompts(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("prompts_for", HEAD, body, says, silent)


def ensemble(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("ensemble_features", "def ensemble_features(features):\n", body, says, silent)


UNITS = "features = features.float()\nunits = features / features.norm(dim=-1, keepdim=True)\n"

WRONG = [
    prompts("return list(templates)", "no name stands in them"),
    prompts("return [check_template(templates[0]).replace('{}', name)]", "only the first template"),
    prompts("for template in templates:\n    found = [check_template(template).replace('{}', name)]\nreturn found",
            "only the last template"),
    prompts("for template in templates:\n    return check_template(template).replace('{}', name)", "one text"),
    prompts("for template in templates:\n    prompt = check_template(template).replace('{}', name)\nreturn prompt",
            "the last text alone"),
    prompts(f"return ' '.join({EACH})", "joined into one"),
    prompts("return [check_template(template) + ' ' + name for template in templates]", "at the end"),
    prompts("return [check_template(template).replace('{', name) for template in templates]", "one of the two braces"),
    prompts("return [check_template(template).replace('{}', 'name') for template in templates]", "the word name"),
    prompts("return [check_template(template).replace('{}', '{' + name + '}') for template in templates]",
            "stay around the name"),
    prompts("return sorted(check_template(t).replace('{}', name) for t in templates)", "another one", "turned round"),
    prompts(f"return {EACH}[::-1]", "turned round"),
    prompts(f"return tuple({EACH})", "a list is asked"),
    prompts(f"return set({EACH})", "has no order"),
    prompts(f"return list(dict.fromkeys({EACH}))", "counts twice"),
    prompts("return [check_template(template).format(name) for template in templates]", "format fills every brace"),
    prompts("return [template.format(name) for template in templates]", "format fills every brace"),
    prompts("return [check_template(template).replace('{}', '%s') % name for template in templates]",
            "each percent sign"),
    prompts("return [re.sub(re.escape('{}'), name, check_template(template)) for template in templates]",
            "a backslash"),
    prompts("return [template.replace('{}', name) for template in templates]", "exactly one {}"),
    prompts("return [name.join(template.split('{}')) for template in templates]", "exactly one {}"),
    prompts("return [template.replace('{}', name, 1) for template in templates]", "exactly one {}"),
    prompts("return [template % name for template in templates]", "where %s stands", "percent sign"),
    prompts("found = []\nfor template in templates:\n    found.append(template % (name,))\nreturn found",
            "where %s stands"),
    prompts("return [check_template(templates).replace('{}', name)]", ""),
    prompts("return templates.replace('{}', name)", "used as one text"),
    prompts("return [check_template(t).replace('{}', name).lower() for t in templates]", "capital letters"),
    prompts("return [t.replace('{}', name) for t in templates if '{}' in t]", "exactly one {}"),
    prompts(f"found = {EACH}", "is there a return?"),
    prompts("templates[:] = [check_template(template).replace('{}', name) for template in templates]\nreturn templates",
            "edits its input"),
    prompts("return [check_template(template)(name) for template in templates]", "no function"),
    Answer("prompts_for", "def prompts_for(name, templates):\n"
           "    return [check_template(template).replace('{}', name) for template in templates]\n",
           "lines that were given"),
    ensemble(UNITS + "return units.mean(dim=-2)", "shorter than one"),
    ensemble("mean = features.float().mean(dim=-2)\nreturn mean / mean.norm(dim=-1, keepdim=True)",
             "a longer feature counts more", "shorter than one"),
    ensemble("return features.float().mean(dim=-2)", "nothing was brought to length one"),
    ensemble("return features.float().sum(dim=-2)", "a sum in place of a mean"),
    ensemble(UNITS + "return units.sum(dim=-2)", "the sum of the unit features"),
    ensemble("return unit_rows(features)", "never averaged"),
    ensemble(UNITS + "return units.mean(dim=-1)", "over the numbers of a feature"),
    ensemble("return unit_rows(unit_rows(features).mean(-1))", "leaves one number for each prompt"),
    ensemble(UNITS + "mean = units.mean(dim=-1)\nreturn mean / mean.norm(dim=-1, keepdim=True)",
             "leaves one number for each prompt"),
    ensemble("return F.normalize(unit_rows(features).mean(dim=-2), dim=0)", "the last norm runs over the classes"),
    ensemble(UNITS + "mean = units.mean(dim=-2)\nreturn mean / mean.norm(dim=0)", "last norm runs over the classes"),
    ensemble("return F.normalize(unit_rows(features).sum(dim=1), dim=0)", "the last norm runs over the classes"),
    ensemble("return unit_rows(unit_rows(features).mean(dim=0))", "over the first dimension"),
    ensemble("return F.normalize(F.normalize(features.float(), dim=-2).mean(dim=-2), dim=-1)", "over the prompts"),
    ensemble("return F.normalize(F.normalize(features.float()).mean(-2), dim=-1)", "over the prompts",
             "over the first"),
    ensemble("features = features.float()\nreturn unit_rows((features / features.norm()).mean(dim=-2))",
             "a longer feature counts more"),
    ensemble(UNITS + "mean = units.mean(dim=-2)\nreturn mean / mean.norm()", "in the end all classes"),
    ensemble(UNITS + "mean = units.mean(dim=-2)\nreturn mean / (mean * mean).sum(dim=-1, keepdim=True)", "the square"),
    ensemble("return unit_rows(features)[..., 0, :]", "only the first prompt"),
    ensemble("return unit_rows(features)[..., -1, :]", "only the last prompt"),
    ensemble("return unit_rows(unit_rows(features).median(dim=-2).values)", "the median"),
    ensemble("return unit_rows(unit_rows(features).amax(dim=-2))", "the largest number"),
    ensemble("return unit_rows(unit_rows(features).mean(dim=-2, keepdim=True))", "with size 1"),
    ensemble("return unit_rows(torch.stack([unit_rows(c).mean(0) for c in features]))", "runs over embed_dim"),
    ensemble("u = F.normalize(features.float(), p=1, dim=-1)\nreturn unit_rows(u.mean(-2))", "the absolute numbers"),
    ensemble("return unit_rows(unit_rows(features).mean(dim=1))", "runs over embed_dim"),
    ensemble("return unit_rows(unit_rows(features).mean(dim=-2)).double()", "float32 is asked"),
    ensemble("return unit_rows(unit_rows(features).mean(dim=-2)).squeeze()", "is lost"),
    ensemble("units = F.normalize(features, dim=-1)\nreturn F.normalize(units.mean(dim=-2), dim=-1)", "wrong dtype"),
    ensemble("units = F.normalize(features, dim=-1)\nreturn F.normalize(units.mean(dim=-2), dim=-1).float()",
             "three digits"),
    ensemble("units = features / features.norm(dim=-1)\nreturn unit_rows(units.mean(dim=-2))", "as a column"),
    ensemble("features /= features.norm(dim=-1, keepdim=True)\nreturn unit_rows(features.mean(dim=-2))",
             "edits its input"),
    ensemble("return unit_rows(unit_rows(features).cpu().mean(dim=-2))", "to the CPU"),
    ensemble("weights = torch.ones(features.shape[-2]) / features.shape[-2]\n"
             "return unit_rows(torch.einsum('p,...pd->...d', weights, unit_rows(features)))", "made on the CPU"),
    ensemble("mean = unit_rows(unit_rows(features).mean(dim=-2))", "is there a return?"),
    ensemble("return torch.from_numpy(unit_rows(features).numpy().mean(axis=-2))", "shorter than one"),
]  # fmt: skip

CORRECT = [
    prompts(f"return {EACH}"),
    prompts("found = []\nfor template in templates:\n    check_template(template)\n"
            "    before, after = template.split('{}')\n    found.append(before + name + after)\nreturn found"),
    prompts("for template in templates:\n    if template.count('{}') != 1:\n        raise ValueError(template)\n"
            "return [name.join(template.split('{}')) for template in templates]"),
    prompts("def fill(template):\n    start, _, end = check_template(template).partition('{}')\n"
            "    return f'{start}{name}{end}'\nreturn list(map(fill, templates))"),
    ensemble(UNITS + "mean = units.mean(dim=-2)\nreturn mean / mean.norm(dim=-1, keepdim=True)"),
    ensemble("return unit_rows(unit_rows(features.detach()).mean(dim=-2))"),
    ensemble("with torch.no_grad():\n    return unit_rows(unit_rows(features).mean(dim=-2))"),
    ensemble("with torch.inference_mode():\n    units = F.normalize(features.float(), dim=-1)\n"
             "    mean = units.mean(dim=-2)\nreturn (mean / mean.norm(dim=-1, keepdim=True)).clone()"),
    ensemble("return F.normalize(F.normalize(features.float(), dim=-1).sum(dim=-2), dim=-1)"),
    ensemble("features = features.to(torch.float32)\nlengths = features.pow(2).sum(-1, keepdim=True).sqrt()\n"
             "total = (features / lengths).sum(-2)\nreturn total / total.pow(2).sum(-1, keepdim=True).sqrt()"),
    ensemble("units = unit_rows(features)\ntotal = units[..., 0, :]\nfor i in range(1, units.shape[-2]):\n"
             "    total = total + units[..., i, :]\nreturn unit_rows(total / units.shape[-2])"),
    ensemble("units = F.normalize(features.float(), dim=-1)\nmean = torch.einsum('...pd->...d', units)\n"
             "return mean / torch.linalg.vector_norm(mean, dim=-1, keepdim=True)"),
]  # fmt: skip
