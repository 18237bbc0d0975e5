"""From facts of complaints to notices: each step to the customer, each deadline to quality control and its head. COM-7, TIM-6."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.complaints import queries, words
from amparo.complaints.models import Complaint, Opinion
from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.people.queries import recipients, staff_with
from amparo.policies.queries import value
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import moment, subject, when, zone

Writing = Callable[[Reader], Words]


def _complaint(fact: FactRow) -> tuple[Complaint, Matter] | None:
    """Return the complaint of a fact, and how a notice names it; None for any other thing."""
    kind, _sep, number = fact.subject.partition(":")
    if kind != "complaint" or not number.isdecimal():
        return None
    found = Complaint.objects.select_related("case__thread").filter(pk=int(number)).first()
    if found is None:
        return None
    thread = found.case.thread
    matter = Matter(
        "complaint", found.pk, found.number, thread.title, found.customer_id, thread.opened_by_id, found.judge_id, found.due_at
    )
    return found, matter


def _tell(kind: str, fact: FactRow, matter: Matter, people: Iterable[Reader], write: Writing, *, also_actor: bool = False) -> None:
    told, seen = [], set()
    for reader in people:
        if reader.user_id in seen or (not also_actor and fact.actor_ref == f"user:{reader.user_id}"):
            continue
        seen.add(reader.user_id)
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=matter.customer_id, fact_id=fact.id, at=moment(fact))


# --- who -------------------------------------------------------------------------------------------------------------


def _customer(complaint: Complaint, matter: Matter) -> list[Reader]:
    """Return who raised it, who opened the case, and the company's administrators. COM-7."""
    raiser = [
        Reader(one.user_id, one.language, one.time_zone)
        for one in recipients(matter.customer_id)
        if one.user_id == complaint.raised_by_id
    ]
    return raiser + readers.who_decides(matter)


def _quality(complaint: Complaint) -> list[Reader]:
    """Return quality control, without who worked on the case. COM-2."""
    out = queries.barred(complaint)
    return [one for one in readers.staff("quality") if one.user_id not in out]


def _head(fact: FactRow) -> list[Reader]:
    """Return the head of quality control: the person that the settings name, else the administrators. TIM-6."""
    named = value("complaints.head", at=moment(fact)).strip().lower()
    found = [user for user in staff_with() if named and user.email == named]
    return [Reader(user.pk, user.language, user.time_zone) for user in found] or readers.staff("administrator")


def _judge(complaint: Complaint) -> list[Reader]:
    """Return who judges it; while nobody has taken it, quality control."""
    quality = _quality(complaint)
    return [one for one in quality if one.user_id == complaint.judge_id] or quality


def _directors(complaint: Complaint, opinion: Opinion) -> list[Reader]:
    people = queries.whom_to_ask(complaint, asker_id=opinion.asked_by_id)
    return [Reader(user.pk, user.language, user.time_zone) for user in people]


def _by(complaint: Complaint, reader: Reader) -> tuple[str, str]:
    return (_("Decided by"), formats.moment_full(complaint.due_at, zone=zone(reader)))


# --- the customer ----------------------------------------------------------------------------------------------------


def raised(fact: FactRow) -> None:
    """Acknowledge a complaint with its deadline, and tell quality control. COM-1, COM-7."""
    if (found := _complaint(fact)) is None:
        return
    complaint, matter = found

    def write(reader: Reader) -> Words:
        return Words(
            title=_("We have your complaint %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(
                _("Quality control, nobody who worked on the case, decides it with reasons. What is reserved stays as it is meanwhile."),
                _("If nobody decides in that time, it is decided for you."),
            ),
            figures=(_by(complaint, reader),),
            action=_("Follow the complaint"),
        )

    def write_desk(reader: Reader) -> Words:
        return Words(
            title=_("A customer raised a complaint: %(matter)s") % {"matter": subject(matter)},
            url=matter.desk_url,
            paragraphs=(excerpt(fact.data["reasons"], 600),),
            figures=(_by(complaint, reader),),
            action=_("Open it"),
        )

    _tell("complaint", fact, matter, _customer(complaint, matter), write, also_actor=True)
    _tell("quality", fact, matter, _quality(complaint) or _head(fact), write_desk)


def _step(fact: FactRow, title: Callable[[Matter], str], text: Callable[[Complaint, Reader], str]) -> None:
    if (found := _complaint(fact)) is None:
        return
    complaint, matter = found

    def write(reader: Reader) -> Words:
        return Words(
            title=title(matter), url=matter.portal_url, paragraphs=(text(complaint, reader),),
            figures=(_by(complaint, reader),), action=_("Follow the complaint"),
        )  # fmt: skip

    _tell("complaint", fact, matter, _customer(complaint, matter), write)


def taken(fact: FactRow) -> None:
    """Tell the customer that its complaint is in review. COM-7."""
    _step(
        fact,
        lambda matter: _("Your complaint is in review: %(matter)s") % {"matter": subject(matter)},
        lambda complaint, reader: _("A person of quality control who did not work on the case has taken it."),
    )


