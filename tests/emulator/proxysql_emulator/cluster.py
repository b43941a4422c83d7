"""Following peers: their checksums are read, and what is newer there is pulled from them.

The rule of 2.7.1: a section is pulled from a peer if the peer's version is above 1, and our
own is 1 or the peer's epoch is newer, and it has differed for enough checks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

import pymysql

from . import VERSION, pull
from .checksums import NAMES, Stamp

if TYPE_CHECKING:
    from .instance import Instance

log = logging.getLogger("proxysql")

_RETRY_OTHER_VERSION = 30


@dataclass
class Seen(Stamp):
    """What a peer last said of one section."""

    changed_at: int = 0
    updated_at: int = 0
    diff_check: int = 0


@dataclass(eq=False)
class Peer:
    host: str
    port: int
    weight: int = 0
    comment: str = ""
    seen: dict[str, Seen] = field(default_factory=lambda: {name: Seen() for name in NAMES})
    response_ms: int = 0
    uptime: int = 0
    checked: float = 0.0
    link: pymysql.connections.Connection | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def last_check_ms(self) -> int:
        return int((time.time() - self.checked) * 1000) if self.checked else 0

    def close(self) -> None:
        if self.link is not None:
            link, self.link = self.link, None
            link.close()


def is_newer(seen: Stamp, own: Stamp) -> bool:
    return seen.version > 1 and (own.version == 1 or seen.epoch > own.epoch)


class Cluster:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.peers: dict[tuple[str, int], Peer] = {}
        self.tasks: dict[tuple[str, int], asyncio.Task[None]] = {}

    def follow(self) -> None:
        """One task for each node of runtime_proxysql_servers, ourselves included."""
        wanted = {
            (host.decode(), port): (weight, comment.decode("utf-8", "replace"))
            for host, port, weight, comment in self.instance.database.rows(
                "SELECT hostname, port, weight, comment FROM runtime_proxysql_servers"
            )
        }
        for key in set(self.peers) - set(wanted):
            log.info("Cluster: closing thread for peer %s:%d", *key)
            self.tasks.pop(key).cancel()
            del self.peers[key]
        for key, (weight, comment) in wanted.items():
            if key not in self.peers:
                peer = self.peers[key] = Peer(*key)
                log.info("Created new Cluster Node Entry for host %s", peer)
                self.tasks[key] = self.instance.spawn(self._follow(peer))
            self.peers[key].weight = weight
            self.peers[key].comment = comment

    async def _follow(self, peer: Peer) -> None:
        try:
            while True:
                await asyncio.sleep(await self._try(peer))
        finally:
            peer.close()

    async def _try(self, peer: Peer) -> float:
        """One round, whatever comes of it; how long to wait for the next."""
        if self.instance.variables["admin-cluster_username"]:
            try:
                return await self._check(peer)
            except (pymysql.Error, OSError, asyncio.TimeoutError) as error:
                log.warning("Cluster: unable to talk to peer %s . Error: %s", peer, error)
                peer.close()
        return 1.0

    def catch_up(self) -> None:
        """Called before somebody reads what was seen of peers: for those that see it another way."""

    async def _ask(self, peer: Peer, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the work, which waits for the peer, finds."""
        return await asyncio.to_thread(work, *arguments)

    async def _check(self, peer: Peer) -> float:
        variables = self.instance.variables
        started = time.monotonic()
        if peer.link is None:
            other = await self._ask(peer, self._connect, peer)
            if other != VERSION:
                log.warning(
                    "Cluster: different ProxySQL version with peer %s . Remote: %s . Self: %s",
                    peer, other, VERSION,
                )  # fmt: skip
                peer.close()
                return _RETRY_OTHER_VERSION
            log.info("Cluster: clustering with peer %s . Remote version: %s", peer, other)
        rows = await self._ask(
            peer, pull.query, peer.link, "SELECT name, version, epoch, checksum FROM"
            " runtime_checksums_values ORDER BY name",
        )  # fmt: skip
        peer.response_ms = int((time.monotonic() - started) * 1000)
        peer.checked = time.time()
        for name, version, epoch, checksum in rows:
            self._note(peer, name.decode(), int(version), int(epoch), checksum.decode())
        for section in pull.PULLS:
            await self._decide(peer, section)
        spent = time.monotonic() - started
        return max(0.0, variables.number("admin-cluster_check_interval_ms") / 1000 - spent)

    def _open(self, peer: Peer) -> pymysql.connections.Connection:
        variables = self.instance.variables
        return pymysql.connect(
            host=peer.host,
            port=peer.port,
            user=variables["admin-cluster_username"],
            password=variables["admin-cluster_password"],
            connect_timeout=1,
            read_timeout=10,
            autocommit=None,
            use_unicode=False,
            conv={},
            ssl_disabled=True,
        )

    def _connect(self, peer: Peer) -> str:
        variables = self.instance.variables
        peer.link = self._open(peer)
        ((version,),) = pull.query(peer.link, "SELECT @@version")
        if version.decode() == VERSION:
            uuid = self.instance.uuid
            interfaces = variables["admin-mysql_ifaces"]
            pull.query(peer.link, f"PROXYSQL CLUSTER_NODE_UUID {uuid} {interfaces}")
            ((_, uptime),) = pull.query(
                peer.link,
                "SELECT * FROM stats_mysql_global WHERE Variable_Name='ProxySQL_Uptime'",
            )
            peer.uptime = int(uptime)
        return str(version.decode())

    def _note(self, peer: Peer, name: str, version: int, epoch: int, checksum: str) -> None:
        seen = peer.seen.setdefault(name, Seen())
        own = self.instance.layers.checksums.stamps.get(name, Stamp())
        now = int(time.time())
        same_as_before = seen.checksum == checksum
        seen.version, seen.epoch, seen.checksum, seen.updated_at = version, epoch, checksum, now
        if not same_as_before:
            log.info(
                "Cluster: detected a new checksum for %s from peer %s, version %d, epoch %d,"
                " checksum %s", name, peer, version, epoch, checksum,
            )  # fmt: skip
            seen.changed_at = now
            seen.diff_check = 0
        if checksum == own.checksum:
            seen.diff_check = 0
        else:
            seen.diff_check += 1

    def _needed(self, section: pull.Pull) -> int:
        """In how many checks a difference has to be seen before it is pulled; 0 for never."""
        variables = self.instance.variables
        placed = variables.number("admin-cluster_mysql_servers_sync_algorithm") == 1
        if section.name == "mysql_servers" and not placed:
            return 0
        return variables.number(section.diffs_variable)

    async def _decide(self, peer: Peer, section: pull.Pull) -> None:
        needed = self._needed(section)
        if needed == 0:
            return
        seen = peer.seen[section.name]
        own = self.instance.layers.checksums[section.name]
        detected = (
            f"Cluster: detected a peer {peer} with {section.name} version {seen.version},"
            f" epoch {seen.epoch}, diff_check {seen.diff_check}."
            f" Own version: {own.version}, epoch: {own.epoch}."
        )
        repeated = seen.diff_check > 0 and seen.diff_check % (needed * 10) == 0
        if seen.version <= 1:
            if repeated:
                log.warning(
                    "%s diff_check is increasing, but version 1 doesn't allow sync. This message"
                    " will be repeated every %d checks until LOAD %s TO RUNTIME is executed on"
                    " candidate master.", detected, needed * 10, section.command,
                )  # fmt: skip
        elif is_newer(seen, own) and seen.diff_check >= needed:
            log.info("%s Proceeding with remote sync", detected)
            await self._pull(peer, section)
        elif seen.epoch == own.epoch and repeated:
            log.error(
                "%s Sync conflict, epoch times are EQUAL, can't determine which server holds the"
                " latest config, we won't sync. This message will be repeated every %d checks"
                " until LOAD %s TO RUNTIME is executed on candidate master.",
                detected, needed * 10, section.command,
            )  # fmt: skip

    async def _pull(self, peer: Peer, section: pull.Pull) -> None:
        expected = Stamp(0, peer.seen[section.name].epoch, peer.seen[section.name].checksum)
        assert peer.link is not None
        found = await self._ask(peer, section.fetch, peer.link)
        section.apply(self.instance.layers, found, expected)
        if self.instance.variables.on(section.save_variable):
            section.save(self.instance.layers)
            log.info("Cluster: Saving to disk %s from peer %s", section.name, peer)
        if section.name == "mysql_servers_v2":
            # The servers came along; their own difference is settled with it.
            peer.seen["mysql_servers"].diff_check = 0
