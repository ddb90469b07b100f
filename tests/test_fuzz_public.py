"""Every public function with right and with wrong arguments at random.

The ordinary suite tries few of them. A deep run: `MINCLIP_FUZZ=500 python -m pytest -q tests/test_fuzz_public.py`.
"""

from typing import Any

import fuzz_after_clip
import fuzz_configs
import fuzz_looking_inside
import fuzz_masking
import fuzz_measures
import fuzz_models
import fuzz_parts
import fuzz_pictures
import fuzz_places
import fuzz_segmentation
import fuzz_siglip
import fuzz_tensors
import fuzz_texts
import fuzz_training
import pytest
from fuzz_cases import Case, fault, folder
from fuzz_values import wrong
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PAGES = (
    fuzz_texts,
    fuzz_pictures,
    fuzz_configs,
    fuzz_tensors,
    fuzz_parts,
    fuzz_models,
    fuzz_training,
    fuzz_siglip,
    fuzz_after_clip,
    fuzz_masking,
    fuzz_looking_inside,
    fuzz_segmentation,
    fuzz_measures,
    fuzz_places,
)
CASES: list[Case] = [case for page in PAGES for case in page.CASES]
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
EVERY = list(HealthCheck)


@pytest.fixture(autouse=True)
def nothing_is_written_elsewhere(monkeypatch):
    """A wrong path, such as "nan" or "../..", leads to a file below this folder."""
    here = folder() / "one" / "two" / "three"
    here.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(here)


@by_name
def test_right_arguments_give_what_is_stated(case: Case):
    @settings(case.examples(6), suppress_health_check=EVERY)
    @given(case.right)
    def try_one(arguments: dict[str, Any]):
        so = case.holds(case.call(**arguments), arguments)
        assert so is None or so, case.name

    try_one()


@by_name
def test_wrong_arguments_are_refused_in_words(case: Case):
    @settings(case.examples(8), suppress_health_check=EVERY)
    @given(st.data())
    def try_one(data: st.DataObject):
        arguments = data.draw(case.right)
        names = [name for name in arguments if name not in case.apart]
        if names:
            name = data.draw(st.sampled_from(names))
            arguments[name] = data.draw(wrong(arguments[name]), label=name)
            assert not (found := fault(case, name, arguments)), f"{case.name}, {name}: {found}"

    try_one()
