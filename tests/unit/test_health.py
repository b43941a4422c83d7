"""What a load balancer is told of a core: the program itself, over HTTP, with the files that it reads."""

from __future__ import annotations

import contextlib
import http.client
import importlib.machinery
import importlib.util
import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.watcher import health, tracked

PROGRAM = Path(__file__).resolve().parents[2] / "roles/keepalived/files/proxysql-health"
OPTIONS = {"watch": True, "isolation": True, "backends": [10], "health_port": 0, "health_checks": 3}


class Core:
    """The program with the files of one host, all of which say that it is well."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        rows = tracked(OPTIONS, str(folder), str(folder), "daemon")
        for row in rows:
            Path(row["path"]).parent.mkdir(exist_ok=True)
            Path(row["path"]).write_text("0\n", encoding="ascii")
        self.files = {row["name"]: Path(row["path"]) for row in rows}
        told = {
            **health({**OPTIONS, "health_port": self.port}, rows),
            "young": 0,
            "unknown": 0,
            "seconds": 3,
            **settings,
        }
        self.settings = folder / "health.json"
        self.settings.write_text(json.dumps(told), encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, "-I", str(PROGRAM), str(self.settings)])
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                self.ask()
                return
            time.sleep(0.02)
        raise AssertionError("it does not listen")

    def put(self, name: str, value: int) -> None:
        self.files[name].write_text(f"{value}\n", encoding="ascii")

    def ask(self, path: str = "/", method: str = "GET", source: str = "") -> tuple[int, str]:
        to = "127.0.0.2" if source else "127.0.0.1"
        connection = http.client.HTTPConnection(
            to, self.port, timeout=5, source_address=(source, 0) if source else None
        )
        with contextlib.closing(connection):
            connection.request(method, path)
            got = connection.getresponse()
            return got.status, got.read().decode().strip()

    def wait(self, word: str = "told") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(PROGRAM), str(self.settings), "--wait", word]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = Core(tmp_path)
    yield made
    made.process.terminate()
    made.process.wait(10)


class Balancer:
    """Asks every few hundredths of a second, from an address of its own."""

    def __init__(self, core: Core, source: str = "127.0.0.9") -> None:
        self.core, self.source, self.seen = core, source, [0]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.wait(0.05):
            self.seen.append(self.core.ask(source=self.source)[0])

    def __enter__(self) -> Balancer:
        self._thread.start()
        while len(self.seen) < 5:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_one_that_serves(core: Core, method: str) -> None:
    status, text = core.ask("/anything", method)
    assert (status, text) == (200, "" if method == "HEAD" else "up")


@pytest.mark.parametrize("name", ["proxysql", "watch"])
@pytest.mark.parametrize("value", [-254, -56])
def test_one_that_does_not_serve(core: Core, name: str, value: int) -> None:
    core.put(name, value)
    assert core.ask() == (503, "down")
    core.put(name, 0)
    assert core.ask() == (200, "up")


@pytest.mark.parametrize("name", ["maintenance", "switchover", "restart", "preference"])
def test_one_that_is_drained(core: Core, name: str) -> None:
    core.put(name, -56)
    assert core.ask() == (404, f"draining: {name}")


def test_one_that_is_drained_and_dies_is_down(core: Core) -> None:
    core.put("maintenance", -254)
    core.put("proxysql", -254)
    assert core.ask() == (503, "down")


@pytest.mark.parametrize("name", ["network", "backends"])
def test_what_may_hold_for_all_cores_at_once_is_not_told(core: Core, name: str) -> None:
    core.put(name, -120)
    assert core.ask() == (200, "up")


def test_a_preference_that_speaks_for_the_host_drains_nothing(core: Core) -> None:
    core.put("preference", 5)
    assert core.ask() == (200, "up")


def test_a_file_that_is_missing_says_nothing(core: Core) -> None:
    core.files["maintenance"].unlink()
    assert core.ask() == (200, "up")


def test_nobody_who_asks_has_to_be_waited_for(core: Core) -> None:
    core.put("switchover", -56)
    done = core.wait("drained")
    assert (done.returncode, done.stdout) == (0, "no load balancer asks\n")


def test_a_balancer_is_waited_for(core: Core) -> None:
    with Balancer(core) as balancer:
        core.put("switchover", -56)
        done = core.wait("drained")
        told = balancer.seen.count(404)
    assert (done.returncode, done.stdout) == (0, "all who ask know: 127.0.0.9\n")
    assert told >= 3


def test_both_of_two_balancers_are_waited_for(core: Core) -> None:
    with Balancer(core, "127.0.0.9") as first, Balancer(core, "127.0.0.8") as second:
        core.put("maintenance", -254)
        assert core.wait("drained").returncode == 0
        assert min(first.seen.count(404), second.seen.count(404)) >= 3
        core.put("maintenance", 0)
        assert core.wait().returncode == 0
        assert min(first.seen[-3:].count(200), second.seen[-3:].count(200)) == 3


def test_a_balancer_that_stops_asking_is_named(core: Core) -> None:
    with Balancer(core):
        pass
    core.put("switchover", -56)
    done = core.wait("drained")
    assert done.returncode == 1
    assert done.stdout == "127.0.0.9 has been told 0 times, after 3 s\n"


def program() -> Any:
    loader = importlib.machinery.SourceFileLoader("proxysql_health", str(PROGRAM))
    spec = importlib.util.spec_from_loader("proxysql_health", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("every", [0.5, 10, 14])
def test_a_balancer_is_one_all_the_time_however_seldom_it_asks(
    every: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, clock = program(), Clock()
    monkeypatch.setattr(module, "time", clock)
    asked = module.Asked()
    for _turn in range(5):
        asked.add("lb", 200)
        clock.now += every
    # just before it asks again, and when it does so no more
    assert asked.balancers(200) == {"lb": 5}
    clock.now += module.LATELY
    assert asked.balancers(200) == {}


def test_who_asks_by_hand_now_and_then_is_no_balancer(monkeypatch: pytest.MonkeyPatch) -> None:
    module, clock = program(), Clock()
    monkeypatch.setattr(module, "time", clock)
    asked = module.Asked()
    for _turn in range(5):
        asked.add("admin", 200)
        clock.now += 20
    assert asked.balancers(200) == {}


class Forgets:
    """Answers as a program that forgets, after a second, a balancer that asks no more."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.began = clock, clock.now

    def __call__(self, *_arguments: Any, **_options: Any) -> Forgets:
        return self

    def request(self, *_arguments: Any) -> None:
        """Nothing goes anywhere."""

    close = request

    def getresponse(self) -> io.BytesIO:
        there = {"lb": 0} if self.clock.now < self.began + 1 else {}
        return io.BytesIO(json.dumps({"status": 404, "balancers": there, "age": 500}).encode())


