"""The colours of the picture: by the page that holds it, else by what the reader's system prefers."""

from __future__ import annotations

LIGHT = (
    "--paper:#ffffff;--box:#f4f6f8;--rim:#c3cbd3;--ink:#1c2329;--soft:#5a6570;--line:#98a3ad;"
    "--fresh:#2c8a4b;--stale:#c27803;--failed:#c62f36;--running:#2f6fd6"
)
DARK = (
    "--paper:#15191d;--box:#20262c;--rim:#46515b;--ink:#e8edf1;--soft:#a3afb9;--line:#75828d;"
    "--fresh:#56c27b;--stale:#e5ac45;--failed:#f0767b;--running:#7fb0ff"
)
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

# JupyterLab and VS Code say on the body which theme they have; there the system's preference does not count.
STYLE = f"""
.nbprod-graph{{{LIGHT};max-width:100%;height:auto;font-family:{FONT}}}
@media (prefers-color-scheme:dark){{.nbprod-graph{{{DARK}}}}}
body[data-jp-theme-light="true"] .nbprod-graph,body.vscode-light .nbprod-graph{{{LIGHT}}}
body[data-jp-theme-light="false"] .nbprod-graph,body.vscode-dark .nbprod-graph{{{DARK}}}
body[data-jp-theme-light] .nbprod-graph{{--paper:var(--jp-layout-color0)}}
.nbprod-graph .paper{{fill:var(--paper)}}
.nbprod-graph .box{{fill:var(--box);stroke:var(--rim)}}
.nbprod-graph .name{{fill:var(--ink);font-size:14px;font-weight:600}}
.nbprod-graph .small{{fill:var(--soft);font-size:11px}}
.nbprod-graph .label .small{{text-anchor:middle}}
.nbprod-graph .line{{fill:none;stroke:var(--line);stroke-width:1.4}}
.nbprod-graph .head{{fill:var(--line)}}
.nbprod-graph .dot{{fill:none;stroke:var(--soft);stroke-width:1.5}}
.nbprod-graph .fresh .dot{{fill:var(--fresh);stroke:var(--fresh)}}
.nbprod-graph .stale .dot{{fill:var(--stale);stroke:var(--stale)}}
.nbprod-graph .failed .dot{{fill:var(--failed);stroke:var(--failed)}}
.nbprod-graph .running .dot{{fill:var(--running);stroke:var(--running)}}
.nbprod-graph .stale .box{{stroke:var(--stale)}}
.nbprod-graph .failed .box{{stroke:var(--failed)}}
.nbprod-graph .unrun .box{{stroke-dasharray:4 3}}
"""
