"""The alerts: each fires when it should and not before, tells of metrics that exist, and has its runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import alert_cases
import pytest
import yaml
from alert_cases import CASES, WELL
from promtool import CHECKOUT, needed, promtool

RULES = CHECKOUT / "playbooks/files/prometheus/proxysql.rules.yml"
GUIDE = CHECKOUT / "docs/docsite/rst/alerts.rst"
# Of the node exporter, and of Prometheus itself.
OTHERS = {
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_memory_MemTotal_bytes",
    "node_systemd_unit_state",
    "up",
}
WORDS = {
    "min",
    "or",
    "vector",
    "by",
    "on",
    "and",
    "bool",
    "time",
    "rate",
    "increase",
    "resets",
    "sum",
    "max",
    "count",
    "min_over_time",
    "last_over_time",
    "unless",
}


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


ALERTS = rules()


def existing() -> set[str]:
    """Metrics of the real server, as they were recorded, and of our own programs."""
    found = set(json.loads((CHECKOUT / "tests/conformance/metrics.json").read_text())["metrics"])
    for source in (
        "plugins/plugin_utils/_status_metrics.py",
        "plugins/module_utils/_section/drift_timer.py",
        "roles/keepalived/templates/proxysql-notify.j2",
    ):
        found |= set(re.findall(r"\bproxysql_(?:status|vip|drift)_\w+", (CHECKOUT / source).read_text()))
    return found


def names_in(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"', "", re.sub(r"(?:by|on) \([^)]*\)", "", expression))
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b[0-9][0-9a-z.]*", "", bare)
    return set(re.findall(r"[A-Za-z_]\w+", bare)) - WORDS


@pytest.mark.parametrize("name", ALERTS)
def test_it_is_about_metrics_that_exist(name: str) -> None:
    assert names_in(ALERTS[name]["expr"]) <= existing() | OTHERS


@pytest.mark.parametrize("name", ALERTS)
def test_it_says_whom_and_what_and_where_to_read_on(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["labels"]["service"] == "proxysql"  # what the rulebook of this collection listens for
    told = rule["annotations"]
    assert "$labels.cluster" in told["summary"] and told["description"].endswith(".")
    page = f"https://mysqlha.github.io/proxysql/docsite/{GUIDE.stem}.html#{name.lower()}"
    assert told["runbook_url"] == page


def test_each_has_a_runbook_and_none_has_no_alert() -> None:
    titles = re.findall(r"^(ProxySQL\w+)\n[-~]+$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert titles == list(ALERTS)


def test_each_is_tried() -> None:
    assert list(dict.fromkeys(case.alert for case in CASES)) == list(ALERTS)


def ask(alert: str, minute: int, *labels: dict[str, str]) -> dict[str, Any]:
    """That just these fire then."""
    chosen = f'alertname="{alert}",' if alert else ""
    expected = [alert_cases.named("ALERTS", one, alertname=alert, alertstate="firing") for one in labels]
    return {
        "expr": f'ALERTS{{{chosen}alertstate="firing"}}',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": each, "value": 1} for each in expected],
    }


def story(series: dict[str, str], *asked: dict[str, Any]) -> dict[str, Any]:
    given = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": given, "promql_expr_test": list(asked)}


@needed
def test_they_fire_when_they_should(tmp_path: Path) -> None:
    stories = [story(WELL, *(ask("", minute) for minute in (1, 5, 20, 70, 400, 1500)))]
    for case in CASES:
        labels = {**case.labels, **ALERTS[case.alert]["labels"]}
        asked = [ask(case.alert, case.first, labels), ask(case.alert, case.first - 1)]
        stories.append({"name": case.alert, **story(case.series, *asked)})
    test = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": stories}
    (tmp_path / "test.yml").write_text(json.dumps(test), encoding="utf-8")
    promtool("test", "rules", "test.yml", folder=tmp_path)


@needed
def test_prometheus_takes_them() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", str(RULES))
