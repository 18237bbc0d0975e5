"""`amparo up`: everything on this machine. The embedded PostgreSQL (or DATABASE_URL), migrations, pages, worker, stream.

What dies is started again; one Ctrl-C (or SIGTERM) stops all; what was killed goes on at the next start.
"""

import argparse
import contextlib
import errno
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from amparo.project import debian, installation, prepare, service_role
from amparo.project.installation import Problem, Stamps
from amparo.project.parts import STOP_LIMIT_SECONDS, Part, Stopped, leave_no_child, load_once, spawn, stop_all
from amparo.project.postgres import Server

FIRST_ANSWER_LIMIT_SECONDS = 60
TELEPHONE_LOOK_SECONDS = 5
PORT_LIMIT_SECONDS = 15
DATABASE_NAME = "amparo"


def main(argv: Sequence[str]) -> int:
    """Start everything and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="amparo up", description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder of the data (AMPARO_DATA, else ./data)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="port of the pages; the stream takes the next, SCORM packages the one after (%(default)s)"
    )
    parser.add_argument(
        "--no-demo", action="store_true", help="no demonstration world: the first page asks who you are"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes for pages (%(default)s)")
    parser.add_argument("--threads", type=int, default=4, help="threads of each such process (%(default)s)")
    options = parser.parse_args(argv)
    service = Service(options)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, service.told_to_stop)
    try:
        service.start()
        service.look_after()
    except Stopped:
        pass
    finally:
        service.stop()
    return 0


def say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, flush=True)


class Service:
    """All parts of one installation on this machine."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.home = installation.data_folder(options.data)
        self.embedded = not os.environ.get("DATABASE_URL")
        self.server: Server | None = None
        self.parts: list[Part] = []
        self.stopping = False
        self.began = time.monotonic()
        self.telephone_looked_at = 0.0

    def told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self.stopping:
            self.stopping = True
            raise Stopped
        for part in self.parts:  # asked twice: at once
            part.kill()

    # -- start

    def start(self) -> None:
        """Bring everything up; return when the first page has been answered."""
        host, port = self.options.host, self.options.port
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(self.home.stat().st_mode & 0o711)
        os.environ["AMPARO_DATA"] = str(self.home)
        if self.embedded:
            self.server = Server(self.home)
            installation.ensure_secrets(self.home, database_exists=self.server.exists)
            self.server.start()
            os.environ["DATABASE_URL"] = self.server.url()
        else:
            installation.wait_for_database()
        patience = (
            PORT_LIMIT_SECONDS if (self.home / "run.json").exists() else 1
        )  # the parts of one that was killed
        for number in (port, port + 1, port + 2):
            wait_for_port(host, number, patience)
        self.addresses(host, port)
        self.media_addresses(host, port)
        self.prepare()
        self.step_down()
        load_once()
        log = self.home / "log"
        pages = ["--host", host, "--port", str(port), "--workers", str(self.options.workers)]
        pages += ["--threads", str(self.options.threads)]
        self.parts = [
            Part("web", pages, log / "web.log"),
            Part("stream", ["--host", host, "--port", str(port + 1)], log / "stream.log"),
            Part("scorm", ["--host", host, "--port", str(port + 2)], log / "scorm.log"),
            Part("worker", [], log / "worker.log"),
            *self.gateways(host, port, log),
        ]
        self.parts[0].start()
        self.wait_for_first_answer()  # alone: all of them beginning at once would make the first page wait longest
        for part in self.parts[1:]:
            part.start()
        self.greet()

    def addresses(self, host: str, port: int) -> None:
        """Tell the parts by which address people reach them, unless the settings do (behind a proxy)."""
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
        self.url = os.environ.get("AMPARO_URL") or f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
        self.local = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
        if "AMPARO_URL" not in os.environ:
            os.environ["AMPARO_URL"] = self.url
            stream = f"http://{f'[{shown}]' if ':' in shown else shown}:{port + 1}/events"
            os.environ.setdefault("AMPARO_STREAM_URL", stream)
            # By another name, so that not even a cookie is shared: browsers hold those by name, whatever the port.
            other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}.get(shown, shown)
            os.environ.setdefault("AMPARO_SCORM_URL", f"http://{f'[{other}]' if ':' in other else other}:{port + 2}")
            names = [
                "127.0.0.1",
                "localhost",
                "[::1]",
                *([socket.gethostname()] if shown != host else [host]),
            ]
            os.environ.setdefault("AMPARO_HOSTS", ",".join(dict.fromkeys(names)))

    def media_addresses(self, host: str, port: int) -> None:
        """Tell the parts where the gateway of sound and image will be, where Janus is installed. SEC-38."""
        self.media_port = 0
        if not debian.program("janus"):
            say(f"Not started: Janus ({debian.MEDIA.without}). Install {' '.join(debian.MEDIA.packages)}, or run `make setup`.")
            return
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
        behind_proxy = self.url.startswith("https://")
        self.media_port = int(os.environ.get("AMPARO_MEDIA_PORT") or (8188 if behind_proxy else free_port(host, port + 3)))
        self.admin_port, self.relay_port = free_port("127.0.0.1", 7088), int(os.environ.get("AMPARO_MEDIA_RELAY_PORT") or 0)
        direct = f"ws://{f'[{shown}]' if ':' in shown else shown}:{self.media_port}"
        os.environ.setdefault("AMPARO_MEDIA_URL", "/janus" if behind_proxy else direct)
        os.environ.setdefault("AMPARO_MEDIA_ADMIN", f"http://127.0.0.1:{self.admin_port}/admin")

    def gateways(self, host: str, port: int, log: Path) -> list[Part]:
        """Return the part that runs the gateways, none where Janus is not installed."""
        if not self.media_port:
            return []
        ports = ["--port", str(self.media_port), "--admin-port", str(self.admin_port), "--relay-port", str(self.relay_port)]
        return [Part("media", ["--host", host, *ports], log / "media.log")]

    def prepare(self) -> None:
        """Do what this start has to do: migrate, publish static files, load the demonstration world."""
        with Stamps() as stamps:
            used = stamps.database_is_used()
            installation.check_secrets(self.home, stamps)
            demo = self.demo_state(stamps, used)
        if demo == "again":
            self.start_demo_over()
            with Stamps() as stamps:
                demo = self.demo_state(stamps, used=False)
        steps = []
        with Stamps() as stamps:
            if stamps.get("migrations") != installation.migrations_state():
                steps.append("database")
            waits = demo == "none" and stamps.get("setup") != "done"
        if demo == "load":
            steps.append("demo")
        if waits and not (self.home / "setup-code").exists():
            steps.append("setup")
        jobs = [steps] if steps else []
        if not prepare.static_is_current():
            jobs.append(["static"])
        if jobs:
            say("Preparing:")
        running = [spawn([sys.executable, "-m", "amparo.project.prepare", *job], None) for job in jobs]
        try:
            failed = [job for job, process in zip(jobs, running, strict=True) if process.wait()]
        finally:
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if failed:
            raise Problem("the start could not be prepared; what failed stands above")

    def step_down(self) -> None:
        """Let the parts connect as the role that owns nothing; with a database of one's own, where one was made for it."""
        owner = os.environ["DATABASE_URL"]
        if self.server:
            url, role = self.server.service_url(), service_role.NAME
            if not service_role.is_ready(owner, role):
                service_role.make(owner, role, self.server.service_password())
                service_role.grant(owner, role)
        elif given := service_role.service_url():
            url, role = given, service_role.role_of(given)
            if not service_role.is_ready(owner, role):
                service_role.grant(owner, role)
        else:
            return
        os.environ["DATABASE_URL"] = url

    def demo_state(self, stamps: Stamps, used: bool) -> str:
        """Return "load", "none", "loaded", or "again" after a start that was killed while loading."""
        state = stamps.get("demo")
        if state == "loading":
            if self.embedded:
                return "again"
            raise Problem(
                "A start was killed while it loaded the demonstration world: give it a new, empty database."
            )
        if state is None:
            state = "none" if self.options.no_demo or used else "load"
            if state == "none":
                stamps.set("demo", state)
        return state

    def start_demo_over(self) -> None:
        """Throw away the half-loaded demonstration; there was nothing else in the database yet."""
        import psycopg

        assert self.server
        say("The demonstration world was only half loaded: starting it over")
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {DATABASE_NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE_NAME}")

    def wait_for_first_answer(self) -> None:
        deadline = time.monotonic() + FIRST_ANSWER_LIMIT_SECONDS
        while not answers(f"{self.local}/health", urlsplit(self.url).netloc):
            web = self.parts[0]
            web.look_after(lambda _text: None)
            if web.restarts >= 3 or time.monotonic() > deadline:
                raise Problem(f"the pages do not start. Last words of {web.log}:\n{web.last_words()}")
            time.sleep(0.05)

    def greet(self) -> None:
        """Print the address, and the people of the demonstration with their passwords."""
        running = {"url": self.url, "stream": os.environ.get("AMPARO_STREAM_URL", ""), "pid": os.getpid()}
        if self.media_port:
            running["media"] = os.environ["AMPARO_MEDIA_ADMIN"]
        installation.write_private(self.home / "run.json", json.dumps(running))
        say(f"\nAmparo is running: {self.url}    ({time.monotonic() - self.began:.1f} s)")
        say(f"data {self.home}, logs {self.home / 'log'}; Ctrl-C stops everything")
        code = self.home / "setup-code"
        if code.exists():
            say(
                "\nNobody is here yet: the first page asks who you are, whose service this is, and for this code."
            )
            say(f"Set-up code: {code.read_text().strip()}")
        people = self.home / "demo-people.json"
        if people.exists() and not self.options.no_demo:
            say("\nPeople of the demonstration:")
            for line in table(json.loads(people.read_text())):
                say(f"  {line}")
        say("")

    # -- while it runs

    def look_after(self) -> None:
        """Start again what dies, until told to stop."""
        while True:
            if self.server and not self.server.alive():
                say("PostgreSQL ended; it is started again, and recovers what was committed")
                self.server.stop()
                self.server.start()
            for part in self.parts:
                part.look_after(say)
            self.look_after_telephone()
            time.sleep(0.25)

    def look_after_telephone(self) -> None:
        """Run the part that listens to telephone exchanges while one is set up that must be listened to."""
        if time.monotonic() < self.telephone_looked_at + TELEPHONE_LOOK_SECONDS:
            return
        self.telephone_looked_at = time.monotonic()
        part = next((one for one in self.parts if one.name == "telephone"), None)
        wanted = exchange_is_set_up(os.environ["DATABASE_URL"])
        if wanted and part is None:
            self.parts.append(Part("telephone", [], self.home / "log" / "telephone.log"))
        elif wanted is False and part is not None:
            part.ask_to_stop()
            part.wait(time.monotonic() + STOP_LIMIT_SECONDS)
            self.parts.remove(part)

    # -- stop

    def stop(self) -> None:
        """Stop all parts, then the database; leave no process."""
        self.stopping = True
        if self.parts:
            say("Stopping …")
        stop_all(self.parts)
        if self.parts:
            (self.home / "run.json").unlink(missing_ok=True)
        if self.server:
            self.server.stop()
        leave_no_child()
        if self.parts:
            say("Everything has stopped.")


