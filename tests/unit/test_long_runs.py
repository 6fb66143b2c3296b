"""What the long runs measure and draw with."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests.support.driver import NOTHING_SEEN, Seen, together
from tests.support.plot import draw


def test_waits_of_two_spans_are_counted_together() -> None:
    some = Seen(Counter({("pixel", 200): 3}), Counter({9: 3}), 0.1, 1.0)
    more = Seen(Counter({("pixel", 0): 1}), Counter({99: 1}), 0.1, 1.0)
    seen = together(together(NOTHING_SEEN, some), more)
    assert (seen.total, seen.answers["pixel", 0], seen.seconds) == (3, 1, 2.0)
    assert [round(seen.wait_ms(share), 3) for share in (0.5, 0.75, 0.99)] == [1.0, 1.0, 10.0]


def test_a_picture_is_well_formed_and_names_its_panels(tmp_path: Path) -> None:
    draw(
        tmp_path / "drawn.svg", "a < b", [0.0, 5.0], {"memory, MB": {"serve": [1.0, 2.0], "work": [3.0, 4.0]}}
    )
    words = [
        each.text for each in ElementTree.parse(tmp_path / "drawn.svg").iter() if each.tag.endswith("}text")
    ]
    assert words == ["a < b", "memory, MB", "serve", "work", "top 4", "0 s", "2 s", "5 s"]
