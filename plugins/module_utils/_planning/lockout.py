# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What would lock people out of a ProxySQL, found before anything is written. Pure.

ProxySQL keeps the logins of its admin port and of applications in one place, and a name can be in it
once: who loads an application's user of an admin's name takes the admin's login away (2.7.1).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

_LOOPBACK = ("localhost", "localhost.localdomain", "ip6-localhost")
_ANY = ("0.0.0.0", "::", "*", "")


def names_in_credentials(text: str) -> list[str]:
    """User names of ``user:password;user:password``."""
    return [pair.partition(":")[0] for pair in text.split(";") if pair]


def faults_of_credentials(text: str) -> list[str]:
    """What ProxySQL takes without a word (2.7.1): logins without a password, twice, or with blanks around."""
    names = names_in_credentials(text)
    open_to_all = [pair.partition(":")[0] for pair in text.split(";") if pair and not pair.partition(":")[2]]
    found = [f"gives {name!r} no password; anybody could log in as that" for name in open_to_all]
    found += [
        f"has {name!r} twice; only the last password would count"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    found += [
        f"has blanks around the name {name!r}, which would be part of it"
        for name in names
        if name != name.strip()
    ]
    return found


def users_of_admins(users: Collection[str], logins: Collection[str]) -> list[str]:
    """Names of application users that are those of admin or stats logins."""
    return sorted(set(users).intersection(logins))


def credentials_problems(text: str, login: str | None, users: Collection[str]) -> list[str]:
    """What is wrong with new admin-admin_credentials for the login in use and the application users."""
    names = names_in_credentials(text)
    found = []
    if login and login not in names:
        found.append(f"lacks {login!r}, the login in use, which would be the last time that it gets in")
    found += [
        f"has {name!r}, which is an application user as well; one of the two could not log in any more"
        for name in users_of_admins(users, names)
    ]
    return found


def leaves_a_port(interfaces: str, host: str, unix_socket: str | None) -> bool:
    """Whether a list of interfaces leaves one that the login in use can reach, on whatever port."""
    entries = [entry for entry in interfaces.split(";") if entry]
    return unix_socket in entries if unix_socket else bool(ports_for(interfaces, host))


def ports_for(interfaces: str, host: str) -> list[int]:
    """The ports of a list of interfaces at which a login to that host may get in."""
    entries = [entry for entry in interfaces.split(";") if entry and not entry.startswith("/")]
    return [int(entry.rpartition(":")[2]) for entry in entries if _reaches(entry, host)]


def _reaches(entry: str, host: str) -> bool:
    address, _colon, port = entry.rpartition(":")
    address = address.strip("[]")
    if not port.isdigit() or not 0 < int(port) < 65536:
        return False
    if address in _ANY or address == host:
        return True
    if _is_loopback(host):
        return _is_loopback(address)
    # A name, or an address before some translation: any interface to the outside may be the one.
    return not _is_address(host) and not _is_loopback(address)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_loopback(text: str) -> bool:
    return text in _LOOPBACK or (_is_address(text) and ipaddress.ip_address(text).is_loopback)
