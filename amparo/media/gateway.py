# ruff: noqa: S603
"""Janus and coturn as processes of ours: their secrets, their configuration, their start. LIV-1, SEC-38.

The configuration is written anew at every start, from what is given and the secrets of the data folder; whatever the packages
bring along (sample rooms, demonstration streams, all addresses) is never read, for both the folder and the file are named.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import GatewayProblem
from .rules import SECRETS, weak_secrets

SIOCGIFADDR = 0x8915
PLUGINS_USED = ("libjanus_videoroom.so", "libjanus_sip.so")
TRANSPORTS_USED = ("libjanus_http.so", "libjanus_websockets.so")
EVENTS_USED = ("libjanus_sampleevh.so",)
FOLDERS = ("usr/lib/x86_64-linux-gnu/janus", "usr/lib/aarch64-linux-gnu/janus", "usr/lib/janus")
# Nobody reaches our own network through the relay: the well-known way to misuse one.
DENIED_PEERS = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
DENIED_PEERS_6 = ("::1-::1", "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  "::ffff:0:0-::ffff:ffff:ffff", "64:ff9b::-64:ff9b::ffff:ffff", "2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff")  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Where a gateway lives and listens. Ports of the administration and of the notices are on 127.0.0.1, always."""

    folder: Path
    address: str
    public_address: str = ""
    host: str = "127.0.0.1"
    port: int = 8188
    admin_port: int = 7088
    notices_port: int = 0
    rtp: tuple[int, int] = (30000, 30999)
    relay_port: int = 0
    relay_ports: tuple[int, int] = (49160, 49259)
    realm: str = "amparo"
    die_with: Callable[[], None] | None = None

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"


# ---------------------------------------------------------------------------- secrets


def secrets_file(folder: Path) -> Path:
    return folder / "secrets.json"


def ensure_secrets(folder: Path) -> dict[str, str]:
    """Return the secrets of the gateways, made on the first start. Raises GatewayProblem on weak ones. SEC-38."""
    path = secrets_file(folder)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(json.dumps({name: secrets.token_urlsafe(36) for name in SECRETS}, indent=2) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)  # whoever comes second takes what the first one made
        partial.unlink()
    return read_secrets(folder)


