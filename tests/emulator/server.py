"""A ProxySQL for a test: the real one if PROXYSQL_BIN names it, the emulator otherwise.

with Server() as server:
    connection = server.connect()
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql

EMULATOR = Path(__file__).resolve().parent / "proxysql"
# It needs a newer Python than the modules do.
EMULATOR_PYTHON = os.environ.get("EMULATOR_PYTHON", sys.executable)

DEFAULTS = """\
datadir="{datadir}"
admin_variables=
{{
    admin_credentials="admin:admin;cluster:clusterpw"
    mysql_ifaces="{host}:{admin_port}"
    cluster_username="cluster"
    cluster_password="clusterpw"
{admin_variables}}}
mysql_variables=
{{
    threads=2
    interfaces="{host}:{data_port}"
    monitor_enabled=false
{mysql_variables}}}
{tables}
"""

# Of the system: tests that set the seed of Python's own would take the same ports in each process.
_random = random.SystemRandom()
_given: set[int] = set()


def free_port(host: str) -> int:
    """A port that nobody listens on now, and that the kernel does not hand out by itself.

    Never a round number: those are values of variables too, and transcripts tell them apart.
    """
    while True:
        # At random: one after another, a process would soon take that of another's server while it restarts.
        port = _random.randrange(10000, 30000)
        if port % 100 == 0 or port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        _given.add(port)
        return port


class Server:
    """A server on free loopback ports with a data directory of its own."""

    def __init__(
        self,
        cnf: str = DEFAULTS,
        *,
        binary: str | None = None,
        host: str = "127.0.0.1",
        admin_variables: dict[str, Any] | None = None,
        mysql_variables: dict[str, Any] | None = None,
        tables: str = "",
        release: str = "2.7.1",
    ) -> None:
        self.binary = binary if binary is not None else os.environ.get("PROXYSQL_BIN", "")
        self.host = host
        self.release = release  # of the emulator
        self.admin_port = free_port(host)
        self.data_port = free_port(host)
        self.datadir = Path(tempfile.mkdtemp(prefix="proxysql-"))
        self.log = self.datadir / "server.log"
        self.cnf = self.datadir / "proxysql.cnf"
        self.cnf.write_text(
            cnf.format(
                datadir=self.datadir,
                host=host,
                admin_port=self.admin_port,
                data_port=self.data_port,
                admin_variables=_settings(admin_variables),
                mysql_variables=_settings(mysql_variables),
                tables=tables,
            )
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_real(self) -> bool:
        return bool(self.binary)

    def start(self, *options: str, timeout: float = 60) -> Server:
        # The real one asks proxysql.com for the newest version otherwise.
        program = [self.binary] if self.binary else [EMULATOR_PYTHON, str(EMULATOR)]
        options = ("--no-version-check", *options)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*program, "-f", "-c", str(self.cnf), "-D", str(self.datadir), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PROXYSQL_EMULATOR_RELEASE": self.release},
                start_new_session=True,
                preexec_fn=end_with_the_tests,
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{program[-1]} did not start:\n{self.log.read_text()}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except (pymysql.Error, OSError):
            return False
        return True

    def connect(
        self, user: str = "admin", password: str = "admin", **options: Any
    ) -> pymysql.connections.Connection:
        options = {"port": self.admin_port, "connect_timeout": 5, "autocommit": None, **options}
        if pymysql.VERSION < (1,):
            options.pop("ssl_disabled", None)  # not known there
        return pymysql.connect(host=self.host, user=user, password=password, **options)

    def stop(self) -> None:
        """End it in order; the data directory stays for a start()."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        # The real server's worker is a second process of the same session.
        try:
            os.killpg(process.pid, number)
            process.wait(15)
        except ProcessLookupError:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self.datadir, ignore_errors=True)


def end_with_the_tests() -> None:
    """In the new process: a test run that is killed leaves no server behind (Linux)."""
    set_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _settings(variables: dict[str, Any] | None) -> str:
    lines = []
    for name, value in (variables or {}).items():
        text = f'"{value}"' if isinstance(value, str) else str(value).lower()
        lines.append(f"    {name}={text}\n")
    return "".join(lines)