def exchange_is_set_up(url: str) -> bool | None:
    """Tell whether any telephone exchange is set up that must be listened to; None where the database does not say."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=3) as asked:
            row = asked.execute("SELECT EXISTS (SELECT FROM live_exchange WHERE is_active AND kind IN ('ami', 'sip'))").fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return None


def wait_for_port(host: str, port: int, limit_seconds: float) -> None:
    """Return when the port can be taken. Raises Problem when somebody keeps it."""
    deadline = time.monotonic() + limit_seconds
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise Problem(f"{host}:{port} cannot be listened on: {error.strerror}") from None
        if time.monotonic() > deadline:
            raise Problem(
                f"Port {port} is taken. Choose another with --port (the next two are taken too)."
            )
        time.sleep(0.2)


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port, or another that is free, where somebody has it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for number in (wanted, 0):
            with contextlib.suppress(OSError):
                probe.bind((host, number))
                return int(probe.getsockname()[1])
    raise Problem(f"{host} has no free port for the gateway of sound and image.")


def answers(url: str, name: str) -> bool:
    """Tell whether the address answers to the name by which people call it."""
    try:
        request = urllib.request.Request(url, headers={"Host": name})  # noqa: S310
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def table(people: list[dict[str, str]]) -> list[str]:
    """Return the people as lines with columns of even width."""
    rows = [[str(value) for value in person.values()] for person in people]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
