# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variables of a section: read, planned, read back after LOAD; static ones kept on disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .._catalog.tables import Section
from .._catalog.variables import CASELESS, CHECKSUM_OF, NEEDS_RESTART, READ_ONLY, STATIC
from .._declared.errors import DeclarationError, StatementError, together
from .._declared.meant import did_you_mean
from .._declared.rows import HIDDEN
from .._declared.variables import (
    PAIR,
    Collations,
    Values,
    as_loaded,
    canonical,
    is_known,
    is_secret,
    like_present,
    shown,
    with_consequences,
)
from .._planning.layers import LAYERS
from .._server.admin import Admin, section_of_variable
from .._server.explained import explained, sees_nothing
from .._server.sql import Statement, delete_variables, replace_variables
from .tables import Undo, scalar

_SOURCE = {
    "memory": "main.global_variables",
    "runtime": "runtime_global_variables",
    "disk": "disk.global_variables",
}


# The one row of the table that users of admin-stats_credentials see, for clients that ask (2.7.1).
_FOR_EVERYBODY = "mysql-max_allowed_packet"


def read_variables(admin: Admin, layer: str) -> Values:
    try:
        rows = admin.fetch(f"SELECT variable_name, variable_value FROM {_SOURCE[layer]}")[1]
    except StatementError as exc:
        raise explained(admin, exc) from None
    if [name for name, _value in rows] == [_FOR_EVERYBODY]:
        raise sees_nothing(admin)
    return {str(name): value or "" for name, value in rows}


