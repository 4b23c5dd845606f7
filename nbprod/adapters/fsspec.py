"""fsspec: files wherever they lie, by their URL (`s3://bucket/…`) or path, with failures told as our own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError, StorageFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTRAS = {"s3": "nbprod[s3]", "s3a": "nbprod[s3]"}


def is_local(url: str) -> bool:
    """Whether it is a path of this machine.

    >>> is_local("runs/flights"), is_local("file:///runs"), is_local("s3://bucket/runs")
    (True, True, False)
    """
    return "://" not in url or url.startswith(("file://", "local://"))


def filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's filesystem of that URL, and the path on it.

    Raises:
        StorageFailed: There is none for it, or its package is not installed.
    """
    import fsspec.core

    with translated(url):
        fs, path = fsspec.core.url_to_fs(url)
    return fs, path


def module_of(url: str) -> str:
    """Return the module that speaks to that storage; "" if nobody knows one.

    >>> module_of("s3://bucket/cache")
    's3fs'
    """
    from fsspec.registry import known_implementations

    known = known_implementations.get(url.partition("://")[0], {"class": ""})
    return str(known["class"]).rpartition(".")[0]


def read(url: str) -> bytes:
    """Return the file's content; FileNotFoundError where there is none."""
    fs, path = filesystem(url)
    with translated(url):
        content: bytes = fs.cat_file(path)
    return content


def glob(pattern: str) -> list[str]:
    """Return the files that the pattern finds, sorted: URLs where the pattern is one, else paths."""
    fs, path = filesystem(pattern)
    with translated(pattern):
        found = sorted(name for name, about in fs.glob(path, detail=True).items() if about["type"] == "file")
    return [fs.unstrip_protocol(name) for name in found] if not is_local(pattern) else found


def version(url: str) -> str:
    """Return what changes when the file changes, without reading it."""
    fs, path = filesystem(url)
    with translated(url):
        return str(fs.ukey(path))


@contextmanager
def translated(url: str, *, writing: bool = False) -> Iterator[None]:
    """Raise what goes wrong within as StorageFailed; who reads still gets FileNotFoundError."""
    try:
        yield
    except NbprodError:
        raise
    except FileNotFoundError as error:
        if not writing:
            raise
        raise StorageFailed(f"{url} can't be written: {error}", hint="Make the bucket or container first.") from error
    except ImportError as error:
        raise StorageFailed(f"{url} can't be reached: {error}", hint=f"pip install '{_package(url)}'") from error
    except Exception as error:  # each storage has errors of its own
        words = " ".join(str(error).split())[:300] or type(error).__name__
        raise StorageFailed(
            f"{url} can't be used: {words}", hint="Look at its address, your rights and the network, then run it again."
        ) from error


def _package(url: str) -> str:
    scheme = url.partition("://")[0]
    return EXTRAS.get(scheme, f"fsspec[{scheme}]")
