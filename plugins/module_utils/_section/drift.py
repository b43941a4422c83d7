# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How what a node holds differs from what is declared, of works that were planned and not done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .._planning.layers import LAYERS
from .section import Part

#: By table, global_variables among them, and layer, the number of rows or variables that differ.
Drift = dict[str, dict[str, int]]


def drift_of(works: Iterable[Part]) -> Drift:
    """Tables that do not differ are not named, nor are their layers."""
    # variables are the work of more than one section
    found: dict[str, Counter[str]] = {}
    for work in works:
        numbers = {layer: len(work.changes[layer]) for layer in LAYERS if work.changes[layer]}
        if numbers:
            found.setdefault(work.title, Counter()).update(numbers)
    return {title: dict(layers) for title, layers in found.items()}