class VariableWork:
    """The variables of one section, planned. The same shape as TableWork.

    want: empty where a section is looked at as a whole and nothing is declared. later: names of those that
    this release does not have: they are for its successor, and on disk alone.
    """

    def __init__(
        self,
        section: Section,
        want: Values,
        have: Mapping[str, Values],
        discard: bool = False,
        later: Collection[str] = (),
    ) -> None:
        self.section = section
        self.title = "global_variables"
        self.want = want
        self.have = have
        self.later = frozenset(later)
        for_disk = STATIC | self.later
        self.live = {name: value for name, value in want.items() if name not in for_disk}
        self.static = {name: value for name, value in want.items() if name in for_disk}
        found = self._open_names()
        # Those to be taken back, and those to be warned of.
        self._reverted, self._open = (found, []) if discard else ([], found)
        self.changes: dict[str, list[str]] = {
            "memory": self._differing("memory", self.live) + self._reverted,
            "runtime": self._differing("runtime", self.live),
            "disk": self._differing("disk", want),
        }

    def again(self, admin: Admin, discard: bool = False) -> VariableWork:
        """The same, planned on what is there now."""
        have = {layer: read_variables(admin, layer) for layer in LAYERS}
        return VariableWork(self.section, self.want, have, discard, self.later)

    def _differing(self, layer: str, want: Values) -> list[str]:
        return _differing(want, self.have[layer])

    def _mine(self, values: Values) -> Values:
        prefix = self.section.prefix or " "
        return {name: value for name, value in values.items() if name.startswith(prefix)}

    @property
    def open_edits(self) -> list[str]:
        """Variables that are not ours and differ between memory and runtime: somebody's open edits."""
        return [f"variable {name}" for name in self._open]

    def _open_names(self) -> list[str]:
        return [name for name in self._apart("runtime") if name not in self.want]

    def _apart(self, layer: str) -> list[str]:
        """Names of memory whose value in a layer is another one, or none, to the server."""
        memory, other = self._mine(self.have["memory"]), self._mine(self.have[layer])
        if layer == "runtime":
            return _unlike(memory, other)
        return [name for name in _differing(memory, other) if name not in STATIC]

    def differs(self, layer: str) -> bool:
        """Whether a layer holds anything else than memory. What disk alone has is of another release."""
        return bool(self._apart(layer))

    # -- what to send --------------------------------------------------------------------

    def memory_statements(self) -> list[Statement]:
        values = dict(self.live)
        gone = []
        for name in self._reverted:
            if name in self.have["runtime"]:
                values[name] = self.have["runtime"][name]
            else:
                gone.append(name)
        names = [name for name in self.changes["memory"] if name in values]
        # LOAD goes through the rows in the order of writing: what a checksum decides over comes after it.
        after = [CHECKSUM_OF[name] for name in names if values[name] == "true" and name in CHECKSUM_OF]
        names = [name for name in names if name not in after] + [name for name in after if name in values]
        return delete_variables(gone) + self._replace(values, names)

    def undo(self, admin: Admin, loaded: bool) -> Undo:
        """As TableWork.undo, for all variables of the section: a LOAD resets what it does not like."""
        memory = self._mine(self.have["memory"])
        if not loaded:
            return self._back(admin, memory), list
        # What runtime only shows otherwise comes of memory's word by itself. Written anew its row would be
        # the last one, and LOAD, which goes by the order, make another value of what moves with others.
        shown = self._mine(self.have["runtime"])
        alike = memory.keys() - STATIC - set(_unlike(memory, shown))
        runtime = {**memory, **{name: value for name, value in shown.items() if name not in alike}}
        return self._back(admin, runtime), lambda: self._back(admin, memory)

    def served(self) -> Values:
        """What to go back to: what runtime has, and of what only a restart takes, what waits on disk."""
        disk = {name: value for name, value in self._mine(self.have["disk"]).items() if name in STATIC}
        return {**self._mine(self.have["memory"]), **self._mine(self.have["runtime"]), **disk}

    def _back(self, admin: Admin, values: Values) -> list[Statement]:
        now = self._mine(read_variables(admin, "memory"))
        gone = [name for name in now if name not in values]
        return delete_variables(gone) + self._replace(
            values,
            [name for name, value in values.items() if now.get(name) != value and name not in READ_ONLY],
        )

    def disk_statements(self, saved: bool) -> list[Statement]:
        """Static variables go to disk last: LOAD resets them in memory and SAVE would copy that.

        One that waits on disk for a restart, declared here or not, is put back after a SAVE.
        """
        pending = dict(self.static)
        disk = self.have["disk"]
        if saved:
            for name in STATIC:
                if name.startswith(self.section.prefix or " ") and name in disk:
                    pending.setdefault(name, disk[name])
        present = self.have["memory"] if saved else disk
        return self._replace(
            pending, [n for n in pending if canonical(n, present.get(n)) != pending[n]], "disk."
        )

    @property
    def needs_save(self) -> bool:
        return any(name in self.live for name in self.changes["disk"])

    @staticmethod
    def _replace(values: Mapping[str, str], names: list[str], target: str = "") -> list[Statement]:
        written = {name: values[name] for name in names}
        return replace_variables(written, filter(is_secret, names), target) if names else []

    # -- after the LOAD ------------------------------------------------------------------

    def moved(self, admin: Admin) -> bool:
        """Whether the section is no longer, in memory, what this was planned on."""
        return self._mine(read_variables(admin, "memory")) != self._mine(self.have["memory"])

    def stale(self, admin: Admin) -> bool:
        """Whether any layer is no longer what this was planned on."""
        return any(
            self._mine(read_variables(admin, layer)) != self._mine(self.have[layer]) for layer in LAYERS
        )

    def overtaken(self, admin: Admin) -> list[str]:
        """Variables that somebody has changed since this task wrote them."""
        memory, runtime = read_variables(admin, "memory"), read_variables(admin, "runtime")
        return [
            f"variable {name}"
            for name in _differing(self.live, memory)
            if canonical(name, memory.get(name)) != canonical(name, runtime.get(name))
        ]

    def unlike(self, admin: Admin) -> list[str]:
        """Variables of which a LOAD did not make what memory held before it."""
        before, runtime = self._mine(self.have["memory"]), read_variables(admin, "runtime")
        return [f"variable {name}" for name in _unlike(before, runtime)]

    def refusals(self, admin: Admin, disturbed: bool) -> list[str]:
        runtime = read_variables(admin, "runtime")
        return [
            f"variable {name}: declared {_shown(name, self.live[name])},"
            f" ProxySQL keeps {_shown(name, runtime.get(name))}"
            for name in _differing(self.live, runtime)
        ]

    def unsaved(self, admin: Admin) -> list[str]:
        """Variables that the disk does not hold as it should, although the SAVE was answered with OK."""
        return [f"variable {name}" for name in _differing(self.live, read_variables(admin, "disk"))]

    def restart_required(self, save: bool) -> list[str]:
        """Names whose value on disk takes effect only when ProxySQL is started again.

        save: whether this task writes the declared ones there.
        """
        disk = {**self.have["disk"], **(self.static if save else {})}
        there = {name: disk[name] for name in self.static if name in disk and name not in self.later}
        waiting: set[str] = set(_differing(there, self.have["runtime"]))
        # What is switched off ends at once.
        changed = [name for name in self.changes["runtime"] if self.want.get(name) != "false"]
        waiting.update(name for name in changed if name in NEEDS_RESTART)
        return sorted(waiting)

    # -- for people ----------------------------------------------------------------------

    def remarks(self) -> list[str]:
        return [
            f"variable {name}: not known to this collection; its value is passed on unchecked"
            for name in self.want
            if not is_known(name)
        ]

    def before(self) -> dict[str, str | None]:
        return {name: shown(name, self._present(name)) for name in self.want}

    def after(self) -> dict[str, str | None]:
        return {name: shown(name, value) for name, value in self.want.items()}

    def _present(self, name: str) -> str | None:
        layer = "disk" if name in self.static else "memory"
        return canonical(name, self.have[layer].get(name))

    def diff_lines(self, layer: str) -> dict[str, str]:
        texts = {"before": "", "after": ""}
        for name in self.changes[layer]:
            before = canonical(name, self.have[layer].get(name))
            after = self.want.get(name, self.have["runtime"].get(name))
            if before is not None:
                texts["before"] += f"{name}: {_shown(name, before)}\n"
            if after is not None:
                texts["after"] += "{}: {}\n".format(name, _shown(name, after, " (new)"))
        return texts


