"""Bad files: each says what it is and what to do."""

from __future__ import annotations

import json

import pytest

from nbprod.adapters.nbformat import document, parse
from nbprod.errors import NotebookUnreadable

CELL = {"id": "a", "cell_type": "code", "metadata": {}, "source": "a = 1"}
GOOD = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}, indent=1)
CONFLICT = GOOD.replace(' "cells": [', '<<<<<<< HEAD\n "cells": [')

UNREADABLE = {
    "empty": ("", "is empty"),
    "blank": (" \n", "is empty"),
    "not JSON": ("a = 1", "is not JSON.*line 1, column 1"),
    "truncated": (GOOD[: len(GOOD) // 2], "is truncated"),
    "truncated inside a text": (GOOD[: GOOD.index("a = 1") + 2], "is truncated"),
    "truncated bytes": (GOOD.encode()[:-4], "is truncated"),
    "conflict markers": (CONFLICT, "merge-conflict markers: line 5"),
    "a lone conflict marker": (GOOD.replace('   "metadata"', '=======\n   "metadata"'), "merge-conflict markers"),
    "bytes": (b"\x89PNG\r\n\x1a\n\x00\x00", "bytes are not UTF-8"),
    "half a character": ('{"cells": ["é"]}'.encode()[:-4], "bytes are not UTF-8"),
    "a list": ("[]", "holds a JSON list"),
    "a number": ("3", "holds a JSON number"),
    "a text": ('"a"', "holds a JSON text"),
    "null": ("null", "holds a JSON null"),
    "another JSON": ('{"name": "flights"}', "it has no cells"),
    "cells are no list": ('{"nbformat": 4, "cells": {"a": 1}}', "its cells are a JSON object"),
    "cells are null": ('{"nbformat": 4, "cells": null}', "its cells are a JSON null"),
    "a cell is a text": ('{"nbformat": 4, "cells": ["a"]}', "cell 0 is a JSON text"),
    "a source is a number": ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "source of cell 0"),
    "a source is numbers": ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": [3]}]}', "source of cell 0"),
    "format 5": ('{"nbformat": 5, "cells": []}', "format 5, which is newer"),
    "format 0": ('{"nbformat": 0, "cells": []}', "its nbformat is '0'"),
    "format true": ('{"nbformat": true, "cells": []}', "its nbformat is 'True'"),
    "format a text": ('{"nbformat": "four", "cells": []}', "its nbformat is 'four'"),
    "format 3 without worksheets": ('{"nbformat": 3, "cells": []}', "format 3, but cannot be upgraded"),
    "nested too deeply": ('{"cells": ' + "[" * 200_000, "nested too deeply"),
    "a number too long": ('{"cells": ' + "1" * 10_000 + "}", "is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_no_notebook_says_why_and_what_to_do(case):
    text, message = UNREADABLE[case]
    with pytest.raises(NotebookUnreadable, match=message) as caught:
        parse(text, "flights.ipynb")
    assert caught.value.message.startswith("flights.ipynb")
    assert caught.value.hint


CODE = {"cell_type": "code", "language": "python", "metadata": {}, "input": ["a = 1\n", "b = 2"], "outputs": []}
HEADING = {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Flights"}
TEXT = {"cell_type": "markdown", "source": "## Flights"}
OLD = {
    3: {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [CODE, HEADING]}]},
    2: {"nbformat": 2, "metadata": {"name": ""}, "worksheets": [{"cells": [CODE, TEXT]}]},
    1: {
        "nbformat": 1,
        "cells": [{"cell_type": "code", "code": "a = 1\nb = 2"}, {"cell_type": "text", "text": "## Flights"}],
    },
}


@pytest.mark.parametrize("version", [3, 2, 1])
def test_older_formats_are_upgraded_in_memory_and_it_is_said(version):
    found = parse(json.dumps(OLD[version]), "old.ipynb")
    assert [(cell.kind, cell.source) for cell in found.cells] == [("code", "a = 1\nb = 2"), ("markdown", "## Flights")]
    assert len({cell.id for cell in found.cells}) == 2
    assert [(note.code, note.message) for note in found.notes] == [
        ("NB103", f"the notebook has format {version}; it was read as format 4")
    ]
    assert "old.ipynb" in found.notes[0].hint


def of_cells(*cells, **more):
    return parse(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": list(cells), **more}))


@pytest.mark.parametrize(
    ("source", "text"),
    [("a\nb", "a\nb"), (["a\n", "b"], "a\nb"), ([], ""), (None, ""), ("a\r\nb\rc", "a\nb\nc"), ("é→", "é→")],
)
def test_a_source_is_text_or_lines(source, text):
    assert of_cells({"id": "a", "cell_type": "code", "source": source}).cells[0].source == text


def test_a_cell_may_lack_everything():
    (cell,) = of_cells({"id": "a"}).cells
    assert (cell.kind, cell.source, cell.tags) == ("raw", "", ())


@pytest.mark.parametrize("metadata", [None, [], "a", {"tags": None}, {"tags": "skip"}, {"tags": [3, None]}])
def test_odd_metadata_have_no_tags(metadata):
    assert of_cells({"id": "a", "cell_type": "code", "source": "", "metadata": metadata}).cells[0].tags == ()


def test_tags_are_read():
    cell = {"id": "a", "cell_type": "code", "source": "", "metadata": {"tags": ["skip", 3, "step:a"]}}
    assert of_cells(cell).cells[0].tags == ("skip", "step:a")


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        (["a", "a", "b"], "1 of the notebook's cells had no id of their own: 2 share 'a'"),
        (["a", None, "b"], "1 of the notebook's cells had no id of their own: 1 without"),
        ([None, None, None], "3 of the notebook's cells had no id of their own: 3 without"),
        (["cell-1", None, "cell-1"], "2 of the notebook's cells had no id of their own: 1 without, 2 share 'cell-1'"),
    ],
)
def test_ids_are_mended_and_it_is_said(ids, problem):
    cells = [{"cell_type": "code", "source": "", **({"id": each} if each else {})} for each in ids]
    found = of_cells(*cells)
    assert len({cell.id for cell in found.cells}) == 3
    assert all(cell.id for cell in found.cells)
    assert [(note.code, note.message) for note in found.notes] == [("NB109", problem)]


def test_a_format_before_ids_needs_no_word():
    found = parse(json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": [{"cell_type": "code", "source": ""}]}))
    assert (found.cells[0].id, found.notes) == ("cell-0", ())


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"language_info": {"name": "R"}}, "R"),
        ({"kernelspec": {"language": "julia"}}, "julia"),
        ({"kernelspec": {"language": "python"}, "language_info": {"name": "python"}}, "python"),
        ({"kernelspec": "R"}, ""),
        ({"language_info": {"name": None}}, ""),
        ({}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_the_language_is_that_of_the_metadata(metadata, language):
    assert of_cells(metadata=metadata).language == language


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, ("\ufeff" + GOOD).encode(), GOOD.encode("utf-16"), GOOD.encode()])
def test_byte_order_marks_and_encodings_are_read(text):
    assert parse(text).cells[0].source == "a = 1"


