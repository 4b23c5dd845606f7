from __future__ import annotations

import copy
import json

import pytest

from nbprod.read import notebook
from nbprod.suggest import Segment, Setting, headings, marking

DOCUMENT = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3"}},
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Load"},
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"tags": ["hide"], "collapsed": True},
            "execution_count": 3,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
            "source": ["import os\n", "# how many\n", "SEED = 1  # of all\n", "print(SEED)"],
        },
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 4,
            "outputs": [],
            "source": "%%time\nb = 2",
        },
    ],
}
SEGMENTS = (Segment((1, 2), name="load", outs=("b",)),)
SEED = Setting("SEED", "1", 1, 2, 3)


def reading(document):
    return notebook(json.dumps(document), "rain.ipynb", str)


@pytest.mark.parametrize("write", [marking.with_tags, marking.with_magics])
def test_marks_read_back(write):
    cells = [each for each in reading(write(DOCUMENT, SEGMENTS)).cells if each.mark]
    assert [each.mark.step for each in cells] == ["load", "load"]
    assert cells[0].mark.outs == ("b",)
    assert cells[1].mark.outs == ()


def test_tags_change_nothing_else():
    before = copy.deepcopy(DOCUMENT)
    done = marking.with_tags(DOCUMENT, SEGMENTS)
    assert before == DOCUMENT
    assert done["cells"][1]["metadata"] == {"tags": ["hide", "step:load", "outs:b"], "collapsed": True}
    for cell in (*done["cells"], *before["cells"]):
        cell["metadata"] = {}
    assert done == before


def test_magics_keep_the_form_of_the_source_and_load_the_extension_first():
    cells = marking.with_magics(DOCUMENT, SEGMENTS)["cells"]
    assert cells[0]["source"] == ["%load_ext nbprod"]
    assert cells[2]["source"][:2] == ["%%step load --outs b\n", "import os\n"]
    assert cells[3]["source"] == "%%step load\n%%time\nb = 2"
    assert cells[2]["outputs"] == DOCUMENT["cells"][1]["outputs"]


def test_settings_get_a_cell_of_their_own():
    cells = marking.with_parameters(DOCUMENT, (SEED,))["cells"]
    assert cells[1]["source"] == ["# how many\n", "SEED = 1  # of all"]
    assert cells[1]["metadata"] == {"tags": ["parameters"]}
    assert cells[1]["id"] == "parameters"
    assert cells[2]["source"] == ["import os\n", "print(SEED)"]
    assert len({each["id"] for each in cells}) == 4


def test_a_cell_of_settings_only_is_tagged_as_it_stands():
    document = copy.deepcopy(DOCUMENT)
    document["cells"][1]["source"] = "# how many\nSEED = 1"
    done = marking.with_parameters(document, (Setting("SEED", "1", 1, 1, 2),))
    assert len(done["cells"]) == 3
    assert done["cells"][1]["metadata"]["tags"] == ["hide", "parameters"]


def test_steps_of_kale_are_headings_not_marks():
    tagged = copy.deepcopy(DOCUMENT)
    tags = (["imports"], ["step:load"], [], ["prev:load", "step:clean"], ["skip"])
    tagged["cells"] = [
        {**DOCUMENT["cells"][2], "id": str(at), "source": f"a{at} = 1", "metadata": {"tags": each}}
        for at, each in enumerate(tags)
    ]
    done = marking.without_kale(tagged)
    assert [each["metadata"]["tags"] for each in done["cells"]] == [
        ["imports"],
        ["block:load"],
        [],
        ["prev:load", "block:clean"],
        ["skip"],
    ]
    assert headings.paths(reading(done)) == {0: (), 1: ((0, "load"),), 2: ((0, "load"),), 3: ((0, "clean"),), 4: ()}
    assert marking.without_kale(DOCUMENT) is DOCUMENT


@pytest.mark.parametrize("tag", ["prev:load", "pipeline-parameters", "pipeline-metrics"])
def test_one_tag_that_only_kale_has_tells_that_the_others_are_kales(tag):
    tagged = copy.deepcopy(DOCUMENT)
    tagged["cells"][2]["metadata"] = {"tags": ["step:data-loading", tag]}
    assert marking.is_kales(tagged)
    tagged["cells"][2]["metadata"] = {"tags": ["step:load", "parameters"]}
    assert not marking.is_kales(tagged)


@pytest.mark.parametrize(
    ("tags", "steps"),
    [
        ([["block:load"], [], ["block:clean"], ["block:"]], ["load", "load", "clean", "clean"]),
        ([["imports"], [], ["block:load"], ["functions"], []], ["", "", "load", "", ""]),
        ([["block:load"], ["skip"], [], ["pipeline-metrics"], []], ["load", "", "load", "", ""]),
        ([["block:load", "prev:start", "limit:memory:2G"], ["skip", "prev:load"]], ["load", ""]),
    ],
    ids=["one that names no step", "what stands apart ends a step", "what is skipped does not", "other tags"],
)
def test_which_step_of_kale_a_cell_belongs_to(tags, steps):
    document = {**DOCUMENT, "cells": [{**DOCUMENT["cells"][2], "metadata": {"tags": each}} for each in tags]}
    assert [path[-1][1] if path else "" for path in headings.paths(reading(document)).values()] == steps


def test_old_formats_have_no_ids():
    document = {**DOCUMENT, "nbformat_minor": 4}
    assert "id" not in marking.with_parameters(document, (SEED,))["cells"][1]


def test_outputs_may_be_nested_deeper_than_python_copies():
    deep: list = []
    for _ in range(5_000):
        deep = [deep]
    document = {"metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": "a = 1", "outputs": deep}]}
    done = marking.with_tags(document, [Segment((0,), name="load")])
    assert done["cells"][0]["metadata"] == {"tags": ["step:load"]}
    assert document["cells"][0]["metadata"] == {}


def test_an_id_may_be_no_text():
    cell = {"cell_type": "code", "metadata": {}, "source": "a = 1", "id": [None]}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    done = marking.with_magics(document, [Segment((0,), name="load")])
    assert [each["id"] for each in done["cells"]] == ["load-nbprod", [None]]
