# ruff: noqa: S603
"""What only Debian has: libraries and a font for PDF documents, ffmpeg for videos, gateways of sound and image; for tests
Chromium, Dovecot, an exchange and a caller, a screen, a compiler for Windows.

In this order: found on the machine; installed by apt when root; unpacked from the same packages into
`.cache/debian/root` (nothing outside the project is touched); else one sentence says what does not work without it.
Only the standard library: set-up runs this with the machine's own Python.
"""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "debian"
UNPACKED = FOLDER / "root"
APT_LIMIT_SECONDS = 600
TRY_AGAIN_AFTER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Part:
    """Something that only Debian has: its packages, and what does not work without it."""

    name: str
    packages: tuple[str, ...]
    without: str


PDF = Part(
    "pdf",
    ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fontconfig", "fonts-dejavu-core"),
    "statements and cases cannot be made as PDF",
)
BROWSER = Part(
    "browser", ("chromium", "fonts-dejavu-core"), "the browser tests and the screenshots cannot run"
)
SHELL = Part(
    "shell", ("chromium-headless-shell",), "most browser tests use the whole Chromium, which costs them twice the time"
)
MAIL = Part(
    "mail", ("dovecot-imapd", "dovecot-lmtpd", "openssl"),
    "the tests of mail in have no real IMAP server, and those of signatures no second verifier",
)
FILM = Part("film", ("ffmpeg",), "uploaded videos wait and are not converted")
MEDIA = Part(
    "media", ("janus", "janus-tools", "coturn"),
    "the virtual classroom, shared screens and telephones behind an exchange without WebRTC do not work",
)
TELEPHONE = Part(
    "telephone", ("kamailio", "kamailio-websocket-modules", "baresip-core"),
    "the tests of the telephone have no real exchange and no real caller",
)
DESKTOP = Part(
    "desktop", ("xvfb", "x11vnc", "xdotool", "xterm", "openbox"),
    "the tests of the remote desktop have no real screen to show",
)
WINDOWS = Part(
    "windows", ("gcc-mingw-w64-x86-64-win32", "wine64"),
    "the helper for Windows can be neither built nor tried",
)
PROGRAMS = {
    MEDIA: ("janus", "janus-pp-rec", "turnserver"),
    TELEPHONE: ("kamailio", "baresip"),
    DESKTOP: ("Xvfb", "x11vnc", "xdotool", "xterm", "openbox"),
    WINDOWS: ("x86_64-w64-mingw32-gcc", "wine64"),
}
PROGRAM_FOLDERS = ("usr/bin", "usr/sbin", "usr/lib/wine")
PDF_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0", "libfontconfig.so.1")


def library_folders() -> list[Path]:
    """Return the folders of unpacked libraries."""
    found = [
        p for base in ("usr/lib", "lib") for p in sorted((UNPACKED / base).glob("*-linux-*")) if p.is_dir()
    ]
    inner = [folder / name for folder in found for name in ("blas", "lapack", "pulseaudio")]  # of ffmpeg
    return [*found, *(p for p in [UNPACKED / "usr/lib/chromium", UNPACKED / "usr/lib/dovecot", *inner] if p.is_dir())]


def environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for our processes: the machine's, with the unpacked libraries and fonts in reach."""
    result = dict(os.environ if base is None else base)
    folders = [str(p) for p in library_folders()]
    if folders:
        old = [p for p in result.get("LD_LIBRARY_PATH", "").split(":") if p and p not in folders]
        result["LD_LIBRARY_PATH"] = ":".join([*folders, *old])
        if (FOLDER / "fonts.conf").exists() and not Path("/etc/fonts/fonts.conf").exists():
            result.setdefault("FONTCONFIG_FILE", str(FOLDER / "fonts.conf"))
    if (settings := UNPACKED / "etc/ssl/openssl.cnf").exists() and not Path("/etc/ssl/openssl.cnf").exists():
        result.setdefault("OPENSSL_CONF", str(settings))
    if (folder := ffmpeg()) and not shutil.which("ffmpeg"):
        result.setdefault("AMPARO_FFMPEG", folder)
    return result


def chromium() -> str | None:
    """Return the path of a Chromium: AMPARO_CHROMIUM, the machine's own, or the unpacked one."""
    unpacked = UNPACKED / "usr/lib/chromium/chromium"
    return (
        os.environ.get("AMPARO_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
        or (str(unpacked) if unpacked.exists() else None)
    )


def headless_shell() -> str | None:
    """Return the path of the small Chromium without a window: where AMPARO_CHROMIUM names a browser, that one."""
    unpacked = UNPACKED / "usr/lib/chromium/chromium-headless-shell"
    return (
        os.environ.get("AMPARO_CHROMIUM_SHELL")
        or os.environ.get("AMPARO_CHROMIUM")
        or shutil.which("chromium-headless-shell")
        or (str(unpacked) if unpacked.exists() else None)
    )


def dovecot() -> str | None:
    """Return the path of a Dovecot that can serve IMAP and LMTP: the machine's own, or the unpacked one."""
    for program, parts in ((shutil.which("dovecot", path=f"/usr/sbin:{os.environ.get('PATH', os.defpath)}"), Path("/usr/lib/dovecot")),
                           (str(UNPACKED / "usr/sbin/dovecot"), UNPACKED / "usr/lib/dovecot")):  # fmt: skip
        if program and Path(program).exists() and (parts / "imap").exists() and (parts / "lmtp").exists():
            return program
    return None


def openssl() -> str | None:
    """Return the path of OpenSSL's command line: the machine's own, or the unpacked one."""
    return shutil.which("openssl") or shutil.which("openssl", path=str(UNPACKED / "usr/bin"))


def ffmpeg() -> str | None:
    """Return the folder of ffmpeg and ffprobe: AMPARO_FFMPEG, the machine's own, or the unpacked one."""
    for folder in (os.environ.get("AMPARO_FFMPEG"), os.environ.get("PATH", os.defpath), str(UNPACKED / "usr/bin")):
        if folder and (found := shutil.which("ffmpeg", path=folder)) and shutil.which("ffprobe", path=folder):
            return str(Path(found).parent)
    return None


def program(name: str) -> str | None:
    """Return the path of a program: the machine's own, or the unpacked one."""
    own = [os.environ.get("PATH", os.defpath), *(f"/{folder}" for folder in PROGRAM_FOLDERS)]
    folders = [*own, *(str(UNPACKED / folder) for folder in PROGRAM_FOLDERS)]
    return shutil.which(name, path=os.pathsep.join(folders))


def present(part: Part) -> bool:
    """Tell whether the part is there, on the machine or unpacked."""
    if part in PROGRAMS:
        return all(map(program, PROGRAMS[part]))
    if part is FILM:
        return ffmpeg() is not None
    if part is MAIL:
        return dovecot() is not None and openssl() is not None
    if part is BROWSER:
        return chromium() is not None
    if part is SHELL:
        return headless_shell() is not None
    return all(map(loads, PDF_LIBRARIES)) and has_font()


def loads(name: str) -> bool:
    if any((folder / name).exists() for folder in library_folders()):
        return True
    with contextlib.suppress(OSError):
        ctypes.CDLL(name)
        return True
    return False


def has_font() -> bool:
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), UNPACKED / "usr/share/fonts")
    return any(True for folder in folders for _ in folder.rglob("*.[to]tf"))


