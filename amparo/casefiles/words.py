"""A case file on paper and in words, in the language that is active. CAS-7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from amparo.casefiles.rules.paper import PAPERS, SOFT, Frame, Paper
from amparo.casefiles.rules.proof import grouped
from amparo.cases import words as cases
from amparo.charging.queries import line_label
from amparo.chat import words as chat_words
from amparo.files.models import StoredFile
from amparo.kernel.ids import format_nic
from amparo.quotations.queries import LABELS
from amparo.remote import words as remote_words
from amparo.ui import formats

Line = Mapping[str, Any]
BLOCKS = {
    "hold_case": gettext_lazy("A hold on the case"),
    "hold_customer": gettext_lazy("A hold on the customer"),
    "complaint": gettext_lazy("An open complaint"),
    "linked": gettext_lazy("A linked case is still open"),
    "reaction": gettext_lazy("Something that follows from the case is still being done"),
}
AUTHORS = {"customer": gettext_lazy("customer"), "staff": gettext_lazy("our staff"), "system": gettext_lazy("the service")}
COMPLAINT_PARTS = {
    "reasons": gettext_lazy("Reasons of the customer"),
    "words": gettext_lazy("Said in the complaint"),
    "question": gettext_lazy("Question to the research and development director"),
    "opinion": gettext_lazy("Opinion of the research and development director"),
    "ruling.upheld": gettext_lazy("Ruling: upheld"),
    "ruling.partly": gettext_lazy("Ruling: partly upheld"),
    "ruling.dismissed": gettext_lazy("Ruling: dismissed"),
    "ruling.lapsed": gettext_lazy("Decided for the customer by lapse of time"),
}
CHARGE_STATES = {
    "proposed": gettext_lazy("price proposed"),
    "consented": gettext_lazy("consented to, not reserved"),
    "reserved": gettext_lazy("reserved"),
    "final": gettext_lazy("charged"),
    "released": gettext_lazy("given back whole"),
    "withdrawn": gettext_lazy("price withdrawn"),
}


def readme(number: str, fingerprint: str, url: str, gaps: Sequence[str] = ()) -> str:
    """Return what somebody who opens the archive reads first; `gaps` are what was broken or gone when it was made."""
    return "\n".join(
        [
            _("Case file of %(number)s") % {"number": number},
            "",
            _("case.pdf is the whole record, to be read. facts.jsonl and record.jsonl are the same for machines; files/ holds what was attached."),
            _("manifest.json lists every member with its SHA-256, and manifest.sig is its Ed25519 signature: any change can be found."),
            *([_("Not in it, for it was broken or gone in the store when the file was made: %(names)s") % {"names": ", ".join(gaps)}] if gaps else []),
            "",
            _("To verify it:  amparo verify-case FILE"),
            _("or docs/verify_case.py, which needs Python and the package «cryptography» alone; docs/case-file.md tells the format."),
            _("The key that signed it has the fingerprint"),
            f"  {fingerprint}",
            _("It must be one of those that are published at %(url)s") % {"url": f"{url}/case-files/key"},
            "",
        ]
    )


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


class Printed:
    """The paper of one case: its front, its story line by line, and its back with the proof."""

    def __init__(
        self, out: BinaryIO, header: Line, rest: Sequence[Line], *, zone: ZoneInfo, at: datetime, language: str, vendor: str,
        fingerprint: str, url: str, broken: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Take what is printed; `broken` says of recordings, by their number, what does not hold, for who reads."""
        self.broken = broken
        self.header, self.zone, self.at, self.url, self.fingerprint = header, zone, at, url, fingerprint
        self.kinds: dict[str, list[Line]] = {}
        for line in rest:
            self.kinds.setdefault(line["kind"], []).append(line)
        title = _("Case file of %(number)s") % {"number": header["number"]}
        self.paper = Paper(out, Frame(vendor, title, _("Page %(number)s"), language))

    def when(self, text: str | None) -> str:
        moment = _at(text)
        return formats.moment_full(moment, zone=self.zone) if moment else ""

    def front(self) -> None:
        """What the case was, what it cost and how it ended; then the heading of the story."""
        h, paper = self.header, self.paper
        paper.write(_("Case file"), size=10, colour=SOFT)
        paper.write(f"{h['number']} · {h['title']}", size=19, bold=True, leading=1.25)
        paper.gap(6)
        paper.pairs(
            [
                (_("Customer"), f"{h['customer']['name']} (NIC {format_nic(h['customer']['nic'])})"),
                (_("Opened by"), h["contact"]),
                (_("Kind of service"), str(cases.KINDS.get(h["kind_of_service"], ""))),
                (_("Product"), h["product"]),
                (_("Contract"), h["contract"]),
                (_("Opened"), self.when(h["created_at"])),
                (_("State"), cases.state_words(h["state"], h["kind_of_service"], staff=False)),
                (_("Closed"), self.when(h["closed_at"])),
                (_("Reason of the closing"), str(cases.REASONS.get(h["close_reason"], ""))),
                (_("Time of attention"), cases.minutes(h["clock_seconds"]) if h["clock_seconds"] else ""),
                (_("What the customer was told"), h["explanation"]),
                (_("It would cost"), cases.amounts(h["told"]) if h["told"] else ""),
                (_("Consent"), self._consent(h)),
                (_("Made"), self.when(self.at.isoformat())),
            ]
        )
        self._requests()
        self._charges()
        self._orders()
        self._closings()
        self._needs()
        self._times()
        self._links()
        paper.heading(_("What was said and done"))

    def _consent(self, h: Line) -> str:
        if not h["consent_at"]:
            return ""
        how = str(cases.HOWS.get(h["consent_how"], h["consent_how"]))
        return ", ".join(filter(None, [h["consent_by"], how, self.when(h["consent_at"])]))

    def _requests(self) -> None:
        for request in self.kinds.get("request", []):
            title = _("Development request %(number)s, version %(version)s") % {"number": request["number"], "version": request["version"]}
            self.paper.heading(title, size=11)
            self.paper.write(request["title"], bold=True)
            self.paper.pairs([
                (_("Product"), f"{request['product']} {request['product_version']}".strip()),
                *((str(label), request[part]) for part, label in LABELS.items()),
                (_("Files"), "\n".join(one["name"] for one in request["files"])),
                (_("Sent"), f"{request['sent_by']}, {self.when(request['sent_at'])}"),
                (_("Fingerprint of the specification"), request["sha256"]),
                (_("Frozen by its order"), self.when(request["frozen_at"]) if request["frozen_sha256"] == request["sha256"] else ""),
            ])  # fmt: skip

    def _charges(self) -> None:
        charges = self.kinds.get("charge", [])
        if not charges:
            return
        paper = self.paper
        paper.heading(_("Charges"))
        for charge in charges:
            lines = (charge["way"] or {}).get("lines", [])
            what = "; ".join(line_label(line) for line in lines) or _("Service")
            paper.write(f"{what} — {CHARGE_STATES.get(charge['state'], charge['state'])}", bold=True)
            spent = [(one["unit"], one["charged"]) for one in charge["taken"] if one["charged"]]
            back = [(one["unit"], one["given_back"]) for one in charge["taken"] if one["given_back"]]
            paper.pairs(
                [
                    (_("Price"), formats.amounts([(t["unit"], t["amount"]) for t in (charge["way"] or {}).get("takes", [])])),
                    (_("Tariff version"), str(charge["tariff_version"])),
                    (_("Consent"), ", ".join(filter(None, [
                        charge["consented_by"], str(cases.HOWS.get(charge["consent_how"], "")), self.when(charge["consented_at"]),
                    ]))),
                    (_("Taken from"), ", ".join(dict.fromkeys(one["pocket"] for one in charge["taken"]))),
                    (_("Charged"), formats.amounts(spent) if spent else ""),
                    (_("Given back"), formats.amounts(back) if back else ""),
                    (_("Why less"), charge["lessened_because"]),
                    (_("Why it ended"), charge["ended_because"]),
                    (_("Ways that were not taken"), "; ".join(self._alternative(one) for one in charge["alternatives"])),
                ]
            )  # fmt: skip
            paper.gap(4)

    def _alternative(self, way: Line) -> str:
        taken = formats.amounts([(take["unit"], take["amount"]) for take in way.get("takes", [])])
        return _("%(cost)s (worth %(value)s credits)") % {"cost": taken, "value": way.get("tariff_value", "?")}

    def _orders(self) -> None:
        for order in self.kinds.get("order", []):
            self.paper.heading(_("Order"), size=11)
            self.paper.write(order["description"])
            self.paper.pairs([
                (_("Price"), cases.amounts(order["told"])), (_("Travel expenses"), order["travel"]),
                (_("Delivery on"), order["delivery_on"] or ""), (_("Proposed"), f"{order['proposed_by']}, {self.when(order['proposed_at'])}"),
                (_("Answered"), ", ".join(filter(None, [order["answered_by"], self.when(order["answered_at"])]))),
            ])  # fmt: skip

    def _closings(self) -> None:
        for closing in self.kinds.get("closing", []):
            self.paper.heading(_("Proposal of closing"), size=11)
            self.paper.write(closing["summary"])
            self.paper.pairs([
                (_("Reason of the closing"), str(cases.REASONS.get(closing["reason"], closing["reason"]))),
                (_("Why it is not possible"), closing["explanation"]), (_("Procedure"), closing["procedure"]),
                (_("Proposed"), f"{closing['proposed_by']}, {self.when(closing['proposed_at'])}"),
                (_("Answered"), ", ".join(filter(None, [closing["answered_by"], self.when(closing["answered_at"])]))),
                (_("Refused because"), closing["refusal"]),
            ])  # fmt: skip

    def _needs(self) -> None:
        for need in self.kinds.get("need", []):
            self.paper.heading(_("Need that came up"), size=11)
            self.paper.write(need["description"])
            self.paper.pairs([
                (_("Raised"), f"{need['raised_by']}, {self.when(need['raised_at'])}"),
                (_("Chosen"), ", ".join(filter(None, [need["chosen_by"], self.when(need["chosen_at"])]))),
            ])  # fmt: skip

    def _times(self) -> None:
        runs, calls = self.kinds.get("clock_run", []), self.kinds.get("call", [])
        if runs:
            self.paper.heading(_("Runs of the clock"), size=11)
            for run in runs:
                self.paper.write(f"{self.when(run['started_at'])} – {self.when(run['stopped_at'])} · {run['started_by']}")
        if calls:
            self.paper.heading(_("Telephone calls"), size=11)
            for call in calls:
                self.paper.write(f"{self.when(call['started_at'])} · {call['taken_by']} · {call['about']}")

        for chat in self.kinds.get("chat", []):
            self._chat(chat)
        for one in self.kinds.get("class", []):
            self._class(one)
        self._recordings()

    def _chat(self, chat: Line) -> None:
        """A chat of the case, message by message, on the paper of whoever said it. CAS-1, CHT-2."""
        self.paper.heading(_("Chat %(number)s, %(when)s") % {"number": chat["number"], "when": self.when(chat["opened_at"])}, size=11)
        for line in (one for one in self.kinds["chat_message"] if one["chat"] == chat["number"]):
            if line["what"] == "event":
                self.paper.write(f"{self.when(line['at'])} · {chat_words.sentence(line['event'], line['data'])}", size=8)
            else:
                self.entry({**line, "via": "chat"})

    def _class(self, one: Line) -> None:
        """A class of the case: who was there, what was written, its recording. LIV-3."""
        paper = self.paper
        paper.heading(_("Class «%(title)s», %(when)s") % {"title": one["title"], "when": self.when(one["starts_at"])}, size=11)
        film = "; ".join(f"{file['name']} ({formats.size(file['size'])})" for file in one["files"]) or one["recording_url"]
        paper.pairs([
            (_("Instructor"), one["instructor"]), (pgettext("class", "Began"), self.when(one["began_at"])),
            (pgettext("class", "Ended"), self.when(one["ended_at"])),
            (_("Who was there"), ", ".join(f"{row['name']} ({cases.minutes(row['minutes'] * 60)})" for row in one["people"])), (_("Recording"), film),
        ])  # fmt: skip
        if one["broken"]:
            paper.write(_("The recording is broken and not in this file."), bold=True)
        for line in one["lines"]:
            paper.write(f"{line['author']} · {self.when(line['at'])}", size=8, bold=True, indent=8)
            paper.write(line["body"], indent=8)

    def _recordings(self) -> None:
        """The recordings of remote sessions, those that are broken named as such. LIV-2."""
        if told := [one for one in self.kinds.get("remote_session", []) if one["recording"] or one["broken"]]:
            self.paper.heading(_("Recordings of remote sessions"), size=11)
            for one in told:
                self.paper.write(" · ".join([one["number"], self.when(one["started_at"]), one["engineer"], one["recording"]]).rstrip(" ·"))
                if one["broken"]:
                    self.paper.write(_("The recording is broken and not in this file."), bold=True)
                    self.paper.write(self.broken.get(one["number"]) or remote_words.film_fault(), size=8, colour=SOFT)

    def _links(self) -> None:
        if links := self.kinds.get("linked_case", []):
            self.paper.heading(_("Linked cases"), size=11)
            self.paper.write(", ".join(f"{one['number']} ({cases.WHYS.get(one['why'], one['why'])})" for one in links))

    def entry(self, line: Line) -> None:
        """One thing said: on the paper of whoever said it."""
        paper = self.paper
        ground = PAPERS[line["author_kind"]]
        paper.gap(3)
        paper.need(34)
        author = line["author"] or str(AUTHORS[line["author_kind"]])
        paper.write(f"{author} · {AUTHORS[line['author_kind']]} · {self.when(line['at'])}", size=8, bold=True, indent=8, ground=ground)
        paper.write(line["body"], indent=8, ground=ground)
        for one in line["files"]:
            missing = "" if one["member"] else " · " + _("no longer in the store")
            paper.write(
                _("File: %(name)s (%(size)s), SHA-256 %(hash)s…") % {
                    "name": one["name"], "size": formats.size(one["size"]), "hash": one["sha256"][:16],
                } + missing, size=8, colour=SOFT, indent=8, ground=ground,
            )  # fmt: skip
        paper.gap(6)

    def fact(self, name: str, data: Line, actor: str, at: datetime) -> None:
        """One thing done, in a line; that somebody wrote is said by what was written."""
        if name in cases.SAID:
            return
        said = cases.sentence(name, data, staff=False)
        if said is not None:
            self.paper.write(" · ".join(filter(None, [formats.moment_full(at, zone=self.zone), actor, said.text])), size=8, colour=SOFT)
            self.paper.gap(3)

    def back(self, files: Iterable[StoredFile], chains: Iterable[tuple[str, int, str]]) -> None:
        """Complaints, agreements, files, and how all of it can be verified."""
        paper = self.paper
        self._complaints()
        if agreements := self.kinds.get("agreement", []):
            paper.heading(_("Agreements that governed the service"))
            for one in agreements:
                paper.write(_("%(title)s, version %(version)s") % {"title": one["title"], "version": one["version"]}, bold=True)
                paper.write(_("Accepted by %(name)s, %(when)s; text SHA-256 %(hash)s") % {
                    "name": one["accepted_by"], "when": self.when(one["accepted_at"]), "hash": one["sha256"],
                }, size=8, colour=SOFT)  # fmt: skip
        found = {file.sha256: file for file in files}
        if found:
            paper.heading(_("Files"))
            for sha256, file in sorted(found.items(), key=lambda one: one[1].pk):
                paper.write(f"{file.name} · {formats.size(file.size)}")
                paper.write(f"SHA-256 {sha256}", size=7.5, colour=SOFT)
        paper.heading(_("Proof"))
        paper.write(_("Every fact of this case carries the hash of the one before. The chains end with:"))
        for subject, count, head in chains:
            paper.write(f"{subject} · {count} · {head}", size=7.5, colour=SOFT)
        paper.gap(4)
        paper.write(_("The archive that this paper lies in is signed with the Ed25519 key of the fingerprint"))
        paper.write(grouped(self.fingerprint), size=8, bold=True)
        paper.write(_("published at %(url)s. Anybody can verify it without access to the service: docs/case-file.md tells how.") % {"url": f"{self.url}/case-files/key"})
        paper.close()

    def _complaints(self) -> None:
        for complaint in self.kinds.get("complaint", []):
            self.paper.heading(_("Complaint %(number)s") % {"number": complaint["number"]})
            self.paper.pairs([
                (_("Raised"), self.when(complaint["raised_at"])), (_("To be decided by"), self.when(complaint["due_at"])),
                (_("Decided"), self.when(complaint["decided_at"])),
            ])  # fmt: skip
            for part in complaint["parts"]:
                what = str(COMPLAINT_PARTS.get(part["what"], part["what"]))
                self.paper.write(" · ".join(filter(None, [what, part["author"], self.when(part["at"])])), size=8, bold=True)
                self.paper.write(part["text"])
                self.paper.gap(4)
