"""A fleet for a test, in a process of its own.

with RunningFleet(50) as fleet:
    link = fleet.connect("node0003")
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql
from server import end_with_the_tests, free_port

PROGRAM = Path(__file__).resolve().parent / "fleet"


class RunningFleet:
    """places: host -> address. told: the extra variables. options: what ansible-playbook has to be given."""

    def __init__(self, nodes: int = 0, *options: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="fleet-")
        self.port = free_port("127.1.0.1")
        count = ["--nodes", str(nodes)] if nodes else []
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(PROGRAM),
                *count,
                *options,
                "--port",
                str(self.port),
                "--folder",
                self.folder.name,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_the_tests,
        )

    def __enter__(self) -> RunningFleet:
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]
        if not self.said[1]:
            raise RuntimeError(f"the fleet did not start: {self.said[0]}")
        self.options = self.said[1].split()[1:-1]
        folder = Path(self.folder.name)
        self.told: dict[str, Any] = json.loads((folder / "fleet.yml").read_text(encoding="utf-8"))
        groups = json.loads((folder / "places.yml").read_text(encoding="utf-8"))["all"]["children"]
        self.places: dict[str, str] = {
            host: variables["fleet_address"]
            for group in groups.values()
            for host, variables in group["hosts"].items()
        }
        return self

    def connect(self, host: str) -> pymysql.connections.Connection:
        """As the admin user of the fleet."""
        user, password = self.told["proxysql_admin_user"], self.told["proxysql_admin_password"]
        return pymysql.connect(
            host=self.places[host], port=self.port, user=user, password=password, connect_timeout=5,
            autocommit=None, ssl_disabled=True,
        )  # fmt: skip

    def kilobytes(self) -> int:
        """Memory that the process takes (Linux)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))

    def seconds(self) -> float:
        """Processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()
