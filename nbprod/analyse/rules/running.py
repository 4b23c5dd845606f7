"""Rules about what would make a pipeline's run differ: randomness, global state, secrets."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nbprod.analyse.findings import ExplorationDraws, LostSetting, Unseeded
from nbprod.analyse.randomness import CURES, SOURCES
from nbprod.model.faults import EXPLORATION_DRAWS, GLOBAL_STATE, SECRET, UNSEEDED
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.rules.subject import Subject
    from nbprod.analyse.trace import ScannedCell
    from nbprod.model.diagnostic import Diagnostic

_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|secret|api_?key|access_?key|secret_?key|private_?key|auth_?token|"
    r"access_?token|refresh_?token|bearer|token)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"^(\s*|<.*>|\[.*\]|\{.*\}|\$.*|x+|\*+|\.+|(your|my|change|todo|none|null|dummy|example|test).*)$", re.IGNORECASE
)
_KEYS = {
    "an AWS access key": r"\bAKIA[0-9A-Z]{16}\b",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "an OpenAI key": r"\bsk-[A-Za-z0-9_-]{20,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_ANY_KEY = re.compile("|".join(f"({pattern})" for pattern in _KEYS.values()))
_LONG_ENOUGH = 8


class Draws:
    """A step draws from a global state that nothing seeds, or that exploration advances."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each step and state."""
        said: set[tuple[str, str]] = set()
        for each in subject.findings(Unseeded):
            if (each.step, each.lib) not in said:
                said.add((each.step, each.lib))
                source, cure = SOURCES[each.lib], CURES[each.lib]
                yield UNSEEDED.at(each.cell, each.line, step=each.step, source=source, cure=cure)
        for draw in subject.findings(ExplorationDraws):
            source = SOURCES[draw.lib]
            yield EXPLORATION_DRAWS.at(
                draw.cell, draw.line, place=draw.cell, source=source, before=draw.before, after=draw.after
            )


class Settings:
    """Global state that an unmarked cell sets from what it has computed."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each such statement."""
        for each in subject.findings(LostSetting):
            if subject.is_missed(each.cell):
                yield GLOBAL_STATE.at(each.cell, each.line, place=each.cell, what=each.what)


class Secrets:
    """A password, token or key stands in the notebook."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each line."""
        for scanned in subject.resolver.plan.cells:
            said: set[int] = set()
            for name, kind, line in _secrets(scanned):
                if line not in said:
                    said.add(line)
                    where = _where(name, scanned)
                    variable = re.sub(r"\W+", "_", name or "SECRET").upper()
                    yield SECRET.at(scanned.cell.index, line, where=where, kind=kind, variable=variable)


def _where(name: str, scanned: ScannedCell) -> str:
    if name and scanned.cell.role is Role.PARAMETERS:
        return f"parameter '{name}'"
    return f"'{name}' in cell {scanned.cell.index}" if name else f"a text in cell {scanned.cell.index}"


def _secrets(scanned: ScannedCell) -> Iterator[tuple[str, str, int]]:
    """Yield name, kind and line of what looks like a secret."""
    source = scanned.cell.source
    lowered = source.lower()
    worth_a_look = any(word in lowered for word in ("pass", "pwd", "secret", "key", "token", "bearer"))
    for statement in scanned.statements if worth_a_look else ():
        for node in ast.walk(statement.node):
            for name, value in _named_values(node):
                if _SECRET_NAME.search(name) and _is_secret(name, value.value):
                    yield name, "a secret by its name", value.lineno
    for found in _ANY_KEY.finditer(source):
        kind = list(_KEYS)[(found.lastindex or 1) - 1]
        line = source.count("\n", 0, found.start()) + 1
        yield "", kind, line


def _is_secret(name: str, value: object) -> bool:
    if not isinstance(value, str) or _NO_SECRET.match(value):
        return False
    return "token" not in name.lower() or (len(value) >= _LONG_ENOUGH and " " not in value and "\\" not in value)


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    pairs: list[tuple[str, ast.expr | None]] = []
    if isinstance(node, ast.Assign):
        pairs = [(_name_of(target), node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign):
        pairs = [(_name_of(node.target), node.value)]
    elif isinstance(node, ast.keyword):
        pairs = [(node.arg or "", node.value)]
    elif isinstance(node, ast.Dict):
        pairs = [(_name_of(key), value) for key, value in zip(node.keys, node.values, strict=True)]
    for name, value in pairs:
        if isinstance(value, ast.Constant):
            yield name, value


def _name_of(target: ast.AST | None) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript):
        return _name_of(target.slice)
    return target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else ""
