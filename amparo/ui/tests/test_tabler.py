import re
from pathlib import Path

from amparo.ui import tabler

ROOT = Path(__file__).resolve().parents[3]

CSS = (
    '@charset "UTF-8";/*! Tabler, MIT */:root{--tblr-used:1px;--tblr-idle:2px;--tblr-behind:3px}'
    "a,.btn{padding:var(--tblr-used)}.btn-idle{color:red}.card:not(.idle) .btn{margin:var(--tblr-ours)}"
    "@media (min-width:1px){.btn{margin:0}.idle{margin:0}}@media print{.idle{margin:0}}"
    "@keyframes turn{to{rotate:1turn}}@keyframes idle-turn{to{rotate:1turn}}.spin{animation:1s turn}.w-1\\/2{width:50%}"
)


def test_what_no_page_names_is_cut_away():
    lean = tabler.prune(CSS, {"btn", "card", "spin"}, ":root{--x:var(--tblr-behind)}")
    assert "/*! Tabler, MIT */" in lean and lean.startswith('@charset "UTF-8";')
    assert "a,.btn{padding:var(--tblr-used)}" in lean and "--tblr-used:1px" in lean
    assert "btn-idle" not in lean and "--tblr-idle" not in lean and "w-1" not in lean
    assert "--tblr-behind:3px" in lean, "our own sheets ask for it"
    assert "@media (min-width:1px){.btn{margin:0}}" in lean and "print" not in lean
    assert ".card:not(.idle) .btn" in lean
    assert "@keyframes turn" in lean and "idle-turn" not in lean


def test_what_stays_is_well_formed():
    lean = tabler.prune(CSS, {"btn"})
    assert lean.count("{") == lean.count("}")
    assert tabler.prune(lean, {"btn"}) == lean


def test_no_rule_has_all_below_an_end_styled_anew():
    """«:last-child > *» had a thousand and a half elements of the desk styled anew whenever anything was added at the end of anything."""
    wide = re.compile(r":(?:first|last|only|nth)-[\w-]+(?:\([^)]*\))?(?:\s*[>~+]\s*|\s+)\*(?![.#\[\w-])")
    sheets = {path: path.read_text() for path in [*(ROOT / "amparo").glob("*/static/**/*.css"), ROOT / ".cache/vendor/tabler.css"]}
    assert wide.search(".prose>table tr:last-child>*{") and len(sheets) > 10
    assert [(path.name, found[0]) for path, text in sheets.items() if (found := wide.search(text))] == []
