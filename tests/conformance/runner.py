"""Runs a script against servers and writes down every answer."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pymysql
from backend import Backend
from certificates import Sets
from rules import Rules, plain
from script import Script, Step

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "emulator"))

from server import DEFAULTS, Server  # noqa: E402

SCRIPTS = sorted((HERE / "scripts").glob("*.txt"))
PATIENCE = 60  # seconds that @until and @log wait; a busy machine is no difference

Recorded = dict[str, Any]


TRANSCRIPTS = HERE / "transcripts"


def release_of(version: str) -> str:
    """The series that a version is of: "2.7" or "3.0"."""
    found = re.search(r"\b(\d+\.\d+)\.\d+", version)
    return found[1] if found else ""


def own_path(script: Script, release: str) -> Path:
    """Where what a release answers is kept: that of 2.7 for all, of another only what differs from it."""
    return (TRANSCRIPTS if release == "2.7" else TRANSCRIPTS / release) / f"{script.name}.json"


def transcript_path(script: Script, release: str) -> Path:
    own = own_path(script, release)
    return own if own.exists() else own_path(script, "2.7")


class Runner:
    def __init__(self, script: Script, servers: dict[str, Server], backends: dict[str, Backend]) -> None:
        self.script = script
        self.servers = servers
        self.backends = backends
        self.node = script.nodes[0]
        self.user = ("admin", "admin")
        self.links: dict[tuple[str, tuple[str, str]], pymysql.connections.Connection] = {}
        self.names = {
            f"{{{name}.{what}}}": str(getattr(server, what))
            for name, server in servers.items()
            for what in ("admin_port", "data_port", "datadir")
        }
        self.names |= {f"{{{name}.port}}": str(backend.port) for name, backend in backends.items()}
        self.rules = Rules({value: name for name, value in self.names.items()})
        self.awaited: str | None = None
        self.sets = Sets()
        self.client = ""
        self.sends = False
        self.sent: dict[str, Future[tuple[Recorded, str | None]]] = {}
        self.senders = ThreadPoolExecutor()

    def run(self) -> Iterator[Recorded]:
        for step in self.script.steps:
            if not step.directive:
                yield self._statement(step.text)
            elif step.directive in ("login", "log", "shown", "tries", "waits", "answer"):
                yield {"directive": f"@{step.directive} {step.text}".rstrip(), **self._directive(step)}
            else:
                self._directive(step)
                yield {"directive": f"@{step.directive} {step.text}".rstrip()}

    def close(self) -> None:
        for link in self.links.values():
            link.close()
        self.senders.shutdown()

    # -- directives

    def _directive(self, step: Step) -> Recorded:
        method: Callable[[str], Recorded | None] = getattr(self, f"_{step.directive}")
        return method(step.text) or {}

    def _on(self, node: str) -> None:
        self.node, self.client = node, ""

    def _client(self, name: str) -> None:
        self.client = name

    def _sends(self, _: str) -> None:
        self.sends = True

    def _waits(self, name: str) -> Recorded:
        return {"waits": not wait([self.sent[name]], timeout=1).done}

    def _answer(self, name: str) -> Recorded:
        return self.sent.pop(name).result(PATIENCE)[0]

    def _as(self, who: str) -> None:
        user, _, password = who.partition(" ")
        self.user = (user, password)

    def _until(self, value: str) -> None:
        self.awaited = value

    def _later(self, _: str) -> None:
        # Epochs are whole seconds: two LOADs in one second would carry the same.
        time.sleep(1.02 - time.time() % 1)

    def _stop(self, _: str) -> None:
        for key in [key for key in self.links if key[0] == self.node]:
            self.links.pop(key).close()
        self.servers[self.node].stop()

    def _start(self, _: str) -> None:
        self.servers[self.node].start()

    def _restart(self, _: str) -> None:
        self._stop("")
        self._start("")

    def _log(self, text: str) -> Recorded:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if text in self.servers[self.node].log.read_text(errors="replace"):
                return {"found": True}
            time.sleep(0.05)
        return {"waited_in_vain": text}

    def _tls(self, words: str) -> None:
        self.sets.put(self.servers[self.node].datadir, words.split())

    def _shown(self, _: str) -> Recorded:
        server = self.servers[self.node]
        ports = {"admin": server.admin_port, "clients": server.data_port}
        return {name: self.sets.shown(server.host, port) for name, port in ports.items()}

    def _tries(self, _: str) -> Recorded:
        try:
            self._start("")
        except RuntimeError:
            return {"started": False}
        return {"started": True}

    def _login(self, who: str) -> Recorded:
        user, password, address = [*who.split(" "), "", ""][:3]
        options: dict[str, Any] = {"bind_address": address} if address else {}
        try:
            self.servers[self.node].connect(user, password, **options).close()
        except pymysql.Error as error:
            return {"error": [error.args[0], self.rules.text(str(error.args[1]))]}
        return {"ok": True}

    # -- statements

    def _statement(self, text: str) -> Recorded:
        awaited, self.awaited = self.awaited, None
        sql = text
        for name, value in self.names.items():
            sql = sql.replace(name, value)
        if self.sends:
            self.sends = False
            self.sent[self.client] = self.senders.submit(self._send, sql)
            return {"statement": text}
        deadline = time.monotonic() + PATIENCE
        while True:
            answer, first = self._send(sql)
            if awaited is None or first == awaited:
                return {"statement": text, **answer}
            if time.monotonic() > deadline:
                return {"statement": text, "waited_in_vain": awaited, **answer}
            time.sleep(0.05)

    def _send(self, sql: str) -> tuple[Recorded, str | None]:
        try:
            with self._link().cursor() as cursor:
                affected = cursor.execute(sql)
                if cursor.description is None:
                    return {"affected": affected}, None
                columns = [column[0] for column in cursor.description]
                found = [[plain(value) for value in row] for row in cursor.fetchall()]
        except pymysql.Error as error:
            return {"error": [error.args[0], self.rules.text(str(error.args[1]))]}, None
        rows = [self.rules.row(columns, row) for row in found]
        first = found[0][0] if found and found[0] else None
        return {"columns": [self.rules.text(c) for c in columns], "rows": rows}, first

    def _link(self) -> pymysql.connections.Connection:
        user = (self.client, "") if self.client else self.user
        key = (self.node, user)
        if key not in self.links:
            target = self.backends.get(self.node) or self.servers[self.node]
            options: dict[str, Any] = {"use_unicode": False, "conv": {}, "charset": "utf8mb4"}
            if self.client:
                user = ("app", "secret")
                options["port"] = self.servers[self.node].data_port
            self.links[key] = target.connect(*user, **options)
        return self.links[key]


@contextmanager
def started(
    script: Script, binary: str, release: str
) -> Iterator[tuple[dict[str, Server], dict[str, Backend]]]:
    """The script's nodes. An empty `binary` means the emulator, of that release."""
    variables: dict[str, dict[str, Any]] = {"admin": {}, "mysql": {}}
    for name, value in script.settings:
        prefix, _, short = name.partition("-")
        variables[prefix][short] = int(value) if value.isdigit() else value
    with ExitStack() as stack:
        servers = {
            name: Server(
                script.cnf.read_text() if script.cnf else DEFAULTS,
                binary=binary,
                release="2.7.1" if release == "2.7" else "3.0.3",
                admin_variables=variables["admin"],
                mysql_variables=variables["mysql"],
            )
            for name in script.nodes
        }
        for server in servers.values():
            stack.enter_context(server)
        backends = {name: stack.enter_context(Backend(name)) for name in script.backends}
        yield servers, backends


def run(script: Script, binary: str, release: str = "2.7") -> list[Recorded]:
    with started(script, binary, release) as (servers, backends):
        runner = Runner(script, servers, backends)
        try:
            return list(runner.run())
        finally:
            runner.close()


def dump(about: str, source: str, steps: list[Recorded]) -> str:
    """JSON with one row of an answer on a line, so that a person can read a difference."""
    head = f' "about": {_json(about)},', f' "recorded_from": {_json(source)},', ' "steps": ['
    lines = ["{", *head]
    for number, step in enumerate(steps):
        parts = []
        for key, value in step.items():
            if key == "rows" and value:
                rows = ",\n".join(f"    {_json(row)}" for row in value)
                parts.append(f'   "rows": [\n{rows}\n   ]')
            else:
                parts.append(f"   {_json(key)}: {_json(value)}")
        end = "," if number < len(steps) - 1 else ""
        lines.append("  {\n" + ",\n".join(parts) + "\n  }" + end)
    return "\n".join([*lines, " ]", "}", ""])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
