# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether somebody else has set up the ProxySQL of a host, and what this role would change there.

Pure: texts that tasks have read in, sentences out. None of them shows a line of the configuration,
which has passwords.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

# the second line of templates/proxysql.cnf.j2, by which the role knows its own
SIGN = "# ProxySQL reads this file only when it has no database yet, that is at its very first start."
CNF = "/etc/proxysql.cnf"
# What the package's file comes with (etc/proxysql.cnf of ProxySQL): nobody has been at work there.
FACTORY = "admin:admin"


class Standing(TypedDict):
    """found: what there is, empty on a host that is bare or this role's. running: whether that runs now.

    ours: whether this role wrote its file. changes: what would be done.

    refusal: why it is not done, empty if it may be.
    """

    found: list[str]
    running: bool
    ours: bool
    changes: list[str]
    refusal: str


def standing(
    unit: str, cnf: str | None, there: Collection[str], data_dir: str, take_over: bool = False
) -> Standing:
    """unit: what `systemctl show` prints of ActiveState and ExecStart. there: paths on the host.

    cnf: None if there is none. data_dir: where this role would have the data. take_over: whether it may.
    """
    active = re.search(r"^ActiveState=(activ\w+|reloading)$", unit, re.M) is not None
    place = _data_dir(unit, cnf or "").rstrip("/")
    apart = place not in ("", data_dir.rstrip("/"))
    ours = cnf is not None and SIGN in cnf
    found: list[str] = []
    if not ours:
        if active:
            found.append("ProxySQL is running")
        if f"{data_dir}/proxysql.db" in there:
            found.append(f"{data_dir}/proxysql.db is there")
        if cnf is not None and _edited(cnf):
            found.append(f"{CNF} was edited")
        if apart:
            found.append(f"its data are in {place}")
    changes = _changes(cnf is not None, active) if found else []
    refusal = ""
    if ours and apart:
        refusal = (
            f"its data are in {place}, and in {data_dir} it would begin without them; set proxysql_data_dir"
            f" to {place}, or stop ProxySQL, move the folder there and say so as datadir in {CNF} before"
        )
    elif found and apart:
        refusal = f"its data are in {place} and would be left behind; set proxysql_data_dir to {place}"
    elif found and not take_over:
        refusal = f"{', '.join(found)}. With proxysql_take_over set to true: {'; '.join(changes)}"
    return {
        "found": found,
        "running": bool(found) and active,
        "ours": ours,
        "changes": changes,
        "refusal": refusal,
    }


def refusals(
    told: Standing,
    host: str,
    keepalived: str = "",
    later: Sequence[str] = (),
    login: str = "",
    let_in: Mapping[str, Any] | None = None,
) -> list[str]:
    """All that has to be done before host is taken over, a sentence each; empty if it may be.

    keepalived: what speaks against its keepalived. later: drop-ins that systemd reads after the role's.
    login: who logs in. let_in: how that went, where ProxySQL runs; without a server_version it failed.
    """
    found = [keepalived] if told["ours"] else [told["refusal"], keepalived]
    if told["found"] and later:
        found.append(
            f"systemd reads {', '.join(later)} after mysqlha.conf, so that its settings would be in force. "
            "Put them into proxysql_service_settings and remove it, or give it a name that sorts before "
            "mysqlha.conf; then `systemctl daemon-reload`"
        )
    if told["running"] and "server_version" not in (let_in or {}):
        found.append(
            f"its ProxySQL does not let {login} in: let the logins of the inventory in first, as the guide "
            f'"Take over a running ProxySQL" has it. {(let_in or {}).get("msg", "")}'.rstrip()
        )
    own = [f"{host}: {told['refusal']}"] if told["ours"] and told["refusal"] else []
    return own + [
        f"{host} was not set up by this role, and nothing was touched: {sentence}"
        for sentence in found
        if sentence
    ]


def _changes(file: bool, active: bool) -> list[str]:
    return [
        *([f"{CNF} would be replaced, and a copy with its date would stay beside it"] if file else []),
        "systemd would run ProxySQL in the foreground, with the settings of this role",
        *(["ProxySQL would be restarted, once"] if active else []),
        "its tables and variables would become what is declared (the playbook export declares what there is)",
    ]


def _data_dir(unit: str, cnf: str) -> str:
    """-D of the command line counts before the file (ProxySQL 2.7.1, src/main.cpp)."""
    told = re.search(r"\s(?:-D\s*|--datadir[=\s])([^\s;'\"]+)", unit)
    set_ = re.search(r"^\s*datadir\s*[=:]\s*\"([^\"]*)\"", cnf, re.M)
    return told[1] if told else set_[1] if set_ else ""


def _edited(cnf: str) -> bool:
    logins = re.findall(r"^\s*admin_credentials\s*[=:]\s*\"([^\"]*)\"", cnf, re.M)
    return logins != [FACTORY]
