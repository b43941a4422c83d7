# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How clients are led to the cores: by a virtual IP, by a load balancer that asks them, or by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from . import listen, vrrp
from .node import Node, check_health, vips_of

Say = Callable[[str], None]


@dataclass
class Asked:
    """cores: names. users: rows of mysql_users that a host declares. say: for a host, where problems go.
    warn: where warnings go. clients: whether ports of the role proxysql are checked too.
    """

    cores: Sequence[str]
    users: Callable[[str], Any]
    say: Callable[[str], Say]
    warn: Say
    clients: bool


def plan(nodes: Sequence[Node], asked: Asked) -> None:
    """Fills in ``vip``, ``health`` and ``found`` of each."""
    for node in nodes:
        options = node.options
        # To forget it is an error; an empty list is a cluster without a virtual IP.
        node.vip = options["keepalived_vips"] != [] or bool(options["keepalived_instances"])
        node.health = options["keepalived_health_port"]
    # A core without a virtual IP has no keepalived: it is nobody's peer, and has no rank.
    holders = [node for node in nodes if node.vip]
    peers = [_peer(node) for node in holders if node.name in asked.cores]
    for node in holders:
        _plan_host(node, peers, asked)
    balanced = [node for node in nodes if node.balanced]
    for node in balanced:
        _plan_host(node, [_peer(each) for each in balanced], asked)
    if len(balanced) == 1 and len(asked.cores) > 1 and not holders:
        asked.warn(
            f"{balanced[0].name} is the only core with keepalived_health_port: no other one can take over "
            "from it"
        )
    if len(peers) == 1:
        only = "core" if len(asked.cores) == 1 else "core with a virtual IP"
        asked.warn(
            f"{peers[0].name} is the only {only}: no other host can take the virtual IP over, and "
            "keepalived, without a peer, speaks multicast"
        )


def _peer(node: Node) -> vrrp.Peer:
    options = node.options
    address = str(options["keepalived_address"] or node.address)
    six = options["keepalived_address6"]
    ip = listen.as_ip(address)
    if ip is not None and ip.version == 6:
        return vrrp.Peer(node.name, {4: None, 6: str(six or ip)}, options["keepalived_priority"])
    return vrrp.Peer(node.name, {4: address, 6: six}, options["keepalived_priority"])


def _plan_host(node: Node, peers: Sequence[vrrp.Peer], asked: Asked) -> None:
    say, options = asked.say(node.name), node.options
    options["keepalived_check_port"] = options["keepalived_check_port"] or options["proxysql_mysql_port"]
    options["keepalived_stats_user"] = options["keepalived_stats_user"] or options["proxysql_stats_user"]
    options["keepalived_stats_password"] = (
        options["keepalived_stats_password"] or options["proxysql_stats_password"]
    )
    told = {
        name.partition("_")[2]: value for name, value in options.items() if name.startswith("keepalived_")
    }
    if told["watch"] and not (told["check_user"] or told["check_password"]):
        told["mysql_users"] = asked.users(node.name)
    found = vrrp.plan(told, node.name, peers, node.balanced)
    # what is not set because it was refused has been told
    unset = tuple(f"{name} is not set" for name in node.refused)
    for sentence in found.problems:
        if not sentence.startswith(unset):
            say(sentence)
    node.found = {"instances": found.instances, "groups": found.groups, "derived": found.derived}
    check_health(options, say)
    if asked.clients:
        listen.check_clients(options, vips_of(node), say)
