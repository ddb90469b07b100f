"""Every public function with right and with wrong arguments at random: `MINCLIP_FUZZ=500 pytest tests/test_fuzz_public.py`."""

import warnings

import fuzz_tensors
import pytest
from fuzz_cases import Case, holds_nan, is_finite
from fuzz_values import wrong
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CASES: list[Case] = [*fuzz_tensors.CASES]
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
EVERY = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


@by_name
def test_right_arguments_give_what_is_stated(case: Case):
    @settings(case.examples(8), suppress_health_check=EVERY)
    @given(case.right)
    def try_one(arguments):
        case.holds(case.call(**arguments), arguments)

    try_one()


@by_name
def test_wrong_arguments_are_refused_in_words(case: Case):
    @settings(case.examples(12), suppress_health_check=EVERY)
    @given(st.data())
    def try_one(data):
        arguments = data.draw(case.right)
        names = [name for name in arguments if name not in case.apart]
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        arguments[name] = data.draw(wrong(arguments[name]), label=name)
        refused_or_right(case, name, arguments)

    try_one()


def refused_or_right(case: Case, name: str, arguments: dict) -> None:
    """The wrong value of `name` is refused with its name, or the result is no NaN that came from nowhere."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = case.call(**arguments)
    except case.errors as error:
        words = (name, name.rstrip("s"), *case.words.get(name, ()))
        assert type(error) not in (ValueError,) or any(word in str(error) for word in words), (name, repr(error))
    else:
        assert case.nan or not holds_nan(result) or not is_finite(arguments[name]), f"{case.name} gave NaN in silence"
