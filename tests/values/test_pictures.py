"""Pictures of figures: a folder that stands whole or not at all, and is compared by what is seen."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from nbprod.errors import WriteFailed
from nbprod.values import picture, pictures_differ, pictures_in, save_pictures


def drawn(*heights):
    """The picture of a small figure."""
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot(heights)
    return picture(figure)


def test_the_same_figure_gives_the_same_bytes():
    assert drawn(1, 2) == drawn(1, 2) != drawn(2, 1)


def test_a_folder_holds_just_the_pictures_of_the_last_run(tmp_path):
    folder = tmp_path / "figures"
    save_pictures([drawn(each) for each in range(11)], folder)
    assert [each.name for each in pictures_in(folder)] == [f"{number}.png" for number in range(1, 12)]
    save_pictures([drawn(1)], folder)
    assert [each.name for each in folder.iterdir()] == ["1.png"]
    save_pictures([], folder)
    assert [*folder.iterdir()] == []
    assert [each.name for each in tmp_path.iterdir()] == ["figures"]


def test_what_cannot_be_written_leaves_what_stood_there(tmp_path):
    (tmp_path / "figures").write_text("a file")
    (tmp_path / "data").write_text("another")
    with pytest.raises(WriteFailed, match="data/figures can't be written: not a directory"):
        save_pictures([drawn(1)], tmp_path / "data" / "figures")
    assert (tmp_path / "data").read_text() == "another"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ([(1, 2)], [(1, 2)], ""),
        ([(1, 2)], [], "1 figure against 0 figures"),
        ([(1,), (1, 2)], [(1,), (2, 1)], "figure 2: "),
    ],
)
def test_the_first_difference_is_told(tmp_path, left, right, said):
    for name, plots in (("left", left), ("right", right)):
        save_pictures([drawn(*each) for each in plots], tmp_path / name)
    found = pictures_differ(tmp_path / "left", tmp_path / "right")
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_other_bytes_of_the_same_picture_are_no_difference(tmp_path):
    save_pictures([drawn(1, 2)], tmp_path / "left")
    save_pictures([drawn(1, 2) + b"trailing"], tmp_path / "right")
    assert pictures_differ(tmp_path / "left", tmp_path / "right") == ""


def test_pixels_are_counted_and_sizes_told(tmp_path):
    large = Figure(figsize=(2, 1))
    large.subplots().plot([1, 2])
    for name, shown in (("one", drawn(1, 2)), ("other", drawn(2, 1)), ("large", picture(large))):
        save_pictures([shown], tmp_path / name)
    found = pictures_differ(tmp_path / "one", tmp_path / "other")
    assert re.fullmatch(r"figure 1: [\d,]+ of 10,000 pixels differ, the first in row \d+, column \d+", found)
    assert pictures_differ(tmp_path / "one", tmp_path / "large") == "figure 1: 100 × 100 against 200 × 100 pixels"
