"""Which file is the notebook?"""

from __future__ import annotations

import pytest

from nbprod.project.whereabouts import notebook_file


@pytest.mark.parametrize(
    ("variable", "in_namespace", "has_ids", "found"),
    [
        ("n.ipynb", None, True, True),
        ("n.ipynb", None, False, False),  # the variable leaked from the notebook that started this kernel
        (None, "n.ipynb", False, True),
        (None, None, True, False),
        ("console-1", None, True, False),
        ("renamed.ipynb", None, True, False),
    ],
)
def test_a_file_is_believed_when_it_is_there_and_the_frontend_vouches_for_it(
    variable, in_namespace, has_ids, found, tmp_path
):
    (tmp_path / "n.ipynb").write_text("{}")
    environment = {"JPY_SESSION_NAME": str(tmp_path / variable)} if variable else {}
    namespace = {"__vsc_ipynb_file__": str(tmp_path / in_namespace)} if in_namespace else {}
    path = notebook_file(environment, namespace, has_ids=has_ids)
    assert path == (tmp_path / "n.ipynb" if found else None)
