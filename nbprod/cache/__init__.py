"""The store of work that was done: values by what they hold, and small entries that say what they are the result of.

It knows bytes and names, and nothing of notebooks. Whoever uses it works on without it when it fails.
"""

from __future__ import annotations

from nbprod.cache.blobs import Blob
from nbprod.cache.entries import Entry
from nbprod.cache.place import DEFAULT_LIMIT, folder_of, limit, size_of, url_beyond
from nbprod.cache.pruning import Pruned, prune
from nbprod.cache.store import Lost, Store
from nbprod.cache.survey import Kept, Survey, survey

__all__ = [
    "DEFAULT_LIMIT",
    "Blob",
    "Entry",
    "Kept",
    "Lost",
    "Pruned",
    "Store",
    "Survey",
    "folder_of",
    "limit",
    "prune",
    "size_of",
    "survey",
    "url_beyond",
]
