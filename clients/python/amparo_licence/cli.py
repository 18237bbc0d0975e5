"""`amparo-licence`: activate a product on this computer from the command line. Exit: 0 done, 1 refused, 2 wrong use, 3 not reached."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, Optional, Sequence

from . import offline
from .client import Client, NotReached, Product, Refused


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command."""
    options = _parser().parse_args(argv)
    try:
        keys = json.loads(Path(options.keys).read_text(encoding="utf-8"))
        product = Product(options.product, options.version, date.fromisoformat(options.built))
    except (OSError, ValueError) as error:
        print(f"amparo-licence: {error}", file=sys.stderr)
        return 2
    client = Client(options.service, product, folder=options.folder, keys=keys, language=options.language)
    try:
        told = _act(client, options)
    except Refused as refusal:
        remedy = refusal.remedy or {}
        _tell({"code": refusal.code, "detail": refusal.detail, "remedy": refusal.remedy}, options,
              f"{refusal.code}: {refusal.detail}\n  {remedy.get('label', '')} {remedy.get('url', '')}".rstrip())  # fmt: skip
        return 1
    except NotReached as error:
        _tell({"code": "NOT_REACHED", "detail": str(error)}, options, f"NOT_REACHED: {error}")
        return 3
    except OSError as error:
        print(f"amparo-licence: {error}", file=sys.stderr)
        return 2
    _tell(told, options, str(told.pop("text", "")) or json.dumps(told, ensure_ascii=False, indent=2))
    return 0


def _act(client: Client, options: argparse.Namespace) -> dict[str, Any]:
    command = options.command
    if command == "status":
        verdict = client.state(shop_is_open=options.open)
        claims = client.claims()
        return {
            "mode": verdict.mode, "code": verdict.code, "until": verdict.until.isoformat() if verdict.until else None, "warn": verdict.warn,
            "device": client.device_code, "licence": claims["licence"] if claims else None,
        }  # fmt: skip
    if command == "activate":
        answer = client.activate(options.serial, terminal=options.terminal, edition=options.edition)
        return {"code": answer["code"], **answer["activation"], "notices": answer["notices"]}
    if command == "refresh":
        answer = client.refresh()
        return {"code": answer["code"], **answer["activation"], "notices": answer["notices"]}
    if command == "release":
        return {"code": "OK", "receipt": client.release()}
    if command == "give-back":
        return _written(client.give_back_offline(), options.out)
    if command == "request":
        letters = client.offline_request()
        if options.address:
            return {"text": offline.address(client.service, letters), "address": offline.address(client.service, letters)}
        return _written(offline.armoured(letters), options.out)
    if command == "load":
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
        claims = client.load(text)
        return {"code": "OK", "licence": claims["licence"], "activation": claims["activation"], "serial": claims["serial"]}
    if command == "update":
        return {"code": "OK", "update": client.update(options.channel)}
    if command == "report":
        return client.report_version()
    if command == "validate":
        return client.validate()
    return {"code": "OK", "keys": client.learn_keys()}


def _written(text: str, out: str) -> dict[str, Any]:
    if out == "-":
        return {"text": text.rstrip("\n"), "file": text}
    Path(out).write_text(text, encoding="ascii")
    return {"code": "OK", "written": out}


def _tell(found: dict[str, Any], options: argparse.Namespace, words: str) -> None:
    print(json.dumps(found, ensure_ascii=False) if options.json else words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amparo-licence", description=__doc__)
    parser.add_argument("--service", required=True, help="address of the service, as https://soporte.example")
    parser.add_argument("--product", required=True, help="code of the product")
    parser.add_argument("--version", required=True, help="version that is installed")
    parser.add_argument("--built", required=True, metavar="DAY", help="day of its build, as 2026-10-01")
    parser.add_argument("--folder", required=True, help="where the device's key and licence lie")
    parser.add_argument("--keys", required=True, metavar="FILE", help="the pinned key set (JSON)")
    parser.add_argument("--language", default="es", choices=("es", "en"))
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    status = verbs.add_parser("status", help="say what the program may do now; needs no network")
    status.add_argument("--open", action="store_true", help="the shop is open")
    activate = verbs.add_parser("activate", help="activate with a serial")
    activate.add_argument("serial")
    activate.add_argument("--terminal", required=True, help="how people call this computer")
    activate.add_argument("--edition", default="")
    verbs.add_parser("refresh", help="begin a new lease")
    verbs.add_parser("release", help="give the seat back")
    request = verbs.add_parser("request", help="write a request, for a computer without network")
    request.add_argument("--out", default="-", metavar="FILE")
    request.add_argument("--address", action="store_true", help="as the address of a picture")
    back = verbs.add_parser("give-back", help="wipe the licence without network and write the word that frees the seat")
    back.add_argument("--out", default="-", metavar="FILE")
    load = verbs.add_parser("load", help="load a licence file; - reads standard input")
    load.add_argument("file")
    update = verbs.add_parser("update", help="ask which update is due")
    update.add_argument("--channel", default="stable")
    verbs.add_parser("report", help="tell the service which version runs")
    verbs.add_parser("validate", help="ask the service how the licence stands")
    verbs.add_parser("keys", help="learn a newer key set that a trusted key has signed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