def read_secrets(folder: Path) -> dict[str, str]:
    """Return the secrets. Raises GatewayProblem where one is missing, empty, short, known from a sample, or used twice. SEC-38."""
    path = secrets_file(folder)
    try:
        found = {str(name): str(word) for name, word in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise GatewayProblem(f"The secrets of the gateways {path} cannot be read: {error}") from None
    if weak := weak_secrets(found):
        raise GatewayProblem(
            f"The secrets of the gateways {path} must not be used: {', '.join(weak)} missing, empty, short, from a sample, or used twice. "
            "Remove the file: the next start makes new ones."
        )
    return found


# ---------------------------------------------------------------------------- addresses


def addresses() -> list[tuple[str, str]]:
    """Return the interfaces of this machine with their IPv4 address, loopback last: media over loopback alone does not work."""
    found: list[tuple[str, str]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _index, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                packed = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append((name, socket.inet_ntoa(packed[20:24])))
    return sorted(found, key=lambda one: ipaddress.ip_address(one[1]).is_loopback)


def media_address(given: str = "") -> str:
    """Return the address that media are sent from: as given (an address or an interface), or the first that is not loopback.

    Raises GatewayProblem where this machine has none.
    """
    known = addresses()
    if given:
        for name, address in known:
            if given in (name, address):
                return address
        raise GatewayProblem(f"AMPARO_MEDIA_ADDRESS is {given}, which is no address of this machine: {', '.join(a for _n, a in known)}.")
    for _name, address in known:
        if not ipaddress.ip_address(address).is_loopback:
            return address
    raise GatewayProblem("This machine has no network address but loopback, over which browsers send no media.")


def interface_of(address: str) -> str:
    return next((name for name, known in addresses() if known == address), address)


# ---------------------------------------------------------------------------- Janus


def _text(value: Any, depth: int = 1) -> str:
    """Return a value as libconfig writes it; what would need escaping never comes here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    word = str(value)
    if set(word) & set('"\\\n\r'):
        raise GatewayProblem(f"{word!r} cannot stand in a configuration.")
    return f'"{word}"'


def _file(groups: Mapping[str, Mapping[str, Any]]) -> str:
    lines: list[str] = []
    for group, values in groups.items():
        lines += [f"{group}: {{", *(f"  {name} = {_text(value)}" for name, value in values.items()), "}"]
    return "\n".join(lines) + "\n"


def janus_files(layout: Layout, found: Mapping[str, str], *, base: Path | None) -> dict[str, str]:
    """Return the configuration of Janus by file name. Administration and notices on 127.0.0.1 only; no plain HTTP interface."""
    low, high = layout.rtp
    split = high - (high - low) // 4
    nat = {"ice_enforce_list": interface_of(layout.address), "full_trickle": True, "ice_lite": False}
    if layout.public_address:
        nat |= {"nat_1_1_mapping": layout.public_address, "keep_private_host": False}
    general: dict[str, Any] = {
        "configs_folder": str(layout.folder / "janus"), "server_name": "amparo", "debug_level": 3, "admin_secret": found["admin"],
        "api_secret": found["api"], "token_auth": True, "token_auth_secret": found["token"], "session_timeout": 60, "candidates_timeout": 45,
        "hide_dependencies": True, "interface": "127.0.0.1",
    }  # fmt: skip
    disabled: dict[str, dict[str, Any]] = {}
    if base is not None:
        general |= {f"{kind}_folder": str(base / kind) for kind in ("plugins", "transports", "events", "loggers")}
        disabled = {kind: {"disable": names} for kind, used in
                    (("plugins", PLUGINS_USED), ("transports", TRANSPORTS_USED), ("events", EVENTS_USED), ("loggers", ()))
                    if (names := _others(base / kind, used))}  # fmt: skip
    files = {
        "janus.jcfg": _file({
            "general": general, "media": {"rtp_port_range": f"{low}-{split - 1}", "ipv6": False}, "nat": nat,
            "events": {"broadcast": bool(layout.notices_port)} | disabled.pop("events", {}), **disabled,
        }),
        "janus.transport.http.jcfg": _file({
            "general": {"http": False, "json": "compact", "base_path": "/janus"},
            "admin": {"admin_http": True, "admin_ip": "127.0.0.1", "admin_port": layout.admin_port, "admin_base_path": "/admin"},
        }),
        "janus.transport.websockets.jcfg": _file({
            "general": {"ws": True, "ws_ip": layout.host, "ws_port": layout.port, "wss": False, "json": "compact", "pingpong_trigger": 20,
                        "pingpong_timeout": 10},
            "admin": {"admin_ws": False},
        }),
        "janus.plugin.videoroom.jcfg": _file({"general": {"admin_key": found["room_key"], "lock_rtp_forward": True, "string_ids": True}}),
        "janus.plugin.sip.jcfg": _file({"general": {
            "local_ip": layout.address, "sdp_ip": layout.public_address or layout.address, "local_media_ip": layout.address,
            "rtp_port_range": f"{split}-{high}", "register_ttl": 600, "behind_nat": False, "keepalive_interval": 120,
        }}),
        "janus.eventhandler.sampleevh.jcfg": _file({"general": {
            "enabled": bool(layout.notices_port), "events": "plugins,webrtc,media,core", "grouping": True, "json": "compact",
            "backend": f"http://127.0.0.1:{layout.notices_port}/notices", "backend_user": "janus", "backend_pwd": found["notices"],
            "max_retransmissions": 8, "retransmissions_backoff": 100,
        }}),
    }  # fmt: skip
    return files


def _others(folder: Path, used: tuple[str, ...]) -> str:
    return ",".join(sorted(path.name for path in folder.glob("*.so") if path.name not in used))


def modules_of(program: str) -> Path | None:
    """Return the folder of Janus' plugins that belong to a program, where it was unpacked or installed."""
    root = Path(program).resolve().parents[2]
    return next((root / folder for folder in FOLDERS if (root / folder / "plugins").is_dir()), None)


def has_sip(program: str | None) -> bool:
    """Tell whether this Janus can speak SIP."""
    base = modules_of(program) if program else None
    return base is not None and (base / "plugins" / "libjanus_sip.so").exists()


def write_private_files(folder: Path, files: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    for name, text in files.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)


def start_janus(program: str, layout: Layout, *, environment: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start Janus with the configuration of the data folder. Raises GatewayProblem on weak secrets. SEC-38."""
    found = ensure_secrets(layout.folder)
    write_private_files(layout.folder / "janus", janus_files(layout, found, base=modules_of(program)))
    layout.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = str(layout.folder / "janus")
    command = [program, "-F", configuration, "-C", f"{configuration}/janus.jcfg", "-o"]
    return _start(command, layout, environment, log)


# ---------------------------------------------------------------------------- coturn


def relay_file(layout: Layout, found: Mapping[str, str]) -> str:
    """Return coturn's configuration: short-lived credentials only, a quota for each, and no way into a private network."""
    lines = [
        "use-auth-secret", f"static-auth-secret={found['relay']}", f"realm={layout.realm}", f"listening-ip={layout.address}",
        f"listening-port={layout.relay_port}", f"relay-ip={layout.address}", f"min-port={layout.relay_ports[0]}",
        f"max-port={layout.relay_ports[1]}", "no-cli", "no-multicast-peers", "no-tls", "no-dtls", "no-tcp-relay", "no-rfc5780",
        "no-stun-backward-compatibility", "fingerprint", "stale-nonce=600", "user-quota=12", "total-quota=600", "max-allocate-lifetime=3600",
        "simple-log", "log-file=stdout", "no-software-attribute", f"pidfile={layout.folder / 'turnserver.pid'}",
        f"userdb={layout.folder / 'turnserver.sqlite'}",
    ]  # fmt: skip
    if layout.public_address:
        lines.append(f"external-ip={layout.public_address}/{layout.address}")
    for network in DENIED_PEERS:
        known = ipaddress.ip_network(network)
        lines.append(f"denied-peer-ip={known[0]}-{known[-1]}")
    lines += [f"denied-peer-ip={span}" for span in DENIED_PEERS_6]
    lines.append(f"allowed-peer-ip={layout.address}")  # the gateway itself, which the relay is for
    return "\n".join(lines) + "\n"


def start_relay(program: str, layout: Layout, *, environment: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start coturn. Raises GatewayProblem on weak secrets. SEC-38."""
    found = ensure_secrets(layout.folder)
    path = layout.folder / "turnserver.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(relay_file(layout, found))
    return _start([program, "-c", str(path)], layout, environment, log)


def _start(command: list[str], layout: Layout, environment: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start it; without a log what it says is handed to the caller, who masks it."""
    out: Any = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(log.open("ab"))
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=dict(environment), cwd=layout.folder,
            preexec_fn=layout.die_with,
        )  # fmt: skip
