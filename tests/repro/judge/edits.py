"""What may happen to a project between two runs: each edit takes a world and three numbers that say where."""

from __future__ import annotations

import os
import shutil

import yaml

from tests.repro.judge.projects import FOLDERS, Writer, put, raw_values

EDITS = {}


def edit(function):
    """Make the function one of the edits, by its name."""
    EDITS[function.__name__] = function
    return function


def picked(options, number):
    """One of the options, or None of none."""
    options = list(options)
    return options[number % len(options)] if options else None


def _files(world):
    """All that people see in the workspace, as they would list it."""
    hidden = {".git", ".dvc", ".gitignore", ".dvcignore", "dvc.yaml", "dvc.lock"}
    found = []
    for folder, folders, files in os.walk(world.root):
        folders[:] = sorted(each for each in folders if each not in hidden)
        found += [world.root / folder / each for each in sorted(files) if each not in hidden]
    return found


def _write(path, text):
    """Write as an editor does: a new file in the place of the old one."""
    draft = path.with_name(path.name + "~")
    put(draft, text)
    draft.replace(path)


def _bodies(world):
    """(file, name, body) of each stage as dvc.yaml has it; the body of `do` for a foreach."""
    for file, tree in world.project.pipelines.items():
        for name, body in tree["stages"].items():
            yield file, name, body.get("do", body)


def _stage(world, number):
    return picked(_bodies(world), number) or (None, None, None)


@edit
def change(world, a, b, c):
    if path := picked(_files(world), a):
        _write(path, f"changed {b}\n")


@edit
def change_in_place(world, a, b, c):
    if path := picked(_files(world), a):
        path.chmod(0o644)
        with path.open("a") as file:
            file.write(f"{b % 10}\n")


@edit
def same_again(world, a, b, c):
    if path := picked(_files(world), a):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)


@edit
def change_outside(world, a, b, c):
    if (path := world.root / "../outside.txt").exists():
        _write(path, f"{b % 3}\n") if c % 4 else path.unlink()


@edit
def touch(world, a, b, c):
    if path := picked(_files(world), a):
        os.utime(path, (1_000_000_000 + b, 1_000_000_000 + b) if c % 2 else None)


@edit
def delete(world, a, b, c):
    if path := picked(_files(world), a):
        path.unlink()


@edit
def delete_folder(world, a, b, c):
    if path := picked(sorted({each.parent for each in _files(world)} - {world.root}), a):
        shutil.rmtree(path)


@edit
def swap(world, a, b, c):
    first, second = picked(_files(world), a), picked(_files(world), b)
    if first and first != second:
        between = world.root / "between~"
        first.rename(between)
        second.rename(first)
        between.rename(second)


@edit
def chmod(world, a, b, c):
    if path := picked(_files(world), a):
        path.chmod([0o755, 0o644, 0o444, 0o600][b % 4])


@edit
def add_file(world, a, b, c):
    if path := picked(_files(world), a):
        put(path.parent / ["new", "new ü", "x.tmp", ".hidden", "down/new", ".gitignore"][b % 6], f"new {c}\n")


@edit
def move(world, a, b, c):
    if path := picked(_files(world), a):
        path.rename(path.with_name(f"moved{b % 3}"))


@edit
def into_folder(world, a, b, c):
    """A file becomes a folder of that name."""
    if path := picked(_files(world), a):
        path.unlink()
        put(path / "in", "in\n")


@edit
def link(world, a, b, c):
    """A file becomes a link to its content elsewhere."""
    if path := picked(_files(world), a):
        kept = world.beside / f"linked{world.count()}"
        shutil.move(path, kept)
        path.symlink_to(os.path.relpath(kept, path.parent))  # a twin has its own


@edit
def parameter(world, a, b, c):
    if path := picked(world.project.parameters, a):
        values = world.project.parameters[path]
        values[picked(values, b)] = picked(raw_values(path), c)
        world.project.write_parameters(world.root, path)


@edit
def plain_parameter(world, a, b, c):
    values = world.project.parameters["params.yaml"]
    values[picked(["one", "two", "seed"], a)] = str(b % 4)
    world.project.write_parameters(world.root, "params.yaml")


@edit
def parameters_layout(world, a, b, c):
    """The same values in another order, with a comment."""
    path = picked([each for each in world.project.parameters if each.endswith(".yaml")], a)
    values = world.project.parameters[path]
    world.project.parameters[path] = dict(reversed(values.items()))
    world.project.write_parameters(world.root, path)
    with (world.root / path).open("a") as file:
        file.write("# comment\n")


@edit
def command(world, a, b, c):
    file, _, body = _stage(world, a)
    if file:
        lines = body["cmd"] if isinstance(body["cmd"], list) else [body["cmd"]]
        body["cmd"] = [lines, lines[0], lines[0] + f" # {c % 5}", [*lines, "true"], "\n".join(lines) + "\n"][b % 5]
        world.project.write_pipeline(world.root, file)


@edit
def flag(world, a, b, c):
    file, _, body = _stage(world, a)
    if file:
        name = ["frozen", "always_changed"][b % 2]
        body[name] = not body.get(name, False)
        world.project.write_pipeline(world.root, file)


