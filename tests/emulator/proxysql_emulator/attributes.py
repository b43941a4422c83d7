"""What LOAD MYSQL USERS makes of attributes (transcript rewritten): of users that runtime has already."""

from __future__ import annotations

import json

_ISOLATION = "default-transaction_isolation"
_LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


def taken(present: bytes, given: bytes) -> bytes:
    """What runtime holds afterwards for a user of whom it held `present`."""
    if present.lower() == given.lower():  # bytes: the letters of ASCII alone
        return present
    if not given:
        return given
    members = json.loads(given)
    if not isinstance(members, dict) or _ISOLATION not in members:
        return given
    level = members[_ISOLATION]
    if not isinstance(level, str):
        return b""
    blank = level.replace("-", " ")
    if blank.upper() not in _LEVELS:
        del members[_ISOLATION]
    elif blank == level:
        return given
    else:
        members[_ISOLATION] = blank
    text = json.dumps(members, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.encode() if members else b""