def ensure(parts: Sequence[Part], *, say, again: bool = False) -> list[str]:
    """Bring in what is missing; return one sentence for each part that could not be had."""
    missing = [part for part in parts if not present(part)]
    failed = FOLDER / "failed"
    recently = failed.exists() and time.time() - failed.stat().st_mtime < TRY_AGAIN_AFTER_SECONDS
    if missing and shutil.which("apt-get") and (again or not recently):
        names = sorted({name for part in missing for name in part.packages})
        say(f"Debian packages: {' '.join(names)}")
        if not bring(names) and (others := sorted(set(names) - set(SHELL.packages))) not in ([], names):
            bring(others)  # older distributions do not know the shell
        missing = [part for part in missing if not present(part)]
        FOLDER.mkdir(parents=True, exist_ok=True)
        failed.touch() if missing else failed.unlink(missing_ok=True)
    return [f"Missing ({' '.join(part.packages)}): {part.without}." for part in missing]


def bring(names: Sequence[str]) -> bool:
    return (os.geteuid() == 0 and install(names)) or unpack(names)


def install(names: Sequence[str]) -> bool:
    """Install the packages as root, unless that would remove or upgrade a PostgreSQL of the machine."""
    plan = simulate(names) or (run("apt-get", "-qq", "update") and simulate(names))
    if not plan or touches_postgresql(plan):
        return False
    return run(
        "apt-get", "-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "install", *names
    )


def simulate(names: Sequence[str], *options: str) -> str:
    """Return what apt would do, "" when it cannot."""
    command = ["apt-get", *options, "-s", "--no-install-recommends", "install", *names]
    done = subprocess.run(command, capture_output=True, text=True, env=quiet(), check=False)
    return done.stdout if done.returncode == 0 else ""


def touches_postgresql(plan: str) -> bool:
    """Tell whether the plan removes anything, or upgrades a package of PostgreSQL: a running server would stop."""
    return bool(re.search(r"^Remv |^Inst (lib)?postgresql\S* \[", plan, re.MULTILINE))


def unpack(names: Sequence[str]) -> bool:
    """Download the packages that are not installed, with all they need, and unpack them into the project's cache."""
    if not shutil.which("dpkg-deb"):
        return False
    options: list[str] = []
    plan = simulate(names)
    if not plan:
        state = FOLDER / "apt"
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        options = [f"-oDir::State::lists={state}/lists", f"-oDir::Cache={state}/cache"]
        plan = simulate(names, *options) if run("apt-get", *options, "-qq", "update") else ""
    wanted = re.findall(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+)", plan, re.MULTILINE)
    if not wanted:
        return False
    archives = FOLDER / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    if not run(
        "apt-get",
        *options,
        "-qq",
        "download",
        *(f"{name}={version}" for name, version in wanted),
        cwd=archives,
    ):
        return False
    UNPACKED.mkdir(parents=True, exist_ok=True)
    done = all(run("dpkg-deb", "-x", str(path), str(UNPACKED)) for path in sorted(archives.glob("*.deb")))
    for leftover in (archives, FOLDER / "apt"):
        shutil.rmtree(leftover, ignore_errors=True)
    write_fonts_conf()
    return done


def write_fonts_conf() -> None:
    """Tell fontconfig where the unpacked fonts lie: its own configuration names absolute folders."""
    folders = [UNPACKED / "usr/share/fonts", "/usr/share/fonts", "/usr/local/share/fonts"]
    lines = [f"  <dir>{folder}</dir>" for folder in folders]
    (FOLDER / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        + "\n".join(lines)
        + f"\n  <cachedir>{FOLDER / 'fontconfig-cache'}</cachedir>\n"
        + f'  <include ignore_missing="yes">{UNPACKED / "etc/fonts/conf.d"}</include>\n</fontconfig>\n'
    )


def quiet() -> dict[str, str]:
    """RUNLEVEL: packages of servers must not start them; Amparo starts what it needs itself."""
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "RUNLEVEL": "1"}


def run(*command: str, cwd: Path | None = None) -> bool:
    """Run a command silently; tell whether it succeeded in time."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=quiet(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=APT_LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
