"""The table for the terminal."""

from __future__ import annotations

from nbprod.emit.drawing import text


def test_the_table_shows_each_step_with_what_it_reads_and_makes(flights):
    assert (
        text(flights)
        == """\
notebooks/flights.ipynb: 7 steps, 10 edges, 2 parameters

  step       cells     reads                    makes                      parameters
  load       3                                  flights, weather, planes
  clean      5         flights (load)           flown                      late_after
  features   7 @step   flown (clean)            table
                       weather, planes (load)
  split      9         table (features)         training, testing          test_share, seed
  baseline   11        training (split)         dummy
  train      13        training (split)         model                      seed
  evaluate   15        model (train)            quality, roc
                       dummy (baseline)
                       testing (split)"""
    )


def test_empty_columns_are_left_out(make_graph):
    table = text(make_graph((("load", (), ("flights",), ()),)))
    assert table.split("\n")[2].split() == ["step", "cells", "makes"]


def test_many_names_are_wrapped(make_graph):
    names = tuple(f"a_long_name_{number}" for number in range(9))
    table = text(make_graph((("load", (), names, ()),)))
    assert max(map(len, table.split("\n"))) < 80
    assert all(name in table for name in names)
