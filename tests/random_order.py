"""For pytest: the tests in another order each time (`-p tests.random_order`); `--order-seed=N` has that order again.

Files come in random order, and so do the tests within a file: what a file sets up for its tests is set up once, as
ever. Several workers (pytest-xdist) take their tests from the same order.
"""

import random
from itertools import groupby

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--order-seed", type=int, metavar="N", help="the order of the tests (default: drawn)")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist starts its workers, which are given the options as they are then
def pytest_configure(config: pytest.Config) -> None:
    if config.option.order_seed is None:
        config.option.order_seed = random.SystemRandom().randrange(10**6)


@pytest.hookimpl(tryfirst=True)  # pytest then puts tests with the same parametrized fixture side by side
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    draw = random.Random(config.option.order_seed)
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    draw.shuffle(files)
    for tests in files:
        draw.shuffle(tests)
    items[:] = [item for tests in files for item in tests]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"the order of the tests: --order-seed={config.option.order_seed}")
