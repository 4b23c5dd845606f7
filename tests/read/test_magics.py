"""Cells with magics as plain Python: a table of what goes in and what comes out."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.adapters import ipython
from nbprod.read.linemagics import PYLAB, PYLAB_STARS
from nbprod.read.magics import Known, translated
from nbprod.read.names import bound_names, uses_lines

RUN = "subprocess.run({}, shell=True, check=False)"
OUT = "subprocess.run({}, capture_output=True, text=True, shell=True, check=False).stdout.splitlines()"

CASES = {
    "plain": ("a = 1\nb = 2", "a = 1\nb = 2"),
    "top-level await": ("a = await f()", "a = await f()"),
    "dropped": ("%matplotlib inline\na = 1", "\na = 1"),
    "dropped and others": ("%load_ext nbprod\n!ls\na = 1", "\n" + RUN.format('"ls"') + "\na = 1"),
    "indented alone": ("if a:\n    %matplotlib inline\nb = 1", "if a:\n    pass\nb = 1"),
    "indented shell": ("if a:\n    !ls\nb = 1", "if a:\n    " + RUN.format('"ls"') + "\nb = 1"),
    "capture lines": ("files = !ls", "files = " + OUT.format('"ls"')),
    "capture with a name": ("d = 1\nfiles = !ls {d}", "d = 1\nfiles = " + OUT.format('f"ls {d}"')),
    "capture for more than a list": ("a = !ls\na.grep('c')", "a = SList(" + OUT.format('"ls"') + ")\na.grep('c')"),
    "two targets": ("a, b = !ls", "a, b = " + OUT.format('"ls"')),
    "attribute target": ("x.y = !ls", "x.y = " + OUT.format('"ls"')),
    "double bang": ("!!ls", OUT.format('"ls"')),
    "sx": ("a = %sx ls", "a = " + OUT.format('"ls"')),
    "continuation": ("!ls \\\n  -l\na = 1", RUN.format('"ls    -l"') + "\n\na = 1"),
    "continuation of a capture": ("a = !ls \\\n -l\nb = 1", "a = " + OUT.format('"ls   -l"') + "\n\nb = 1"),
    "environment variable stays": ("!echo $HOME", RUN.format('"echo $HOME"')),
    "awk stays": ("!awk '{print $1}'", RUN.format("\"awk '{print $1}'\"")),
    "one unknown, all stay": ("d = 1\n!ls {d} $HOME", "d = 1\n" + RUN.format('"ls {d} $HOME"')),
    "dollar": ("d = 1\n!ls $d", "d = 1\n" + RUN.format('f"ls {d}"')),
    "dollar in single quotes": ("d = 1\n!echo '$d'", "d = 1\n" + RUN.format("\"echo '$d'\"")),
    "double dollar": ("d = 1\n!echo $$d", "d = 1\n" + RUN.format('"echo $d"')),
    "double braces": ("d = 1\n!echo {{d}} {d}", "d = 1\n" + RUN.format('f"echo {{d}} {d}"')),
    "expression": ("d = 1\n!echo {d + 1}", "d = 1\n" + RUN.format('f"echo {d + 1}"')),
    "slice": ("d = 'ab'\n!echo {d[1:]}", "d = 'ab'\n" + RUN.format('f"echo {(d[1:])}"')),
    "time statement": ("%time x = f(1)", "x = f(1)"),
    "time expression": ("x = %time f(1)", "x = (f(1))"),
    "time of a loop": ("%time for i in a: f(i)", "for i in a: f(i)"),
    "cell time": ("%%time\nx = 1", "\nx = 1"),
    "cell time, blank lines above": ("\n\n%%time\nx = 1", "\n\n\nx = 1"),
    "cell time, on its own line": ("%%time f(1)", "f(1)"),
    "capture": ("%%capture out --no-stderr\nx = 1", "\nx = 1"),
    "capture above time": ("%%capture\n%%time\nx = 1", "\n\nx = 1"),
    "magic below a cell magic": ("%%time\n%matplotlib inline\n!ls", "\n\n" + RUN.format('"ls"')),
    "timeit": ("%timeit f()\nx = 1", "\nx = 1"),
    "cell timeit": ("%%timeit\nx = 1", "\n"),
    "help": ("?f\nx = 1\nf?\nf??", "\nx = 1\n\n"),
    "prompts": (">>> a = 1\n>>> b = 2", "a = 1\nb = 2"),
    "inside a text": ("a = '''\n%time\n!ls\n'''", "a = '''\n%time\n!ls\n'''"),
    "inside a text, others outside": (
        "a = '''\n%matplotlib inline\n'''\n%matplotlib inline", "a = '''\n%matplotlib inline\n'''\n",
    ),
    "inside a comment": ("# %time\n# !ls\na = 1", "# %time\n# !ls\na = 1"),
    "comment behind": ("a = 1  # 100 %\n!ls", "a = 1  # 100 %\n" + RUN.format('"ls"')),
    "modulo": ("a = 7\nb = (a\n%3)", "a = 7\nb = (a\n%3)"),
    "environment set": ("%env A=1", 'os.environ["A"] = "1"'),
    "environment set with a blank": ("%env A 1", 'os.environ["A"] = "1"'),
    "environment read": ("a = %env HOME", 'a = os.environ["HOME"]'),
    "environment shown": ("%env", ""),
    "another folder": ("%cd -q '../raw data'\na = 1", 'os.chdir("../raw data")\na = 1'),
    "another folder at home": ("%cd ~/raw", 'os.chdir(os.path.expanduser("~/raw"))'),
    "pylab": ("%pylab inline --no-import-all", PYLAB),
    "pylab with all names": ("%pylab", PYLAB + PYLAB_STARS),
    "working directory": ("a = %pwd", "a = os.getcwd()"),
    "written out": ("get_ipython().system('ls'); a = 1", RUN.format('"ls"') + "; a = 1"),
    "written out, dropped": ("get_ipython().run_line_magic('matplotlib', 'inline')\na = 1", "\na = 1"),
    "bare install": ("pip install x\na = 1", "\na = 1"),
    "bash": ("%%bash\nls\nls", "\n\n"),
    "unicode before a magic": ("a = 'é→'; b = 1\nc = !ls 'é'", "a = 'é→'; b = 1\nc = " + OUT.format("\"ls 'é'\"")),
    "both quotes": ("!echo \"a\" 'b'", RUN.format("'echo \"a\" \\'b\\''")),
    "both quotes and a name": ("d = 1\n!echo \"a\" 'b' {d}", "d = 1\n" + RUN.format('f"""echo "a" \'b\' {d}"""')),
    "in a function": ("def f(d):\n    !ls {d}\n    a = 1", "def f(d):\n    " + RUN.format('f"ls {d}"') + "\n    a = 1"),
    "trailing newline": ("!ls\n", RUN.format('"ls"') + "\n"),
    "only blank lines": ("\n\n", "\n\n"),
    "empty": ("", ""),
}  # fmt: skip


