"""Types of parameters: from annotations, and from defaults."""

from __future__ import annotations

import datetime as dt
import enum
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, List, Literal, Optional, Union  # noqa: UP035 - what notebooks have
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from nbprod.run.parameters import from_text, injected

IMPORTS = """\
import datetime as dt
import enum, uuid
import numpy as np, pandas as pd
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import *
"""

ANNOTATIONS = [
    ("int", int),
    ("'int'", int),
    ("Literal['a', 3, -1]", Literal["a", 3, -1]),
    ("int | None", int | None),
    ("None | str", None | str),
    ("'int | None'", int | None),
    ("Optional[date]", Optional[dt.date]),  # noqa: UP045
    ("Union[int, str]", Union[int, str]),  # noqa: UP007
    ("list[int]", list[int]),
    ("List[dict[str, Decimal]]", List[dict[str, Decimal]]),  # noqa: UP006
    ("tuple[int, ...]", tuple[int, ...]),
    ("tuple[int, str]", tuple[int, str]),
    ("set['date']", set[dt.date]),
    ("dt.datetime", dt.datetime),
    ("timedelta", dt.timedelta),
    ("Path", Path),
    ("uuid.UUID", UUID),
    ("np.float32", np.float32),
    ("pd.Timestamp", pd.Timestamp),
    ("Annotated[int, 'minutes']", int),
    ("Literal['a'] | None", Literal["a"] | None),
    ("Any", Any),
]

DEFAULTS = [
    ("30", int),
    ("-1", int),
    ("60 * 60", int),
    ("1 / 3", float),
    ("0.5", float),
    ("True", bool),
    ("not True", bool),
    ("'a'", str),
    ("f'{1}'", str),
    ("'a#b'  # c", str),
    ("None", Any),
    ("[1, 2]", list[int]),
    ("[1, 0.5]", list[float]),
    ("[1, 'a']", list),
    ("[]", list),
    ("{'a': 1}", dict[str, int]),
    ("{'a': 1, 'b': 'c'}", dict[str, Any]),
    ("{}", dict),
    ("{1, 2}", set[int]),
    ("('a', 'b')", tuple[str, ...]),
    ("date(2026, 11, 23)", dt.date),
    ("dt.date.fromisoformat('2026-11-23')", dt.date),
    ("date.today() - timedelta(days=1)", dt.date),
    ("Path('a') / 'b'", Path),
    ("Decimal('1.10')", Decimal),
    ("Fraction(1, 3)", Fraction),
    ("np.int64(3)", np.int64),
    ("pd.Timestamp('2026-11-23')", pd.Timestamp),
    ("np.pi", float),
    ("[each for each in 'ab']", list),
    ("{each: 1 for each in 'ab'}", dict),
    ("unknown(3)", Any),
    ("date", Any),
]


@pytest.mark.parametrize(("annotation", "kind"), ANNOTATIONS)
def test_an_annotation_is_the_type(declared_in, annotation, kind):
    assert declared_in(IMPORTS, f"x: {annotation} = None")["x"].type == kind


@pytest.mark.parametrize(("default", "kind"), DEFAULTS)
def test_without_an_annotation_the_default_tells_the_type(declared_in, default, kind):
    assert declared_in(IMPORTS, f"x = {default}")["x"].type == kind


def test_an_enum_of_the_notebook_is_known(declared_in):
    found = declared_in(
        "from enum import Enum, auto",
        "BASE = 'w'",
        "class Kind(str, Enum):\n    ROAD = 'r'\n    WATER = BASE\n    def shown(self): return display(self)",
        "kind = Kind.ROAD\nother: Kind | None = None",
    )
    kind = found["kind"].type
    assert issubclass(kind, enum.Enum)
    assert [each.name for each in kind] == ["ROAD", "WATER"]
    assert found["other"].type == kind | None