def plan_variables(admin: Admin, want: Values, later: Collection[str] = ()) -> list[VariableWork]:
    """Work per section. later: as of VariableWork. Raises DeclarationError for another name that the server
    does not have."""
    have = {layer: read_variables(admin, layer) for layer in LAYERS}
    wrong = []
    for name, value in want.items():
        if name not in have["memory"] and name not in have["runtime"] and name not in later:
            hint = did_you_mean(name, sorted(have["memory"]), 0.8)
            text = f"variable {name}: ProxySQL {admin.version} at {admin.login.place} has no such variable"
            wrong.append(DeclarationError(text + hint, variable=name))
        present = have["runtime"].get(name, value)
        if name in CASELESS and present != value and present.lower() == value.lower():
            text = (
                f"variable {name}: differs from the present value in letter case alone. ProxySQL would"
                " show it and act on the old one; change it to another value first"
            )
            wrong.append(DeclarationError(text, variable=name))
    if wrong:
        raise together(wrong)
    want = {name: like_present(name, value, have["runtime"].get(name)) for name, value in want.items()}
    collations = _collations(admin) if PAIR.intersection(want) else {}
    want = with_consequences(want, have["memory"], have["runtime"], collations)
    sections: dict[str, Values] = {}
    for name, value in want.items():
        sections.setdefault(section_of_variable(name).name, {})[name] = value
    return [
        VariableWork(section_of_variable(next(iter(part))), part, have, later=later)
        for part in sections.values()
    ]


def _differing(want: Values, have: Values) -> list[str]:
    """Names whose value in a layer is another one, or none, to the server."""
    return [
        name
        for name, value in want.items()
        if name not in READ_ONLY and canonical(name, have.get(name)) != canonical(name, value)
    ]


def _unlike(memory: Values, runtime: Values) -> list[str]:
    """Names of which runtime does not have what a LOAD makes of memory."""
    made, have = as_loaded(memory), as_loaded(runtime)
    # A static one waits on disk for a restart; memory and runtime cannot follow.
    return sorted(name for name in memory if name not in STATIC | READ_ONLY and made[name] != have.get(name))


def _collations(admin: Admin) -> Collations:
    rows = admin.fetch("SELECT Collation, Charset FROM mysql_collations ORDER BY Id")[1]
    return {str(name): str(charset) for name, charset in rows}


def _shown(name: str, value: str | None, mark: str = "") -> str:
    return HIDDEN + mark if is_secret(name) and value is not None else scalar(value)
