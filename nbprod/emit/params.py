"""params.yaml: the notebook's parameters under the package's name, with the values that people gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.emit import yamls
from nbprod.emit.dvc import Written
from nbprod.emit.values import as_yaml
from nbprod.errors import ProjectBroken

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan

PATH = "params.yaml"


def params_yaml(plan: Plan, standing: str | None, base: str | None) -> Written:
    """Return params.yaml with the plan's parameters: defaults, unless a person changed the value since `base`.

    Raises:
        ProjectBroken: the file that stands there can't be used.
    """
    from ruamel.yaml.comments import CommentedMap

    tree = yamls.parse(standing or "", PATH)
    before = yamls.plain(tree)
    last_tree = yamls.last(base)
    last = last_tree.get(plan.package) or {}
    new = {each.name: as_yaml(each.default) for each in plan.graph.parameters}
    section = tree.get(plan.package)
    if section is None:
        section = CommentedMap()
    if not isinstance(section, dict):
        raise ProjectBroken(
            f"{PATH}: {plan.package!r} is no mapping", hint="Rename that key; the file was left as it is"
        )
    _update(section, last, new, {each.name: each.comment for each in plan.graph.parameters})
    if section:
        tree[plan.package] = section
    elif plan.package in tree:
        del tree[plan.package]
    text = "" if not tree and not standing else yamls.written(tree, before, standing)
    own = {**{key: value for key, value in last_tree.items() if key != plan.package}, plan.package: new}
    return Written(text, yamls.as_base({key: value for key, value in own.items() if value}))


def _update(section: Any, last: dict[str, Any], new: dict[str, Any], comments: dict[str, str]) -> None:
    for name in [name for name in section if name in last and name not in new]:
        if yamls.plain(section[name]) == last[name]:
            del section[name]
    for name, value in new.items():
        if name not in section:
            section[name] = value
            if comment := comments.get(name, "").strip().lstrip("#").strip():
                section.yaml_add_eol_comment(comment, name, column=0)
        elif name in last and yamls.plain(section[name]) == last[name] and last[name] != value:
            section[name] = value
