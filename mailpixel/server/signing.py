"""Signs uploaded lists behind the scenes: one at a time in each worker, while a few wait."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Event

from anyio import to_thread
from starlette.exceptions import HTTPException

from mailpixel.errors import safe_message
from mailpixel.minting.list_job import ListJob, OnSigned

WAITING = 4
"""How many lists may wait. Each may take `MAILPIXEL_UPLOAD_BYTES` of the disk, and an open file."""
FULL = "Too many lists are being signed at the moment. Go back, and try again in a minute."

log = logging.getLogger(__name__)


class Signing:
    """The lists of one worker."""

    def __init__(self) -> None:
        self._places = BoundedSemaphore(WAITING + 1)
        self._ending = Event()
        self._thread = ThreadPoolExecutor(1, "mailpixel-signing")

    def begin(self, make: Callable[[], ListJob], on_signed: OnSigned) -> str:
        """Sign the list that `make` gives once those before it are done, and return its id at once.

        `on_signed` is called in a thread when it has links. Raises `HTTPException` 503 when too many wait
        or the service ends, and what `make` raises.
        """
        if self._ending.is_set() or not self._places.acquire(blocking=False):
            raise HTTPException(503, FULL, {"retry-after": "60"})
        try:
            job = make()
            self._thread.submit(self._run, job, on_signed)
        except BaseException:
            self._places.release()
            raise
        return job.id

    async def close(self) -> None:
        """End the list at work and those that wait: each gets a result that says so."""
        self._ending.set()
        await to_thread.run_sync(self._thread.shutdown)

    def _run(self, job: ListJob, on_signed: OnSigned) -> None:
        try:
            job.run(self._ending.is_set, on_signed)
        except Exception as error:
            log.error("a list was not signed: %s", safe_message(error))
        finally:
            self._places.release()
