from collections.abc import Iterator
from datetime import date

import pytest

from pipeline.demo.site import ReviewSite
from pipeline.demo.world import World, build

ANCHOR = date(2026, 11, 23)


@pytest.fixture(scope="session")
def world() -> World:
    return build(ANCHOR)


@pytest.fixture(scope="session")
def running(world: World) -> Iterator[ReviewSite]:
    with ReviewSite(world) as site:
        yield site


@pytest.fixture
def site(running: ReviewSite) -> Iterator[ReviewSite]:
    yield running
    running.advance_to(date(2026, 11, 22))
    for source in ("meinungshafen", "branchenblick", "playdeck", "shopstimmen", "filialbox"):
        running.set_fault(source, None)