def test_conflict_markers_inside_a_cell_are_its_text():
    cell = {"id": "a", "cell_type": "code", "source": "<<<<<<< HEAD\na = 1\n=======\n"}
    assert of_cells(cell).cells[0].source.startswith("<<<<<<<")


MENDED = {
    "metadata that are none": ({"metadata": None}, {"metadata": {}}),
    "tags that are none": ({"metadata": {"tags": "skip", "a": 1}}, {"metadata": {"tags": [], "a": 1}}),
    "a tag that is none": ({"metadata": {"tags": ["a", None]}}, {"metadata": {"tags": ["a"]}}),
    "no source": ({}, {"source": ""}),
    "a source of lines": ({"source": ["a = 1\n", "b"]}, {"source": ["a = 1\n", "b"]}),
}


@pytest.mark.parametrize("case", MENDED)
def test_a_document_to_be_marked_has_the_shape_that_marks_need(case):
    given, expected = MENDED[case]
    content = {"nbformat": 4, "cells": [{"cell_type": "code", **given}], "metadata": 3}
    found = document(json.dumps(content))
    assert expected.items() <= found["cells"][0].items()
    assert found["metadata"] == {}


@pytest.mark.parametrize(
    ("minor", "ids", "expected"), [(2, [], 2), ("5", [], 4), (None, ["a"], 5), (None, ["a", None], 4)]
)
def test_a_minor_version_that_is_none_follows_from_the_cells(minor, ids, expected):
    cells = [{"cell_type": "code", "source": "", **({"id": each} if each else {})} for each in ids or [None]]
    assert document(json.dumps({"nbformat": 4, "nbformat_minor": minor, "cells": cells}))["nbformat_minor"] == expected
