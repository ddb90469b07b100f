"""From heat to places: points, boxes, masks, thresholds; and the masks that the picture book knows."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

import minclip
from minclip import segmentation
from minclip.course.lesson_15_looking_inside.two_things import two_things
from minclip.data.picturebook import Picture, Thing, render
from minclip.data.picturebook.render import thing_masks
from minclip.data.picturebook.sampling import sample_picture


def test_heat_at_a_cells_centre_is_the_cells():
    heat = torch.arange(16.0).view(1, 4, 4).expand(16, -1, -1)
    places = torch.tensor([((column + 0.5) / 4, (row + 0.5) / 4) for row in range(4) for column in range(4)])
    torch.testing.assert_close(segmentation.heat_at(heat, places), torch.arange(16.0))


def test_the_hottest_cell_is_in_its_own_box():
    heat = torch.zeros(3, 2, 4)
    heat[:, 1, 2] = 1.0  # its centre lies at (0.625, 0.75)
    boxes = torch.tensor([[0.6, 0.7, 0.7, 0.8], [0.0, 0.0, 0.6, 1.0], [0.6, 0.0, 1.0, 0.7]])
    assert segmentation.peak_in_box(heat, boxes).tolist() == [True, False, False]


def test_masks_grow_as_the_threshold_falls():
    heat = torch.rand(5, 4, 4, generator=torch.Generator().manual_seed(0))
    sizes = [segmentation.heat_masks(heat, 16, t).sum(dim=(1, 2)) for t in (0.0, 0.4, 0.8, 1.0)]
    assert (sizes[0] == 256).all() and all((a >= b).all() for a, b in pairwise(sizes))
    assert (sizes[-1] >= 1).all(), "the hottest pixel alone is left"


def test_a_masks_threshold_does_not_know_the_scale():
    heat = torch.rand(2, 4, 4, generator=torch.Generator().manual_seed(1))
    first, second = (segmentation.heat_masks(h, 8, 0.5) for h in (heat, 7 * heat - 3))
    assert torch.equal(first, second)


def test_the_best_threshold_is_found_again():
    heat = torch.rand(6, 4, 4, generator=torch.Generator().manual_seed(2))
    assert segmentation.best_threshold(heat, segmentation.heat_masks(heat, 16, 0.65)) == 0.65


def test_boxes_of_masks_and_their_iou():
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[0, 2:6, 1:3] = True
    boxes = segmentation.mask_boxes(masks)
    assert boxes.tolist() == [[0.125, 0.25, 0.375, 0.75], [0, 0, 0, 0]]
    assert segmentation.box_iou(boxes, boxes).tolist() == [1.0, 0.0], "nothing has nothing in common with nothing"
    apart = torch.tensor([[0.5, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    assert segmentation.box_iou(boxes, apart).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("style", ["cartoon", "sketch", "blueprint", "silhouette", "grey"])  # without texture
def test_a_mask_is_where_the_picture_changes(style):
    """The same facts with the thing out of sight: outside of the mask, and of a rim, hardly a pixel is another one."""
    picture = replace(sample_picture(random.Random(5), layout="one", style=style), scene="plain")
    size = 48
    (mask,) = thing_masks(picture, size)
    smaller = replace(picture.things[0], radius=1e-6, x=-5.0)
    changed = (render(picture, size) != render(replace(picture, things=(smaller,)), size)).any(axis=2)
    assert 0.02 < mask.mean() < 0.8
    assert (changed & ~mask).mean() < 0.05 and (mask & changed).sum() > 0.5 * changed.sum()


def test_the_later_thing_hides_the_earlier():
    below, above = Thing("apple", "red", 0.5, 0.5, 0.4), Thing("apple", "blue", 0.5, 0.5, 0.2)
    masks = thing_masks(Picture((below, above), "plain", "cartoon", "two", 3), 32)
    assert (masks[0] & masks[1]).mean() < 0.02, "pixels of which each has one half"
    assert masks[1, 16, 16] and not masks[0, 16, 16] and masks[0].any()


def test_masks_know_the_same_errors_as_render():
    picture = sample_picture(random.Random(0))
    with pytest.raises(ValueError, match="size is 5"):
        thing_masks(picture, 5)
    assert thing_masks(replace(picture, things=()), 16).shape == (0, 16, 16)


def test_a_picture_asks_about_both_its_things():
    model, _, _ = minclip.load("picturebook-tiny", "cpu")
    scenes, more = two_things(model, 4), two_things(model, 6)
    assert len(scenes.texts) == len(scenes.pixels) == len(scenes.masks) == 8
    assert torch.equal(scenes.centres, scenes.others.roll(4, 0)) and torch.equal(scenes.pixels[0], scenes.pixels[4])
    assert np.array_equal(scenes.images, more.images[:4]), "a picture does not depend on how many there are"
    assert not np.array_equal(two_things(model, 4, draw=1).images, scenes.images)
    assert segmentation.peak_in_box(scenes.masks.float(), scenes.boxes).all()