def translate(source):
    return translated(source, ipython.transform, Known(lambda: bound_names([source]), lambda: uses_lines([source])))


@pytest.mark.parametrize("case", CASES)
def test_magics_become_python(case):
    source, python = CASES[case]
    found = translate(source)
    assert found.fault is None
    assert found.python == python
    ast.parse(found.python)


@pytest.mark.parametrize("case", CASES)
def test_line_numbers_stay(case):
    source, _ = CASES[case]
    assert translate(source).python.count("\n") == source.count("\n")


@pytest.mark.parametrize(
    ("source", "needs"),
    [("!ls", ("import subprocess",)), ("%env A=1", ("import os",)), ("%%writefile a\nb", ("import pathlib",)),
     ("a = %pwd\n!ls", ("import os", "import subprocess")),
     ("a = !ls\na.s", ("from IPython.utils.text import SList", "import subprocess")),
     ("%matplotlib inline", ()), ("a = 1", ())],
)  # fmt: skip
def test_a_translation_names_the_imports_that_it_needs(source, needs):
    assert translate(source).needs == needs


@pytest.mark.parametrize(
    ("source", "kind", "magic", "line"),
    [
        ("a = 1\n%pip install -q x", "install", "%pip install -q x", 2),
        ("!pip install x", "install", "!pip install x", 1),
        ("!{sys.executable} -m pip install x", "install", "!{sys.executable} -m pip install x", 1),
        ("!conda install -y x", "install", "!conda install -y x", 1),
        ("!sudo apt-get -y install x", "install", "!sudo apt-get -y install x", 1),
        ("\n\n%run other.ipynb", "stateful", "%run", 3),
        ("%cd -", "stateful", "%cd", 1),
        ("%cd $folder", "stateful", "%cd", 1),
        ("%cd", "stateful", "%cd", 1),
        ("%reset -f", "stateful", "%reset", 1),
        ("a = %sql select 1", "uncarried", "%sql", 1),
        ("%%time\n%foo", "uncarried", "%foo", 2),
        ("%%writefile -b a.py\nx", "uncarried", "%%writefile", 1),
        ("%%writefile {a}\nx", "uncarried", "%%writefile", 1),
        ("%%writefile a.py", "uncarried", "%%writefile", 1),
        ("%%bash\nls", "language", "%%bash", 1),
        ("%%html\n<b>", "language", "%%html", 1),
    ],
)
def test_what_cannot_be_carried_is_found_with_its_line(source, kind, magic, line):
    (found,) = translate(source).findings
    assert (found.kind, found.magic, found.line) == (kind, magic, line)


