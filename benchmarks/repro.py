"""`nbprod repro` beside `dvc repro`: whole processes, the same pipelines, one after the other.

python benchmarks/repro.py [SECTION...]     sections: noop, forced, thousand, parallel, flights, folder
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NBPROD = [sys.executable, "-m", "nbprod"]
DVC = [sys.executable, "-m", "dvc"]


COMPUTING = """
import time
from pathlib import Path
from nbprod.run import stepping

call, spent = stepping._called, []


def timed(*given):
    began = time.perf_counter()
    try:
        return call(*given)
    finally:
        spent.append(time.perf_counter() - began)


stepping._called = timed
for step in ("load", "clean", "features", "split", "baseline", "train", "evaluate"):
    stepping.step(f"flights.{step}", root=Path())
print(sum(spent))
"""


def timed(command: list[str], folder: Path, tries: int = 1) -> float:
    taken = []
    for _ in range(tries):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        taken.append(time.perf_counter() - began)
        if done.returncode:
            sys.exit(f"{command} in {folder}: {done.stdout}{done.stderr}")
    return statistics.median(taken)


def show(what: str, ours: float, theirs: float | None, goal: str) -> None:
    beside = f"{theirs:8.2f} s  {theirs / ours:6.1f} times" if theirs else f"{'–':>10}"
    print(f"{what:44} {ours:7.2f} s {beside}   to reach: {goal}", flush=True)


def repository(folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run([*DVC, "init", "-q"], cwd=folder, check=True)
    with (folder / ".dvc/config").open("a") as config:
        config.write("[core]\n    check_update = false\n    analytics = false\n")
    return folder


def trivial(folder: Path, count: int) -> Path:
    root = repository(folder)
    (root / "in.txt").write_text("in\n")
    stages = [
        f"  s{at}:\n    cmd: cp {source} {at}.txt\n    deps:\n    - {source}\n    outs:\n    - {at}.txt\n"
        for at, source in ((at, "in.txt" if at < 10 else f"{at - 10}.txt") for at in range(count))
    ]
    (root / "dvc.yaml").write_text("stages:\n" + "".join(stages))
    return root


def hundred(scratch: Path) -> Path:
    root = scratch / "hundred"
    if not root.exists():
        timed([*NBPROD, "repro"], trivial(root, 100))
    return root


def noop(scratch: Path) -> None:
    root = hundred(scratch)
    timed([*DVC, "status"], root)
    show("100 stages, nothing to do", timed([*NBPROD, "repro"], root, 7), timed([*DVC, "repro"], root, 3), "0.25 s")
    show("100 stages, status", timed([*NBPROD, "status"], root, 7), timed([*DVC, "status"], root, 3), "0.25 s")
    show("Python's start and click alone", timed([sys.executable, "-c", "import click"], root, 7), None, "–")


def forced(scratch: Path) -> None:
    root = hundred(scratch)
    ours = timed([*NBPROD, "repro", "--force"], root, 3)
    show("100 trivial stages, forced", ours, timed([*DVC, "repro", "--force"], root), "1.5 s")
    show("the same shells alone", _shells(root, 100), None, "–")


def _shells(root: Path, count: int) -> float:
    script = f"import subprocess\nfor _ in range({count}): subprocess.run(['/bin/sh', '-c', 'cp in.txt out.tmp'])"
    return timed([sys.executable, "-c", script], root)


def thousand(scratch: Path) -> None:
    root = trivial(scratch / "thousand", 1000)
    show("1,000 stages, for the first time", timed([*NBPROD, "repro"], root), None, "–")
    show("1,000 stages, nothing to do", timed([*NBPROD, "repro"], root, 5), timed([*DVC, "repro"], root), "1 s")
    show("1,000 stages, forced", timed([*NBPROD, "repro", "--force"], root), None, "15 s")


def parallel(scratch: Path) -> None:
    root = repository(scratch / "parallel")
    burn = f"{sys.executable} -c 'import time\nwhile time.process_time() < 2: pass'"
    (root / "burn.sh").write_text(f"{burn}\ntouch $1\n")
    stages = "".join(f"  s{at}:\n    cmd: sh burn.sh {at}.txt\n    outs: [{at}.txt]\n" for at in range(8))
    (root / "dvc.yaml").write_text(f"stages:\n{stages}")
    ours = timed([*NBPROD, "repro", "-j", "2", "--force"], root)
    alone = timed(["sh", "-c", "for i in 0 1 2 3; do sh burn.sh a & sh burn.sh b & wait; done"], root)
    show("8 stages of 2 s CPU, -j 2", ours, timed([*DVC, "repro", "--force"], root), "1.1 times 8 s")
    show("the same, two at once, by a shell", alone, None, "–")


def flights(scratch: Path) -> None:
    root = scratch / "flights"
    skip = shutil.ignore_patterns(".git", ".venv", ".dvc", "__pycache__", "tests", "docs", "benchmarks")
    shutil.copytree(ROOT, root, ignore=skip)
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run([*DVC, "init", "-q"], cwd=root, check=True)
    timed([*NBPROD, "repro"], root)
    ours, theirs = timed([*NBPROD, "repro", "--force"], root, 3), timed([*DVC, "repro", "--force"], root, 3)
    show("flights, all stages, forced", ours, theirs, "3 times faster")
    show("flights, all stages, forced, -j 2", timed([*NBPROD, "repro", "--force", "-j", "2"], root, 3), theirs, "–")
    told = subprocess.run([sys.executable, "-c", COMPUTING], cwd=root, capture_output=True, text=True, check=True)
    show("what its functions alone compute, in one process", float(told.stdout), None, "–")


def folder(scratch: Path) -> None:
    root = repository(scratch / "folder")
    data = root / "data"
    for at in range(20_000):
        file = data / f"{at % 100:02}" / f"{at}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(1000) * 100)
    (root / "dvc.yaml").write_text("stages:\n  s:\n    cmd: ls data > n.txt\n    deps: [data]\n    outs: [n.txt]\n")
    show("2 GB in 20,000 files, first run", timed([*NBPROD, "repro"], root), None, "–")
    timed([*DVC, "status"], root)
    ours, theirs = timed([*NBPROD, "repro"], root, 5), timed([*DVC, "repro"], root, 3)
    show("2 GB in 20,000 files, nothing changed", ours, theirs, "no slower")


def main() -> None:
    sections = {each.__name__: each for each in (noop, forced, thousand, parallel, flights, folder)}
    with tempfile.TemporaryDirectory(prefix="nbprod-repro-") as scratch:
        os.environ["DVC_SITE_CACHE_DIR"] = f"{scratch}/site"
        os.environ["DVC_NO_ANALYTICS"] = "1"
        print(f"{'':44} {'nbprod':>9} {'dvc':>10}")
        for name in sys.argv[1:] or sections:
            sections[name](Path(scratch))


if __name__ == "__main__":
    main()
