# ruff: noqa: S603, T201
"""What the pages take from npm, gathered into `.cache/vendor`: stylesheet, scripts, one sprite of the icons in use.

Only the standard library: set-up runs it before anything else of Amparo can be imported. Nothing of it is committed;
`package-lock.json` holds the hash of each package (SEC-59).
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / ".cache" / "vendor"
OURS = ROOT / "amparo" / "ui" / "static" / "ui" / "css"
ICONS = ROOT / "amparo" / "ui" / "icons.txt"
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "idiomorph.esm.js": "idiomorph/dist/idiomorph.esm.js",
    "tus.min.js": "tus-js-client/dist/tus.min.js",
    "scorm12.min.js": "scorm-again/dist/scorm12.min.js",
    "scorm2004.min.js": "scorm-again/dist/scorm2004.min.js",
    "hls.light.min.js": "hls.js/dist/hls.light.min.js",
}
BUNDLES = {  # packages that come in many modules, made one module each by esbuild
    "novnc.esm.js": 'export { default as RFB } from "@novnc/novnc"; '
    'export { default as Keysyms } from "./node_modules/@novnc/novnc/core/input/keysym.js";',
    "jssip.esm.js": 'export * from "jssip"; export { default } from "jssip";',
    "janus.esm.js": 'export { default } from "janus-gateway"; export { default as adapter } from "webrtc-adapter";',
}
# One file for every page, in this order: a first visit asks once. Tabler lies in a layer below everything of ours, so that whatever
# we say wins, without a fight of specificity.
SHEETS = ("tokens", "base", "layout", "pieces", "record", "decisions", "pages", "print")
SOURCE_MAP = re.compile(
    r"^\s*(/\*#\s*sourceMappingURL=[^*]*\*/|//#\s*sourceMappingURL=\S*)\s*$", re.MULTILINE
)


def build() -> bool:
    """Gather the files when anything that decides them has changed; tell whether it had. Raises LookupError."""
    stamp, wanted = VENDOR / ".stamp", state()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, source in FILES.items():
        text = (NODE_MODULES / source).read_text()
        (fresh / name).write_text(SOURCE_MAP.sub("", text))
    for name, entry in BUNDLES.items():
        (fresh / name).write_text(bundle(entry))
    (fresh / "tabler.css").write_text(tabler((fresh / "tabler.min.css").read_text()))
    (fresh / "site.css").write_text(bundle(site(fresh), "--loader=css"))
    (fresh / "icons.svg").write_text(sprite(icon_names()))
    (fresh / ".stamp").write_text(wanted)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return True


def state() -> str:
    """Return a hash of all that decides the result."""
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICONS, Path(__file__), ROOT / "amparo" / "ui" / "tabler.py", *sheets()):
        digest.update(path.read_bytes() if path.exists() else b"")
    digest.update(" ".join(sorted(pruner().words_of(ROOT / "amparo"))).encode())
    return digest.hexdigest()


def site(vendor: Path) -> str:
    """Return the stylesheet of all pages as imports: Tabler's, ours above it, and the one for paper."""
    of_paper = {"print": " print"}
    ours = [f'@import "./{(OURS / name).relative_to(ROOT)}.css"{of_paper.get(name, "")};' for name in SHEETS]
    return "\n".join(["@layer tabler;", f'@import "./{(vendor / "tabler.css").relative_to(ROOT)}" layer(tabler);', *ours])


def bundle(entry: str, *options: str) -> str:
    """Return one ES module (or stylesheet) holding what `entry` imports and exports. LookupError with esbuild's own words."""
    command = ["--bundle", "--minify", "--legal-comments=inline", "--log-level=error", *(options or ("--format=esm", "--target=es2022"))]
    programs = sorted(NODE_MODULES.glob("@esbuild/*/bin/esbuild"))
    if not programs:
        raise LookupError("node_modules holds no esbuild for this machine")
    done = subprocess.run(
        [programs[0], *command], cwd=ROOT, input=entry, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LookupError(done.stderr.strip())
    return done.stdout


def pruner() -> ModuleType:
    """Return amparo/ui/tabler.py, which needs only the standard library, without importing its package."""
    spec = importlib.util.spec_from_file_location("ui_tabler", ROOT / "amparo" / "ui" / "tabler.py")
    assert spec and spec.loader
    result = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(result)
    return result


def sheets() -> list[Path]:
    """Return the stylesheets of ours, of every app."""
    return sorted((ROOT / "amparo").glob("*/static/**/*.css"))


def tabler(css: str) -> str:
    """Return Tabler's stylesheet less what no template, script or form of ours can show."""
    ours = "".join(path.read_text() for path in sheets())
    return pruner().prune(css, pruner().words_of(ROOT / "amparo"), ours)


def icon_names() -> list[str]:
    """Return the names in `icons.txt`: one a line, `#` begins a remark; `<name>-filled` is the filled form."""
    if not ICONS.exists():
        return []
    words = (line.partition("#")[0].strip() for line in ICONS.read_text().splitlines())
    return sorted({word for word in words if word})


def sprite(names: list[str]) -> str:
    """Return one SVG with a symbol for each icon, to be used as `icons.svg#name`.

    It is drawn in the colour of the text; the width of the stroke is left to the page's stylesheet.
    """
    symbols = [symbol(name) for name in names]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(name: str) -> str:
    """Return the symbol of one icon; LookupError when Tabler has none of that name."""
    filled = name.endswith("-filled")
    folder = NODE_MODULES / "@tabler" / "icons" / "icons" / ("filled" if filled else "outline")
    path = folder / f"{name.removesuffix('-filled')}.svg"
    if not path.exists():
        raise LookupError(f"amparo/ui/icons.txt: Tabler has no icon {name!r}")
    found = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
    if not found:
        raise LookupError(f"{path.name} holds no drawing")
    body = " ".join(found[1].split())
    body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/> ?', "", body)
    paint = (
        'fill="currentColor" stroke="none"'
        if filled
        else 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    )
    return f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{body}</symbol>'


if __name__ == "__main__":
    try:
        build()
    except (LookupError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
