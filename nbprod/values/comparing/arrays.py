"""Arrays: dtype, shape, then the first element that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.comparing.difference import Difference, Rules, brief, counted
from nbprod.values.content.objects import pixels_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def compare_arrays(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """The first difference between two arrays."""
    import numpy as np

    if left.dtype != right.dtype and rules.exact_types:
        return Difference(path, str(left.dtype), str(right.dtype), "dtype")
    if left.shape != right.shape:
        return Difference(path, str(left.shape), str(right.shape), "shape")
    if isinstance(left, np.ma.MaskedArray):
        masks = compare_arrays(rules, np.ma.getmaskarray(left), np.ma.getmaskarray(right), f"{path}.mask")
        return masks or compare_arrays(rules, left.filled(), right.filled(), path)
    return _compare_elements(rules, np.asarray(left), np.asarray(right), path)


def compare_scalars(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """The difference between two NumPy numbers."""
    import numpy as np

    found = compare_arrays(rules, np.asarray(left), np.asarray(right), path)
    return found and Difference(path, found.left, found.right, found.kind)


def _compare_elements(rules: Rules, left: NDArray[Any], right: NDArray[Any], path: str) -> Difference | None:
    if left.dtype.names:
        fields = ((f"{path}[{name!r}]", left[name], right[name]) for name in left.dtype.names)
        return next((found for where, a, b in fields if (found := compare_arrays(rules, a, b, where))), None)

    def place(position: int) -> str:
        import numpy as np

        where = ", ".join(map(str, np.unravel_index(position, left.shape)))
        return f"{path}[{where}]" if where else path

    return first_element(rules, left.ravel(), right.ravel(), place)


def first_element(
    rules: Rules, left: NDArray[Any], right: NDArray[Any], place: Callable[[int], str]
) -> Difference | None:
    """The first difference between two flat arrays; `place` names a position."""
    if left.dtype.hasobject or right.dtype.hasobject:
        pairs = enumerate(zip(left.tolist(), right.tolist(), strict=True))
        differing = (rules.first(a, b, place(at)) for at, (a, b) in pairs if not _plainly_equal(a, b))
        return next((found for found in differing if found), None)
    wrong = _differing(rules, left, right)
    count = int(wrong.sum())
    if not count:
        return None
    at = int(wrong.argmax())
    return Difference(place(at), brief(left[at].item()), brief(right[at].item()), "value", counted(count, len(left)))


def _plainly_equal(left: object, right: object) -> bool:
    """Whether two elements are equal texts or one object: what most elements are, decided fast."""
    return left is right or (type(left) is str and type(right) is str and left == right)


def _differing(rules: Rules, left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Where two flat arrays of numbers, dates or texts differ; NaN equals NaN."""
    import numpy as np

    wrong = np.asarray(left != right)
    if left.dtype.kind in "fcmM" and right.dtype.kind in "fcmM":
        wrong &= ~(np.isnan(left) & np.isnan(right)) if left.dtype.kind in "fc" else ~(np.isnat(left) & np.isnat(right))
    if not rules.exact and left.dtype.kind in "fciu" and wrong.any():
        wrong &= ~np.isclose(left, right, rtol=rules.rtol, atol=rules.atol, equal_nan=True)
    return wrong


def compare_sparse(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """The first difference between two sparse matrices, row by row; how they are laid out counts as their type."""
    if left.shape != right.shape:
        return Difference(path, str(left.shape), str(right.shape), "shape")
    if left.dtype != right.dtype:
        return Difference(path, str(left.dtype), str(right.dtype), "dtype")
    a, b = left.tocsr(), right.tocsr()
    a.sum_duplicates()
    b.sum_duplicates()
    gap = (a != b).tocoo()
    for row, column in sorted(zip(gap.row.tolist(), gap.col.tolist(), strict=True)):
        if found := rules.first(a[row, column].item(), b[row, column].item(), f"{path}[{row}, {column}]"):
            return found
    return None


def compare_pixels(_rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """How many pixels of two figures differ."""
    import numpy as np

    a, b = _pixels(left), _pixels(right)
    if a.shape != b.shape:
        return Difference(path, f"{a.shape[1]} × {a.shape[0]}", f"{b.shape[1]} × {b.shape[0]}", "pixels")
    wrong = np.any(a != b, axis=2)
    if not wrong.any():
        return None
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    detail = f"{int(wrong.sum()):,} of {wrong.size:,} pixels differ"
    colours = brief(tuple(a[row, column].tolist())), brief(tuple(b[row, column].tolist()))
    return Difference(f"{path}[{row}, {column}]", *colours, "pixels", detail)


def _pixels(figure: Any) -> NDArray[Any]:
    import numpy as np

    width = int(round(figure.get_size_inches()[0] * 72, 6))
    return np.frombuffer(pixels_of(figure), np.uint8).reshape(-1, width, 4)
