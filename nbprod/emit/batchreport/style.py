"""How the report looks and moves: all of it inside the page, so that it works without a network."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --quiet: #66727f; --page: #fff; --line: #e3e8ee; --band: #f6f8fa;
  --accent: #3b76ab; --good: #2e8b57; --bad: #c9372c; --wait: #b07a10 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --quiet: #97a3b0; --page: #14191f; --line: #2b343e;
  --band: #1b222a; --accent: #6fa8dc; --good: #5cc08a; --bad: #f2786d; --wait: #dfae4d } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1500px; padding: 28px 32px 60px; background: var(--page); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0 0 2px; font-weight: 650 }
h2 { font-size: 16px; margin: 34px 0 10px; font-weight: 650 }
a { color: var(--accent); text-decoration: none } a:hover { text-decoration: underline }
.quiet { color: var(--quiet); margin: 0 }
#plots, .plots { display: flex; flex-wrap: wrap; gap: 10px 14px } #plots { column-gap: 44px }
svg { overflow: visible } svg text { font-size: 11px; fill: var(--quiet); font-variant-numeric: tabular-nums }
svg text.name { fill: var(--ink); font-weight: 600 }
.grid { stroke: var(--line) } .axis { stroke: var(--quiet) }
.mean { stroke: var(--accent); stroke-width: 1.5; fill: none; opacity: .55 }
circle { fill: var(--accent); fill-opacity: .55; cursor: pointer }
circle.lit { fill: var(--bad); fill-opacity: 1; r: 5px }
input { font: inherit; color: inherit; background: var(--band); border: 1px solid var(--line); border-radius: 6px;
  padding: 5px 10px; width: 260px; margin-bottom: 10px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap }
th, td { text-align: left; padding: 5px 14px 5px 8px; border-bottom: 1px solid var(--line) }
th { position: sticky; top: 0; background: var(--page); cursor: pointer; font-weight: 600; user-select: none }
th.number, td.number { text-align: right }
th[aria-sort]::after { content: " ▲"; color: var(--accent); font-size: 10px }
th[aria-sort=descending]::after { content: " ▼" }
tbody tr:hover, tr.lit { background: var(--band) }
td.error { white-space: normal; min-width: 280px; max-width: 520px; color: var(--bad) }
.complete { color: var(--good) } .failed { color: var(--bad) } .waiting { color: var(--wait) }
details { margin: 8px 0; border-left: 3px solid var(--bad); padding: 2px 0 2px 12px } summary { cursor: pointer }
pre { background: var(--band); border-radius: 6px; padding: 12px; overflow-x: auto; font-size: 12.5px; margin: 8px 0 }
"""

SCRIPT = """
const body = document.querySelector("tbody"), rows = [...body.rows], heads = [...document.querySelectorAll("th")];
const key = cell => cell.dataset.v === undefined ? cell.textContent : cell.dataset.v === "" ? null : +cell.dataset.v;
heads.forEach((head, at) => head.addEventListener("click", () => {
  const up = head.getAttribute("aria-sort") !== "ascending", sign = up ? 1 : -1;
  heads.forEach(each => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const keyed = rows.map(row => [key(row.cells[at]), row]);
  keyed.sort(([a], [b]) => a === null || a === "" ? 1 : b === null || b === "" ? -1
    : sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))));
  body.append(...keyed.map(([, row]) => row));
}));
document.querySelector("input").addEventListener("input", event => {
  const words = event.target.value.toLowerCase().split(/\\s+/);
  rows.forEach(row => row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word)));
});
const all = (places) => document.querySelectorAll(places);
const light = (at, on) => all(`[data-row="${at}"]`).forEach(each => each.classList.toggle("lit", on));
all("[data-row]").forEach(each => {
  const at = each.dataset.row, row = rows[at];
  each.addEventListener("mouseenter", () => light(at, true));
  each.addEventListener("mouseleave", () => light(at, false));
  if (each.tagName === "circle") {
    each.addEventListener("click", () => row.scrollIntoView({ block: "center" }));
    each.insertAdjacentHTML("beforeend", "<title></title>");
    each.lastChild.textContent = row.cells[0].textContent;
  }
});
"""
