import json
import sys
from types import SimpleNamespace

import pytest

from nbprod.adapters.papermill.kernels import _provisioner, why_not

KERNEL = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


@pytest.fixture
def spec(tmp_path, monkeypatch):
    def spec(argv, **more):
        folder = tmp_path / "kernels" / "given"
        folder.mkdir(parents=True)
        content = {"argv": argv, "display_name": "given", "language": "python", **more}
        (folder / "kernel.json").write_text(json.dumps(content))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
        return "given"

    return spec


@pytest.mark.parametrize("python", ["python", "python3", "python3.11", sys.executable])
def test_this_python_is_stood_in_for(spec, python):
    assert why_not(spec([python, *KERNEL])) == ""


@pytest.mark.parametrize(
    ("argv", "more", "reason"),
    [
        (["R", "--slave"], {"language": "R"}, "speaks R"),
        (["/elsewhere/bin/python", *KERNEL], {}, "is another Python, /elsewhere/bin/python"),
        (["python", "-m", "xeus"], {}, "is not IPython's"),
        (["conda", "run", "python", *KERNEL], {}, "is another Python, conda"),
    ],
)
def test_others_are_not(spec, argv, more, reason):
    assert why_not(spec(argv, **more)) == reason


def test_no_kernel_is_none():
    assert why_not("nowhere-to-be-found") == "is not installed"


def test_a_kernel_that_is_provided_elsewhere_is_not():
    spec = SimpleNamespace(metadata={"kernel_provisioner": {"provisioner_name": "far-away"}})
    assert _provisioner(spec) == "is provided by far-away"
