"""Answers to the exercise zero_shot_classifier."""

from minclip.course.planted_answers import Answer, answer_of

HEAD = """def zero_shot_classifier(model, tokenizer, class_names, templates):
    if problem := wrong_names(class_names):
        raise ValueError(problem)
"""
PROMPTS = "prompts = [p for name in class_names for p in prompts_for(name, templates)]\n"
FEATURES = PROMPTS + "features = encode_texts(model, tokenizer, prompts)\n"
GROUPED = FEATURES + "grouped = features.unflatten(0, (len(class_names), -1))\n"


def written(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("zero_shot_classifier", HEAD, body, says, silent)


RAW = (
    PROMPTS
    + "with torch.no_grad():\n    features = model.encode_text(tokenizer(prompts).to(model.logit_scale.device))\n"
)

NOTEBOOKS = """import minclip
model, preprocess, tokenizer = minclip.load("picturebook-tiny", "cpu")


"""

WRONG = [
    written(GROUPED + "return ensemble_features(grouped)", "yours are rows"),
    written(GROUPED + "return ensemble_features(grouped).T.contiguous().T", "yours are rows"),
    written(RAW + "return features.unflatten(0, (len(class_names), -1)).mean(dim=1).T", "not length one", "rows"),
    written(RAW + "return features.unflatten(0, (len(class_names), -1)).mean(dim=1)", "not length one, and each class"),
    written(RAW + "return F.normalize(features.unflatten(0, (len(class_names), -1)).mean(dim=1), dim=0).T",
            "the norm runs over the classes"),
    written(RAW + "classes = features.unflatten(0, (len(class_names), -1)).mean(dim=1)\n"
            "return (classes / classes.norm()).T", "one length"),
    written("return encode_texts(model, tokenizer, list(class_names)).T", "bare names"),
    written("return encode_texts(model, tokenizer, list(templates) * len(class_names)).T", "without any name"),
    written(GROUPED + "return model.logit_scale.exp().detach() * ensemble_features(grouped).T", "cosines are scaled"),
    written(GROUPED + "return ensemble_features(grouped).T.softmax(dim=0)", "softmax"),
    written(GROUPED + "return grouped.mean(dim=1).T", "shorter than one", "any length"),
    written(GROUPED + "return grouped.sum(dim=1).T", "the sum of a class's features"),
    written(RAW + "return unit_rows(features.unflatten(0, (len(class_names), -1)).mean(dim=1)).T",
            "a longer one counts more", "shorter than one"),
    written(GROUPED + "return unit_rows(grouped[:, 0]).T", "only the first template"),
    written(GROUPED + "return grouped[:, -1].T", "only the last template"),
    written("prompts = [prompts_for(name, templates)[0] for name in class_names]\n"
            "return encode_texts(model, tokenizer, prompts).T", "only the first template"),
    written(FEATURES + "return features.T", "a column for every prompt"),
    written(FEATURES + "return features", "yours are rows", "for every prompt"),
    written("prompts = [t.replace('{}', name) for t in templates for name in class_names]\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T",
            "different classes are mixed up", "grouped by template"),
    written(FEATURES + "grouped = features.unflatten(0, (len(templates), -1))\n"
            "return unit_rows(grouped.mean(dim=0)).T", "grouped by template"),
    written(FEATURES + "return ensemble_features(features.unflatten(0, (len(templates), -1))).T",
            "one column for all classes"),
    written(FEATURES + "return ensemble_features(features.unflatten(0, (-1, len(class_names)))).T",
            "one column for all classes"),
    written("prompts = [t.replace('{}', name) for t in templates for name in class_names]\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(templates), -1))).T", "one column for all classes"),
    written(FEATURES + "return unit_rows(features.mean(dim=0, keepdim=True)).T", "one column for all classes"),
    written(FEATURES + "return ensemble_features(features.unflatten(0, (len(templates), -1)))",
            "one row for all classes"),
    written(FEATURES + "grouped = features.unflatten(0, (-1, len(class_names)))\n"
            "return unit_rows(grouped.mean(dim=0)).T", "grouped by template"),
    written("prompts = [t.format(name) for name in class_names for t in templates]\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "without a place"),
    written("prompts = [t.replace('{}', name) for name in class_names for t in templates]\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "without a place"),
    Answer("zero_shot_classifier", NOTEBOOKS + "def zero_shot_classifier(clip, tokenizer, class_names, templates):\n"
           "    prompts = [p for name in class_names for p in prompts_for(name, templates)]\n"
           "    features = encode_texts(model, tokenizer, prompts)\n"
           "    return ensemble_features(features.unflatten(0, (len(class_names), -1))).T\n", "another model was"),
    Answer("zero_shot_classifier", NOTEBOOKS + "def zero_shot_classifier(_, tokens, class_names, templates):\n"
           "    columns = [encode_texts(model, tokenizer, prompts_for(n, templates)) for n in class_names]\n"
           "    return torch.stack([ensemble_features(column) for column in columns], dim=1)\n",
           "another model was asked"),
    Answer("zero_shot_classifier", NOTEBOOKS + "def zero_shot_classifier(model, tokens, class_names, templates):\n"
           "    columns = [encode_texts(model, tokenizer, prompts_for(n, templates)) for n in class_names]\n"
           "    return torch.stack([ensemble_features(column) for column in columns], dim=1)\n",
           "another tokenizer"),
    written(FEATURES + "return unit_rows(features.mean(dim=0, keepdim=True)).expand(len(class_names), -1).T",
            "all columns are the same"),
    written(PROMPTS + "tokens = tokenizer(prompts).to(model.logit_scale.device)\n"
            "features = unit_rows(model.encode_text(tokens))\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "asks for a gradient"),
    written(RAW + "return ensemble_features(unit_rows(features).unflatten(0, (len(class_names), -1))).T",
            "those of training"),
    written("model.eval()\n" + RAW + "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T",
            "is in eval mode now"),
    written("model.train()\n" + GROUPED + "return ensemble_features(grouped).T", "is in training now"),
    written(GROUPED + "w = grouped.mean(dim=1).T\nreturn w / w.norm(dim=1, keepdim=True)",
            "a norm runs over the classes"),
    written(GROUPED + "w = grouped.mean(dim=1).T\nreturn w / w.norm()", "one length in the end"),
    written("for name in class_names:\n    prompts = prompts_for(name, templates)\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "only one prompt was encoded"),
    written(GROUPED + "return ensemble_features(grouped).T.numpy()", "is no tensor"),
    written(GROUPED + "return ensemble_features(grouped).squeeze().T", "a dimension of size 1 is lost"),
    written(GROUPED + "return ensemble_features(grouped).T.bfloat16()", "wrong dtype"),
    written(PROMPTS + "with torch.no_grad():\n    features = model.encode_text(prompts)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "reads tokens"),
    written(PROMPTS + "with torch.no_grad():\n    features = model(tokenizer(prompts))\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "the model itself is called"),
    written("features = [encode_texts(model, tokenizer, prompts_for(n, t)) for n in class_names for t in templates]\n"
            "return torch.cat(features).T", "got one text"),
    written("features = [encode_texts(model, tokenizer, templates[0].replace('{}', n)) for n in class_names]\n"
            "return torch.cat(features).T", "here is one text"),
    written("prompts = [templates.replace('{}', name) for name in class_names]\n"
            "return encode_texts(model, tokenizer, prompts).T", "used as one text"),
    written("prompts = [templates.format(name) for name in class_names]\n"
            "return encode_texts(model, tokenizer, prompts).T", "used as one text"),
    written("prompts = [t.replace('{}', name) for name in class_names for t in templates]\n"
            "features = encode_texts(model, tokenizer, prompts)\n"
            "return ensemble_features(features.view(len(class_names), -1, features.shape[1])).T",
            "accepts what it must refuse"),
    written("prompts = [p for name in class_names for p in prompts_for(name, templates)]\n"
            "mode = model.training\nmodel.eval()\nwith torch.no_grad():\n"
            "    features = unit_rows(model.encode_text(tokenizer(prompts)))\nmodel.train(mode)\n"
            "return ensemble_features(features.unflatten(0, (len(class_names), -1))).T", "made on the CPU"),
    written(GROUPED + "return ensemble_features(grouped).T.cpu()", "to the CPU"),
    written(GROUPED + "classes = ensemble_features(grouped).T", "is there a return?"),
    written("if not hasattr(zero_shot_classifier, 'kept'):\n    zero_shot_classifier.kept = {}\n"
            "key = tuple(class_names)\nif key not in zero_shot_classifier.kept:\n"
            + "\n".join("    " + line for line in GROUPED.strip().splitlines())
            + "\n    zero_shot_classifier.kept[key] = ensemble_features(grouped).T\n"
            "return zero_shot_classifier.kept[key]", "of an earlier call"),
    Answer("zero_shot_classifier",
           "def zero_shot_classifier(model, tokenizer, class_names, templates):\n"
           "    prompts = [p for name in class_names for p in prompts_for(name, templates)]\n"
           "    features = encode_texts(model, tokenizer, prompts)\n"
           "    return ensemble_features(features.unflatten(0, (len(class_names), -1))).T\n",
           "accepts what it must refuse"),
]  # fmt: skip

CORRECT = [
    written("columns = []\nfor name in class_names:\n"
            "    features = encode_texts(model, tokenizer, prompts_for(name, templates))\n"
            "    mean = features.mean(dim=0)\n    columns.append(mean / mean.norm())\n"
            "return torch.stack(columns, dim=1)"),
    written(FEATURES + "classes = features.view(len(class_names), len(templates), -1).mean(1)\n"
            "return F.normalize(classes, dim=-1).t()"),
    written("means = 0\nfor template in templates:\n"
            "    prompts = [prompts_for(name, [template])[0] for name in class_names]\n"
            "    means = means + encode_texts(model, tokenizer, prompts)\n"
            "if len(templates) == 0:\n    raise ValueError('no template')\n"
            "return F.normalize(means, dim=1).T"),
    written("training = [m.training for m in model.modules()]\nmodel.eval()\nprompts = []\n"
            "for name in class_names:\n    prompts += prompts_for(name, templates)\n"
            "tokens = tokenizer(prompts).to(next(model.parameters()).device)\n"
            "with torch.inference_mode(False), torch.no_grad():\n    features = model.encode_text(tokens).float()\n"
            "for module, mode in zip(model.modules(), training):\n    module.training = mode\n"
            "features = features / features.norm(dim=-1, keepdim=True)\n"
            "classes = torch.einsum('ctd->dc', features.reshape(len(class_names), len(templates), -1))\n"
            "return classes / classes.norm(dim=0, keepdim=True)"),
    Answer("zero_shot_classifier",
           "def zero_shot_classifier(clip, tokenize, labels, frames):\n"
           "    if wrong_names(labels):\n        raise ValueError(wrong_names(labels))\n"
           "    prompts = sum([prompts_for(label, frames) for label in labels], [])\n"
           "    texts = encode_texts(clip, tokenize, prompts)\n"
           "    return ensemble_features(torch.stack(texts.chunk(len(labels)))).mT\n"),
]  # fmt: skip
