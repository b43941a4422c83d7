"""want + have + state -> changes."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import declared_rows
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import by_key
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.layers import expected, fold
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.plan import Scope, Want, drift, plan
from hypothesis import given
from hypothesis import strategies as st

SERVERS = TABLES["mysql_servers"]
USERS = TABLES["mysql_users"]
RULES = TABLES["mysql_query_rules"]
PAIRS = TABLES["mysql_replication_hostgroups"]


def defaults(table):
    return {column.name: table.default(column.name) for column in table.columns}


def full(table, **row):
    defaults = {column.name: table.default(column.name) for column in table.columns}
    return {**defaults, **row}


def make(table, state, have, rows, scope=None):
    want = Want(table, declared_rows(table, rows), state, Scope(table, scope))
    return plan(want, by_key(table, have), defaults(table))


DB1 = full(SERVERS, hostgroup_id=10, hostname="db1", weight=5, comment="old")
DB2 = full(SERVERS, hostgroup_id=20, hostname="db2")


def test_merged_leaves_alone_what_was_not_given():
    made = make(SERVERS, "merged", [DB1, DB2], [{"hostgroup_id": 10, "hostname": "db1", "weight": 7}])
    assert [change.after for change in made.changes] == [dict(DB1, weight=7)]
    assert len(made.after) == 2


def test_replaced_takes_the_default_for_what_was_not_given():
    made = make(SERVERS, "replaced", [DB1, DB2], [{"hostgroup_id": 10, "hostname": "db1"}])
    assert [change.after for change in made.changes] == [dict(DB1, weight=1, comment="")]


def test_overridden_removes_the_rest():
    made = make(SERVERS, "overridden", [DB1, DB2], [{"hostgroup_id": 20, "hostname": "db2"}])
    assert [(change.before, change.after) for change in made.changes] == [(DB1, None)]


def test_overridden_in_scope_never_touches_rows_outside():
    made = make(SERVERS, "overridden", [DB1, DB2], [], scope={"hostgroup_id": [20, 30]})
    assert [change.before for change in made.changes] == [DB2]


def test_a_scope_may_be_a_range():
    rules = [full(RULES, rule_id=n) for n in (99, 100, 150, 199, 200)]
    made = make(RULES, "overridden", rules, [{"rule_id": 150}], scope={"rule_id": "100-199"})
    assert sorted(change.key for change in made.changes) == [(100,), (199,)]


def test_rows_outside_the_scope_are_refused_wherever_they_come_from():
    with pytest.raises(DeclarationError, match="outside the scope"):
        make(SERVERS, "overridden", [], [{"hostgroup_id": 10, "hostname": "db1"}], scope={"hostgroup_id": 20})
    # the row declared is inside, the one it would take the place of is another team's
    have = [full(USERS, username="app", default_hostgroup=10)]
    with pytest.raises(DeclarationError, match="outside the scope"):
        make(
            USERS,
            "overridden",
            have,
            [{"username": "app", "default_hostgroup": 20}],
            scope={"default_hostgroup": 20},
        )


def test_deleted_needs_only_the_key():
    made = make(
        SERVERS, "deleted", [DB1, DB2], [{"hostgroup_id": 10, "hostname": "db1"}, {"hostname": "gone"}]
    )
    assert [change.before for change in made.changes] == [DB1]


def test_a_user_deleted_by_name_goes_in_both_roles():
    have = [
        full(USERS, username="u", password="a", backend=False, frontend=True),
        full(USERS, username="u", password="b", backend=True, frontend=False),
    ]
    made = make(USERS, "deleted", have, [{"username": "u"}])
    assert not made.after


def test_a_user_split_by_role_is_the_same_user():
    rows = [
        full(USERS, username="u", backend=False, frontend=True),
        full(USERS, username="u", backend=True, frontend=False),
    ]
    assert fold(USERS, by_key(USERS, rows)) == by_key(USERS, [full(USERS, username="u")])
    assert fold(USERS, by_key(USERS, rows), frozenset(["u"])) == by_key(USERS, rows), "declared by role"
    rows[0]["comment"] = "differs"
    assert fold(USERS, by_key(USERS, rows)) == by_key(USERS, rows)


def test_a_whole_user_takes_the_place_of_one_with_a_single_role():
    have = [full(USERS, username="u", backend=False, frontend=True)]
    made = make(USERS, "merged", have, [{"username": "u"}])
    assert [(c.before is None, c.after is None) for c in made.changes] == [(True, False), (False, True)]


def test_two_rows_may_not_share_a_unique_column():
    have = [full(PAIRS, writer_hostgroup=10, reader_hostgroup=20)]
    with pytest.raises(
        DeclarationError, match="writer_hostgroup=11.*same reader_hostgroup as row writer_hostgroup=10"
    ):
        make(PAIRS, "merged", have, [{"writer_hostgroup": 11, "reader_hostgroup": 20}])


def test_readers_can_be_exchanged_between_pairs():
    have = [
        full(PAIRS, writer_hostgroup=10, reader_hostgroup=20),
        full(PAIRS, writer_hostgroup=11, reader_hostgroup=21),
    ]
    rows = [
        {"writer_hostgroup": 10, "reader_hostgroup": 21},
        {"writer_hostgroup": 11, "reader_hostgroup": 20},
    ]
    assert len(make(PAIRS, "merged", have, rows).changes) == 2


@pytest.mark.parametrize(
    "table, rows, problem",
    [
        (
            RULES,
            [{"rule_id": 1, "replace_pattern": "x"}],
            "rule_id=1, column replace_pattern: needs match_pattern",
        ),
        (SERVERS, [{"hostname": "a", "gtid_port": 3306}], "column gtid_port: must be 0 or differ from port"),
        (PAIRS, [{"writer_hostgroup": 1, "reader_hostgroup": 1}], "column reader_hostgroup: must differ"),
        (PAIRS, [{"writer_hostgroup": 1}], "column reader_hostgroup: must be given for a new row"),
        (
            PAIRS,
            [{"writer_hostgroup": 1, "reader_hostgroup": 2}, {"writer_hostgroup": 2, "reader_hostgroup": 3}],
            "2 is also the writer_hostgroup of another row",
        ),
    ],
)
def test_what_the_table_does_not_allow_is_named(table, rows, problem):
    with pytest.raises(DeclarationError) as caught:
        make(table, "merged", [], rows)
    assert problem in caught.value.message


# -- the other layers --------------------------------------------------------------------


def runtime_drift(table, made, rows):
    return drift(made, expected(table, "runtime", made.after), by_key(table, rows))


def test_inactive_rows_are_not_missed_in_runtime():
    made = make(RULES, "merged", [], [{"rule_id": 1}, {"rule_id": 2, "active": True}])
    assert [change.key for change in runtime_drift(RULES, made, [])] == [(2,)]


def test_merged_does_not_mind_what_was_not_given():
    made = make(SERVERS, "merged", [DB1], [{"hostgroup_id": 10, "hostname": "db1", "weight": 5}])
    assert not runtime_drift(SERVERS, made, [dict(DB1, comment="not loaded yet"), DB2])
    assert runtime_drift(SERVERS, made, [dict(DB1, weight=6)])


def test_overridden_minds_rows_that_only_another_layer_has():
    made = make(SERVERS, "overridden", [DB1], [DB1])
    assert [change.before for change in runtime_drift(SERVERS, made, [DB1, DB2])] == [DB2]


ROWS = st.dictionaries(st.integers(0, 5), st.integers(0, 3)).map(
    lambda found: [full(RULES, rule_id=key, flagIN=value, active=True) for key, value in found.items()]
)


@given(ROWS, ROWS, st.sampled_from(["merged", "replaced", "overridden", "deleted"]))
def test_a_plan_reaches_a_state_that_needs_no_plan(have, rows, state):
    made = make(RULES, state, have, rows)
    again = make(RULES, state, list(made.after.values()), rows)
    assert again.changes == []
    assert again.after == made.after
    for row in rows:
        assert ((row["rule_id"],) in made.after) == (state != "deleted")
    if state == "overridden":
        assert made.after == by_key(RULES, rows)
