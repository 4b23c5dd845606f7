"""DVC judges `nbprod repro`: random pipelines and histories, as many as you have time for.

    python benchmarks/judge.py --count 1000 --from 0 [--plan-only]

Each number writes one project and one history. One that fails is made as small as it gets, and printed.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
from tests.repro.judge.histories import judged, shrunk, told, written

MEMORY = Path("/dev/shm")  # a disk in memory: most of the time would go to opening files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--plan-only", action="store_true", help="DVC runs; nbprod only plans")
    parser.add_argument("--failures", type=int, default=10, help="stop after so many")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began, seen, failures = time.monotonic(), Counter(), 0
    with tempfile.TemporaryDirectory(prefix="judge-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        outside(Path(folder))
        for seed in range(given.first, given.first + given.count):
            case = written(random.Random(seed), running=not given.plan_only)
            failures += one(seed, case, Path(folder), seen)
            if failures == given.failures:
                break
            if (seed + 1 - given.first) % 25 == 0:
                print(f"{seed + 1 - given.first} histories, {time.monotonic() - began:.0f} s: {dict(seen)}", flush=True)
    print(f"{seed + 1 - given.first} histories, {failures} failed, {time.monotonic() - began:.0f} s")
    for what, count in seen.most_common():
        print(f"{count:8} {what}")
    return min(failures, 1)


def one(seed: int, case: tuple, folder: Path, seen: Counter) -> int:
    error = judged(*case, folder / str(seed), seen)
    if error:
        small, error = shrunk(case, error, folder / f"{seed}-small")
        print(f"--- {seed}: {error}\n{told(small)}\n", flush=True)
    shutil.rmtree(folder / "site", ignore_errors=True)
    return bool(error)


def outside(folder: Path) -> None:
    """Keep DVC from this user's own files."""
    for name in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG"):
        os.environ[f"DVC_{name}_DIR"] = str(folder / ("site" if name == "SITE_CACHE" else "config"))
    os.environ["DVC_NO_ANALYTICS"] = "1"


if __name__ == "__main__":
    sys.exit(main())
