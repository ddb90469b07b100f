"""For pytest: every test runs on the pretend device (`-p pretend.plugin`)."""

from collections.abc import Iterator

import pytest

from pretend.device import PretendDevice, put_in_place

put_in_place()


@pytest.fixture(autouse=True)
def on_the_pretend_device() -> Iterator[None]:
    with PretendDevice():
        yield
