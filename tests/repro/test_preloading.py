"""What is imported before steps are forked, and which steps need not wait for all of it."""

from __future__ import annotations

import pytest

from nbprod.repro import preloading
from nbprod.repro.memory import Memory

FILES = {
    "shop/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.steps.fit import fit\n",
    "shop/steps/load.py": "import json\nimport pandas as pd\nfrom shop.definitions import LIMIT\n",
    "shop/steps/clean.py": "from shop import schemas\n\ndef clean():\n    import pandas.io.sql\n",
    "shop/steps/fit.py": "import sklearn.linear_model\nfrom shop.definitions import LIMIT\n",
    "shop/definitions.py": "import numpy as np\nLIMIT = np.inf\n",
    "shop/schemas.py": "import pandera.typing\n",
}


@pytest.fixture
def shop(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return str(tmp_path)


def test_what_the_first_steps_need_comes_first(shop):
    memory = Memory(shop)
    preloading.learn("shop.load", ["pandera.backends", "statistics"], memory)
    found = preloading.preload(shop, ["shop.load", "shop.clean", "shop.fit"], memory)
    load = ("json", "pandas", "numpy", "pandera.backends", "statistics")
    assert found.first == (*preloading.ALWAYS, *load, "pandas.io.sql", "typing", "pandera.typing")
    assert found.rest == ("sklearn.linear_model",)
    assert found.light == {"shop.load", "shop.clean"}


def test_where_the_first_step_needs_all_nothing_is_left_for_later(shop):
    memory = Memory(shop)
    preloading.learn("shop.fit", ["pandas", "pandera"], memory)
    found = preloading.preload(shop, ["shop.fit", "shop.load", "shop.clean"], memory)
    assert found.rest == ()
    assert len(found.light) == 3


def test_a_broken_module_and_no_steps_at_all_are_nothing_to_import(shop, tmp_path):
    (tmp_path / "shop/steps/load.py").write_text("import (")
    assert preloading.preload(shop, ["shop.load"], Memory(shop)).first == preloading.ALWAYS
    assert preloading.preload(shop, [], Memory(shop)) == preloading.Preload(preloading.ALWAYS, (), frozenset())
