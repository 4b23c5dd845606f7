import json

import pytest

from nbprod.adapters.ipython import transform
from nbprod.project.preloading import preloadable
from nbprod.read import notebook


def found(folder, *sources):
    cells = [{"cell_type": "code", "metadata": {}, "source": each, "outputs": []} for each in sources]
    text = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    return preloadable(notebook(text, "in.ipynb", transform), folder)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["import json"], ("json",)),
        (["import os.path, html as h"], ("os.path", "html")),
        (["from json import loads, dumps as d"], ("json:loads", "json:dumps")),
        (["from json import *"], ("json",)),
        (["from sklearn.linear_model import LinearRegression"], ("sklearn.linear_model:LinearRegression",)),
        (["%matplotlib inline\n!ls\nimport json"], ("json",)),
        (["%%time\nimport json"], ("json",)),
        (["%%step load\nimport json\nx = 1"], ("json",)),
        (["try:\n    import json\nexcept ImportError:\n    import html"], ("json",)),
        (["if x:\n    import json"], ()),
        (["def f():\n    import json"], ()),
        (["from . import x", "import json"], ("json",)),
        (["a b", "import json"], ("json",)),
        (["import nowhere, json"], ("json",)),
        (["import beside, json"], ("json",)),
        (["import package, json"], ("json",)),
        (["import csv"], ()),  # a file beside the notebook has its name
        (["import nbprod_is_developed_here"], ()),
        (["import this, antigravity, polars, json"], ("json",)),
        (["from tqdm import auto", "import tqdm.auto", "from tqdm.auto import tqdm", "import json"], ("json",)),
        (["%load_ext nbprod", "import json"], ("nbprod.magics", "nbprod.project.live", "nbprod.analyse", "json")),
        (["import os\nos.environ['A'] = '1'\nimport json", "import html"], ("os",)),
        (["%env A=1\nimport json"], ()),
        (["!pip install json", "import json"], ()),
        (["import sys\nsys.path.insert(0, 'lib')", "import json"], ("sys",)),
    ],
)
def test_what_can_be_imported_once(tmp_path, sources, expected):
    (tmp_path / "beside.py").touch()
    (tmp_path / "csv.py").touch()
    (tmp_path / "package").mkdir()
    assert found(tmp_path, *sources) == expected


def test_packages_bring_what_they_import_later(tmp_path):
    assert found(tmp_path, "import pandas as pd")[:2] == ("pandas", "pandas.io.formats.html")
