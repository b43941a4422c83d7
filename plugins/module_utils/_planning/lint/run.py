# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lint: what no table can see alone. Pure; its entry is lint().

Used by the filter mysqlha.proxysql.lint; a module on a node may call it as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._declared.errors import DeclarationError
from ..._declared.rows import Row
from . import chain, logs, servers, users
from .look import SEVERITIES, Finding, LintRule, look_of

RULES = (
    LintRule(
        "hostgroup-without-servers",
        "error",
        "A rule, a row of the fast routing or a user leads to a hostgroup without servers.",
        "Its queries wait for mysql-connect_timeout_server_max and fail. A hostgroup counts as having"
        " servers where a monitor may move one into it. A user whose queries a rule may all send elsewhere"
        " is not reported.",
        servers.without_servers,
    ),
    LintRule(
        "set-without-servers",
        "warning",
        "None of the hostgroups of a replication, group replication, Galera or Aurora set has a server.",
        "The monitor moves servers within a set; it adds none to a set where it knows none.",
        servers.set_without_servers,
    ),
    LintRule(
        "set-without-writer",
        "error",
        "A replication set has servers, and none of them in its writer hostgroup.",
        "Where the monitor runs this is only an info: it moves the server there that is not read-only, and"
        " until it has done so after a LOAD, writes wait. Where mysql-monitor_enabled is false, nobody"
        " does.",
        servers.set_without_writer,
    ),
    LintRule(
        "writer-reads",
        "warning",
        "A server is declared in the writer and in the reader hostgroup, though the writer is not to be"
        " read from.",
        "With mysql-monitor_writer_is_also_reader false, ProxySQL still leaves the writer in the reader"
        " hostgroup where it is declared in both. Declare it in one of them, or all servers of the pair in"
        " both.",
        servers.writer_reads,
    ),
    LintRule(
        "moved-by-monitor",
        "warning",
        "A server is declared as a writer which the monitor has moved to the readers.",
        "A LOAD of the servers puts it back among the writers until the next check of read_only, and writes"
        " go to it. Needs the present rows of runtime_mysql_servers.",
        servers.moved,
    ),
    LintRule(
        "too-many-connections",
        "warning",
        "All ProxySQL together may open more connections to a backend than it allows.",
        "The sum of max_connections over all hostgroups of a server, times the number of ProxySQL, against"
        " the max_connections of the backend, where that is given.",
        servers.connections,
    ),
    LintRule(
        "tls-without-ca",
        "warning",
        "A server has use_ssl, and no CA is declared for it.",
        "ProxySQL trusts any certificate of it then. And OpenSSL is told to use the CAs of the host: where it"
        " has a file of them all (Debian 12 with the package openssl, RHEL), ProxySQL (2.7.1 and 3.0.3) reads"
        " it for each new connection, in the thread that serves clients. When many are made at once, as after"
        " a change of the primary, it stands still for a second or two. Name a CA in proxysql_tls_backends.",
        servers.tls_without_ca,
    ),
    LintRule(
        "rule-shadowed",
        "warning",
        "No query ever comes to a rule, since an earlier one takes all that it matches.",
        "Reported only where it is certain whatever the queries: same flagIN, conditions no narrower, a"
        " pattern that is the same or whose plain beginning the other one has, and no way into the flag or"
        " rewriting between them.",
        chain.shadowed,
    ),
    LintRule(
        "rule-after-catch-all",
        "warning",
        "A rule comes after one that takes every query.",
        "A rule without a condition that applies, or that leads to another flag, is the last with its"
        " flagIN.",
        chain.after_catch_all,
    ),
    LintRule(
        "flag-not-set",
        "warning",
        "A rule has a flagIN that no other rule leads to.",
        "Nothing is tried with it. A rule that applies does not count: its flagOUT is read by no rule.",
        chain.flag_not_set,
    ),
    LintRule(
        "flag-not-read",
        "warning",
        "A rule has a flagOUT that no later rule, fast routing or firewall reads.",
        "Rules are tried on from the present one, and from the first again only with"
        " mysql-query_processor_iterations above 0. An info where the fast routing is not known.",
        chain.flag_not_read,
    ),
    LintRule(
        "flag-cycle",
        "warning",
        "The flags of rules lead back to where they began.",
        "With mysql-query_processor_iterations above 0, a query may go round as many times.",
        chain.cycles,
    ),
    LintRule(
        "fast-routing-unreachable",
        "error",
        "A rule keeps rows of the fast routing from being used.",
        "The fast routing is looked up when no rule has applied. ProxySQL (2.7.1 and 3.0.3) takes the last"
        " active rule for one that has, if it has apply, even if it did not match: then no row at all is"
        " used.",
        chain.fast_routing,
    ),
    LintRule(
        "pcre-under-re2",
        "error",
        "A pattern needs PCRE, and mysql-query_processor_regex chooses RE2.",
        "RE2 compiles no look-ahead, look-behind, backreferences or possessive quantifiers; ProxySQL loads"
        " such a rule without a word, and it never matches.",
        chain.pcre_under_re2,
    ),
    LintRule(
        "pattern-broken",
        "error",
        "The brackets of a pattern do not balance, or replace_pattern names a group that the pattern does"
        " not have.",
        "ProxySQL loads such a rule without a word. It never matches, or never rewrites. Other patterns that"
        " do not compile are for the rehearsal to find.",
        chain.broken_patterns,
    ),
    LintRule(
        "digest-with-pattern",
        "info",
        "A rule has a digest and a match_digest.",
        "A digest stands for one text, which match_digest matches or not. With match_pattern, which sees"
        " the query itself, a digest may well make sense.",
        chain.digest_and_pattern,
    ),
    LintRule(
        "parted-transactions",
        "warning",
        "A user's SELECTs go to the readers in the middle of a transaction.",
        "transaction_persistent is false, and a rule sends SELECTs from the writer hostgroup to its readers.",
        users.parted_transactions,
    ),
    LintRule(
        "user-without-password",
        "warning",
        "An active user may log in without a password.",
        "A user with a spiffe_id in attributes shows a certificate and is not reported.",
        users.without_password,
    ),
    LintRule(
        "hash-lets-nobody-in",
        "warning",
        "The password of a user is a hash that ProxySQL lets nobody in with.",
        "ProxySQL (2.7.1 and 3.0.3) computes hashes of caching_sha2_password with 5000 rounds. A hash with"
        " $A$005$ at its beginning lets in, and one with $A$00A$, as MySQL 9.7 makes them, does not.",
        users.foreign_hashes,
    ),
    LintRule(
        "log-without-bound",
        "warning",
        "The query log or the audit log has no job that removes its old files.",
        "ProxySQL numbers their files and never removes one. When it cannot write to them, as on a full disk,"
        " it ends itself (seen with 2.7.1). A job of the scheduler whose arguments name the file is enough.",
        logs.without_bound,
    ),
    LintRule(
        "lint-ignore",
        "error",
        "What is to be ignored has no reason, names no rule, or matches no finding.",
        "An entry that matches nothing, a warning, hides what comes next. This rule itself cannot be"
        " ignored.",
        lambda _look: [],
    ),
)

