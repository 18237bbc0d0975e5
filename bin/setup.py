# ruff: noqa: S603, T201, UP036
"""Set-up of this folder, with nothing but Python's standard library: `bin/setup.py run|test|locks`.

Each step leaves a stamp with the hash of what it was made from, so that a second run costs nothing. Packages are
installed only with the hashes of the lock files, from whatever registry the machine's own configuration names.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".amparo-lock"
UV = ROOT / ".cache" / "tools"
NODE_MODULES = ROOT / "node_modules"
LOCKS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-dev.txt"}
# Half of what lies there by size: places of telephone numbers, tools that are not loaded as source, tests (pytest compiles those itself).
NEVER_LOADED = r"/(?:.*/)?(?:geodata|carrierdata|pip|mypy|mypyc|setuptools|lexers|tests?)/"
STARTED = time.monotonic()


def main(argv: list[str]) -> int:
    if sys.version_info < (3, 11):
        return stop(f"Amparo needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable})")
    if len(argv) != 1 or argv[0] not in ("run", "test", "locks"):
        return stop("usage: setup.py run|test|locks", status=2)
    os.chdir(ROOT)
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    try:
        if argv[0] == "locks":
            write_locks()
            return 0
        environment()
        with ThreadPoolExecutor(max_workers=1) as beside:  # it unpacks for a minute, mostly on one processor
            from_elsewhere = beside.submit(from_debian, argv[0])
            packages(argv[0])
            importable()
            compiling = compiled() if argv[0] == "test" else None
            front_end()
            translations()
            for sentence in from_elsewhere.result():
                print(f"setup: {sentence}", file=sys.stderr)
        if compiling and compiling.wait():
            (VENV / ".amparo-compiled").unlink(missing_ok=True)
    except subprocess.CalledProcessError as error:
        output = (error.stderr or error.stdout or "").strip()
        return stop(f"{' '.join(map(str, error.cmd[:4]))} … failed\n{output[-4000:]}")
    except LookupError as error:
        return stop(str(error))
    return 0


def stop(sentence: str, status: int = 1) -> int:
    print(f"setup: {sentence}", file=sys.stderr)
    return status


def say(text: str) -> None:
    print(f"setup {time.monotonic() - STARTED:5.1f} s  {text}", flush=True)


def call(*command: str | Path, **extra_environment: str) -> None:
    """Run a command; its output is shown only when it fails."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    env = {**os.environ, "PATH": path, **extra_environment}
    env.pop("PYTHONPATH", None)
    env.setdefault("UV_NATIVE_TLS", "1")  # both trust the certificates that this machine trusts, as pip does
    env["NODE_OPTIONS"] = f"{env.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    subprocess.run(
        list(map(str, command)), env=env, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def digest(*paths: Path) -> str:
    result = hashlib.sha256()
    for path in paths:
        result.update(path.read_bytes() if path.exists() else b"-")
    return result.hexdigest()


def module(name: str) -> ModuleType:
    """Return a module of the project that needs only the standard library, without importing its package."""
    spec = importlib.util.spec_from_file_location(f"setup_{name}", ROOT / "amparo" / "project" / f"{name}.py")
    assert spec and spec.loader
    result = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = result
    spec.loader.exec_module(result)
    return result


# ---------------------------------------------------------------------------- Python


def environment() -> None:
    """Make the virtual environment, anew when the Python it was made with is gone."""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0
    ):
        return
    say("virtual environment")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        call(sys.executable, "-m", "venv", VENV)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        name = f"python3.{sys.version_info.minor}-venv"
        debian = module("debian")
        if not (os.geteuid() == 0 and shutil.which("apt-get") and debian.install([name])):
            raise LookupError(f"this Python cannot make virtual environments; install {name} first") from None
        call(sys.executable, "-m", "venv", VENV)


