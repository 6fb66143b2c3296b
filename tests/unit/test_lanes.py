"""Work in threads, where the system gives none."""

import asyncio
import threading

import pytest

from mailpixel.errors import StoreUnavailable
from mailpixel.server.threads import Lane

TOO_LARGE = 1 << 47
"""A stack as large as all addresses: the system refuses such a thread."""


def test_work_is_refused_for_now_where_the_system_gives_no_thread_and_goes_on_later() -> None:
    lane = Lane(1)

    async def scenario() -> int:
        usual = threading.stack_size(TOO_LARGE)
        try:
            with pytest.raises(StoreUnavailable, match="gives no thread"):
                await lane.run(int, 7)
        finally:
            threading.stack_size(usual)
        return await lane.run(int, 7)

    assert asyncio.run(scenario()) == 7
    assert lane.waiting == 0


def test_an_error_of_the_work_itself_comes_through() -> None:
    def fails() -> None:
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match="of its own"):
        asyncio.run(Lane(1).run(fails))