_IGNORE = ("rule", "reason", "table", "row", "column")


def lint(
    tables: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    *,
    present: Mapping[str, Sequence[Row]] | None = None,
    present_variables: Mapping[str, Any] | None = None,
    states: Mapping[str, str] | str = "overridden",
    scope: Mapping[str, Any] | None = None,
    ignore: Sequence[Any] = (),
    limits: Mapping[str, int] | None = None,
    nodes: int = 1,
    placed: Sequence[Row] | None = None,
) -> list[Finding]:
    """What is to be found, the worst first.

    tables: as for the module config, as typed: table name -> rows. variables: name -> value. states: one
    word, or a word for each table (one that is not named is overridden). scope: as for that module.
    present: what is on the server, canonical rows as proxysql_info returns them, for tables that are not
    declared, or not wholly. A table that neither gives is not known, and nothing is found that depends on it.
    ignore: dicts of rule, reason, and which findings of it: table, row (the key as findings give it), column;
    all if none is given.
    limits: "host:port" -> max_connections of the backend. nodes: the number of ProxySQL.
    placed: rows of runtime_mysql_servers at present.
    Raises DeclarationError of what is wrong with the declaration.
    """
    given = {str(place): int(limit) for place, limit in (limits or {}).items()}
    look = look_of(
        tables,
        variables or {},
        present or {},
        present_variables or {},
        states,
        scope or {},
        limits=given,
        nodes=int(nodes),
        placed=placed,
    )
    found = [finding for rule in RULES for finding in rule.check(look)]
    left, wrong = _ignored(found, ignore)
    names = [rule.name for rule in RULES]
    return sorted(
        [*wrong, *left],
        key=lambda each: (-SEVERITIES.index(each.severity), names.index(each.rule), each.table),
    )


def _ignored(found: Sequence[Finding], ignore: Any) -> tuple[list[Finding], list[Finding]]:
    """What is left of the findings, and what is wrong with what is ignored."""
    wrong: list[Finding] = []
    left = list(found)
    if not isinstance(ignore, (list, tuple)):
        raise DeclarationError("what lint ignores: expected a list of dicts with rule and reason")
    known = {rule.name for rule in RULES} - {"lint-ignore"}
    for place, entry in enumerate(ignore, 1):

        def say(severity: str, text: str, place: int = place) -> None:
            wrong.append(Finding("lint-ignore", severity, f"entry {place} of what is ignored: {text}"))

        if not isinstance(entry, Mapping) or not set(entry) <= set(_IGNORE):
            say("error", f"expected a dict of {', '.join(_IGNORE)}")
        elif entry.get("rule") not in known:
            say("error", f"{entry.get('rule')!r} is no rule that can be ignored")
        elif not str(entry.get("reason") or "").strip():
            say("error", f"says no reason for {entry['rule']}")
        else:
            hit = [finding for finding in found if _matches(finding, entry)]
            left = [finding for finding in left if finding not in hit]
            if not hit:
                say("warning", f"no finding of {entry['rule']} is like that (any more)")
    return left, wrong


def _matches(finding: Finding, entry: Mapping[str, Any]) -> bool:
    if entry["rule"] != finding.rule:
        return False
    row = str(entry.get("row", finding.row))
    # A key of one column may be given by its value.
    names = (finding.row,) if "," in finding.row else (finding.row, finding.row.rpartition("=")[2])
    return row in names and all(
        str(entry.get(name, getattr(finding, name))) == getattr(finding, name) for name in ("table", "column")
    )
