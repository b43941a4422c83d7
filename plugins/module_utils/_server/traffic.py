# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a ProxySQL has counted of its traffic."""

from __future__ import annotations

from collections.abc import Sequence

from .._declared.errors import StatementError
from .._planning.confirm import Digest, Traffic
from .admin import Admin

_ERRORS = "SELECT coalesce(sum(count_star), 0) FROM stats_mysql_errors"
_REFUSED = "SELECT hostgroup, sum(ConnERR) FROM stats_mysql_connection_pool GROUP BY hostgroup"
_DIGESTS = (
    "SELECT digest, client_address, hostgroup, username, schemaname, digest_text, count_star, sum_time"
    " FROM stats_mysql_query_digest"
)


def traffic(admin: Admin) -> Traffic:
    """Counters since the start, or since somebody reset them."""
    digests: dict[tuple[str, ...], Digest] = {}
    for digest, client, group, user, schema, text, count, time in _rows(admin, _DIGESTS):
        key = (digest or "", client or "", group or "", user or "", schema or "")
        digests[key] = Digest(
            int(group or 0), user or "", schema or "", text or "", int(count or 0), int(time or 0)
        )
    refused = {int(group or 0): int(count or 0) for group, count in _rows(admin, _REFUSED)}
    errors = _rows(admin, _ERRORS)
    return Traffic(int(errors[0][0] or 0) if errors else 0, refused, digests)


def _rows(admin: Admin, query: str) -> Sequence[Sequence[str | None]]:
    try:
        return admin.fetch(query)[1]
    except StatementError as exc:
        if "no such table" not in str(exc.fields.get("answer")):
            raise
        return []  # not in this release
