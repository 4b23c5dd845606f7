"""NumPy arrays as npy; dicts of arrays and sparse matrices as npz. No pickles inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import DoesNotFitError, Format

if TYPE_CHECKING:
    from pathlib import Path

NAMES = "nbprod.names"  # the member that says that an npz holds a dict, with its keys in order


def is_array(value: object) -> bool:
    """Whether it is a plain array of numbers, dates or fixed texts."""
    kind = type(value)
    return kind.__module__ == "numpy" and kind.__name__ == "ndarray" and _is_plain(value)


def _is_plain(array: Any) -> bool:
    return not array.dtype.hasobject and array.dtype.kind != "T"


def fits_npz(value: object) -> bool:
    """Whether it is a dict of plain arrays by name, or a SciPy sparse matrix."""
    if type(value) is dict:
        return bool(value) and all(type(key) is str and is_array(each) for key, each in value.items())
    return str(type(value).__module__).startswith("scipy.sparse") and hasattr(value, "tocoo")


def packed(array: Any) -> Any:
    """Return the array; a view with gaps as a copy in the order of its memory, in which sums add, and not by rows."""
    return array if array.flags.forc or 0 in array.strides else array.copy(order="K")


def write_npy(value: Any, path: Path) -> None:
    """Write one array."""
    import numpy as np

    with path.open("wb") as stream:
        np.save(stream, packed(value), allow_pickle=False)


def read_npy(path: Path) -> Any:
    """Read one array."""
    import numpy as np

    return np.load(path, allow_pickle=False)


def write_npz(value: Any, path: Path) -> None:
    """Write a dict of arrays, or a sparse matrix."""
    import numpy as np
    from scipy import sparse

    with path.open("wb") as stream:
        if not isinstance(value, dict):
            _write_sparse(sparse, stream, value)
        elif any(not key or "/" in key or key in {NAMES, "file"} for key in value):
            raise DoesNotFitError("a key that is no name of a file")
        else:
            arrays = {name: packed(each) for name, each in value.items()}
            members: dict[str, Any] = {**arrays, NAMES: np.array(list(value))}
            np.savez(stream, **members)


def _write_sparse(sparse: Any, stream: Any, matrix: Any) -> None:
    try:
        sparse.save_npz(stream, matrix)
    except (NotImplementedError, AttributeError) as error:
        raise DoesNotFitError(f"a matrix of layout {matrix.format}") from error


def read_npz(path: Path) -> Any:
    """Read a dict of arrays, or a sparse matrix."""
    import numpy as np
    from scipy import sparse

    with np.load(path, allow_pickle=False) as members:
        if NAMES in members:
            return {str(name): members[str(name)] for name in members[NAMES]}
        if "format" not in members:
            return dict(members)
    return sparse.load_npz(path)


NPY = Format("npy", "npy", is_array, write_npy, read_npy)
NPZ = Format("npz", "npz", fits_npz, write_npz, read_npz)
