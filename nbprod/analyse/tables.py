"""Tables in SQL: frames of the notebook by their names, and what DuckDB's own database has while a process lasts."""

from __future__ import annotations

import re
from pathlib import PurePath

from nbprod.analyse.knowledge import SQL_CLAUSES

COMMENT = re.compile(r"--.*")
# A word and whether it is called, or a mark; no file's path.
PART = re.compile(r"(?<![\w.'/])([A-Za-z_][\w.]*+)(?=(\s*\()?)|([(),])")
CREATED = re.compile(
    r"\bcreate\s(?:or\s+replace\s)?(?:temp\w*\s)?\s*(?:table|view)(?:\s+if\s+not\s+exists)?\s+([A-Za-z_][\w.]*)",
    re.IGNORECASE,
)
SCHEMA = re.compile(r"\bcreate\s+schema(?:\s+if\s+not\s+exists)?\s+(\w+)", re.IGNORECASE)
ATTACHED = re.compile(r"\battach\b[^';]{0,80}'([^']*)'(?:\s+as\s+(\w+))?", re.IGNORECASE)


def read(text: str) -> set[str]:
    """Return the words of an SQL text that stand where tables do, with the schemas before them.

    >>> sorted(read("select delay from flown f, hubs join planes on tail = plane where late"))
    ['f', 'flown', 'hubs', 'planes']
    >>> sorted(read("from main.flown where id in (select id from hubs) order by day"))
    ['hubs', 'main.flown']
    >>> sorted(read("select max(delay) from (select * from flown) as f, hubs using (tail), planes"))
    ['as', 'f', 'flown', 'hubs', 'planes']
    """
    found: set[str] = set()
    around: list[str] = []
    clause = "from"  # what comes first may be the rest of a text
    for word, called, mark in PART.findall(COMMENT.sub("", text)):
        if mark == "(":
            around.append(clause)
        elif mark == ")":
            clause = around.pop() if around else clause
        elif mark:
            clause = "from" if clause == "on" else clause
        elif word.lower() in SQL_CLAUSES:
            clause = SQL_CLAUSES[word.lower()]
        elif clause == "from" and not called:
            found.add(word)
    return found


def frames(text: str) -> set[str]:
    """Return the names in an SQL text that may be frames: DuckDB finds them whatever schema stands before.

    >>> sorted(frames("from main.flown, hubs"))
    ['flown', 'hubs']
    """
    return {path.rpartition(".")[2] for path in read(text)}


def made(text: str) -> set[str]:
    """Return the tables and views that an SQL text makes, and as `name.*` schemas and attached databases.

    >>> sorted(made("attach 'hubs.db'; create schema old; create or replace table main.flown as select 1"))
    ['hubs.*', 'main.flown', 'old.*']
    """
    attached = [name or PurePath(path).stem for path, name in ATTACHED.findall(text)]
    return {f"{each}.*" for each in (*attached, *SCHEMA.findall(text))} | set(CREATED.findall(text))


def names(path: str, table: str) -> bool:
    """Whether a path of a query may name what another text has made.

    >>> names("hubs.main.flown", "hubs.*"), names("hubs.main.flown", "hubs.flown"), names("a.flown", "b.flown")
    (True, True, False)
    """
    *schemas, name = path.lower().split(".")
    *others, last = table.lower().split(".")
    if last == "*":
        return others[0] in schemas
    return name == last and (set(schemas) <= set(others) or set(others) <= set(schemas))
