"""A virtual IP that a stranger has: asked by ARP on a network, and judged by what hosts say of themselves."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.masked_diff import masked_diff
from ansible_collections.mysqlha.proxysql.plugins.filter.vip_strangers import vip_strangers

PROGRAM = Path(__file__).resolve().parents[2] / "roles/keepalived/files/proxysql_arp.py"
_spec = importlib.util.spec_from_file_location("proxysql_arp", PROGRAM)
assert _spec and _spec.loader
arp = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(arp)

VIP, MAC = "192.0.2.100", "02:00:00:00:00:09"
OWN = bytes.fromhex("020000000001")


def frame(operation: int = 2, mac: str = MAC, address: str = VIP) -> bytes:
    sender = bytes.fromhex(mac.replace(":", ""))
    head = OWN + sender + b"\x08\x06\x00\x01\x08\x00\x06\x04" + bytes([0, operation])
    return head + sender + socket.inet_aton(address) + OWN + bytes(4) + bytes(18)


def test_the_question_comes_from_no_address() -> None:
    sent = arp.question(OWN, VIP)
    assert sent[:6] == b"\xff" * 6 and sent[6:12] == sent[22:28] == OWN and len(sent) == 42
    assert sent[28:32] == bytes(4) and sent[38:42] == socket.inet_aton(VIP)


def test_who_says_that_it_has_the_address_has_it() -> None:
    assert arp.speaker(frame(), VIP, OWN) == MAC
    assert arp.speaker(frame(operation=1), VIP, OWN) == MAC, "a gratuitous request says it, too"
    assert arp.speaker(frame(address="192.0.2.101"), VIP, OWN) == ""
    assert arp.speaker(frame(mac=OWN.hex(":")), VIP, OWN) == ""
    assert arp.speaker(frame()[:30], VIP, OWN) == ""
    assert arp.speaker(b"\x00" * 60, VIP, OWN) == ""


@pytest.fixture
def network() -> Iterator[str]:
    """A network of two hosts, of which the other one has 192.0.2.100; the name of this one's interface."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("only root can make a network")
    here, there, space = f"arp{os.getpid() % 100000}a", f"arp{os.getpid() % 100000}b", f"arp{os.getpid()}"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        ip("netns", "add", space)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network can be made here: {error.stderr.decode().strip()}")
    try:
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
        ip("link", "set", here, "up")
        ip("-n", space, "link", "set", there, "address", MAC, "up")
        ip("-n", space, "address", "add", f"{VIP}/24", "dev", there)
        yield here
    finally:
        ip("netns", "delete", space)


def test_on_a_network(network: str) -> None:
    asked = [f"{network}={VIP}", f"{network}=192.0.2.101", "nowhere=192.0.2.100"]
    done = subprocess.run([sys.executable, PROGRAM, *asked], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {VIP: MAC}
    assert "nowhere=192.0.2.100: " in done.stderr


# -- who is a stranger

ANSWER = {"stdout": json.dumps({VIP: MAC})}
HOSTS = ["core1", "core2", "db1"]


def facts(*addresses: str, mac: str = "02:00:00:00:00:01") -> dict[str, Any]:
    return {"ansible_facts": {"all_ipv4_addresses": list(addresses), "eth0": {"macaddress": mac}}}


def asked(core1: dict[str, Any], others: list[dict[str, Any]] | None = None, **answer: Any) -> dict[str, Any]:
    hostvars = {"core1": core1, "core2": facts("192.0.2.12"), "db1": {}}
    return vip_strangers(answer or ANSWER, hostvars, HOSTS, others or [])


def test_a_host_that_nobody_knows_is_refused_by_its_mac() -> None:
    found = asked(facts("192.0.2.11"))
    assert found == {
        "unasked": ["db1"],
        "refusals": [
            f"the virtual IP {VIP} is in use by a host that is not in the inventory: {MAC} answers for it. If"
            " that is a router, which answers for every address, set keepalived_ask_network to false"
        ],
    }


def test_one_of_ours_that_holds_it_is_no_stranger() -> None:
    nothing = {"unasked": [], "refusals": []}
    assert asked(facts("192.0.2.11", VIP)) == nothing
    # it moved there since the run began
    assert asked(facts("192.0.2.11", mac=MAC.upper())) == nothing
    told = {"node": "db1", "ansible_facts": {"ansible_all_ipv4_addresses": [VIP]}}
    assert asked(facts("192.0.2.11"), [told])["refusals"] == []
    assert asked(facts("192.0.2.11"), [{"node": "db1", "unreachable": True}])["refusals"]


@pytest.mark.parametrize("answer", [{"stdout": "{}"}, {"stdout": ""}, {"stdout": "[]"}, {"skipped": True}])
def test_where_nobody_answered_nobody_is_asked_more(answer: dict[str, Any]) -> None:
    assert asked(facts("192.0.2.11"), **answer) == {"unasked": [], "refusals": []}


# -- keepalived.conf, as a diff shows it

CONF = "vrrp_instance a {{\n    priority {}\n    authentication {{\n        auth_pass {}\n    }}\n}}\n"


def test_a_diff_never_shows_a_password() -> None:
    lines = masked_diff(CONF.format(250, "Secret-1"), CONF.format(100, "Secret-1"))
    assert "-    priority 100" in lines and "+    priority 250" in lines
    assert "         auth_pass ********" in lines
    lines = masked_diff(CONF.format(250, "Secret-2"), CONF.format(250, "Secret-1"))
    assert "-        auth_pass ********" in lines and "+        auth_pass ******** (another one)" in lines
    assert "Secret" not in str(lines)
    assert "Secret" not in str(masked_diff(CONF.format(1, "Secret-1")))
    assert masked_diff(CONF.format(1, "x"), CONF.format(1, "x")) == []
