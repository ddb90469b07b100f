"""The picture book: a small drawn world with captions, made from a seed and never downloaded.

Its parts: `picture` (the facts of a picture), `sampling` (how often each fact occurs), `render` (the drawing),
`captions` (the sentences), `dataset` (a split of pictures and captions) and `tasks` (the questions for a model).
"""

from minclip.data.picturebook.dataset import PictureBook
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS
from minclip.data.picturebook.picture import Picture, Thing
from minclip.data.picturebook.render import render
from minclip.data.picturebook.sampling import World
from minclip.data.picturebook.scenes import SCENES
from minclip.data.picturebook.styles import STYLES
from minclip.data.picturebook.tasks import tasks

__all__ = [
    "CLASSES",
    "COLOURS",
    "SCENES",
    "STYLES",
    "Picture",
    "PictureBook",
    "Thing",
    "World",
    "render",
    "tasks",
]
