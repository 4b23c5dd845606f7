"""Draws from the global random states of numpy and of Python's random module, and their seeding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import DRAWING_FUNCTIONS, NOT_DRAWS, SEEDS

if TYPE_CHECKING:
    import ast

STATES = {"numpy": "numpy_random_state", "random": "python_random_state"}
SOURCES = {"numpy": "numpy's global random state", "random": "Python's global random state"}
CURES = {"numpy": "rng = np.random.default_rng(seed)", "random": "rng = random.Random(seed)"}
_PREFIXES = {"numpy.random.": "numpy", "random.": "random"}


def of_function(dotted: str, node: ast.Call) -> tuple[str, bool]:
    """Return the library whose global state a call uses ("" for none), and whether the call seeds it.

    >>> import ast
    >>> of_function("numpy.random.seed", ast.parse("np.random.seed(0)", mode="eval").body)
    ('numpy', True)
    """
    for prefix, lib in _PREFIXES.items():
        if dotted.startswith(prefix):
            name = dotted.removeprefix(prefix)
            if name.split(".", 1)[0] in NOT_DRAWS or "." in name:
                return "", False
            return lib, name in SEEDS
    if dotted.startswith("sklearn.") and not has_state(node):
        name = dotted.rsplit(".", 1)[1]
        if name in DRAWING_FUNCTIONS or (dotted.startswith("sklearn.datasets.make_")):
            return "numpy", False
    return "", False


def draws_by_method(name: str, node: ast.Call) -> bool:
    """Whether a method call draws from numpy's global state: `df.sample(5)`, `norm.rvs(size=3)`."""
    sizes = {"n", "frac", "size", "weights", "replace"}
    if name == "sample":
        given = len(node.args) == 1 or any(keyword.arg in sizes for keyword in node.keywords)
        return (given or not node.args) and len(node.args) < 2 and not has_state(node)
    return name == "rvs" and not has_state(node)


def has_state(node: ast.Call) -> bool:
    """Whether a call is passed a seed or a generator of its own."""
    return any(keyword.arg in {"random_state", "seed", "rng", None} for keyword in node.keywords)
