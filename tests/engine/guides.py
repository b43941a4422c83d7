"""What the guides show, for those who run it."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs/docsite/rst"


def shown(page: str, database: str) -> list[str]:
    """The statements of a page's block named so."""
    text = (PAGES / f"{page}.rst").read_text(encoding="utf-8")
    found = re.search(rf"code-block:: sql\n +:name: {page}-{database}\n\n((?: +.*\n|\n)+)", text)
    assert found, (page, database)
    return [each.strip() for each in textwrap.dedent(found[1]).split(";") if each.strip()]
