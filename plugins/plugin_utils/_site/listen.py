# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a node listens, and whether those who have to reach it there can."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Union

IP = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_PLACE = re.compile(r"(?:\[(?P<six>[^]]+)\]|(?P<host>[^:/]+)):(?P<port>[0-9]+)\Z")


def as_ip(text: object) -> IP | None:
    """The address, or None for a name."""
    try:
        return ipaddress.ip_address(str(text).strip("[]").partition("%")[0])
    except ValueError:
        return None


def place(host: str, port: int) -> str:
    """As ProxySQL wants it: an IPv6 address in brackets."""
    address = as_ip(host)
    return f"[{host}]:{port}" if address is not None and address.version == 6 else f"{host}:{port}"


def default_interfaces(address: str, port: int, wide: bool) -> list[str]:
    """Where to listen if nobody says so.

    wide: for clients, who come to addresses that are nowhere declared. Otherwise it is the loopback
    and the node's own address, where that is an address and not a name.
    """
    own = as_ip(address)
    if own is not None and own.version == 6:
        return (
            [place("127.0.0.1", port), place(str(own), port)]
            if not wide
            else [
                place("0.0.0.0", port),
                place("::", port),
            ]
        )
    if wide or own is None:
        return [place("0.0.0.0", port)]
    return (
        [place("127.0.0.1", port)]
        if own.is_loopback
        else [
            place("127.0.0.1", port),
            place(str(own), port),
        ]
    )


def unreadable(interfaces: Sequence[str]) -> list[str]:
    """Those that are neither ADDRESS:PORT nor the path of a socket."""
    return [one for one in interfaces if not one.startswith("/") and not _PLACE.match(one)]


def reaches(interfaces: Sequence[str], host: str, port: int) -> bool:
    """Whether somebody who connects to host and port gets there. Of a name it cannot be told."""
    wanted = as_ip("127.0.0.1" if host == "localhost" else host)
    for one in interfaces:
        found = _PLACE.match(one)
        if not found or int(found["port"]) != port:
            continue
        given = found["six"] or found["host"]
        listens = as_ip("127.0.0.1" if given == "localhost" else given)
        if listens is None or wanted is None:
            # a name: no more can be said than that it is not for the host alone
            if listens is None or not listens.is_loopback:
                return True
        elif listens == wanted or (listens.is_unspecified and listens.version == wanted.version):
            return True
    return False


def check(options: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """options: the typed ones of the role proxysql. Can Ansible and the other nodes log in?"""
    for name in ("proxysql_admin_interfaces", "proxysql_mysql_interfaces"):
        for one in unreadable(options[name]):
            say(f"{name} has '{one}'; it is ADDRESS:PORT, [IPV6]:PORT or the path of a socket")
    if unreadable(options["proxysql_admin_interfaces"]):
        return
    admin, port = options["proxysql_admin_interfaces"], options["proxysql_admin_port"]
    login, own = options["proxysql_login_host"], options["proxysql_address"]
    if not reaches(admin, login, port):
        say(
            f"proxysql_admin_interfaces has nothing that is reached at {place(login, port)}, where Ansible "
            "logs in (proxysql_login_host, proxysql_admin_port)"
        )
    if not reaches(admin, own, port):
        say(
            f"proxysql_admin_interfaces has nothing that the other nodes reach at {place(own, port)} "
            "(proxysql_address, proxysql_admin_port)"
        )


def check_clients(options: Mapping[str, Any], vips: Iterable[str], say: Callable[[str], None]) -> None:
    """Can the watcher log in, and clients at the virtual IPs?"""
    places, port = options["proxysql_mysql_interfaces"], options["proxysql_mysql_port"]
    if unreadable(places):  # that was said
        return
    host, watched = options["keepalived_check_host"], options["keepalived_check_port"]
    if options["keepalived_watch"] and not reaches(places, host, watched):
        say(
            f"proxysql_mysql_interfaces has nothing that is reached at {place(host, watched)}, where the "
            "watcher logs in (keepalived_check_host, keepalived_check_port)"
        )
    for vip in vips:
        if not reaches(places, vip, port):
            say(
                "proxysql_mysql_interfaces has nothing that clients reach at the virtual IP, "
                f"{place(vip, port)}"
            )
