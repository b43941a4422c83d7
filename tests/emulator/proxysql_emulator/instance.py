"""One running emulator: its layers, its ports and its tasks, on one event loop."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from pathlib import Path
from ssl import SSLContext
from typing import Any

from .admin import Admin, Answer
from .cluster import Cluster
from .config_file import Config
from .data_port import DataPort
from .database import Database
from .layers import Layers
from .monitor import Monitor
from .protocol import AdminPort
from .stats import Stats
from .tls import Tls, lose_nothing
from .variables import Variables

log = logging.getLogger("proxysql")


class Instance:
    cluster_class = Cluster

    def __init__(self, datadir: Path, config: Config | None, initial: bool, monitor: bool) -> None:
        self.log = log
        disk = datadir / "proxysql.db"
        fresh = initial or not disk.exists()
        if initial:
            disk.unlink(missing_ok=True)
        self.uuid = self._uuid(datadir)
        self.tls = Tls(datadir)
        self.database = Database(disk)
        self.variables = Variables(datadir)
        self.layers = Layers(self.database, self.variables)
        if config is not None:
            self.layers.read_config = lambda section: config.fill(self.database, section)
        self.layers.start(fresh)
        self.paused = False
        self.stopping = asyncio.Event()
        self.stats = Stats(self)
        self.admin = Admin(self)
        self.admin_port = AdminPort(self)
        self.data_port = DataPort(self)
        self.cluster = self.cluster_class(self)
        self.monitor = Monitor(self) if monitor else None
        self.layers.listeners.append(self._loaded)
        self.tasks: set[asyncio.Task[Any]] = set()

    @staticmethod
    def _uuid(datadir: Path) -> str:
        """A node keeps the name by which its peers know it."""
        path = datadir / "proxysql-uuid"
        if not path.exists():
            path.write_text(f"{uuid.uuid4()}\n")
        return path.read_text().strip()

    # -- running

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def listen(self) -> None:
        lose_nothing(asyncio.get_running_loop())
        await self.admin_port.listen(self.variables["admin-mysql_ifaces"])
        await self.data_port.listen()
        log.info("ProxySQL emulator is ready: admin on %s", self.variables["admin-mysql_ifaces"])

    async def run(self) -> None:
        """Until somebody says stop."""
        self.cluster.follow()
        if self.monitor is not None:
            self.spawn(self.monitor.run())
        await self.stopping.wait()
        self.admin_port.close()
        self.data_port.close()
        for task in list(self.tasks):
            task.cancel()
        self.database.close()

    def stop(self) -> None:
        log.info("Shutting down")
        self.stopping.set()

    def pause(self) -> None:
        self.paused = True
        self.data_port.close()

    def resume(self) -> None:
        self.paused = False
        self.spawn(self.data_port.listen())

    # -- the admin interface

    def execute(self, sql: bytes, user: str, peer: tuple[str, int]) -> Answer:
        return self.admin.execute(sql, user, peer)

    def admin_password(self, user: str) -> bytes | None:
        password = self.variables.password("admin-admin_credentials", user)
        if password is None:
            password = self.variables.password("admin-stats_credentials", user)
        return password

    def offered_tls(self) -> SSLContext | None:
        return self.tls.context if self.variables.on("mysql-have_ssl") else None

    def set_read_only(self, on: bool) -> None:
        self.variables.values["admin-read_only"] = "true" if on else "false"
        self.database.set_read_only(on)

    def _loaded(self, section: str) -> None:
        """After a LOAD: let go of what is no longer there, take up what is new."""
        if section == "ADMIN VARIABLES":
            self.spawn(self.admin_port.listen(self.variables["admin-mysql_ifaces"]))
        elif section == "PROXYSQL SERVERS":
            self.cluster.follow()
        elif section == "MYSQL SERVERS":
            self.data_port.servers_changed()
