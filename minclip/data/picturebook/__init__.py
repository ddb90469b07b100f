"""The picture book: a small drawn world with captions, made from a seed and never downloaded.

Its parts: `facts` (what is true of a picture), `world` (how often), `render` (drawn), `captions` (said),
`dataset` (a split of pictures and captions) and `tasks` (what a model is asked).
"""

from minclip.data.picturebook.dataset import PictureBook
from minclip.data.picturebook.facts import Picture, Thing
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.palette import COLOURS
from minclip.data.picturebook.render import render
from minclip.data.picturebook.scenes import SCENES
from minclip.data.picturebook.styles import STYLES
from minclip.data.picturebook.tasks import tasks
from minclip.data.picturebook.world import World

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
