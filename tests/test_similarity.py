"""The cosine: numbers that can be worked out by hand, then what must hold of any vectors."""

import math

import pytest
import torch
from torch.nn import functional as F

from minclip.similarity import check_directions, cosine_similarity, unit_rows

EAST, NORTH, NORTH_EAST = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 1.0]])


def test_cosines_of_known_angles():
    assert cosine_similarity(EAST, NORTH_EAST).item() == pytest.approx(0.7071, abs=1e-4)  # 45 degrees: 1 / sqrt(2)
    assert cosine_similarity(EAST, NORTH).item() == 0  # 90 degrees
    assert cosine_similarity(EAST, -EAST).item() == -1  # 180 degrees
    assert cosine_similarity(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]])).item() == pytest.approx(24 / 25)


def test_every_row_meets_every_row():
    found = cosine_similarity(torch.cat([EAST, NORTH]), torch.cat([EAST, NORTH, NORTH_EAST]))
    half = math.sqrt(0.5)
    torch.testing.assert_close(found, torch.tensor([[1, 0, half], [0, 1, half]]))


def test_lengths_do_not_matter():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(4, 8, generator=generator), torch.randn(5, 8, generator=generator)
    torch.testing.assert_close(cosine_similarity(7 * a, b / 9), cosine_similarity(a, b))


def test_a_row_without_direction_is_refused():
    lost = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    for both in ((EAST, lost), (lost, EAST)):
        with pytest.raises(ValueError, match="row of zeros"):
            cosine_similarity(*both)


def test_rows_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\[1, 2\] and \[1, 3\]"):
        cosine_similarity(EAST, torch.ones(1, 3))


@pytest.mark.parametrize("wrong", [(2,), (3, 2, 5)])
def test_what_is_no_matrix_is_refused(wrong):
    for both in ((torch.ones(wrong), EAST), (EAST, torch.ones(wrong))):
        with pytest.raises(ValueError, match="a and b must be"):
            cosine_similarity(*both)


def test_a_unit_row_keeps_its_direction():
    torch.testing.assert_close(unit_rows(torch.tensor([[3.0, 4.0]])), torch.tensor([[0.6, 0.8]]))
    assert unit_rows(torch.ones(2, 4).bfloat16()).dtype == torch.float32


def test_unit_rows_of_a_stack_of_matrices():
    assert unit_rows(torch.full((2, 3, 4), 5.0)).flatten().tolist() == [0.5] * 24


def test_unit_rows_are_pytorchs_bit_for_bit():
    features = torch.randn(50, 512, generator=torch.Generator().manual_seed(1))
    assert torch.equal(unit_rows(features), F.normalize(features, dim=-1))


def test_unit_rows_without_direction_are_no_number():
    lost = torch.tensor([[0.0, 0.0], [math.inf, 1.0], [math.nan, 1.0]])
    assert unit_rows(lost).isnan().any(dim=1).all()


def test_the_first_row_without_direction_is_named():
    rows = unit_rows(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    check_directions(rows[:1], ["a.png"])
    with pytest.raises(ValueError, match=r"b\.png has features that are all zero or not finite"):
        check_directions(rows, ["a.png", "b.png"])