def test_an_enum_that_is_called_into_being_is_known(declared_in):
    found = declared_in("from enum import Enum\nKind = Enum('Kind', 'ROAD RAIL')", "kind: Kind = Kind.ROAD")
    assert injected(found, from_text(found, {"kind": "RAIL"})).splitlines()[1:] == ["kind: Kind = Kind.RAIL"]


def test_a_name_for_a_type_is_followed(declared_in):
    found = declared_in(
        "from typing import Literal, NewType, TypeAlias",
        "Mode = Literal['fast', 'slow']\nModes: TypeAlias = 'list[Mode]'\nStore = NewType('Store', str)",
        "mode: Mode = 'fast'\nmodes: Modes = []\nstore: Store = Store('001')",
    )
    assert [each.type for each in found.each] == [Literal["fast", "slow"], list[Literal["fast", "slow"]], str]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement is newer")
def test_a_type_statement_is_followed(declared_in):
    found = declared_in("from typing import Literal", "type Mode = Literal['fast']", "mode: Mode | None = None")
    assert from_text(found, {"mode": "fast"}) == {"mode": "fast"}


def test_modules_beside_the_notebook_are_found_there(declared_in, tmp_path):
    (tmp_path / "beside_the_notebook.py").write_text("import enum\nclass Kind(enum.Enum):\n    ROAD = 'r'\n")
    found = declared_in("import beside_the_notebook as shop", "kind: shop.Kind = shop.Kind.ROAD", folder=tmp_path)
    assert found["kind"].type.__name__ == "Kind"
    assert str(tmp_path) not in sys.path


def test_nothing_of_the_notebook_runs_and_only_what_is_needed_is_imported(declared_in, tmp_path):
    (tmp_path / "never_imported.py").write_text("raise SystemExit('imported')")
    found = declared_in("import never_imported\nraise SystemExit", "n: int = 3\nm = never_imported", folder=tmp_path)
    assert [each.type for each in found.each] == [int, Any]


@pytest.mark.parametrize(
    ("cells", "trouble"),
    [
        (("day: date = None",), "nothing before it makes 'date'"),
        (("day: date = None\nfrom datetime import date",), "nothing before it makes 'date'"),
        (("import nowhere_to_be_found as n", "day: n.Day = 1"), "nowhere_to_be_found cannot be imported"),
        (("import datetime", "day: datetime.Day = 1"), "there is no datetime.Day"),
        (("class Own: pass", "own: Own = Own()"), "'Own' is a class of the notebook's own, and no enum"),
        (("x: list[f()] = 1",), "f() is no type"),
        (("import enum", "class E(enum.Enum):\n    A = 1 / 0", "e: E = E.A"), "the enum 'E' cannot be made"),
        (("x: 'not a type' = 1",), "no type"),
        (("import datetime", "day: datetime = datetime.date(2026, 1, 1)"), "datetime is a module"),
        (("import enum", "K = enum.Enum('K', 3)", "k: K = 1"), "is not iterable"),
    ],
)
def test_why_an_annotation_means_no_type(declared_in, cells, trouble):
    assert trouble in declared_in(*cells).each[-1].trouble


def test_all_cells_that_are_tagged_count_and_the_last_assignment_of_a_name(declared_in):
    found = declared_in(("a = 1; b = '#2'", "parameters"), "x = 1", ("a = 'one'", "parameters"))
    assert [(each.name, each.type, each.default) for each in found.each] == [("a", str, "'one'"), ("b", str, "'#2'")]
    assert (found.after, found.replaces) == (2, None)


def test_where_an_injected_cell_stands_already(declared_in):
    found = declared_in(("a = 1", "parameters"), ("a = 2", "injected-parameters"))
    assert (found.after, found.replaces) == (0, 1)
    assert [each.default for each in found.each] == ["1"]  # another run gets other values


def test_a_default_that_is_computed_tells_from_what(declared_in):
    found = declared_in("a = 1\nb = a * 2\nc: int = len(str(a))")
    assert [(each.type, each.uses) for each in found.each] == [(int, set()), (Any, {"a"}), (int, {"a"})]
