from __future__ import annotations

import os

import pytest

from nbprod.errors import NotebookUnreadable
from nbprod.project.place import find_root, locate, package_name


@pytest.mark.parametrize(
    ("stem", "imported", "name"),
    [
        ("flights", (), "flights"),
        ("My Analysis (v2)", (), "my_analysis_v2"),
        ("2024-report", (), "nb_2024_report"),
        ("json", (), "json_steps"),  # the standard library's
        ("pandas", ("pandas",), "pandas_steps"),  # what the notebook imports
        ("class", (), "class_steps"),
        ("tests", (), "tests_steps"),  # the project's own folder
        ("???", (), "notebook"),
        ("Übung", (), "übung"),
    ],
)
def test_a_package_is_an_identifier_that_shadows_nothing(stem, imported, name):
    assert package_name(stem, imported) == name
    assert name.isidentifier()


@pytest.mark.parametrize("sign", [".dvc", ".git", "pyproject.toml"])
def test_the_root_is_the_nearest_folder_with_a_sign(tmp_path, sign):
    (tmp_path / sign).mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_root(tmp_path / "a" / "b") == tmp_path


def test_places_are_below_the_root(tmp_path):
    (tmp_path / ".git").mkdir()
    notebook = tmp_path / "notebooks" / "flights.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("{}")
    place = locate(notebook)
    assert (place.relative, place.package) == ("notebooks/flights.ipynb", "flights")
    assert place.record_file == tmp_path / ".nbprod" / "record" / "flights.json"


def test_a_missing_notebook_names_those_that_are_there(tmp_path):
    (tmp_path / "flights.ipynb").write_text("{}")
    with pytest.raises(NotebookUnreadable, match=r"flihgts\.ipynb is not there\. Notebooks in .*: flights\.ipynb\."):
        locate(tmp_path / "flihgts.ipynb")
    with pytest.raises(NotebookUnreadable, match=r"is a folder, not a notebook"):
        locate(tmp_path)


def test_what_a_cell_runs_is_read_where_it_is_a_file_and_no_pipe(tmp_path):
    (tmp_path / "book.ipynb").touch()
    place = locate(tmp_path / "book.ipynb")
    (tmp_path / "rates.py").write_text("RATE = 2")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    found = [place.beside(f"{name}.py") for name in ("rates", "pipe", "folder", "nowhere")]
    assert found == [b"RATE = 2", None, None, None]