def opinion_asked(fact: FactRow) -> None:
    """Tell the director what he is asked, and the customer that it is. COM-7, TIM-7."""
    if (found := _complaint(fact)) is None:
        return
    complaint, matter = found
    opinion = Opinion.objects.get(pk=fact.data["opinion"])
    _step(
        fact,
        lambda matter: _("A technical opinion is asked for: %(matter)s") % {"matter": subject(matter)},
        lambda complaint, reader: _("The research-and-development director gives it in writing by %(day)s. Your complaint's own time goes on.")
        % {"day": when(fact.data["due_at"], reader)},
    )

    def write(reader: Reader) -> Words:
        return Words(
            title=_("Your opinion is asked: %(matter)s") % {"matter": subject(matter)},
            url=f"/desk/complaints/opinions/{opinion.pk}/",
            paragraphs=(excerpt(opinion.question, 600),),
            figures=((_("Due"), when(fact.data["due_at"], reader)),),
            action=_("Answer in writing"),
        )

    _tell("opinion", fact, matter, _directors(complaint, opinion), write)


def opinion_given(fact: FactRow) -> None:
    """Tell the judge that the opinion is there, and the customer that it was given. COM-7."""
    _step(
        fact,
        lambda matter: _("The technical opinion was given: %(matter)s") % {"matter": subject(matter)},
        lambda complaint, reader: _("Quality control has it and decides next. You read it with the decision."),
    )
    _desk("opinion", fact, _judge, lambda: _("The opinion was given"))


def said(fact: FactRow) -> None:
    """Tell the other side that something was added. COM-7."""
    if fact.data["by"] == "staff":
        _step(
            fact,
            lambda matter: _("Quality control writes to you: %(matter)s") % {"matter": subject(matter)},
            lambda complaint, reader: _("There are new words in your complaint."),
        )
    else:
        _desk("quality", fact, _judge, lambda: _("The customer added to a complaint"))


def decided(fact: FactRow) -> None:
    """Tell the customer how it was decided, why, and what that brings; and the staff concerned. COM-4 to COM-7."""
    if (found := _complaint(fact)) is None:
        return
    complaint, matter = found
    told = fact.data

    def write(reader: Reader) -> Words:
        why = excerpt(told["reasons"], 1200) if told["reasons"] else _("By our own rule, a complaint that is not decided in its time is decided for its customer.")
        return Words(
            title=f"{words.decided(told['outcome'])}: {subject(matter)}",
            url=matter.portal_url,
            paragraphs=(why, *words.brought(told)),
            action=_("Read the decision"),
        )

    _tell("ruling", fact, matter, _customer(complaint, matter), write)


    def write_desk(reader: Reader) -> Words:
        title = _("A complaint lapsed and is decided for the customer: %(matter)s") % {"matter": subject(matter)}
        return Words(title=title, url=matter.desk_url, paragraphs=tuple(words.brought(told)), action=_("Open it"))

    if told["outcome"] == "lapsed":
        _tell("promise_lapsed", fact, matter, [*_quality(complaint), *_head(fact)], write_desk)


def withdrawn(fact: FactRow) -> None:
    """Tell quality control that it has nothing to decide any more."""
    _desk("quality", fact, _judge, lambda: _("The customer withdrew a complaint"))


# --- the desk --------------------------------------------------------------------------------------------------------


def _desk(kind: str, fact: FactRow, people: Callable[[Complaint], list[Reader]], title: Callable[[], str]) -> None:
    if (found := _complaint(fact)) is None:
        return
    complaint, matter = found

    def write(reader: Reader) -> Words:
        return Words(title=f"{title()}: {subject(matter)}", url=matter.desk_url, figures=(_by(complaint, reader),), action=_("Open it"))

    _tell(kind, fact, matter, people(complaint), write)


def warned(fact: FactRow) -> None:
    """Warn quality control and its head before a complaint lapses, and the director before his opinion is late. TIM-6, TIM-7."""
    percent = fact.data["percent"]
    if fact.data["kind"] == "complaint":
        _desk(
            "promise_warned", fact, lambda complaint: [*_quality(complaint), *_head(fact)],
            lambda: _("%(percent)s %% of the time of a complaint has passed; silence decides against us") % {"percent": percent},
        )  # fmt: skip
    elif fact.data["kind"] == "opinion":
        _asked("promise_warned", fact, lambda: _("%(percent)s %% of the time of an opinion has passed") % {"percent": percent})


def lapsed(fact: FactRow) -> None:
    """Tell the director and the judge that an opinion is late; it extends nothing. COM-6, TIM-7."""
    if fact.data["kind"] == "opinion":
        _asked("promise_lapsed", fact, lambda: _("An opinion is late"))


def _asked(kind: str, fact: FactRow, title: Callable[[], str]) -> None:
    opinion = Opinion.objects.filter(promise=fact.data["promise"], answered_at=None, ended_at=None).first()
    if opinion is not None:
        _desk(kind, fact, lambda complaint: [*_directors(complaint, opinion), *_judge(complaint)], title)
