"""Tables in SQL: frames of the notebook by their names, and what DuckDB's own database has while a process lasts."""

from __future__ import annotations

import re
from pathlib import PurePath

from nbprod.analyse.knowledge import SQL_CLAUSES, SQL_CLAUSES_IN, SQL_JOINING

COMMENT = re.compile(r"--.*")
# A word and whether it is called, or a mark; no file's path.
PART = re.compile(r"(?<![\w.'/])([A-Za-z_][\w.]*+)(?=(\s*\()?)|([(),;])")
CREATED = re.compile(
    r"\bcreate\s(?:or\s+replace\s)?(?:temp\w*\s)?\s*(?:table|view)(?:\s+if\s+not\s+exists)?\s+([A-Za-z_][\w.]*)",
    re.IGNORECASE,
)
SCHEMA = re.compile(r"\bcreate\s+schema(?:\s+if\s+not\s+exists)?\s+(\w+)", re.IGNORECASE)
ATTACHED = re.compile(r"""\battach\b[^'";]{0,80}(?:'([^']*)'|"([^"]*)")(?:\s+as\s+(\w+))?""", re.IGNORECASE)


def read(text: str) -> set[str]:
    """Return the words of an SQL text that stand where tables do, with the schemas before them.

    >>> sorted(read("select delay from flown f, hubs left join planes as p on tail = plane where late"))
    ['flown', 'hubs', 'planes']
    >>> sorted(read("from main.flown where id in (select id from hubs) order by day"))
    ['hubs', 'main.flown']
    >>> sorted(read("select max(delay) from (select * from flown) as f, hubs using (tail), planes"))
    ['flown', 'hubs', 'planes']
    >>> sorted(read("create table old (day int, late bool); insert into hubs (day) select day from flown"))
    ['flown', 'hubs']
    >>> sorted(read("merge into flown using hubs on hub = id when matched then delete"))
    ['flown', 'hubs']
    """
    found: set[str] = set()
    around: list[str] = []
    clause = inner = "from"  # what comes first may be the rest of a text
    named = False  # what stands before may be followed by the name that the query has for it
    for word, called, mark in PART.findall(COMMENT.sub("", text)):
        if mark:
            clause = _clause_at(mark, clause, inner, around)
            named = mark == ")"
            continue
        key = word.lower()
        if key in SQL_CLAUSES:
            clause = inner = _clause_from(key, clause, is_called=bool(called))
            named = False
        elif key in SQL_JOINING:
            inner, named = clause, key == "as"
        else:
            if not named and _is_table(word, clause, is_called=bool(called)):
                found.add(word)
            inner, named = "" if called else clause, True
    return found


def _is_table(word: str, clause: str, *, is_called: bool) -> bool:
    """Whether a word of such a part is a table: one that is made is there before it only where a schema is."""
    if clause in {"from", "pivot"}:
        return not is_called
    return clause == "into" or (clause == "made" and "." in word)


def _clause_at(mark: str, clause: str, inner: str, around: list[str]) -> str:
    """Return the part that goes on after a mark; what a function or a table has in brackets are values and columns."""
    if mark == "(":
        around.append(clause)
        return inner
    if mark == ")":
        return around.pop() if around else clause
    return "from" if mark == ";" or clause == "on" else clause


def _clause_from(word: str, clause: str, *, is_called: bool) -> str:
    """Return the part of a query that begins with a word inside of another part."""
    if word == "using" and not is_called:  # `delete from flown using hubs`: no columns of a join
        return "from"
    return SQL_CLAUSES_IN.get((clause, word), SQL_CLAUSES[word])


def frames(text: str) -> set[str]:
    """Return the names in an SQL text that may be frames: DuckDB finds them whatever schema stands before.

    >>> sorted(frames("create table main.old as from main.flown, hubs"))
    ['flown', 'hubs']
    """
    return {path.rpartition(".")[2] for path in read(text) - {made for made in CREATED.findall(text) if "." in made}}


def made(text: str) -> set[str]:
    """Return the tables and views that an SQL text makes, and as `name.*` schemas and attached databases.

    >>> sorted(made("attach 'hubs.db'; create schema old; create or replace table main.flown as select 1"))
    ['hubs.*', 'main.flown', 'old.*']
    """
    attached = [name or PurePath(path or quoted).stem for path, quoted, name in ATTACHED.findall(text)]
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