def test_a_balancer_that_is_forgotten_meanwhile_is_named_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, clock = program(), Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module.http.client, "HTTPConnection", Forgets(clock))
    settings = {"port": 1, "checks": 3, "young": 10, "unknown": 30}
    assert module.wait(settings, "drained", 30.0) == ("lb asks too seldom, or no more, after 30 s", ["lb"])


def test_that_nobody_asks_is_known_later_than_who_does(tmp_path: Path) -> None:
    made = Core(tmp_path, unknown=600)
    try:
        done = made.wait()
        assert done.stdout == "it has only just been started, after 3 s\n"
        with Balancer(made):
            assert made.wait().returncode == 0
    finally:
        made.process.terminate()
        made.process.wait(10)


@pytest.mark.parametrize(("checks", "seconds"), [(1, 30), (3, 45), (10, 150)])
def test_more_checks_are_waited_for_longer(checks: int, seconds: int) -> None:
    assert health({**OPTIONS, "health_checks": checks}, [])["seconds"] == seconds


def test_somebody_who_looked_once_is_no_balancer(core: Core) -> None:
    core.ask(source="127.0.0.9")
    core.put("switchover", -56)
    assert core.wait("drained").returncode == 0


def test_one_that_is_not_drained_is_said(core: Core) -> None:
    done = core.wait("drained")
    assert (done.returncode, done.stdout) == (1, "the answer is 200, after 3 s\n")


def test_one_that_does_not_run_is_said(core: Core) -> None:
    core.process.terminate()
    core.process.wait(10)
    done = core.wait()
    assert done.returncode == 1
    assert done.stdout.startswith(f"nothing answers at port {core.port}")


def test_nobody_else_learns_who_asks(core: Core) -> None:
    assert core.ask("/asked", source="127.0.0.9") == (200, "up")
    assert json.loads(core.ask("/asked")[1])["status"] == 200


def test_those_who_connect_and_say_nothing_keep_nobody_waiting(core: Core) -> None:
    """64 of them have all the room there is, for three seconds."""
    silent = [socket.create_connection(("127.0.0.1", core.port)) for _number in range(64)]
    try:
        with pytest.raises((OSError, http.client.HTTPException)):
            core.ask()
        time.sleep(3.2)
        assert core.ask() == (200, "up")
    finally:
        for each in silent:
            each.close()


def test_a_number_as_text_as_older_ansible_writes_it(tmp_path: Path) -> None:
    made = Core(tmp_path, checks="3", seconds="3")
    try:
        assert made.wait().returncode == 0
    finally:
        made.process.terminate()
        made.process.wait(10)
