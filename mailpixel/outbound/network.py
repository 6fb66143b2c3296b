"""Connections to checked addresses only: a name is resolved once, and what was checked is what is connected to."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mailpixel.errors import MissingExtra
from mailpixel.outbound.addresses import all_reachable
from mailpixel.outbound.resolving import Resolver, resolve
from mailpixel.outbound.sealing import EXTRA

try:
    import httpcore2
except ImportError:
    if not TYPE_CHECKING:
        raise MissingExtra(EXTRA) from None

CONNECT_S = 5.0


class AddressForbidden(Exception):
    """A host leads to an address that webhooks may not reach. Nothing was sent."""


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to hosts all of whose addresses may be reached. `allowed` are networks beside the public ones."""

    def __init__(self, allowed: Sequence[str], resolver: Resolver = resolve) -> None:
        self._allowed = allowed
        self._resolve = resolver
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address that answers. Raises `AddressForbidden` and httpcore's errors."""
        try:
            async with asyncio.timeout(CONNECT_S):
                return await self._connected(host.strip("[]"), port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("no connection in time") from None

    async def _connected(self, host: str, port: int) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("the host has no address") from None
        if not all_reachable(addresses, self._allowed):
            raise AddressForbidden
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, CONNECT_S / 2)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, CONNECT_S)
