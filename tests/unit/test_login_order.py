"""The order in which the logins of a cluster's nodes change, so that no node stops following another."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.credentials import (
    SUFFIX,
    Standing,
    credentials_of,
    next_step,
    pairs_of,
)

ADMIN, CLUSTER = ("admin", "a1"), ("cluster", "c1")
OLD = Standing((ADMIN, CLUSTER), CLUSTER, "stats:s1")
CHANGES = {
    "nothing": OLD,
    "cluster's password": replace(OLD, accepts=(ADMIN, ("cluster", "c2")), login=("cluster", "c2")),
    "cluster's user": replace(OLD, accepts=(ADMIN, ("peers", "c2")), login=("peers", "c2")),
    "admin's password": replace(OLD, accepts=(("admin", "a2"), CLUSTER)),
    "stats": replace(OLD, stats="stats:s2"),
    "all": Standing((("root", "a2"), ("cluster", "c2")), ("cluster", "c2"), "stats:s2"),
}


def follow_each_other(nodes: dict[str, Standing]) -> bool:
    return all(
        node.login in other.accepts
        for name, node in nodes.items()
        for other_name, other in nodes.items()
        if name != other_name
    )


def carry_out(nodes: dict[str, Standing], want: Standing, order: list[str]) -> list[str]:
    """Take step after step, a node at a time. After each step all follow each other."""
    taken = []
    while (step := next_step(nodes, want)) is not None:
        taken.append(step.what)
        assert len(taken) < 6, taken
        for stand in step.nodes.values():
            # whoever is not the cluster's gets in with the new password from the first step on
            assert {pair for pair in want.accepts if pair[0] != want.login[0]} <= set(stand.accepts)
            assert stand.stats == want.stats
        for name in order:
            if name in step.nodes:
                assert step.nodes[name] != nodes[name]
                nodes[name] = step.nodes[name]
                assert follow_each_other(nodes), (step.what, name)
    return taken


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("order", list(permutations(["one", "two", "three"]))[:3])
def test_nodes_follow_each_other_at_every_moment(change, order):
    nodes = dict.fromkeys(["one", "two", "three"], OLD)
    want = CHANGES[change]
    taken = carry_out(nodes, want, list(order))
    assert set(nodes.values()) == {want}
    assert len(taken) == {"nothing": 0, "cluster's password": 5, "all": 5}.get(change, len(taken)), taken
    assert not any(SUFFIX in user for node in nodes.values() for user, _password in node.accepts)


def test_what_the_steps_are_called():
    nodes = dict.fromkeys(["one", "two"], OLD)
    assert carry_out(nodes, CHANGES["all"], ["one", "two"]) == [
        "let a second user of the cluster in",
        "let the nodes use it",
        "let the new logins in",
        "let the nodes use the cluster's",
        "let the old logins in no more",
    ]


@pytest.mark.parametrize("seed", range(200))
def test_interrupted_anywhere_and_another_change_wanted_by_then(seed):
    chance = random.Random(seed)
    names = ["one", "two", "three", "four"]
    nodes = dict.fromkeys(names, OLD)
    for _round in range(chance.randint(1, 4)):
        want = chance.choice(list(CHANGES.values()))
        for _turn in range(chance.randint(1, 6)):
            step = next_step(nodes, want)
            if step is None:
                break
            due = [name for name in names if name in step.nodes]
            chance.shuffle(due)
            for name in due[: chance.randint(1, len(due))]:
                nodes[name] = step.nodes[name]
                assert follow_each_other(nodes)
    want = chance.choice(list(CHANGES.values()))
    carry_out(nodes, want, names)
    assert set(nodes.values()) == {want}


def test_a_node_that_was_away_comes_back():
    new = CHANGES["cluster's password"]
    nodes = {"one": new, "two": new, "away": OLD}
    for _turn in range(6):
        step = next_step(nodes, new)
        if step is None:
            break
        nodes.update(step.nodes)
        assert nodes["one"].login in nodes["two"].accepts
    assert set(nodes.values()) == {new}


def test_a_login_that_suits_nobody_is_not_kept():
    lost = replace(OLD, login=("nobody", "x"))
    nodes = {"one": lost, "two": OLD, "three": OLD}
    step = next_step(nodes, OLD)
    assert step is not None and step.nodes == {"one": OLD}


def test_a_login_that_suits_the_node_itself_alone_is_not_kept():
    lost = replace(OLD, accepts=(*OLD.accepts, ("nobody", "x")), login=("nobody", "x"))
    step = next_step({"one": lost, "two": OLD}, OLD)
    assert step is not None and step.nodes == {"one": replace(OLD, login=lost.login)}


def test_a_node_keeps_the_password_that_it_lets_the_cluster_in_with():
    new = CHANGES["cluster's password"]
    lets_nobody_in = replace(OLD, accepts=(ADMIN,))
    older = replace(OLD, accepts=(ADMIN, ("cluster", "c0")))
    step = next_step({"one": OLD, "two": lets_nobody_in, "three": older}, new)
    assert step is not None
    assert CLUSTER in step.nodes["two"].accepts
    assert ("cluster", "c0") in step.nodes["three"].accepts


def test_one_node_alone():
    nodes = {"one": OLD}
    carry_out(nodes, CHANGES["all"], ["one"])
    assert nodes == {"one": CHANGES["all"]}


def test_the_order_of_logins_does_not_matter():
    assert next_step({"one": replace(OLD, accepts=(CLUSTER, ADMIN))}, OLD) is None


def test_pairs_as_the_variable_holds_them():
    text = "admin:a:1;cluster:c1"
    assert pairs_of(text + ";") == (("admin", "a:1"), ("cluster", "c1"))
    assert credentials_of(pairs_of(text)) == text
    assert pairs_of("nobody") == (("nobody", ""),)