@pytest.mark.parametrize("source", ["!pip list", "!grep install x", "!ls", "!echo pip install"])
def test_not_every_shell_line_installs(source):
    assert translate(source).findings == ()


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("a = (1,\nb = 2", 1, "was never closed"),
        ("a = 1\nb = = 2", 2, "invalid syntax: b = = 2"),
        ("!ls\n\nif a\n", 3, "expected ':'"),
        ("%%time\n\nif a\n", 3, "expected ':'"),
        ("\n\n!ls\nif a\n", 4, "expected ':'"),
        ("!ls \\\n  -l\nif a\n", 3, "expected ':'"),
        ("print 'a'", 1, "Missing parentheses"),
        ("return 3", 1, "outside function"),
        ("if a:\n    return 3", 2, "outside function"),
        ("for i in a: pass\nbreak", 2, "outside loop"),
        ("a = 1\x00", 1, "null bytes"),
        ("(" * 300 + ")" * 300, 1, "too many nested parentheses"),
        ("-" * 100_000 + "1", 1, "nested too deeply"),
    ],
)
def test_what_is_no_python_is_named_with_its_line(source, line, problem):
    fault = translate(source).fault
    assert (fault.line, problem in fault.problem) == (line, True), fault


def test_a_deep_expression_beside_a_magic_is_read():
    deep = "a = " + " + ".join(["1"] * 900)
    assert translate(f"!ls\n{deep}").python == RUN.format('"ls"') + "\n" + deep


def test_code_inside_functions_may_return_and_yield():
    assert translate("def f():\n    yield 1\n    return 2\nf()").fault is None


PARTS = st.sampled_from(
    ["a = 1", "!ls {a}", "x = !ls \\", "  -l", "if a:", "    !ls", "%time f()", "%%time", "'''", "f?", "", "# %x", "é",
     "%matplotlib inline", ")", "%env A=$a", "get_ipython()", "\\", "    return 1", "\t", ">>> a", "%%step x", "$a"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=6).map("\n".join))
def test_any_cell_is_translated_or_named_and_keeps_its_lines(source):
    found = translate(source)
    if found.fault:
        assert 1 <= found.fault.line <= source.count("\n") + 1
    else:
        assert found.python.count("\n") == source.count("\n")
        ast.parse(found.python)


@pytest.mark.parametrize("text", ["x", "x = 'a'\\n\n", 'say("hi")\n', "\n\n\tä\\", "%time x\n!ls"])
def test_a_written_file_has_what_ipython_writes(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    cells = [f"%%writefile 'my file.txt'\n{text}", f"%%writefile -a 'my file.txt'\n{text}", "%%file --append b.txt\nb"]
    for cell in cells:
        exec(f"import pathlib\n{translate(cell).python}", {})
    assert (tmp_path / "my file.txt").read_text(encoding="utf-8") == 2 * (text.removesuffix("\n") + "\n")
    assert (tmp_path / "b.txt").read_text() == "b\n"
