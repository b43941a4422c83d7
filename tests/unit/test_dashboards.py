"""The dashboards are what tests/tools/dashboards makes, and ask for metrics and labels that exist."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from promtool import CHECKOUT, needed, promtool
from test_alerts import OTHERS, existing, names_in

FOLDER = CHECKOUT / "playbooks/files/grafana"
NAMES = sorted(path.name for path in FOLDER.glob("*.json"))
LABELS = {"cluster", "node", "role", "vrrp_instance", "by", "status", "state", "job"}


def board(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in board(name)["panels"] if panel["type"] != "row"]


def expressions(name: str) -> Iterator[str]:
    for panel in panels(name):
        for target in panel["targets"]:
            yield target["expr"]


def test_they_are_up_to_date() -> None:
    pytest.importorskip("grafana_foundation_sdk")
    made = runpy.run_path(str(CHECKOUT / "tests/tools/dashboards"))["files"]()
    assert sorted(made) == NAMES
    for name, text in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "run tests/tools/dashboards"


def test_the_plans_in_the_guide_are_up_to_date() -> None:
    made = runpy.run_path(str(CHECKOUT / "tests/tools/dashboard_plans"))["files"]()
    assert sorted(made) == [f"dashboard-{name.replace('.json', '.svg')}" for name in NAMES]
    for name, text in made.items():
        drawn = (CHECKOUT / "docs/docsite/rst/images" / name).read_text(encoding="utf-8")
        assert drawn == text, "run tests/tools/dashboard_plans"
        boxes = [each for each in ElementTree.fromstring(drawn) if each.tag.endswith("rect")]
        assert len(boxes) == len(panels(name.replace("dashboard-", "").replace(".svg", ".json")))


@pytest.mark.parametrize("name", NAMES)
def test_they_ask_for_metrics_that_exist(name: str) -> None:
    for expression in expressions(name):
        assert names_in(expression) <= existing() | OTHERS, expression
    for each in board(name)["templating"]["list"][1:]:
        metric = re.match(r"label_values\((\w+)", each["query"])
        assert metric and metric[1] in existing()


@pytest.mark.parametrize("name", NAMES)
def test_they_read_as_grafanas_own_schema_says(name: str) -> None:
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    read = models.Dashboard.from_json(board(name))
    assert json.loads(encoder.JSONEncoder().encode(read)) == board(name)


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_a_title_a_place_and_one_metric_or_more(name: str) -> None:
    places = set()
    for panel in panels(name):
        assert panel["title"] and panel["targets"]
        place = panel["gridPos"]
        places.add((place["x"], place["y"]))
        assert place["x"] + place["w"] <= 24
        for target in panel["targets"]:
            # each shows one cluster, whichever is chosen
            assert 'cluster=~"$cluster"' in target["expr"]
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert shown <= LABELS | labels_of(target["expr"])
    assert len(places) == len(panels(name))


def labels_of(expression: str) -> set[str]:
    """Of the recorded metrics in it."""
    recorded = json.loads((CHECKOUT / "tests/conformance/metrics.json").read_text(encoding="utf-8"))[
        "metrics"
    ]
    return {label for name in names_in(expression) if name in recorded for label in recorded[name]["labels"]}


@needed
def test_prometheus_reads_each_expression(tmp_path: Path) -> None:
    asked = [
        expression.replace("$__rate_interval", "5m") for name in NAMES for expression in expressions(name)
    ]
    rules = [{"record": f"a:{number}", "expr": expression} for number, expression in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    promtool("check", "rules", "rules.yml", folder=tmp_path)
