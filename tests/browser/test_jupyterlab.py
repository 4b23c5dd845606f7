"""A real JupyterLab in a real browser: what a person sees under a marked notebook, in light and dark.

Needs `pip install jupyterlab playwright` and Debian's `chromium` and `fonts-dejavu-core`; skipped where they are
missing. Set NBPROD_SCREENSHOTS to a folder to keep the pictures.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install jupyterlab")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium fonts-dejavu-core"),
]

LOAD = """%%step load
origins, delays = ["EWR", "JFK", "LGA", "EWR"], [5.0, None, 42.0, 61.0]
flights = pd.DataFrame({"origin": origins * 50, "arr_delay": delays * 50})
flights.head(3)"""
CLEAN = """%%step clean
flown = flights.dropna(subset=["arr_delay"]).copy()
flown["late"] = flown["arr_delay"] >= late_after"""
CELLS = [
    ("%load_ext nbprod\nimport pandas as pd", []),
    ("late_after: int = 30", ["parameters"]),
    (LOAD, []),
    (CLEAN, []),
    ("rate = flown.groupby('origin')['late'].mean()\nrate.round(2)", ["step:rates"]),
    ("%%step report --metrics worst\nworst = {'share': float(rate.max())}\nflown['late'] = True", []),
    ("%%test clean\nassert flown['arr_delay'].notna().all()", []),
    ("%steps", []),
    ("%graph", []),
    ("%schema flown", []),
    ("%check", []),
]


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "pyproject.toml").write_text("")
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{index}",
            "metadata": {"tags": tags},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for index, (source, tags) in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "delays.ipynb").write_text(json.dumps(notebook))
    return folder


@pytest.fixture(name="address", scope="module")
def fixture_address(folder, tmp_path_factory):
    config = tmp_path_factory.mktemp("config")
    kinds = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR",
             "JUPYTERLAB_WORKSPACES_DIR")  # fmt: skip
    environment = os.environ | {kind: str(config / kind.lower()) for kind in kinds}
    environment.pop("JPY_SESSION_NAME", None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token="]
    options += ["--LabApp.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    log = (config / "log").open("wb")
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        await_answer(f"http://127.0.0.1:{port}/lab", server, config / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def await_answer(address, server, log):
    for _ in range(240):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not answer:\n{log.read_text()}")


@pytest.fixture(name="page", scope="module")
def fixture_page(address):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1250, "height": 2300})
        page.goto(f"{address}/lab/tree/delays.ipynb")
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=90_000)
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'", timeout=60_000
        )
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"{outputs(len(CELLS) - 1)}.length > 0", timeout=90_000)
        yield page
        browser.close()


def outputs(cell):
    """JavaScript for the outputs of one cell as the notebook's model holds them."""
    return f"window.jupyterapp.shell.currentWidget.content.widgets[{cell}].model.outputs.toJSON()"


def text_of(page, cell):
    """What a person reads below that cell."""
    script = f"window.jupyterapp.shell.currentWidget.content.widgets[{cell}].outputArea.node.innerText"
    return page.evaluate(script).replace("\xa0", " ").strip()


@pytest.fixture(name="themed", scope="module", params=["JupyterLab Light", "JupyterLab Dark"])
def fixture_themed(request, page):
    page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{request.param}'}})")
    light = "true" if request.param.endswith("Light") else "false"
    page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
    time.sleep(1)  # the theme's style sheet comes a moment later
    folder = os.environ.get("NBPROD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{request.param.split()[-1].lower()}.png")
    return page


def test_one_quiet_line_says_what_a_step_did(page):
    assert "load: makes flights 200 × 2 · " in text_of(page, 2)
    assert "clean: reads flights · makes flown 150 × 3 · " in text_of(page, 3)
    assert "schema new" in text_of(page, 3)


def test_a_cell_tagged_in_the_browser_is_a_step(page):
    assert "rates: reads flown · makes rate" in text_of(page, 4)


def test_a_changed_input_is_a_warning(page):
    assert "changes its input flown in place" in text_of(page, 5)


def test_a_passed_test_says_so(page):
    assert text_of(page, 6) == "test of clean: passed"


def test_the_displayed_value_comes_before_the_line(page):
    kinds = page.evaluate(f"{outputs(2)}.map(each => each.output_type)")
    assert kinds == ["execute_result", "display_data"]


def test_steps_are_listed_with_their_state(page):
    said = text_of(page, 7)
    for name in ("load", "clean", "rates", "report"):
        assert name in said
    assert "fresh" in said


def test_the_notebook_is_found_and_checked(page):
    assert "which notebook" not in text_of(page, 10)
    assert "NB" in text_of(page, 10) or "nothing stands in the way" in text_of(page, 10)


def test_the_schema_is_code(page):
    assert "class Flown(pa.DataFrameModel)" in text_of(page, 9)


def test_the_picture_is_readable(themed):
    """Text differs enough from what lies behind it, whatever the theme."""
    contrasts = themed.evaluate(CONTRASTS)
    assert len(contrasts) >= 4
    assert min(contrasts.values()) > 3.5, contrasts


def test_the_line_is_readable(themed):
    ratio = themed.evaluate(LINE_CONTRAST)
    assert 3.0 < ratio < 12  # readable, yet quieter than the cell's own output


COLOURS = """
const paper = getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim();
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => { for (const each of [paper, colour]) { canvas.fillStyle = each; canvas.fillRect(0, 0, 1, 1); }
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => v / 255).map(
  v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
const contrast = (a, b) => { const [x, y] = [light(rgb(a)), light(rgb(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
"""
CONTRASTS = (
    "() => {"
    + COLOURS
    + """
const svg = document.querySelector('.jp-OutputArea svg[class*=nbprod], .jp-OutputArea-output svg');
const found = {};
for (const text of svg.querySelectorAll('text')) {
  const box = [...(text.parentNode.querySelectorAll(':scope > rect'))].pop();
  const fill = box ? getComputedStyle(box).fill : paper;
  found[text.textContent] = contrast(getComputedStyle(text).fill, fill);
}
return found; }"""
)
LINE_CONTRAST = (
    "() => {" + COLOURS + "return contrast(getComputedStyle(document.querySelector('div.nbprod')).color, paper); }"
)
