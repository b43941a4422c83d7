"""Following peers of the same process: what they hold is read without a connection, and only when it moved.

What a node shows of its peers is what it would show had it asked them in every interval.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Callable

import pymysql

from .cluster import Cluster, Peer, is_newer
from .pull import PULLS

if TYPE_CHECKING:
    from .instance import Instance
    from .virtual import VirtualNode


class NearLink:
    """Stands for a connection to a node of this process, with its login and its ways of failing."""

    def __init__(self, other: VirtualNode, user: str, password: str, host: str) -> None:
        stored = other.admin_password(user)
        if stored is None or stored != password.encode("latin-1"):
            raise pymysql.OperationalError(1045, f"ProxySQL Error: Access denied for user '{user}'@'{host}'")
        self.other, self.user, self.host = other, user, host
        self.description: list[tuple[str]] = []
        self._rows: list[tuple[Any, ...]] = []

    def cursor(self) -> NearLink:
        return self

    def __enter__(self) -> NearLink:
        return self

    def __exit__(self, *_: object) -> None:
        """As a cursor it has nothing to let go of."""

    def execute(self, sql: str) -> None:
        if not self.other.up:
            raise ConnectionResetError(f"{self.other.address} is gone")
        answer = self.other.execute(sql.encode(), self.user, (self.host, 0))
        self.description = [(name,) for name in answer.columns or ()]
        self._rows = answer.rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return [tuple(map(_sent, row)) for row in self._rows]

    def close(self) -> None:
        """Nothing was opened."""


def _sent(value: Any) -> bytes | None:
    """As it comes over a connection."""
    return value if value is None or isinstance(value, bytes) else str(value).encode()


class NearCluster(Cluster):
    """parked: since when (time.monotonic) nothing about a peer has moved. woken: set when something has."""

    instance: VirtualNode

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.parked: dict[Peer, float] = {}
        self.woken: dict[Peer, asyncio.Event] = {}

    def wake(self) -> None:
        for event in self.woken.values():
            event.set()

    @property
    def _interval(self) -> float:
        return self.instance.variables.number("admin-cluster_check_interval_ms") / 1000

    async def _follow(self, peer: Peer) -> None:
        other = self.instance.fleet.get(peer.host)
        if other is None:
            await super()._follow(peer)
            return
        woken = self.woken[peer] = asyncio.Event()
        other.watchers.add(woken)
        try:
            while True:
                # Nodes do not ask in step.
                await asyncio.sleep(random.uniform(0, self._interval))
                woken.clear()
                wait = await self._try(peer)
                while self._pending(peer):
                    await asyncio.sleep(wait)
                    woken.clear()
                    wait = await self._try(peer)
                self.parked[peer] = time.monotonic()
                await woken.wait()
                self._catch_up(peer)
                del self.parked[peer]
        finally:
            other.watchers.discard(woken)
            self.woken.pop(peer, None)
            self.parked.pop(peer, None)
            peer.close()

    def _pending(self, peer: Peer) -> bool:
        """Whether something of it is going to be pulled, unless anything moves meanwhile."""
        stamps = self.instance.layers.checksums
        return peer.link is not None and any(
            self._needed(section) > 0
            and peer.seen[section.name].checksum != stamps[section.name].checksum
            and is_newer(peer.seen[section.name], stamps[section.name])
            for section in PULLS
        )

    def catch_up(self) -> None:
        for peer in self.parked:
            self._catch_up(peer)

    def _catch_up(self, peer: Peer) -> None:
        """The rounds that have gone by since, in which the peer said the same as before."""
        rounds = int((time.monotonic() - self.parked[peer]) / max(self._interval, 0.001))
        if peer.link is None or rounds == 0:
            return
        self.parked[peer] += rounds * self._interval
        now = time.time()
        peer.checked = now - (time.monotonic() - self.parked[peer])
        for name, seen in peer.seen.items():
            own = self.instance.layers.checksums.stamps.get(name)
            # a section that the peer does not speak of was never seen
            if seen.updated_at:
                seen.updated_at = int(now)
                seen.diff_check += rounds if own is None or seen.checksum != own.checksum else 0

    async def _ask(self, peer: Peer, work: Callable[..., Any], *arguments: Any) -> Any:
        if peer.host in self.instance.fleet:
            return work(*arguments)
        return await super()._ask(peer, work, *arguments)

    def _open(self, peer: Peer) -> Any:
        other = self.instance.fleet.get(peer.host)
        if other is None:
            return super()._open(peer)
        if not other.up or f"{peer.host}:{peer.port}" not in other.admin_port.servers:
            raise ConnectionRefusedError(f"nobody listens at {peer}")
        user, password = (
            self.instance.variables[f"admin-cluster_{what}"] for what in ("username", "password")
        )
        return NearLink(other, user, password, self.instance.address)
