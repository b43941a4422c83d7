"""want + have + state -> changes, without a server."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import (
    TABLES,
    Column,
    Rule,
    Table,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import declared_rows
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import by_key
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.change import Change
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.edits import (
    OpenEdit,
    open_rows,
    reverted,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.plan import (
    Plan,
    Scope,
    Want,
    differences,
    drift,
    plan,
)

SERVERS = TABLES["mysql_servers"]
USERS = TABLES["mysql_users"]
RULES = TABLES["mysql_query_rules"]
ROUTES = TABLES["restapi_routes"]
DEFAULTS = {"hostgroup_id": 0, "port": 3306, "status": "ONLINE", "weight": 1, "comment": ""}
A, B, C = (0, "a", 3306), (0, "b", 3306), (7, "c", 3306)


def server(hostname, hostgroup=0, weight=1, comment=""):
    return {
        "hostgroup_id": hostgroup, "hostname": hostname, "port": 3306, "status": "ONLINE",
        "weight": weight, "comment": comment,
    }  # fmt: skip


def rows(*each, table=SERVERS):
    return by_key(table, each)


def want(*config, state="merged", scope=None, table=SERVERS):
    return Want(table, declared_rows(table, list(config)), state, Scope(table, scope))


HAVE = rows(server("a", weight=5, comment="x"), server("b"), server("c", 7))


@pytest.mark.parametrize(
    "state, scope, after, touched, changed",
    [
        ("merged", None, {A: (9, "x"), B: (1, ""), C: (1, "")}, [A], [A]),
        ("replaced", None, {A: (9, ""), B: (1, ""), C: (1, "")}, [A], [A]),
        ("overridden", None, {A: (9, "")}, [A, B, C], [A, B, C]),
        ("overridden", {"hostgroup_id": 0}, {A: (9, ""), C: (1, "")}, [A, B], [A, B]),
        ("deleted", None, {B: (1, ""), C: (1, "")}, [A], [A]),
    ],
)
def test_what_each_state_leaves(state, scope, after, touched, changed):
    done = plan(want({"hostname": "a", "weight": 9}, state=state, scope=scope), HAVE, DEFAULTS)
    assert {key: (row["weight"], row["comment"]) for key, row in done.after.items()} == after
    assert done.touched == touched
    assert [change.key for change in done.changes] == changed
    assert all(change.before == HAVE[change.key] for change in done.changes)
    assert all(change.after == done.after.get(change.key) for change in done.changes)
    assert not done.fresh
    assert HAVE[A]["weight"] == 5 and len(HAVE) == 3, "what is there is not written to"


def test_a_new_row_has_the_defaults_and_a_kept_one_is_the_very_row():
    done = plan(want({"hostname": "n"}, {"hostname": "b"}), HAVE, DEFAULTS)
    assert done.after[0, "n", 3306] == server("n")
    assert done.after[B] is HAVE[B]
    assert done.changes == [Change((0, "n", 3306), None, server("n"))]


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_into_an_empty_table(state):
    done = plan(want({"hostname": "a"}, {"hostname": "b", "weight": 2}, state=state), {}, DEFAULTS)
    assert done.fresh
    assert done.after == rows(server("a"), server("b", weight=2))
    assert done.changes == [Change(A, None, server("a")), Change(B, None, server("b", weight=2))]


def test_nothing_to_delete_is_no_change():
    done = plan(want({"hostname": "a"}, state="deleted"), {}, DEFAULTS)
    assert (done.after, done.changes, done.touched) == ({}, [], [A])


def test_a_change_names_its_columns():
    assert Change(A, server("a"), server("a", weight=3)).columns == ["weight"]
    assert Change(A, None, {"hostname": "a", "comment": None}).columns == ["hostname", "comment"]
    assert Change(A, {"hostname": "a", "comment": None}, {"hostname": "a"}).columns == ["comment"]


# -- scope


@pytest.mark.parametrize(
    "spec, covered",
    [
        (None, [0, 5, 10, 20]),
        ({"hostgroup_id": 5}, [5]),
        ({"hostgroup_id": "5"}, [5]),
        ({"hostgroup_id": [0, "10-20"]}, [0, 10, 20]),
        ({"hostgroup_id": "5 - 10"}, [5, 10]),
        ({"hostgroup_id": ["5-9", 20, "0-1"]}, [0, 5, 20]),
        ({"hostgroup_id": 5, "hostname": "other"}, []),
        ({"hostgroup_id": 5, "hostname": ["h", "other"]}, [5]),
        ({"hostname": ("h",)}, [0, 5, 10, 20]),
    ],
)
def test_what_a_scope_covers(spec, covered):
    scope = Scope(SERVERS, spec)
    assert bool(scope) is bool(spec)
    assert [n for n in (0, 5, 10, 20) if scope.covers({"hostgroup_id": n, "hostname": "h"})] == covered


@pytest.mark.parametrize(
    "spec, message, column",
    [
        ({"group": 1}, "mysql_servers, scope: no column group in this table", None),
        (
            {"hostgroup_id": "x"},
            "mysql_servers, scope, column hostgroup_id: expected a whole number, got 'x'",
            "hostgroup_id",
        ),
        (
            {"hostgroup_id": "1-x"},
            "mysql_servers, scope, column hostgroup_id: expected a whole number, got '1-x'",
            "hostgroup_id",
        ),
        (
            {"hostgroup_id": "x-1"},
            "mysql_servers, scope, column hostgroup_id: expected a whole number, got 'x-1'",
            "hostgroup_id",
        ),
    ],
)
def test_a_scope_that_cannot_be(spec, message, column):
    with pytest.raises(DeclarationError) as caught:
        Scope(SERVERS, spec)
    assert caught.value.message == message
    assert caught.value.fields == {"table": "mysql_servers", **({"column": column} if column else {})}


def test_a_text_with_a_dash_is_no_range():
    assert Scope(SERVERS, {"hostname": "1-2"}).covers({"hostname": "1-2"})


@pytest.mark.parametrize("have", [{}, HAVE])
def test_a_row_outside_the_scope_is_refused(have):
    with pytest.raises(DeclarationError) as caught:
        plan(
            want({"hostname": "b", "hostgroup_id": 3}, state="overridden", scope={"hostgroup_id": 0}),
            have,
            {},
        )
    shown = "hostgroup_id=3, hostname=b, port=3306"
    assert caught.value.message == f"mysql_servers, row {shown}: outside the scope given"
    assert caught.value.fields == {"table": "mysql_servers", "key": shown}


def test_a_row_that_was_outside_the_scope_is_refused():
    wanted = want({"hostname": "a", "weight": 7}, state="overridden", scope={"weight": 7})
    with pytest.raises(DeclarationError, match="outside the scope given"):
        plan(wanted, HAVE, DEFAULTS)
    assert plan(wanted, {}, DEFAULTS).fresh


# -- drift of a layer


def drifted(state, layer, *config, scope=None):
    planned = plan(want(*config, state=state, scope=scope), HAVE, DEFAULTS)
    return drift(planned, planned.after, layer)


def test_merged_answers_for_what_was_given():
    layer = rows(server("a", weight=5, comment="other"), server("b", weight=9))
    assert drifted("merged", layer, {"hostname": "a", "weight": 5}) == []
    assert drifted("merged", layer, {"hostname": "a", "weight": 6}) == [
        Change(A, layer[A], server("a", weight=6, comment="other"))
    ]
    assert drifted("merged", rows(server("b")), {"hostname": "a", "weight": 5}) == [Change(A, None, HAVE[A])]


def test_replaced_answers_for_whole_rows():
    layer = rows(server("a", weight=5, comment="other"))
    assert drifted("replaced", layer, {"hostname": "a", "weight": 5}) == [
        Change(A, layer[A], server("a", weight=5))
    ]


def test_overridden_answers_for_rows_that_only_the_layer_has():
    layer = rows(server("a"), server("x"), server("y", 7))
    X, Y = (0, "x", 3306), (7, "y", 3306)
    assert drifted("overridden", layer, {"hostname": "a"}) == [
        Change(X, layer[X], None),
        Change(Y, layer[Y], None),
    ]
    assert drifted("overridden", layer, {"hostname": "a"}, scope={"hostgroup_id": 0}) == [
        Change(X, layer[X], None)
    ]


def test_deleted_answers_for_rows_that_are_there():
    layer = rows(server("a", weight=8))
    assert drifted("deleted", layer, {"hostname": "a"}) == [Change(A, layer[A], None)]
    assert drifted("deleted", rows(server("b")), {"hostname": "a"}) == []


def test_an_empty_layer_lacks_it_all():
    planned = plan(want({"hostname": "a"}), {}, DEFAULTS)
    assert drift(planned, planned.after, {}) is planned.changes
    assert drift(planned, {}, {}) == []
    planned = plan(want({"hostname": "a"}), HAVE, DEFAULTS)
    assert drift(planned, planned.after, {}) == [Change(A, None, HAVE[A])]


def test_differences():
    after = {A: HAVE[A], B: {**HAVE[B], "weight": 2}}
    assert differences([A, B, C], HAVE, after) == [
        Change(B, HAVE[B], after[B]),
        Change(C, HAVE[C], None),
    ]
    assert differences([A], HAVE, {A: dict(HAVE[A])}) == []
    assert differences([A, C], {}, after) == [Change(A, None, HAVE[A])]


# -- users


def user(name, backend=True, frontend=True, **more):
    return {"username": name, "backend": backend, "frontend": frontend, **more}


def test_a_user_of_both_roles_takes_the_place_of_one_of_each():
    have = rows(user("u", True, False), user("u", False, True), table=USERS)
    done = plan(want({"username": "u", "frontend": True}, table=USERS), have, {})
    assert done.after == {("u", True): user("u")}
    assert done.touched == [("u", True), ("u", False)]
    assert [change.after for change in done.changes] == [user("u"), None]


def test_a_user_of_one_role_does_not():
    have = rows(user("u"), table=USERS)
    with pytest.raises(DeclarationError) as caught:
        plan(want({"username": "u", "backend": False, "frontend": True}, table=USERS), have, {})
    assert caught.value.message == (
        "mysql_users, row username=u, backend=False: has the same username, frontend as row username=u,"
        " backend=True, which this table does not allow"
    )
    assert caught.value.fields == {
        "table": "mysql_users",
        "key": "username=u, backend=False",
        "column": "username",
    }


def test_a_user_deleted_by_name_goes_in_both_roles():
    have = rows(user("u", True, False), user("u", False, True), user("v", False, True), table=USERS)
    done = plan(want({"username": "u"}, state="deleted", table=USERS), have, {})
    assert done.after == rows(user("v", False, True), table=USERS)
    assert done.touched == [("u", True), ("u", False)]
    done = plan(want({"username": "u", "frontend": False}, state="deleted", table=USERS), have, {})
    assert list(done.after) == [("u", False), ("v", False)]
    done = plan(want({"username": "u", "backend": False}, state="deleted", table=USERS), have, {})
    assert list(done.after) == [("u", True), ("v", False)]
    done = plan(want({"username": "w"}, state="deleted", table=USERS), have, {})
    assert (done.after, done.touched) == (have, [("w", True)])


def route(number, uri, method="GET"):
    return {"id": number, "active": True, "timeout_ms": 100, "method": method, "uri": uri, "script": "s"}


def test_two_routes_of_one_method_and_uri():
    have = rows(route(1, "a"), route(2, "b"), table=ROUTES)
    with pytest.raises(DeclarationError) as caught:
        plan(want(route(3, "a"), table=ROUTES), have, {})
    assert caught.value.message == (
        "restapi_routes, row id=3: has the same method, uri as row id=1, which this table does not allow"
    )
    assert plan(want(route(3, "a", "POST"), table=ROUTES), have, {}).touched == [(3,)]
    # One that others wrote and that stands does not hide a clash behind it.
    with pytest.raises(DeclarationError, match="row id=4: has the same"):
        plan(want(route(3, "c"), route(4, "b"), table=ROUTES), have, {})
    # They change places, which is no clash; nor is one of two that were there.
    assert plan(want(route(1, "b"), route(2, "a"), table=ROUTES), have, {}).touched == [(1,), (2,)]
    twins = rows(route(1, "a"), route(2, "a"), table=ROUTES)
    assert plan(want(route(3, "c"), table=ROUTES), twins, {}).touched == [(3,)]
    with pytest.raises(DeclarationError, match="row id=2: has the same method, uri as row id=1"):
        plan(want(route(1, "x"), route(2, "x"), table=ROUTES), have, {})


# -- open edits of others


def opened(planned_state, memory, runtime, *config, scope=None):
    planned = plan(want(*config, state=planned_state, scope=scope), memory, DEFAULTS)
    keys = [key for key in {**memory, **runtime} if memory.get(key) != runtime.get(key)]
    return open_rows(planned, memory, runtime, keys)


def test_rows_that_are_not_declared_are_open():
    memory = rows(server("a", weight=2), server("b", weight=9))
    runtime = rows(server("a"), server("b"), server("c", 7))
    found = opened("merged", memory, runtime, {"hostname": "a", "weight": 3})
    assert found == {B: OpenEdit(memory[B], runtime[B]), C: OpenEdit(None, runtime[C])}
    assert reverted(found, memory) == {A: memory[A], B: runtime[B], C: runtime[C]}


def test_columns_that_are_not_declared_are_open():
    memory, runtime = rows(server("a", weight=2, comment="mine")), rows(server("a"))
    found = opened("merged", memory, runtime, {"hostname": "a", "weight": 3})
    assert found == {A: OpenEdit(memory[A], runtime[A], ("comment",))}
    assert reverted(found, memory) == rows(server("a", weight=2))
    assert opened("merged", memory, runtime, {"hostname": "a", "weight": 3, "comment": ""}) == {}
    assert opened("replaced", memory, runtime, {"hostname": "a", "weight": 3}) == {}


def test_a_row_that_runtime_lacks_is_open_unless_declared():
    memory = rows(server("a"), server("b"))
    found = opened("merged", memory, {}, {"hostname": "a", "weight": 3})
    assert found == {B: OpenEdit(memory[B], None)}
    assert reverted(found, memory) == rows(server("a"))


def test_one_that_is_the_same_does_not_hide_the_next():
    memory, runtime = rows(server("a"), server("b", weight=2)), rows(server("a"), server("b"))
    planned = plan(want({"hostname": "n"}), memory, DEFAULTS)
    assert list(open_rows(planned, memory, runtime, [A, B])) == [B]


def test_a_whole_table_has_no_open_edits_but_those_outside_its_scope():
    memory, runtime = rows(server("a", weight=2)), rows(server("b"), server("c", 7))
    assert opened("overridden", memory, runtime, {"hostname": "n"}) == {}
    found = opened("overridden", memory, runtime, {"hostname": "n"}, scope={"hostgroup_id": 0})
    assert found == {C: OpenEdit(None, runtime[C])}


def test_what_load_leaves_out_is_no_edit():
    memory = rows(server("a"), {**server("b"), "status": "OFFLINE_HARD"})
    assert open_rows(plan(want({"hostname": "n"}), memory, DEFAULTS), memory, rows(server("a")), [A, B]) == {}


def test_a_plan_is_not_written_to():
    assert Plan.__dataclass_params__.frozen and OpenEdit.__dataclass_params__.frozen


def test_drift_of_declared_rows_and_of_strangers_where_all_is_declared():
    planned = plan(want({"hostname": "a", "weight": 2}, state="overridden"), {}, DEFAULTS)
    layer = rows(server("a", weight=3), server("c", 7))
    assert {change.key: change.after for change in drift(planned, planned.after, layer)} == {
        A: server("a", weight=2),
        C: None,
    }


def test_a_row_that_an_edit_took_out_of_the_scope_is_an_open_edit():
    planned = plan(want(state="overridden", scope={"weight": 1}), rows(server("a", weight=2)), DEFAULTS)
    memory, runtime = rows(server("a", weight=2)), rows(server("a", weight=1))
    assert open_rows(planned, memory, runtime, [A]) == {A: OpenEdit(memory[A], runtime[A])}


def test_what_a_row_needs_is_told_where_it_stood_before():
    columns = (Column("id", "int"), *(Column(name, "int", None, nullable=True) for name in ("one", "other")))
    table = Table("t", "", ("id",), columns, rules=(Rule("one", "needs", "other"),))
    with pytest.raises(DeclarationError, match="needs other"):
        plan(Want(table, [{"id": 1, "one": 1}]), {(1,): {"id": 1, "one": None, "other": None}}, {})