def packages(mode: str) -> None:
    """Bring the environment to the lock file. What tests need on top stays once it is there."""
    installed, _, stamp = (STAMP.read_text() if STAMP.exists() else "").partition(" ")
    if installed == "test" or mode == "test":
        mode = "test"
    lock = LOCKS[mode]
    wanted = digest(*LOCKS.values())
    if (installed, stamp) == (mode, wanted):
        return
    say(f"Python packages ({lock.name})")
    STAMP.unlink(missing_ok=True)
    try:
        call(uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, lock)
    except (subprocess.CalledProcessError, OSError):
        say("uv could not; with pip, which takes about a minute")
        if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            call(PYTHON, "-m", "ensurepip")
        call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock)
    STAMP.write_text(f"{mode} {wanted}")


def importable() -> None:
    """Let every program of the environment import `amparo` from this folder."""
    folder = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    path = next(iter(VENV.glob("lib/python3*/site-packages")), folder) / "amparo.pth"
    if not path.exists() or path.read_text() != f"{ROOT}\n":
        path.write_text(f"{ROOT}\n")


def compiled() -> subprocess.Popen[bytes]:
    """Begin to compile every module, once for all processes of the tests: many machines tell Python to keep nothing that it compiles."""
    folders, stamp = [ROOT / "amparo", ROOT / "tests"], VENV / ".amparo-compiled"
    if not stamp.exists() or stamp.read_text() != STAMP.read_text():
        folders += VENV.glob("lib/python3*/site-packages")
        stamp.write_text(STAMP.read_text())
    command = [PYTHON, "-m", "compileall", "-q", "-j", "2", "-x", f"^{re.escape(str(ROOT))}{NEVER_LOADED}", *map(str, folders)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def uv() -> Path:
    """Return the installer named in requirements-setup.txt, brought in by pip."""
    lock = ROOT / "requirements-setup.txt"
    folder = UV / digest(lock)[:12]
    program = folder / "bin" / "uv"
    if not program.exists():
        if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            call(PYTHON, "-m", "ensurepip")
        shutil.rmtree(UV, ignore_errors=True)
        call(
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--no-deps",
            "--target",
            folder,
            "-r",
            lock,
        )
    return program


def write_locks() -> None:
    """Resolve the .in files anew. No lock names a host: neither an index nor a file's address, nor a link."""
    environment()
    options = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
        "--upgrade",
    ]
    for name, more in (("setup", []), ("", []), ("dev", ["-c", "requirements.txt"])):
        stem = f"requirements-{name}" if name else "requirements"
        call(uv(), "pip", "compile", *options, *more, f"{stem}.in", "-o", f"{stem}.txt")
    packages("test")
    call(VENV / "bin" / "npm", "install", "--package-lock-only")
    lock = ROOT / "package-lock.json"
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    lock.write_text(json.dumps(content, indent=2) + "\n")


# ---------------------------------------------------------------------------- the rest


def front_end() -> None:
    """Fetch the front-end packages with the Node that came as a Python package, and gather what pages use."""
    stamp = NODE_MODULES / ".amparo-lock"
    wanted = digest(ROOT / "package.json", ROOT / "package-lock.json")
    if not stamp.exists() or stamp.read_text() != wanted:
        say("front-end packages")
        call(VENV / "bin" / "npm", "ci", "--loglevel=error")
        stamp.write_text(wanted)
    if module("assets").build():
        say("stylesheets, scripts and icons")


def from_debian(mode: str) -> list[str]:
    """Bring in what only Debian has; return a sentence for each part that is missing."""
    debian = module("debian")
    tests = [debian.BROWSER, debian.SHELL, debian.MAIL, debian.MEDIA, debian.TELEPHONE, debian.DESKTOP, debian.WINDOWS]
    parts = [debian.PDF, debian.FILM, *(tests if mode == "test" else [])]
    found: list[str] = debian.ensure(parts, say=say)
    return found


def translations() -> None:
    """Compile the catalogues that are newer than what was compiled from them."""
    for path in ROOT.glob("amparo/*/locale/*/LC_MESSAGES/*.po"):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < path.stat().st_mtime_ns:
            say("translations")
            call(PYTHON, "-m", "amparo", "messages", "compile")
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
