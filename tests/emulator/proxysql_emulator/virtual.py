"""Many nodes in one process, each on a loopback address of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config_file import Config
from .instance import Instance
from .near import NearCluster

log = logging.getLogger("proxysql")

FIRST = ipaddress.IPv4Address("127.1.0.1")


class VirtualNode(Instance):
    """fleet: the nodes of this process, by address. watchers: set when what this node shows has moved."""

    cluster_class = NearCluster

    def __init__(self, address: str, fleet: Mapping[str, VirtualNode], datadir: Path, config: Config) -> None:
        self.address, self.fleet = address, fleet
        self.up = False
        self.watchers: set[asyncio.Event] = set()
        # Its databases are nobody's, or watched by a thousand.
        super().__init__(datadir, config, initial=False, monitor=False)

    async def listen(self) -> None:
        await super().listen()
        self.up = True
        self.moved()

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self.up = False
            self.moved()

    def moved(self) -> None:
        for event in self.watchers:
            event.set()

    def _loaded(self, section: str) -> None:
        super()._loaded(section)
        self.cluster.wake()  # type: ignore[attr-defined]
        self.moved()


@dataclass(frozen=True)
class Place:
    """Where a host of the inventory is in the fleet. state: up, dead (nobody listens) or hanging."""

    host: str
    core: bool
    address: str
    state: str = "up"


def places(cores: Sequence[str], satellites: Sequence[str], dead: int = 0, hanging: int = 0) -> list[Place]:
    """An address each, the cores first. The last satellites are dead, those before them hang."""
    names = [*cores, *satellites]
    if dead + hanging > len(satellites):
        raise ValueError(f"{dead} dead and {hanging} hanging nodes, of {len(satellites)} satellites")
    states = ["up"] * (len(names) - dead - hanging) + ["hanging"] * hanging + ["dead"] * dead
    return [
        Place(name, number < len(cores), str(FIRST + number), state)
        for number, (name, state) in enumerate(zip(names, states))
    ]


def settings(place: Place, given: Sequence[Place], port: int, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the node's proxysql.cnf would say. variables: by their whole names."""
    found: dict[str, Any] = {"admin_variables": {}, "mysql_variables": {}}
    own = {"admin-mysql_ifaces": f"{place.address}:{port}", "mysql-interfaces": f"{place.address}:{port + 1}"}
    for name, value in {**variables, **own}.items():
        prefix, _, rest = name.partition("-")
        found[f"{prefix}_variables"][rest] = value
    found["proxysql_servers"] = [
        {"hostname": one.address, "port": port, "weight": 0, "comment": one.host} for one in given if one.core
    ]
    return found


class Fleet:
    """The nodes at these places. folder: where each has its data directory."""

    def __init__(self, given: Sequence[Place], port: int, variables: Mapping[str, Any], folder: Path) -> None:
        self.places, self.port, self.variables, self.folder = given, port, variables, folder
        self.nodes: dict[str, VirtualNode] = {}
        self._running: list[asyncio.Task[None]] = []
        self._hanging: list[asyncio.AbstractServer] = []

    async def start(self) -> None:
        for place in self.places:
            if place.state == "up":
                datadir = self.folder / place.host
                datadir.mkdir(exist_ok=True)
                config = Config(settings(place, self.places, self.port, self.variables))
                node = self.nodes[place.address] = VirtualNode(place.address, self.nodes, datadir, config)
                await node.listen()
            elif place.state == "hanging":
                self._hanging.append(await asyncio.start_server(_never_answer, place.address, self.port))
        self._running = [asyncio.create_task(node.run()) for node in self.nodes.values()]

    async def stop(self) -> None:
        for server in self._hanging:
            server.close()
        for node in self.nodes.values():
            node.stop()
        await asyncio.gather(*self._running)


async def _never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(4096):
            pass
    writer.close()
