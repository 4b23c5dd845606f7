"""A project of twelve slow writers, `nbprod repro` on it killed at some moment, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.repro.judge import world as worlds
from tests.repro.judge.projects import Project

WRITE = """\
# write NAME OUT IN...: writes OUT in two halves, with time between them
echo "$1" >> "$JUDGE/ran"
name=$1 out=$2
shift 2
case "$out" in
*/) mkdir -p "$out"; rest=${out}b out=${out}a ;;
*) rest=$out ;;
esac
sum=$(find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat params.yaml | cksum)
echo "$name $sum first" > "$out"
sleep 0.03
echo "$name $sum last" >> "$rest"
"""


def project():
    """Three layers of four stages: files and folders, one without cache, one that persists."""
    stages = {}
    for layer in range(3):
        for at in range(4):
            name, out = f"s{layer}{at}", f"o{layer}{at}" + ("/" if at == 3 else "")
            ins = ["raw"] if layer == 0 else [f"o{layer - 1}{at}", f"o{layer - 1}{(at + 1) % 4}"]
            bare = out.rstrip("/")
            stages[name] = {
                "cmd": f'sh "$JUDGE/write" {name} {out} {" ".join(ins)}',
                "deps": ins,
                "params": ["seed"],
                "outs": [
                    {bare: {"cache": False}} if name == "s11" else {bare: {"persist": True}} if name == "s12" else bare
                ],
            }
    return Project({"raw": "raw\n"}, {"params.yaml": {"seed": "0"}}, {"dvc.yaml": {"stages": stages}})


def prepared(beside):
    """Return a world in which nothing has run yet."""
    world = worlds.World.of(beside, project())
    (beside / "write").write_text(WRITE)
    return world


def started(world, *options):
    """Start `nbprod repro` there, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "nbprod", "repro", "-j", "2", *options],
        cwd=world.root,
        env=os.environ | {"JUDGE": str(world.beside)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def killed(world, stages, seconds, *, everything):
    """Start a repro and kill it so long after so many stages began, alone or with all that it started.

    Returns whether it was still at work.
    """
    running = started(world)
    try:
        while running.poll() is None and world.begun() < stages:
            time.sleep(0.002)
        time.sleep(seconds)
        at_work = running.poll() is None
        running.kill()
        if everything:
            end(world)
    finally:
        running.stdout.close()
        running.wait()
    return at_work


def end(world):
    """Kill all processes that work in that world."""
    for pid in processes(world):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes(world):
    """The processes that were started to work in that world."""
    sign = f"JUDGE={world.beside}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if sign in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def holds(world):
    """Return the stages that are complete to DVC, which takes lock and cache as they are; all in the cache is whole."""
    stale, _ = worlds.stale_by_dvc(world)
    for path in (world.root / ".dvc/cache/files/md5").rglob("*"):
        if path.is_file() and len(path.parent.name) == 2 and not path.name.endswith("tmp"):
            whole = hashlib.md5(path.read_bytes()).hexdigest()
            assert path.parent.name + path.name.removesuffix(".dir") == whole, f"{path} holds {whole}"
    assert not list((world.root / ".dvc/cache/runs").rglob("*tmp")), "DVC would take a draft for a run"
    return set(world.project.pipelines["dvc.yaml"]["stages"]) - stale


def goes_on(world):
    """Run again, to the end: what was complete doesn't run once more, and DVC then has nothing to do."""
    done = holds(world)
    again = started(world, "--json")
    output = again.communicate(timeout=120)[0].decode()
    assert again.returncode == 0, output
    ran = world.ran()
    assert not done & set(ran), f"complete: {sorted(done)}, ran again: {ran}\n{output}"
    assert worlds.stale_by_dvc(world) == (set(), set())
    assert worlds.by_dvc(world).ran == ()
    return json.loads(output[output.index("{") :])


def contents(world):
    """What the outputs hold, and the lock's stages."""
    outs = sorted(path for path in world.root.glob("o*/*")) + sorted(
        path for path in world.root.glob("o*") if path.is_file()
    )
    texts = {str(path.relative_to(world.root)): path.read_text() for path in outs}
    return texts | {"dvc.lock": sorted((world.root / "dvc.lock").read_text().rstrip().split("\n  s"))}


def tried(folder, random, known):
    """Kill a repro at some moments, let another one end what it began; return how often it was at work when killed.

    `known` holds how it ends for each seed when nobody kills it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    world = prepared(folder / "world")
    if random.random() < 0.5:
        started(world).communicate(timeout=300)
        reseed(world, 1)
    hits = 0
    for _ in range(random.choice([1, 2, 4, 8])):
        world.ran()
        hits += killed(world, random.randint(0, 12), random.uniform(0.0, 0.2), everything=random.random() < 0.5)
        holds(world)
    world.ran()
    goes_on(world)
    expected = known[world.project.parameters["params.yaml"]["seed"]]
    found = contents(world)
    differing = sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))
    assert not differing, [(path, expected.get(path), found.get(path)) for path in differing]
    assert not processes(world)
    shutil.rmtree(folder)
    return hits


def reseed(world, seed):
    """Make all stages stale."""
    world.project.parameters["params.yaml"]["seed"] = str(seed)
    world.project.write_parameters(world.root, "params.yaml")


def reference(folder):
    """How it ends when nobody kills it, for both seeds."""
    world = prepared(folder / "world")
    known = {}
    for seed in ("0", "1"):
        reseed(world, seed)
        output = started(world).communicate(timeout=300)[0]
        known[seed] = contents(world)
        assert worlds.stale_by_dvc(world) == (set(), set()), output.decode()
    shutil.rmtree(folder)
    return known
