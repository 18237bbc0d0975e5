# ruff: noqa: S603, S607, T201
"""Build what `/r/` offers for remote sessions: the Windows program and the Linux package, the same bytes each time.

Into `.cache/helpers/offered`, from where they are served. Only the standard library; the compiler is Debian's mingw.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / ".cache" / "helpers"
OFFERED = OUT / "offered"
NEVER = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip file can say


def main() -> int:
    OFFERED.mkdir(parents=True, exist_ok=True)
    print(f"Linux: {linux().relative_to(ROOT)}")
    if not shutil.which("x86_64-w64-mingw32-gcc") or not shutil.which("make"):
        print("Windows: not built; apt install make gcc-mingw-w64-x86-64-win32", file=sys.stderr)
        return 1
    subprocess.run(["make", "-s", "-C", str(ROOT / "clients/windows"), f"OUT={OUT}"], check=True)
    print(f"Windows: {(OFFERED / 'amparo-remote.exe').relative_to(ROOT)}")
    return 0


def linux() -> Path:
    """Make the wheel: the files as they are, and what pip wants to know of them."""
    source = ROOT / "clients/remote"
    project = (source / "pyproject.toml").read_text()
    version = re.search(r'^version = "(.+)"', project, re.MULTILINE)
    needs = re.search(r"^dependencies = \[(.+)\]", project, re.MULTILINE)
    assert version and needs
    requires = "".join(f"Requires-Dist: {need}\n" for need in re.findall(r'"([^"]+)"', needs[1]))
    told = f"amparo_remote-{version[1]}.dist-info"
    files = {f"amparo_remote/{path.name}": path.read_bytes() for path in sorted((source / "amparo_remote").glob("*.*")) if path.suffix in (".py", ".typed")}
    files |= {
        f"{told}/METADATA": f"Metadata-Version: 2.1\nName: amparo-remote\nVersion: {version[1]}\nRequires-Python: >=3.11\n{requires}".encode(),
        f"{told}/WHEEL": b"Wheel-Version: 1.0\nGenerator: amparo\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{told}/entry_points.txt": b"[console_scripts]\namparo-remote = amparo_remote.cli:main\n",
    }
    files[f"{told}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{told}/RECORD"]).encode()
    target = OFFERED / f"amparo_remote-{version[1]}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, NEVER)
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return target


if __name__ == "__main__":
    raise SystemExit(main())
