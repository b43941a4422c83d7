"""The page of the status in a real browser, as wide as a phone and as a desk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import judge
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_page import page
from test_status import VIP, nodes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# What the browser made of it, written into the document for --dump-dom to show.
PROBE = """<script>
const parts = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
const light = text => parts(text).map(part => part / 255).map(
  part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce(
  (sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
const behind = element => {
  for (; element; element = element.parentElement) {
    const found = getComputedStyle(element).backgroundColor;
    if (!found.endsWith(", 0)")) return found;
  }
  return "rgb(255, 255, 255)";
};
const contrast = element => {
  const style = getComputedStyle(element);
  const own = light(element.tagName == "text" ? style.fill : style.color), back = light(behind(element));
  return (Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05);
};
const texts = [...document.body.querySelectorAll("*")].filter(each => each.tagName != "SCRIPT"
  && [...each.childNodes].some(child => child.nodeType == 3 && child.data.trim()));
const box = element => element.getBoundingClientRect();
const drawing = document.querySelector("svg");
document.body.dataset.probe = JSON.stringify({
  wide: document.documentElement.scrollWidth - window.innerWidth,
  drawing: [box(drawing).width, box(drawing).height],
  outside: [...drawing.querySelectorAll("rect")].filter(
    each => box(each).left < box(drawing).left - 1 || box(each).bottom > box(drawing).bottom + 1).length,
  cut: [...drawing.querySelectorAll("g")].filter(each => [...each.querySelectorAll("text")].some(
    one => box(one).width > box(each.querySelector("rect")).width)).length,
  boxes: drawing.querySelectorAll("rect").length,
  verdict: getComputedStyle(document.querySelector(".verdict")).backgroundColor,
  rows: document.querySelectorAll("tbody tr").length,
  contrast: Math.min(...texts.map(contrast)),
  texts: texts.length,
  back: behind(document.body),
  fetched: performance.getEntriesByType("resource").length,
});
</script></body>"""


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, False), (390, True)])
def test_it_fits_and_draws(tmp_path: Path, width: int, dark: bool) -> None:
    row = {"host": "db1", "port": "3306", "status": "ONLINE"}
    rows = [{**row, "hostgroup": "10"}, {**row, "hostgroup": "20"}]
    first = {"backends": rows, "hostgroup_roles": {"10": "writer", "20": "reader"}}
    made = page(judge(nodes(core1=first, core2="unreachable"), [VIP]), "Shop", "now")
    # A window of a headless browser cannot be as narrow as a phone; a frame can.
    (tmp_path / "page.html").write_text(made.replace("</body>", PROBE), encoding="utf-8")
    frame = f'<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe>'
    reader = (
        "<script>onload = () => { document.body.dataset.probe ="
        " document.querySelector('iframe').contentDocument.body.dataset.probe; }</script>"
    )
    (tmp_path / "frame.html").write_text(f"<!DOCTYPE html><body>{frame}{reader}</body>", encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000",
            *["--blink-settings=preferredColorScheme=0"] * dark,
            "--virtual-time-budget=3000", "--dump-dom", (tmp_path / "frame.html").as_uri(),
        ],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found = re.search(r'data-probe="([^"]+)"', done.stdout)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(found.group(1).replace("&quot;", '"'))
    assert seen["wide"] <= 0, "nothing sticks out at the side"
    assert seen["drawing"][0] > width * 0.8
    assert seen["drawing"][1] > 150
    assert seen["boxes"] == 5, "VIP, two cores, a satellite and a backend"
    assert (seen["outside"], seen["cut"]) == (0, 0)
    assert seen["rows"] == 5
    assert seen["fetched"] == 0
    assert seen["verdict"] == ("rgb(248, 81, 73)" if dark else "rgb(207, 34, 46)")
    assert seen["back"] == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    assert seen["texts"] > 30 and seen["contrast"] >= 4.5
