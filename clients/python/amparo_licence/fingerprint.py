"""The five parts by which a computer is known again, as well as each system tells them. What cannot be read is left out."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Callable, Optional

from .tokens import b64

COMPONENTS = ("board", "disk", "system", "network", "tpm")
_EMPTY = {"", "none", "default string", "to be filled by o.e.m.", "not specified", "0", "unknown", "system serial number"}


def component(product: str, name: str, value: str) -> str:
    """Return what is told of a part: six bytes of a hash, salted with the product's code."""
    return b64(hashlib.sha256(f"amparo-component/1\n{product}\n{name}\n{value.strip().lower()}".encode()).digest()[:6])


def components(product: str) -> dict[str, str]:
    """Return the parts of this computer. AMPARO_LICENCE_PARTS (name=value,…) replaces them: for tests and virtual machines."""
    given = os.environ.get("AMPARO_LICENCE_PARTS", "")
    if given:
        pairs = (part.partition("=") for part in given.split(","))
        return {name: component(product, name, value) for name, _sep, value in pairs if name in COMPONENTS}
    found = {}
    for name, read in _readers().items():
        try:
            value = read()
        except (OSError, ValueError, subprocess.SubprocessError):
            value = None
        if value and value.strip().lower() not in _EMPTY:
            found[name] = component(product, name, value)
    if not found:  # a container without anything of its own: at least its name
        found["system"] = component(product, "system", platform.node() or "computer")
    return found


def _readers() -> dict[str, Callable[[], Optional[str]]]:
    if sys.platform.startswith("win"):
        return {
            "board": lambda: _powershell("(Get-CimInstance Win32_BaseBoard).SerialNumber"),
            "disk": lambda: _powershell("(Get-CimInstance Win32_DiskDrive | Sort-Object Index | Select-Object -First 1).SerialNumber"),
            "system": _windows_guid,
            "network": _network,
            "tpm": lambda: _powershell("(Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256).PublicKeyHash"),
        }
    if sys.platform == "darwin":
        return {
            "board": lambda: _ioreg("IOPlatformSerialNumber"),
            "disk": lambda: _run("diskutil", "info", "/", match=r"Volume UUID:\s*(\S+)"),
            "system": lambda: _ioreg("IOPlatformUUID"),
            "network": _network,
        }
    return {
        "board": lambda: _first("/sys/class/dmi/id/board_serial", "/sys/class/dmi/id/product_uuid", "/proc/device-tree/serial-number"),
        "disk": _linux_disk,
        "system": lambda: _first("/etc/machine-id", "/var/lib/dbus/machine-id"),
        "network": _network,
        "tpm": lambda: _hash_of("/sys/class/tpm/tpm0/tpm_version_major", "/sys/class/tpm/tpm0/pcr-sha256/0"),
    }


def _first(*paths: str) -> Optional[str]:
    for path in paths:
        try:
            text = Path(path).read_text(encoding="ascii", errors="ignore").strip("\0\n ")
        except OSError:
            continue
        if text:
            return text
    return None


def _hash_of(*paths: str) -> Optional[str]:
    texts = [_first(path) for path in paths]
    return "|".join(text for text in texts if text) if all(texts) else None


def _linux_disk() -> Optional[str]:
    for disk in sorted(Path("/sys/block").glob("*")):
        if disk.name.startswith(("loop", "ram", "zram", "dm-", "sr", "md")):
            continue
        found = _first(str(disk / "device" / "serial"), str(disk / "serial"), str(disk / "device" / "wwid"), str(disk / "wwid"))
        if found:
            return found
    return None


def _network() -> Optional[str]:
    node = uuid.getnode()
    return None if node >> 40 & 1 else f"{node:012x}"  # the bit says that the number was made up


def _run(*command: str, match: str = r"(\S.*)") -> Optional[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    found = re.search(match, done.stdout)
    return found[1].strip() if found else None


def _powershell(expression: str) -> Optional[str]:
    return _run("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", expression)


def _ioreg(name: str) -> Optional[str]:
    return _run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice", match=rf'"{name}"\s*=\s*"([^"]+)"')


def _windows_guid() -> Optional[str]:
    return _run("reg", "query", r"HKLM\SOFTWARE\Microsoft\Cryptography", "/v", "MachineGuid", match=r"MachineGuid\s+REG_SZ\s+(\S+)")
