"""Names for steps: from the heading, else from what the step makes."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.suggest.knowledge import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nbprod.suggest.flow import Flow
    from nbprod.suggest.suggestion import Segment

FILLING = words("""
    a an and the of to in on for with from by using use our your we let s is are as at into its it this that how part
    chapter section step now some basic do does can you i vs or be exercise example examples
""")
RESERVED = frozenset({"parameters", "definitions", "steps", "schemas", "tests", "main", "self", "step", "display"})
VERBS = (
    (("train_test_split", "KFold", "StratifiedKFold"), "split_{}"),
    (("read_csv", "read_excel", "read_json", "read_parquet", "read_table", "load_dataset", "read_sql"), "load_{}"),
    (("fit", "fit_transform", "train", "cross_val_score"), "fit_{}"),
    (("predict", "predict_proba", "score"), "predict_{}"),
    (("merge", "join", "concat"), "join_{}"),
    (("groupby", "pivot_table", "agg"), "summarize_{}"),
)
LONGEST = 32
NAME = re.compile(rf"(?=.{{1,{LONGEST}}}$)[a-z][a-z0-9]*(_[a-z0-9]+)+")
CLAUSE = re.compile(r"[:(–—?!.;/]| - ")


def named(segments: Iterable[Segment], flow: Flow) -> tuple[Segment, ...]:
    """Return the segments, each with a name of its own that shadows nothing the notebook defines."""
    taken = {name for seen in flow.looks.values() for name in seen.defined}
    done: list[Segment] = []
    for segment in segments:
        name = free(of_title(segment.title) or of_values(segment, flow), taken)
        taken.add(name)
        done.append(replace(segment, name=name))
    return tuple(done)


def with_names(segments: tuple[Segment, ...], flow: Flow) -> tuple[Segment, ...]:
    """Return the segments, those without a name with one of their own."""
    names = {each.name for each in segments if each.name}
    done: list[Segment] = []
    for each, fresh in zip(segments, named(segments, flow), strict=True):
        name = each.name or free(fresh.name, names)
        done.append(replace(each, name=name))
        names.add(name)
    return tuple(done)


def of_title(title: str) -> str:
    """Return the heading's telling words as a name, or the heading itself where it is one; "" if it has none.

    >>> of_title("Préparation of the Data: cleaning"), of_title("The 3 of us"), of_title("fit_on_all"), of_title("数据")
    ('preparation_data', 'us', 'fit_on_all', '')
    """
    if NAME.fullmatch(title):
        return title
    start = CLAUSE.split(title)[0]
    head = start if re.search(r"\w{3}", start) else title
    ascii_text = unicodedata.normalize("NFKD", head).encode("ascii", "ignore").decode().lower().replace("'", "")
    telling = [word for word in re.findall(r"[a-z0-9]+", ascii_text) if word not in FILLING]
    while telling and telling[0][0].isdigit():
        telling.pop(0)
    kept: list[str] = []
    for word in telling[:4]:
        if len("_".join([*kept, word])) <= LONGEST:
            kept.append(word)
    return "_".join(kept)


def of_values(segment: Segment, flow: Flow) -> str:
    """Return a name from what the cells make and do."""
    calls = {call for cell in segment.cells for call in flow.looks[cell].calls}
    main = main_value(segment, flow)
    for known, template in VERBS:
        if calls & set(known):
            return template.format(main).rstrip("_").lower()
    return f"make_{main}".rstrip("_").lower()


def main_value(segment: Segment, flow: Flow) -> str:
    """Return the value that most cells outside of the segment need, else its last result, else what it makes last."""
    inside = set(segment.cells)
    counts: dict[str, int] = {}
    for link in flow.links:
        if link.maker in inside and link.reader not in inside:
            counts[link.name] = counts.get(link.name, 0) + 1
    candidates = sorted(counts, key=lambda name: (-counts[name], name))
    lasting = [name for cell in reversed(segment.cells) for name in sorted(flow.makes[cell] - flow.looks[cell].passing)]
    for name in (*candidates, *reversed(segment.outs), *lasting):
        plain = name.strip("_")
        if plain.isascii() and len(plain) > 1:
            return plain
    return "values"


def free(name: str, taken: Collection[str]) -> str:
    """Return the name, or one made from it, that is neither Python's nor taken.

    >>> free("import", ()), free("filter", ()), free("clean", {"clean", "clean_2"}), free("", ())
    ('import_step', 'filter_step', 'clean_3', 'work')
    """
    base = name or "work"
    if keyword.iskeyword(base) or keyword.issoftkeyword(base) or base in RESERVED or base in dir(builtins):
        base = f"{base}_step"
    number, result = 1, base
    while result in taken:
        number += 1
        result = f"{base}_{number}"
    return result
