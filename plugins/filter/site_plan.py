# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_plan
short_description: Work out of the inventory what the roles do on all hosts
version_added: "1.0.0"
description:
  - Used by the roles and playbooks of this collection, once a run. It types their variables, finds what cannot
    work, on all hosts and of both roles at once, and works out what follows, such as who follows whom and VRRP.
  - What it returns holds secrets.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, groups, host
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable of that name.
    type: dict
    required: true
  host:
    description: The present host, as it is called in the inventory.
    type: str
    required: true
  hosts:
    description: The hosts of the play.
    type: list
    elements: str
    default: []
  playbook:
    description: Which playbook of this collection it is for. If empty, a role by itself.
    type: str
    default: ""
  roles:
    description: The roles whose variables are checked.
    type: list
    elements: str
    default: [proxysql, keepalived]
  strategy:
    description: The strategy of the play.
    type: str
    default: linear
  tags:
    description: The tags that the run is limited to.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: What is wrong with the inventory?
  ansible.builtin.debug:
    msg: "{{ (hostvars | mysqlha.proxysql.site_plan(groups, inventory_hostname, playbook='site')).problems }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(problems) and C(warnings), lists of sentences, each with the hosts it holds for; C(cores), C(satellites) and
      C(nodes), names of hosts; C(places), by host where its admin interface is; C(members), the cores as rows of
      C(proxysql_servers); C(vips), addresses; C(playbook), its variables; C(run), a name for this run; and C(hosts), by host the
      typed variables of each role, whether it can hold a virtual IP, and its part of VRRP.
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from ansible.utils.display import Display
from jinja2 import pass_context

from ..plugin_utils._site.options import role_options
from ..plugin_utils._site.plan import Asked, plan
from ..plugin_utils._site.values import Whole, plain


@pass_context
def site_plan(
    context: Any,
    hostvars: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    host: str,
    hosts: Sequence[str] = (),
    playbook: str = "",
    roles: Sequence[str] = ("proxysql", "keepalived"),
    strategy: str = "linear",
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    whole = Whole(hostvars)
    params = {} if playbook else _params(context, whole[host], roles)
    asked = Asked(tuple(roles), playbook, [str(name) for name in hosts], params, strategy, tags)
    found = plan(whole, groups, asked, host)
    # What this run keeps on the nodes, to be taken back together, has this in common.
    found["run"] = datetime.now(timezone.utc).strftime("run-%Y%m%dT%H%M%SZ")
    for sentence in found["warnings"]:
        Display().warning(sentence)
    return found


def _params(context: Any, variables: Mapping[str, Any], roles: Sequence[str]) -> dict[str, Any]:
    """What is given to a role itself and not by the inventory, for it is the same on all hosts."""
    found = {}
    for role in roles:
        for name, option in role_options(role).items():
            try:
                value = plain(context.resolve_or_missing(name)) if name in context else None
                own = plain(variables[name]) if name in variables else option.get("default")
            except Exception:  # whatever a template may raise; the plan says it
                continue
            if value is not None and value != own:
                found[name] = value
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site_plan": site_plan}
