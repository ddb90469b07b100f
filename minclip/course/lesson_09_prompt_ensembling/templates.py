"""Eighty templates of our own for the picture book, as OpenAI wrote eighty for ImageNet; names bring their article.

Most are how the picture book's captions talk, some are not. Every one has exactly one "{}".
"""

from minclip.data.picturebook.grammar import LABEL_FRAMES, PHRASE_FRAMES, SCENE_PHRASES, STYLE_FRAMES

PLAIN = ("{}", *PHRASE_FRAMES, *LABEL_FRAMES)
OF_STYLES = tuple(frame for frames in STYLE_FRAMES.values() for frame in frames)
OF_SCENES = tuple(f"{{}} {phrases[0]}" for phrases in SCENE_PHRASES.values())
UNHEARD = (  # no caption of the picture book talks so
    "somebody has lost {}",
    "a picture that shows {}",
    "here you see {}",
    "nothing but {}",
    "is this {}",
)
KINDS = {"plain": PLAIN, "of a style": OF_STYLES, "of a scene": OF_SCENES, "unheard of": UNHEARD}
TEMPLATES = tuple(dict.fromkeys(template for group in KINDS.values() for template in group))