@edit
def out_flag(world, a, b, c):
    file, _, body = _stage(world, a)
    listed = file and picked([body[key] for key in ("outs", "metrics", "plots") if body.get(key)], b)
    if listed:
        at = c % len(listed)
        path, flags = (listed[at], {}) if isinstance(listed[at], str) else next(iter(listed[at].items()))
        name = ["cache", "persist"][c % 2]
        listed[at] = {path: {**(flags or {}), name: not (flags or {}).get(name, name == "cache")}}
        world.project.write_pipeline(world.root, file)


@edit
def reorder(world, a, b, c):
    """Deps, params or outs of a stage in another order."""
    file, _, body = _stage(world, a)
    if listed := file and body.get(picked(["deps", "params", "outs"], b)):
        listed.reverse()
        world.project.write_pipeline(world.root, file)


@edit
def drop_dep(world, a, b, c):
    file, _, body = _stage(world, a)
    if listed := file and body.get(picked(["deps", "params", "outs", "metrics"], b)):
        listed.pop(c % len(listed))
        world.project.write_pipeline(world.root, file)


@edit
def add_dep(world, a, b, c):
    file, _, body = _stage(world, a)
    if file and (path := picked(_files(world), b)):
        wdir = (world.root / file).parent / body.get("wdir", "")
        found = os.path.relpath(path, wdir)
        if found not in body.setdefault("deps", []):
            body["deps"].append(found)
        world.project.write_pipeline(world.root, file)


@edit
def add_stage(world, a, b, c):
    writer = Writer(world.random(a, b, c))
    writer.project, writer.count = world.project, 100 + world.count()
    writer.made = [str(each.relative_to(world.root)) for each in _files(world)]
    before = set(world.project.pipelines)
    writer.add_stage()
    for file in set(world.project.pipelines) | before:
        world.project.write_pipeline(world.root, file)


@edit
def remove_stage(world, a, b, c):
    file, name, _ = _stage(world, a)
    if file:
        del world.project.pipelines[file]["stages"][name]
        world.project.write_pipeline(world.root, file)


@edit
def rename_stage(world, a, b, c):
    file, name, _ = _stage(world, a)
    if file:
        stages = world.project.pipelines[file]["stages"]
        stages[f"re-{name}"] = stages.pop(name)
        world.project.write_pipeline(world.root, file)


@edit
def unlock(world, a, b, c):
    """Take a stage's entry out of the lock, or the whole lock away."""
    if lock := picked(_locks(world), a):
        tree = yaml.safe_load(lock.read_text())
        stages = (tree or {}).get("stages") or {}
        if b % 4 == 0 or not stages:
            lock.unlink()
            return
        del stages[picked(stages, b)]
        world.by_hand = True
        lock.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


@edit
def relayout_lock(world, a, b, c):
    """The lock as another program writes it: other order, other quotes, a comment; or a part of an entry gone."""
    if lock := picked(_locks(world), a):
        tree = yaml.safe_load(lock.read_text())
        entry = picked((tree.get("stages") or {}).values(), b)
        if entry and c % 2:
            entry.pop(picked(["deps", "outs", "params"], c // 2), None)
        if entry and c % 3 == 0:
            for each in entry.get("outs", []):
                each.pop("size", None)
        world.by_hand = True
        lock.write_text("# by hand\n" + yaml.safe_dump(tree, default_style='"' if c % 5 == 0 else None))


def _locks(world):
    return [
        path for each in world.project.pipelines if (path := world.root / each.replace("dvc.yaml", "dvc.lock")).exists()
    ]


@edit
def lose_object(world, a, b, c):
    objects = sorted(path for path in (world.cache / "files").rglob("*") if path.is_file())
    if path := picked(objects, a):
        path.unlink()


@edit
def spoil_object(world, a, b, c):
    """Somebody has written into the cache: the file is no longer write-protected, or still is."""
    objects = sorted(path for path in (world.cache / "files").rglob("*") if path.is_file())
    if path := picked(objects, a):
        path.chmod(0o644)
        if b % 3:
            path.write_text("spoiled")


@edit
def lose_cache(world, a, b, c):
    shutil.rmtree(world.cache / picked(["files", "runs", "."], a), ignore_errors=True)


@edit
def lose_memory(world, a, b, c):
    shutil.rmtree(world.root / ".dvc/tmp", ignore_errors=True)


@edit
def start_over(world, a, b, c):
    """All outputs and locks gone: the run cache brings back what it has."""
    for path in [*_locks(world), *(world.root / each for each in world.outs())]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@edit
def ignore(world, a, b, c):
    path = world.root / picked(FOLDERS, b) / ".dvcignore"
    if path.parent.is_dir():
        put(path, picked(["", "new*\n", "*.tmp\n", "down/\n", "in ü\n", "moved*\n!moved1\n"], a))


@edit
def keep(world, a, b, c):
    """Keep dvc.yaml, parameters and locks as they are, or bring back what was kept."""
    world.keep() if a % 2 or not world.kept else world.bring_back()


@edit
def fail(world, a, b, c):
    _, name, _ = _stage(world, a)
    if name:
        path = world.beside / "failing" / name
        path.unlink() if path.exists() else put(path, "")
