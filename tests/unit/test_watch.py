"""The watcher's judgement: what it writes for keepalived, and when. Time is played."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.machinery
import importlib.util
import json
import socket
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from promtool import needed, promtool

SCRIPT = Path(__file__).resolve().parents[2] / "roles/keepalived/files/proxysql-watch"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("proxysql_watch", str(SCRIPT))
    spec = importlib.util.spec_from_loader("proxysql_watch", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, watch: ModuleType) -> None:
        self.now = 1000.0
        monkeypatch.setattr(watch.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, watch: ModuleType) -> Clock:
    return Clock(monkeypatch, watch)


SETTINGS = {
    "host": "127.0.0.1",
    "port": 1,
    "user": "app",
    "password": "x",
    "timeout": 0.4,
    "rise": 3,
    "interval": 0.1,
    "aside": -56,
}


def serving(watch: ModuleType, folder: Path, clock: Clock, answers: list[str]) -> list[int]:
    """What stands in the file after each of these answers, one each 0.1 s."""
    part = watch.Serving(SETTINGS, watch.Verdict(str(folder), "watch"))
    values = []
    for answer in answers:
        part.ask = lambda answer=answer: (answer, not answer)
        part.step()
        values.append(int((folder / "watch").read_text()) if (folder / "watch").exists() else 0)
        clock.now += 0.1
    return values


def test_down_after_the_time_and_up_after_three(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    values = serving(watch, tmp_path, clock, [""] * 2 + ["deaf"] * 6 + [""] * 4)
    assert values == [0, 0, 0, 0, 0, 0, -254, -254, -254, -254, 0, 0]
    assert (tmp_path / "watch.why").read_text() == "ProxySQL serves\n"


def test_who_stays_ill_stands_behind_the_healthy(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    values = serving(watch, tmp_path, clock, [""] + ["deaf"] * 20 + [""] * 3)
    assert values[5:15] == [-254] * 10 and values[15:23] == [-56] * 8 and values[23] == 0


def test_its_own_numbers_are_for_the_node_exporter(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "proxysql_watch.prom"

    def numbers() -> dict[str, float]:
        rows = (row.split() for row in file.read_text().splitlines() if row[0] != "#")
        return {name.replace("proxysql_watch_", ""): float(value) for name, value in rows}

    part = watch.Serving(SETTINGS, watch.Verdict(str(tmp_path), "watch"), watch.Counts(str(tmp_path)))

    def check(*answers: str) -> None:
        for answer in answers:
            part.ask = lambda answer=answer: (setattr(clock, "now", clock.now + 0.25), (answer, not answer))[
                1
            ]
            part.step()

    check("")
    first = numbers()
    assert (first["checks_total"], first["checks_failed_total"], first["check_duration_seconds"]) == (
        1,
        0,
        0.25,
    )
    assert abs(first["checked_timestamp_seconds"] - time.time()) < 5
    # it checks often, and they are not written each time
    check(*["deaf"] * 3, *[""] * 16)
    assert numbers() == first
    check("")
    assert (numbers()["checks_total"], numbers()["checks_failed_total"]) == (21, 3)
    file.unlink()
    (tmp_path / "proxysql_watch.prom.new").mkdir()
    clock.now += 10
    check("")
    assert (tmp_path / "watch").read_text() == "0\n"


@needed
def test_prometheus_reads_its_numbers(watch: ModuleType, tmp_path: Path) -> None:
    watch.Counts(str(tmp_path)).add(True, 0.5)
    assert promtool("check", "metrics", given=(tmp_path / "proxysql_watch.prom").read_text()) == ""


def test_one_lost_login_is_nothing(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    assert set(serving(watch, tmp_path, clock, ["", "deaf", "", "deaf", ""] * 5)) == {0}


def test_who_relapses_must_do_well_for_longer(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    round_ = ["deaf"] * 6 + [""] * 3
    values = serving(watch, tmp_path, clock, ["", *round_, *round_, *([""] * 9)])
    assert values[9] == 0  # the first time three were enough
    assert values[18] == -254  # then not
    assert values[-1] == 0  # six are


@pytest.mark.parametrize("text", [b"", b"garbage"])
def test_a_port_that_hangs_up_is_no_answer(watch: ModuleType, tmp_path: Path, text: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client = server.accept()[0]
            client.sendall(text)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        part = watch.Serving(
            {**SETTINGS, "port": server.getsockname()[1]}, watch.Verdict(str(tmp_path), "watch")
        )
        assert part.ask()[0]
        thread.join()


def test_a_port_that_is_silent_is_given_up_in_time(watch: ModuleType, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = {**SETTINGS, "port": server.getsockname()[1], "timeout": 0.2}
        began = watch.time.monotonic()
        assert "within 0.2 s" in watch.Serving(settings, watch.Verdict(str(tmp_path), "watch")).ask()[0]
        assert watch.time.monotonic() - began < 2


# The greeting of a server with mysql_native_password, its OK, and its refusal.
SALT = b"12345678", b"123456789012\0"
GREETING = (
    b"\x0a8.0.11\0" + b"\x01\0\0\0" + SALT[0] + b"\0\xff\xf7\x21\x02\0\xff\x81\x15" + b"\0" * 10 + SALT[1]
) + b"mysql_native_password\0"
OK = b"\0\0\0\x02\0\0\0"
REFUSAL = b"\xff\x15\x04#28000ProxySQL Error: Access denied for user 'app'"


class Port:
    """A port for clients: each connection is greeted, and answered, so many seconds late."""

    def __init__(
        self, late: list[float], answer: bytes = OK, address: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._late, self._answer = late, answer
        self.logins: list[bytes] = []
        self._server = socket.create_server((address, port))
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> Port:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._server.accept()[0]
                late = self._late.pop(0) if self._late else 0.0
                threading.Thread(target=self._talk, args=(client, late), daemon=True).start()

    def _talk(self, client: socket.socket, late: float) -> None:
        with contextlib.suppress(OSError), client:
            time.sleep(late)
            client.sendall(_packet(0, GREETING))
            while True:
                head, said = client.recv(4), client.recv(65536)
                if len(head) < 4 or said[:1] == b"\x01":
                    return
                self.logins.append(said)
                client.sendall(_packet(head[3] + 1, self._answer))


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


@pytest.mark.parametrize(
    ("late", "well"),
    [
        ([], (True, True)),
        ([0.2], (True, True)),
        ([9.0], (True, False)),  # one that is lost has a witness
        ([1.2], (True, False)),
        ([1.2, 9.0], (True, False)),
        ([9.0, 9.0], (False, False)),
        ([9.0, 1.2], (False, False)),
    ],
)
def test_one_slow_login_alone_says_nothing(
    watch: ModuleType, tmp_path: Path, late: list[float], well: tuple[bool, bool]
) -> None:
    """Four times slower than it is used, so that a busy machine does not decide."""
    with Port(late) as port:
        settings = {**SETTINGS, "port": port.port, "timeout": 1.6}
        part = watch.Serving(settings, watch.Verdict(str(tmp_path), "watch"))
        began = time.monotonic()
        why, at_once = part.ask()
        assert (not why, at_once) == well, why
        assert time.monotonic() - began < 5


def test_a_hang_is_noticed_in_half_a_second_and_a_slow_login_is_not(
    watch: ModuleType, tmp_path: Path
) -> None:
    """As the watcher runs: a login each 0.1 s."""
    late = [0.0, 9.0, 0.0, 0.0, 0.3, 0.0, *[9.0] * 50]
    with Port(late) as port:
        part = watch.Serving({**SETTINGS, "port": port.port}, watch.Verdict(str(tmp_path), "watch"))
        for _turn in range(4):
            part.step()
            assert (tmp_path / "watch").read_text() == "0\n"
            time.sleep(0.1)
        began = time.monotonic()
        part.step()
        assert (tmp_path / "watch").read_text() == "-254\n"
        assert time.monotonic() - began < 2


def test_who_answers_every_other_login_is_not_trusted_again(
    watch: ModuleType, tmp_path: Path, clock: Clock
) -> None:
    """A login that needed its witness is no failure, and no success either."""
    part = watch.Serving(SETTINGS, watch.Verdict(str(tmp_path), "watch"))
    part.ask = lambda: ("deaf", False)
    for _turn in range(6):
        part.step()
        clock.now += 0.1
    for number in range(30):
        part.ask = lambda number=number: ("", number % 2 == 0)
        part.step()
        clock.now += 0.1
        assert (tmp_path / "watch").read_text() == "-254\n"


@pytest.mark.parametrize("password", ["x", "pä", "비밀번호", "a'b\"c\\d %$"])
def test_a_password_of_any_characters(watch: ModuleType, tmp_path: Path, password: str) -> None:
    """ProxySQL keeps it in UTF-8; the driver, left to itself, would send it in Latin-1."""
    once = hashlib.sha1(password.encode()).digest()
    salted = hashlib.sha1(SALT[0] + SALT[1][:-1] + hashlib.sha1(once).digest()).digest()
    with Port([]) as port:
        settings = {**SETTINGS, "port": port.port, "password": password}
        assert watch.Serving(settings, watch.Verdict(str(tmp_path), "watch")).ask() == ("", True)
        assert bytes(a ^ b for a, b in zip(once, salted)) in port.logins[0]


def test_a_refusal_is_an_answer(watch: ModuleType, tmp_path: Path) -> None:
    with Port([], REFUSAL) as port:
        part = watch.Serving({**SETTINGS, "port": port.port}, watch.Verdict(str(tmp_path), "watch"))
        assert part.ask() == ("", True)


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        (OK, OK, ""),
        (OK, REFUSAL, ""),
        (REFUSAL, REFUSAL, ""),  # the password is wrong, the other host is not
        (REFUSAL, OK, "127.0.0.2: refused, (1045,"),
        (None, OK, "127.0.0.2: no answer, (2003,"),
    ],
)
def test_the_proof_of_a_move_is_a_login(
    watch: ModuleType, there: bytes | None, here: bytes, said: str
) -> None:
    with Port([], here) as own:
        settings = {**SETTINGS, "port": own.port}
        if there is None:
            assert watch.ask(settings, "127.0.0.2").startswith(said)
            return
        with Port([], there, "127.0.0.2", own.port):
            assert watch.ask(settings, "127.0.0.2").startswith(said) and bool(said) == bool(
                watch.ask(settings, "127.0.0.2")
            )
        assert watch.ask(settings, "127.0.0.1") == "127.0.0.1 is still on this host"


def test_whose_address_it_is(watch: ModuleType) -> None:
    assert watch.is_own("127.0.0.1") and watch.is_own("::1")
    assert not watch.is_own("192.0.2.7") and not watch.is_own("2001:db8::7")
    assert not watch.is_own("127.0.0.0")  # a network


class Pinger:
    known = 2
    answered = True

    def send(self) -> None:
        """Nobody is asked."""

    def heard(self) -> set[str]:
        return {f"192.0.2.{number}" for number in range(self.known)} if self.answered else set()


def network(
    watch: ModuleType, folder: Path, clock: Clock, heard: list[tuple[bool, float]], known: int = 2
) -> list[int]:
    settings = {"timeout": 0.75, "hold": 5, "setback": -56}
    pinger = Pinger()
    pinger.known = known
    part = watch.Network(settings, watch.Verdict(str(folder), "network"), pinger, 0.1)
    values = []
    for answered, pause in heard:
        clock.now += pause
        pinger.answered = answered
        part.step()
        values.append(int((folder / "network").read_text()))
    return values


def test_cut_off_then_back_but_not_at_once(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    values = network(watch, tmp_path, clock, [(True, 0.1)] * 3 + [(False, 0.1)] * 10 + [(True, 0.1)] * 60)
    assert values[9] == 0 and values[11] == -56
    assert values[60] == -56 and values[-1] == 0


def test_who_never_heard_anybody_is_not_cut_off(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    assert set(network(watch, tmp_path, clock, [(False, 0.1)] * 30)) == {0}


def test_the_silence_of_the_only_other_host_is_its_own(
    watch: ModuleType, tmp_path: Path, clock: Clock
) -> None:
    story = [(True, 0.1)] * 3 + [(False, 0.1)] * 30
    assert set(network(watch, tmp_path, clock, story, known=1)) == {0}


def test_a_pause_of_its_own_is_not_silence(watch: ModuleType, tmp_path: Path, clock: Clock) -> None:
    assert set(network(watch, tmp_path, clock, [(True, 0.1), (False, 30.0), (True, 0.1)])) == {0}


def backends(watch: ModuleType, folder: Path, clock: Clock, holder: bool, missing: list[int]) -> list[int]:
    settings: dict[str, Any] = {"hostgroups": [10], "wait": 3, "step": 6, "vips": ["192.0.2.100"]}
    part = watch.Backends(settings, watch.Verdict(str(folder), "backends"))
    values = []
    for each in missing:
        part.missing = lambda each=each: each
        part.holds = lambda: holder
        part.step()
        values.append(int((folder / "backends").read_text()))
        clock.now += 0.5
    return values


def test_the_others_act_before_the_holder_and_the_holder_recovers_first(
    watch: ModuleType, tmp_path: Path, clock: Clock
) -> None:
    story = [0, 0] + [1] * 10 + [0] * 4
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    holder = backends(watch, tmp_path / "a", clock, True, story)
    other = backends(watch, tmp_path / "b", clock, False, story)
    # With 250 and 245, the holder's 238 stays above the other's 227, and 233 above 232 the other way round.
    assert other.index(-18) < holder.index(-12)
    assert holder[12] == 0 and other[12] == -18 and other[-1] == 0


def test_numbers_may_be_text(watch: ModuleType) -> None:
    """ansible-core before 2.19 writes them so."""
    text = '{"port": "6033", "timeout": "0.4", "password": "12", "isolation": {"hold": "5"}, "backends": ""}'
    assert json.loads(text, object_pairs_hook=watch.typed) == {
        "port": 6033,
        "timeout": 0.4,
        "password": "12",
        "isolation": {"hold": 5},
        "backends": "",
    }
