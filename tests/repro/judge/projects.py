"""Projects that a grammar writes: pipelines with everything that dvc.yaml can say and nbprod runs by itself.

Whoever writes one hands in a source of random numbers: hypothesis's own, or one with a seed. Commands are cheap: each
runs `make`, a script that writes down that it ran, and makes the outputs from what the stage reads.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml

FOLDERS = ["", "", "", "sub", "sub/deep er ü"]
WDIRS = [None, None, None, "work", "..", "../work"]
NAMES = ["load", "a-1", "b_2", "Größe", "x y", "train"]
FILES = ["o", "ü", "a b", "deep/o", "p-1", "x.json", "run.sh"]
SOURCES = ["raw.csv", "data/a.txt", "data/b ü.txt", "data/sub/c", "tool.py", "häuser/1", "empty", "../outside.txt"]
FOLDER_SOURCES = ["data", "häuser"]
SCALARS = ["seed", "rate", "name", "flag"]
RAW = json.loads(Path(__file__).with_name("raw.json").read_text())  # values as files of each ending write them
REFUSED = (
    "2020",
    "!!set",
    "{1",
    "{null",
    "=",
    "print",
    "12:",
)  # DVC takes some of these nowhere, dates not in params.yaml
PLAIN = ["0", "1", "2.5", "a", "true", "b-c"]  # what may stand in a path
WAYS = [[]] * 12 + [["--same"]] * 4 + [["--counted"]] * 2 + [["--lazy"]]
CONFIGS = [
    "[cache]\n    dir = ../../cache\n",
    "[cache]\n    type = copy\n",
    "[core]\n    autostage = true\n",
    "[core]\n    hardlink_lock = true\n",
    "[cache]\n    type = symlink\n",
]
LISTS = ["[1, 2]", "[x, y]", "[a b, ü]", "[1]"] * 3 + ["[]"]


@dataclass
class Project:
    """What is written to disk: sources, parameters and pipelines, and which sources `dvc add` takes."""

    sources: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)
    pipelines: dict[str, dict] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    ignore: str = ""
    git: bool = False
    config: str = ""

    def write(self, root):
        """Write all files below the root."""
        for path, text in self.sources.items():
            put(root / path, text)
        for path in self.parameters:
            self.write_parameters(root, path)
        for path in self.pipelines:
            self.write_pipeline(root, path)
        for folder in ("work", "sub/work", "sub/deep er ü/work"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        if self.ignore:
            put(root / ".dvcignore", self.ignore)

    def write_parameters(self, root, path):
        put(root / path, parameters_text(path, self.parameters[path]))

    def write_pipeline(self, root, path):
        put(root / path, yaml.safe_dump(self.pipelines[path], allow_unicode=True, sort_keys=False, width=200))


def put(path, text):
    if path.is_dir():  # an edit made a folder of it
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def raw_values(path):
    """What may stand in such a file; DVC takes one of an unknown ending for YAML."""
    return RAW.get(Path(path).suffix, RAW[".yaml"])


def parameters_text(path, values):
    """The text of a file of parameters, in the language of its ending."""
    suffix = Path(path).suffix
    if suffix == ".json":
        return "{" + ", ".join(f'"{key}": {raw}' for key, raw in values.items()) + "}"
    sign = " = " if suffix in {".toml", ".py"} else ": "
    return "".join(f"{key}{sign}{raw}\n" for key, raw in values.items())


class Writer:
    """Writes one project; `made` are the paths (from the root) that stages may read, folders with a slash."""

    def __init__(self, random):
        self.random = random
        self.project = Project()
        self.made: list[str] = []
        self.count = 0

    def maybe(self, chance):
        return self.random.random() < chance

    def some(self, options, most):
        return self.random.sample(list(options), min(self.random.randint(0, most), len(options)))

    def write(self):
        """Return the project."""
        self.project.git = self.maybe(0.15)
        self.project.config = self.random.choice(CONFIGS) if self.maybe(0.12) else ""
        for path in SOURCES:
            if self.maybe(0.6):
                self.project.sources[path] = "" if path == "empty" else f"{path}\n"
                self.made.append(path)
        self.made += [f"{each}/" for each in FOLDER_SOURCES if any(path.startswith(each) for path in self.made)]
        if self.maybe(0.3):
            self.add_source()
        if self.maybe(0.15):
            self.project.ignore = self.random.choice(["*.tmp\n", "c\n!data/sub/c\n", "/data/sub\n", "b ü*\n", "deep\n"])
        self.write_parameters()
        for _ in range(self.random.randint(1, 4)):
            self.add_stage()
        return self.project

    def add_source(self):
        path = self.random.choice(["raw.csv", "häuser/", "data/a.txt"])
        if path in self.made:
            self.project.added.append(path.rstrip("/"))

    def write_parameters(self):
        paths = [
            "params.yaml",
            *self.some(["more.json", "conf/x.toml", "code.py", "sub/params.yaml", "conf/b ü.yaml", "conf/odd.txt"], 3),
        ]
        for path in paths:
            raw = raw_values(path)
            if self.maybe(0.97 if path.endswith("params.yaml") else 0.7):
                raw = [each for each in raw if not each.startswith(REFUSED)]
            self.project.parameters[path] = {key: self.random.choice(raw) for key in SCALARS}
        plain = {key: self.random.choice(PLAIN) for key in ("one", "two")}
        nested = f"{{depth: {self.random.choice(PLAIN)}, opts: {{a: {self.random.choice(PLAIN)}}}}}"
        self.project.parameters["params.yaml"] |= plain | {"items": self.random.choice(LISTS), "model": nested}

    def add_stage(self):
        """Write one more stage, alone or one for each item of a list."""
        folder = self.random.choice(FOLDERS) if self.project.pipelines else ""
        tree = self.project.pipelines.setdefault(posixpath.join(folder, "dvc.yaml"), {"stages": {}})
        name = f"{self.random.choice(NAMES)}{self.count}"
        self.count += 1
        form = self.random.choice(["", "", "", "foreach", "matrix"])
        body = self.stage(folder, name, form)
        tree["stages"][name] = body
        if folder and "${items}" in str(body) and "vars" not in tree:
            tree["vars"] = [self.relative("params.yaml", folder)]
        if self.maybe(0.05):
            tree["plots"] = [{"o.csv": {"x": "a"}}]
        if self.maybe(0.05):
            tree["artifacts"] = {"m": {"path": "o", "type": "model"}}

    def stage(self, folder, name, form):
        below = self.random.choice(WDIRS)
        wdir = os.path.normpath(posixpath.join(folder, below or ""))
        if wdir.startswith(".."):
            below, wdir = None, folder
        item = "-${item}" if form == "foreach" else "-${key}" if form == "matrix" else ""
        deps = [self.relative(each, wdir) for each in self.some(self.made, 3)]
        outs = [self.out(wdir, item) for _ in range(self.random.choice([0, 1, 1, 1, 2, 3]))]
        body = {"cmd": self.command(name, item, folder, deps, outs)}
        if below:
            body["wdir"] = below
        if deps:
            body["deps"] = [each.rstrip("/") if self.maybe(0.9) else each for each in deps]
        if params := self.params(wdir):
            body["params"] = params
        for each in outs:
            self.place(body, each.rstrip("/"))
        for flag, chance in (("frozen", 0.06), ("always_changed", 0.06)):
            if self.maybe(chance):
                body[flag] = True
        if self.maybe(0.1):
            body["desc"] = self.random.choice(["a stage", "ü\nlines"])
        if not form:
            self.made += [
                os.path.normpath(posixpath.join(wdir, each)) + ("/" if each.endswith("/") else "") for each in outs
            ]
        return self.repeated(form, body)

    def repeated(self, form, body):
        if form == "foreach":
            data = self.random.choice([["p", "q"], {"k": "v", "l": "w"}, [1, 2.5], "${items}", ["ü", "a b"]])
            return {"foreach": data, "do": body}
        if form == "matrix":
            return {
                "matrix": self.random.choice([{"x": [1, 2]}, {"x": ["a"], "y": [0.5, True]}, {"x": "${items}"}]),
                **body,
            }
        return body

    def relative(self, path, wdir):
        found = os.path.relpath(path, wdir or ".")
        return f"{found}/" if path.endswith("/") else found

    def out(self, wdir, item):
        """A new path for an output, from the working folder; a slash at its end means a folder."""
        self.count += 1
        name = f"{self.random.choice(FILES)}{self.count}{item}"
        if self.maybe(0.15):
            name = self.relative(name, wdir)
        return f"{name}/" if self.maybe(0.3) else name

    def place(self, body, path):
        """Write an output as out, metric or plot, with or without flags."""
        role = self.random.choice(["outs", "outs", "outs", "metrics", "plots"])
        flags = {}
        if self.maybe(0.15):
            flags["cache"] = False
        if self.maybe(0.12):
            flags["persist"] = True
        if role == "plots" and self.maybe(0.5):
            flags |= {"x": "a", "template": "linear"}
        if self.maybe(0.08):
            flags["desc"] = "ü"
        body.setdefault(role, []).append({path: flags} if flags else path)

    def params(self, wdir):
        listed = []
        for path in self.some(self.project.parameters, 2):
            shown = self.relative(path, wdir)
            there = set(self.project.parameters[path]) - {"model"}
            nested = ["model.depth", "model.opts", "model.opts.a"] if path == "params.yaml" else []
            keys = self.some([*sorted(there), *nested], 3) + (["nope"] if self.maybe(0.03) else [])
            if shown == "params.yaml" and keys and self.maybe(0.7):
                listed += keys
            elif self.maybe(0.25):
                listed.append({shown: None})
            elif keys:
                listed.append({shown: keys})
        return listed

    def command(self, name, item, folder, deps, outs):
        """What makes the outputs of what is read; or always the same, always new, or not all of them."""
        way = self.random.choice(WAYS)
        words = [name + item.replace("-", "@", 1), *way, *outs, "--", *deps]
        line = 'sh "$JUDGE/make" ' + " ".join(map(quoted, words))
        if not folder and self.maybe(0.2):
            line += (
                " --note ${model.opts} '" + self.random.choice(["${one}", "${model.depth} ${two}", r"\${HOME}"]) + "'"
            )
        if self.maybe(0.15):
            return [line, "true"] if self.maybe(0.5) else f"{line}\ntrue # done\n"
        return line


def quoted(word):
    """A word for the shell, with the braces of a template left as they are."""
    return f"'{word}'" if "${" in word else shlex.quote(word)
