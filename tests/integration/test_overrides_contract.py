"""What every registry must do with reasons that do not count before sending, run on each of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailpixel.errors import NotFound
from mailpixel.store.overrides import Override
from mailpixel.store.registry import Registry
from tests.support.builders import a_campaign
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)
TRAP = Override("trap", "plain mail – «no» HTML", "writer", NOW)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        made.add_campaign(a_campaign(sent=None, sent_at=None))
        yield made


def test_overrides_read_as_they_were_in_order_and_a_later_one_takes_the_place(registry: Registry) -> None:
    tested = Override("tested", "by hand", "cli", NOW + timedelta(microseconds=9))
    registry.override("spring", TRAP)
    registry.override("spring", tested)
    assert registry.overrides("spring") == [tested._replace(at=NOW), TRAP]
    registry.override("spring", TRAP._replace(because="still plain"))
    assert registry.overrides("spring")[1] == TRAP._replace(because="still plain")


def test_a_dropped_override_is_gone_and_dropping_it_again_changes_nothing(registry: Registry) -> None:
    registry.override("spring", TRAP)
    registry.drop_override("spring", "trap")
    registry.drop_override("spring", "trap")
    assert registry.overrides("spring") == []


def test_only_a_campaign_that_is_there_has_overrides_and_a_deleted_one_leaves_none(
    registry: Registry,
) -> None:
    with pytest.raises(NotFound, match="'autumn'"):
        registry.override("autumn", TRAP)
    with pytest.raises(NotFound, match="'autumn'"):
        registry.drop_override("autumn", "trap")
    assert registry.overrides("autumn") == []
    registry.override("spring", TRAP)
    registry.delete_campaign("spring")
    registry.add_campaign(a_campaign(sent=None, sent_at=None))
    assert registry.overrides("spring") == []
