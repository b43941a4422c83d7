# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Users: who may log in without a password or not at all, and whose transactions may be parted."""

from __future__ import annotations

from ..._declared.passwords import lets_nobody_in
from ..._declared.rows import Row
from ..checks import FOREIGN_HASH
from .look import Finding, Look, at, number
from .patterns import is_read
from .servers import PAIRS, USERS


def without_password(look: Look) -> list[Finding]:
    return [
        at("user-without-password", "warning", USERS, row, "password", "may log in without a password")
        for row in look.rows(USERS)
        if row.get("active")
        and row.get("frontend")
        and "password" in row
        and not row["password"]
        # Such a user shows a certificate.
        and "spiffe_id" not in str(row.get("attributes") or "")
    ]


def foreign_hashes(look: Look) -> list[Finding]:
    return [
        at("hash-lets-nobody-in", "warning", USERS, row, "password", FOREIGN_HASH)
        for row in look.rows(USERS)
        if row.get("active") and row.get("frontend") and lets_nobody_in(str(row.get("password") or ""))
    ]


def parted_transactions(look: Look) -> list[Finding]:
    found = []
    readers = {
        (number(pair, "writer_hostgroup"), number(pair, "reader_hostgroup")) for pair in look.rows(PAIRS)
    }
    for user in look.rows(USERS):
        if user.get("transaction_persistent") or not user.get("active") or user.get("fast_forward"):
            continue
        for rule in look.active_rules:
            if (user.get("default_hostgroup"), rule.get("destination_hostgroup")) not in readers:
                continue
            if rule.get("username") in (None, "", user["username"]) and _reads(rule):
                text = (
                    f"is false, and rule {rule['rule_id']} sends its SELECTs to hostgroup"
                    f" {rule['destination_hostgroup']}, in the middle of a transaction as well, where"
                    " what the transaction has written is not seen"
                )
                found.append(
                    at("parted-transactions", "warning", USERS, user, "transaction_persistent", text)
                )
                break
    return found


def _reads(rule: Row) -> bool:
    patterns = [str(rule[name]) for name in ("match_digest", "match_pattern") if rule.get(name)]
    return not rule.get("negate_match_pattern") and any(map(is_read, patterns))
