# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The state ``rendered``: the SQL that ``merged`` means, with no server."""

from __future__ import annotations

from collections.abc import Sequence

from .._catalog.tables import SECTIONS
from .._catalog.variables import STATIC
from .._declared.variables import is_secret
from .._planning.plan import Want
from .._server.admin import load_statement, save_statement, section_of_variable
from .._server.sql import Statement, merge_rows, replace_variables


def render(wants: Sequence[Want], variables: dict[str, str], load: bool, save: bool) -> list[Statement]:
    """Statements in the order of writing."""
    live = {name: value for name, value in variables.items() if name not in STATIC}
    static = {name: value for name, value in variables.items() if name in STATIC}
    statements = replace_variables(live, filter(is_secret, live))
    for want in wants:
        statements += merge_rows(want.table, want.rows)
    names = [section_of_variable(name).name for name in live] + [want.table.section for want in wants]
    sections = [section for name, section in SECTIONS.items() if name in names]
    if load:
        statements += [load_statement(section) for section in sections]
    if save:
        statements += [save_statement(section) for section in sections if section.disk]
        statements += replace_variables(static, filter(is_secret, static), "disk.")
    return statements
