"""`python -m nbprod` is `nbprod`."""

from __future__ import annotations

from nbprod.cli import main

if __name__ == "__main__":
    main()
