"""The packages that a notebook stands on."""

from __future__ import annotations

from nbprod.record import world


def test_packages_have_their_versions_and_what_is_installed_meanwhile_is_known(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    assert world.packages(["import gadget"]) == ()
    made = tmp_path / "gadget_tools-2.1.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: gadget-tools\nVersion: 2.1\n")
    (made / "top_level.txt").write_text("gadget\n")
    assert world.packages(["x = 1", "not python", "from gadget.parts import one"]) == (("gadget-tools", "2.1"),)


def test_a_folder_that_only_changes_has_nothing_read_again(tmp_path, monkeypatch):
    """A notebook's own folder changes whenever it is saved: each time half a second."""
    monkeypatch.syspath_prepend(tmp_path)
    world.packages([])
    before = world._distributions.cache_info().misses
    (tmp_path / "saved.ipynb").touch()
    world.packages([])
    assert world._distributions.cache_info().misses == before
