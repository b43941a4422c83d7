# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is installed on a host, from where, and which files the role proxysql looks at there.

options: the typed ones of the role, without its prefix. facts: ansible_facts, with distribution and network.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .listen import as_ip

PREFERENCES = "/etc/apt/preferences.d/proxysql"
KEYRINGS = "/etc/apt/keyrings"
UNPACKED = "/var/lib/dpkg/info/proxysql.md5sums"
MARK = "/usr/local/src/proxysql.installed"
UNITS = "/etc/systemd/system/proxysql.service.d"
CNF = "/etc/proxysql.cnf"
DRIFT_TIMER = "/etc/systemd/system/proxysql-drift.timer"


def on_host(
    options: Mapping[str, Any], facts: Mapping[str, Any], there: Mapping[str, str] | Collection[str] = ()
) -> dict[str, Any]:
    """there: paths that were found on the host, with their checksums."""
    packager = _packager(facts)
    vendor = f"https://repo.proxysql.com/ProxySQL/proxysql-{options['series']}"
    one = str(options["package_file"] or options["package_url"] or "")
    path = f"/usr/local/src/{one.rpartition('/')[2]}" if one else ""
    mark = _mark(path, there if isinstance(there, Mapping) else {})
    names = [*_python(options, packager), *([] if one else [wanted(options["version"], packager)])]
    database = f"{options['data_dir']}/proxysql.db"
    installed = packager == "apt" and all(f"/var/lib/dpkg/info/{name}.md5sums" in there for name in names)
    added = bool(options["apt_repository"]) and not one
    unpin = PREFERENCES in there and (bool(one) or not options["version"])
    return {
        "packager": packager,
        "problems": _problems(options, facts, packager),
        "single": bool(one),
        "package_path": path,
        "mark": {"content": mark, "dest": MARK, "mode": "0644"},
        "names": names,
        # a version that is asked for is for apt to compare
        "installed": installed,
        # whether there is more to do than the package given
        "sources_due": packager == "dnf" or (packager == "apt" and (not installed or unpin or added)),
        # whether what is declared may be ProxySQL 3: without a version nothing of a source is upgraded
        "to_three": bool(one or options["version"]) and not _is_two(options["version"], one),
        # of whatever version, and from wherever
        "program_there": UNPACKED in there,
        "apt": _apt(options, facts, vendor, unpin, there),
        "yum": _yum(options, facts, vendor),
        "there": list(there),
        "database": database,
        "drift_timer": DRIFT_TIMER,
        "folders": [
            *("/etc", "/etc/systemd/system", "/usr/local", "/var/lib", options["data_dir"]),
            *(["/etc/apt/preferences.d", KEYRINGS, "/var/lib/dpkg/info"] if packager == "apt" else []),
        ],
        "paths": [
            *(database, UNITS, f"{UNITS}/mysqlha.conf", CNF, PREFERENCES, DRIFT_TIMER),
            # whose keepalived it is, the name mysqlha.conf tells too
            *("/etc/keepalived", "/etc/keepalived/keepalived.conf"),
            *[f"{name}.md5sums" for name in dict.fromkeys([*names, "proxysql"])],
            *[_keyring(suffix) for suffix in ("gpg", "asc")],
            *([path, MARK] if path else []),
        ],
        "greeting": greeting(options["mysql_interfaces"]),
    }


def _is_two(version: str, package: str) -> bool:
    """By the version that is declared; of a package given, which it does not choose, by its makers' name."""
    return re.search(r"proxysql[_-]2\.[^/]*\Z", package) is not None if package else version.startswith("2.")


def _mark(path: str, there: Mapping[str, str]) -> str:
    """Which package was installed from a file, and what dpkg says that it has unpacked since.

    While both are the same, apt would find nothing to do, and need not be asked.
    """
    return f"{there.get(path, '')} {there.get(UNPACKED, '')}\n"


def wanted(version: str, packager: str) -> str:
    """The package as apt or dnf is asked for it: 2.7.1 is not 2.7.10."""
    if not version:
        return "proxysql"
    if packager == "apt":
        return f"proxysql={version}"
    # a version of rpm has a release after it, which nobody has to know
    return f"proxysql-{version}" + ("" if re.search(r"[-*]", version) else "-*")


def greeting(interfaces: Sequence[str]) -> dict[str, str]:
    """Where a start waits for a greeting: the first TCP address for clients; empty if there is none."""
    for one in interfaces:
        if not one.startswith("/"):
            host, _colon, port = one.rpartition(":")
            host = host.strip("[]")
            return {"host": {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), "port": port}
    return {}


def foreign(interfaces: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    """Addresses that Admin is to listen on and that the host does not have."""
    own = {as_ip(text) for family in (4, 6) for text in facts.get(f"all_ipv{family}_addresses") or ()}
    found = []
    for one in interfaces:
        host = one.rpartition(":")[0].strip("[]")
        address = as_ip(host)
        if address and not (address.is_loopback or address.is_unspecified) and address not in own:
            found.append(host)
    return found


def _problems(options: Mapping[str, Any], facts: Mapping[str, Any], packager: str) -> list[str]:
    """Why the role does nothing on the host: sentences that follow its name."""
    found = []
    if not packager:
        found.append(
            f"is {facts.get('distribution')} {facts.get('distribution_version')}; this role installs on"
            " Debian, Ubuntu and Enterprise Linux 9"
        )
    # The plan cannot know this: an address may be one that only others see, as behind NAT.
    addresses = foreign(options["admin_interfaces"], facts)
    if addresses:
        own = [*facts.get("all_ipv4_addresses", ()), *facts.get("all_ipv6_addresses", ())]
        example = f"0.0.0.0:{options['admin_port']}"
        found.append(
            f"has no address {', '.join(addresses)}, on which Admin would listen, but {', '.join(own)}; set"
            f" proxysql_admin_interfaces, for example to {example}"
        )
    return found


def _packager(facts: Mapping[str, Any]) -> str:
    """Which tasks install here; empty where none do."""
    if facts.get("os_family") == "Debian":
        return "apt"
    enterprise = facts.get("os_family") == "RedHat" and str(facts.get("distribution_major_version")) == "9"
    return "dnf" if enterprise else ""


def _python(options: Mapping[str, Any], packager: str) -> list[str]:
    given = options["python_packages"]
    return list(
        given if given is not None else ["python3-pymysql" if packager == "apt" else "python3-PyMySQL"]
    )


def _apt(
    options: Mapping[str, Any], facts: Mapping[str, Any], vendor: str, unpin: bool, there: Collection[str]
) -> dict[str, Any]:
    """unpin: whether a pin is there and no version of a source is declared any more."""
    key = options["apt_key_file"] or options["apt_key_url"]
    if not key and not options["apt_uri"]:
        key = f"{vendor}/repo_pub_key.gpg"
    files = [{"src": "proxysql.sources.j2", "dest": "/etc/apt/sources.list.d/proxysql.sources"}]
    if options["version"]:
        files.append({"src": "proxysql.pref.j2", "dest": PREFERENCES})
    keyring = _keyring("asc" if str(key).endswith(".asc") else "gpg")
    return {
        "uri": options["apt_uri"] or f"{vendor}/{facts.get('distribution_release')}/",
        "key": key,
        "keyring": keyring,
        # One that is there is only compared, where there is a checksum for that.
        "key_to_fetch": bool(key)
        and not options["apt_key_file"]
        and (keyring not in there or bool(options["apt_key_checksum"])),
        "files": files,
        "unpin": unpin,
    }


def _keyring(suffix: str) -> str:
    return f"{KEYRINGS}/proxysql.{suffix}"


def _yum(options: Mapping[str, Any], facts: Mapping[str, Any], vendor: str) -> dict[str, Any]:
    base = options["yum_baseurl"]
    return {
        "baseurl": base or f"{vendor}/centos/{facts.get('distribution_major_version')}",
        "gpgkey": options["yum_gpgkey"] or ("" if base else f"{vendor}/repo_pub_key"),
    }
