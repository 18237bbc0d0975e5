"""What each address of the service names, in the world of the walk: one of everything, made through the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amparo.defects.models import Defect
from amparo.kernel import clock

from . import matrix


def named(w: Any) -> Callable[[matrix.Route], dict[str, Any]]:
    """Return what gives the value of each parameter of an address, by name; by route where a name means several things."""
    mine = w.mine
    common = {
        "customer_id": mine.customer.pk, "licence_id": mine.licence.pk, "terminal_id": mine.terminal.pk, "contract_id": mine.contract.pk,
        "product_id": w.product.pk, "release_id": w.release.pk, "plan_id": w.plan.pk, "batch_id": w.batch.pk, "card_id": w.card.pk,
        "number": mine.ticket.pk, "case_id": mine.case.pk, "need_id": mine.need.pk, "contact_id": mine.contact.pk,
        "invitation_id": mine.invitation.pk, "user_id": w.staff["moderator"].user_id, "thread_id": mine.ticket.thread_id,
        "template_id": w.template.pk, "defect_id": Defect.objects.order_by("pk").first().pk, "call_id": mine.call.pk,
        "charge_id": mine.need.charge_id, "public_id": mine.stored.public_id, "calendar_id": _calendar(), "run_id": 1, "pk": 1,
        "place": "ticket:new", "code": "answer.ticket", "key": "tickets.nothing", "colour": "0f6b6b", "kind": "customers",
        "choice": "now", "what": "start", "unit": "credit", "which": "used", "form": "csv", "token": "x", "uidb36": "1",
    }  # fmt: skip
    special = {
        ("files:file", "name"): mine.stored.name, ("chat:widget_file", "name"): mine.stored.name, ("policies:logo", "name"): "0" * 64 + ".png", ("desk_policies:setting", "key"): "files.megabytes_max",
        ("desk_people:answer_invitation", "what"): "resend", ("desk_people:switch_member", "what"): "sessions",
        **{(f"desk_charging:{name}", "number"): _tariff() for name in ("tariff", "revise", "publish", "discard")},
        ("desk_web:reconciliation", "run_id"): _reconciliation(),
        **{(f"desk_contracts:{name}", "run_id"): _import() for name in ("import", "import_apply", "import_drop")},
        ("desk_cases:decide", "choice"): "closing", ("account_confirm_email", "key"): "no-such-key", ("account_reset_password_from_key", "key"): "set-password",
    }  # fmt: skip
    special |= _case_file(w)
    common |= _mail(w)
    common |= _selling(w)
    common |= _complained(w)
    common |= _specified(w)
    special |= _agreed(w)
    special |= _articles(w)
    common |= _activated(w)
    special |= {("sales:buy", "kind"): "card", ("web:product", "code"): w.product.code.lower(), ("web:sitemap_part", "kind"): "article"}
    special |= {(f"activation:v1_{verb}", "public_id"): "A2B3C4D5E6F7G8H9J2K3" for verb in ("refresh", "release", "version", "update")}
    special |= {("scan:scanned", "text"): "AAAA", ("activation:v1_elsewhere", "rest"): "nothing"}
    special |= _searched(w)
    special |= _chatted(w)
    special |= _gathered(w)
    special |= _telephone(w)
    special |= _remote(w)
    of_forum = _forum(w)
    special |= {(r.name, n): of_forum[n] for r in matrix.routes() for n in of_forum if r.name.startswith(("forum:", "desk_forum:")) or n == "topic_id"}
    special |= _filmed_and_written(w)
    special |= _taught(w)
    special |= _released(w)
    quoted, of_routes = _quoting(w)
    common |= quoted
    special |= of_routes
    return lambda route: {name: special.get((route.name, name), common.get(name)) for name in route.parameters}


def _filmed_and_written(w) -> dict[tuple[str, str], object]:
    """A video and a post that anybody may see. The video's file is described but not there: what is judged is who is asked for it."""
    from amparo.blog import commands as blog
    from amparo.kernel.actor import SYSTEM
    from amparo.videos import commands as videos
    from amparo.videos.models import Video

    at = clock.now()
    video = videos.add_video("Corte de caja", description="Cómo se hace.", theme="Caja", actor=SYSTEM, at=at)
    for kind in ("captions", "chapters"):
        videos.save_track(video, kind=kind, language="es", text="WEBVTT\n\n00:00.000 --> 00:01.000\nAbrir", actor=SYSTEM, at=at)
    rendition = {"name": "720.mp4", "size": 1, "sha256": "0" * 64, "width": 320, "height": 180}
    Video.objects.filter(pk=video.pk).update(folder="f" * 32, milliseconds=9000, media={"720.mp4": rendition, "poster.jpg": rendition})
    videos.publish(Video.objects.get(pk=video.pk), actor=SYSTEM, at=at)
    upload = videos.begin_upload(video, "x.mp4", 9, actor=w.staff["editor"], at=at)
    post = blog.publish(blog.draft_post("Novedad", summary="x", body="x", tags="caja", actor=SYSTEM, at=at), actor=SYSTEM, at=at)
    found: dict[tuple[str, str], object] = {}
    for route in matrix.routes():
        if route.name.startswith(("videos:", "desk_videos:")):
            found |= {(route.name, "video_id"): video.pk, (route.name, "name"): "720.mp4", (route.name, "kind"): "captions", (route.name, "language"): "es",
                      (route.name, "public_id"): upload.public_id}  # fmt: skip
        if route.name.startswith(("blog:", "desk_blog:")):
            found |= {(route.name, "post_id"): post.pk, (route.name, "slug"): post.slug, (route.name, "tag"): "caja", (route.name, "code"): w.product.code.lower()}
    return found


def _telephone(w) -> dict[tuple[str, str], object]:
    """An exchange with a line of the operator's, a call that rings there, and one that was missed. TEL-3"""
    from amparo.live import commands as live
    from amparo.live import rules
    from amparo.live.models import Callback

    at, admin = clock.now(), w.staff["administrator"]
    exchange, _secret = live.add_exchange({"name": "Centro", "kind": "webhook"}, actor=admin, at=at)
    line = live.give_line(exchange, "101", user_id=w.staff["operator"].user_id, actor=admin, at=at)
    for call, state in (("m1", "missed"), ("r1", "ringing")):
        told = live.take_event(exchange, rules.Event(f"{call}-{state}", call, state, at, caller="+525500001111", extension="101"), at=at)
    found: dict[tuple[str, str], object] = {}
    for route in matrix.routes():
        if route.name.startswith(("live:", "desk_live:")) or route.name == "desk_web:unknown":
            lines = line.pk if route.name in ("desk_live:pause", "desk_live:line_take") else told.pk
            found |= {(route.name, "exchange_id"): exchange.pk, (route.name, "line_id"): lines, (route.name, "callback_id"): Callback.objects.get().pk,
                      (route.name, "call_id"): w.mine.call.pk, (route.name, "customer_id"): w.mine.customer.pk}  # fmt: skip
    return found


def _remote(w) -> dict[tuple[str, str], object]:
    """A session of the case that is over and was recorded: what is open belongs to its engineer alone. LIV-2"""
    from amparo.remote import commands
    from amparo.remote.tests import recorded

    engineer, at = w.staff["engineer"], clock.now()
    offer = commands.offer(w.mine.case, mode="control", key="m", actor=engineer, at=at)
    joined = commands.join(offer.code, address="203.0.113.1", resume="m", can=["view", "control"], at=at)
    session = recorded.session(commands.consent(joined, mode="control", shown="¿?", at=at), engineer, at=at)
    given = {"session_id": session.pk, "number": 1, "case_id": w.mine.case.pk}
    return {(route.name, name): value for route in matrix.routes() if route.name.startswith(("remote:", "desk_remote:")) for name, value in given.items()}


def _released(w) -> dict[tuple[str, str], object]:
    """The release of the world with a file for anybody registered, a right of the company's administrator, a task and an upload. UPD-2"""
    import tempfile
    from pathlib import Path

    from amparo.downloads import commands
    from amparo.downloads.commands.publishing import Sheet
    from amparo.downloads.commands.uploads import Described
    from amparo.downloads.models import RecallTask
    from amparo.kernel.actor import SYSTEM

    at = clock.now()
    publication = commands.prepare(w.product, w.release.version, Sheet(notes="Novedades"), released_on=at.date(), actor=SYSTEM, at=at)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "sdk.bin"
        source.write_bytes(b"octetos")
        artifact = commands.add_file(publication, source, Described("sdk"), actor=SYSTEM, at=at)
    commands.publish(publication, actor=SYSTEM, at=at)
    _grant, token = commands.grant(artifact, actor=w.mine.admin, at=at)
    task = RecallTask.objects.create(publication=publication, customer=w.mine.customer, opened_at=at)
    upload = commands.begin_upload(publication, "x.bin", 9, Described("tool"), actor=w.staff["developer"], at=at)
    given = {"artifact_id": artifact.pk, "token": token, "name": artifact.name, "product": w.product.code, "recall_id": task.pk,
             "public_id": upload.public_id, "release_id": w.release.pk}  # fmt: skip
    return {(route.name, name): value for route in matrix.routes() if route.name.startswith(("downloads:", "desk_downloads:"))
            for name, value in given.items()}  # fmt: skip


def _chatted(w):
    from amparo.chat import commands as chats

    site, _secret = chats.make_site("Página", ["https://www.example.com"], actor=w.staff["administrator"], at=clock.now())
    given = {"chat_id": w.mine.chat.pk, "what": "consent", "need_id": w.mine.need.pk, "choice": "now", "case_id": w.mine.case.pk}
    found = {(route.name, name): value for route in matrix.routes() if route.name.startswith(("chat:", "desk_chat:")) for name, value in given.items()}
    found |= {(route.name, "site_id"): site.public_id for route in matrix.routes() if route.name.startswith("chat:widget")}
    return found | {("desk_chat:site", "site_id"): site.pk, ("desk_chat:site_secret", "site_id"): site.pk, ("desk_chat:clock", "what"): "start",
                    ("chat:become", "what"): "ticket", ("chat:widget_become", "what"): "ticket"}  # fmt: skip


def _gathered(w):
    """An exclusive hour of the company, agreed to and running, with its administrator in the waiting room."""
    from amparo.classroom import commands as classes

    mine, at = w.mine, clock.now()
    made = classes.plan_hour(mine.customer, "Cierre de mes", at, minutes=60, people=10, key="matrix", actor=w.staff["engineer"], at=at)
    classes.agree(made, actor=mine.admin, at=at)
    classes.start(made, actor=w.staff["engineer"], at=at)
    place = classes.enter(made, actor=mine.admin, at=at)
    given = {"class_id": made.pk, "place_id": place.pk, "act": "admit"}
    return {(route.name, name): value for route in matrix.routes() if route.name.startswith(("classroom:", "desk_classroom:")) for name, value in given.items()}


def _searched(w):
    """Something that was not found and is to be written, and words that mean the same. SRC-2"""
    from amparo.conftest import NOON
    from amparo.kernel.actor import SYSTEM
    from amparo.search import commands as search

    task = search.make_task("caja rusa", actor=SYSTEM, at=NOON)
    group = search.set_synonyms("caja, mostrador", actor=SYSTEM, at=NOON)
    return {("desk_search:task_act", "task_id"): task.pk, ("desk_search:task_act", "act"): "take", ("desk_search:synonym", "group_id"): group.pk}


def _forum(w):
    """A topic of the company's administrator with an answer that was reported, and what a moderator did."""
    from amparo.forum import commands as forum
    from amparo.forum.queries import leave_path
    from amparo.kernel.actor import SYSTEM

    at, staff = clock.now(), w.staff["moderator"]
    theme = forum.put_theme(None, {"name": "Punto de venta"}, actor=SYSTEM, at=at)
    topic = forum.ask(theme, "No imprime el corte", forum.Written("Desde ayer.", has_proof=True, seconds=60), actor=w.mine.admin, at=at)
    post = forum.reply(topic, forum.Written("Revise el cable."), actor=staff, at=at)
    review = forum.flag(post, "wrong", actor=w.mine.admin, at=at)
    act = forum.pin(topic, actor=staff, at=at)
    return {
        "theme_id": theme.pk, "topic_id": topic.pk, "post_id": post.pk, "review_id": review.pk, "act_id": act.pk, "verb": "close",
        "place": f"topic:{topic.pk}", "word": leave_path(w.mine.admin.user_id, topic.subject).split("/")[-2],
    }  # fmt: skip


def _taught(w):
    """A course that is paid in credits, with a seat, somebody in it who passed, a quiz and a live class. SRC-4"""
    from datetime import timedelta

    from amparo.campus import commands as campus
    from amparo.campus.models import Certificate, Course, Seat
    from amparo.campus.tests.world import card_for, finish, lesson, published, question, started
    from amparo.conftest import NOON
    from amparo.kernel.actor import SYSTEM

    mine = w.mine
    open_course = published(title="Curso abierto", texts=1)
    live = lesson(open_course, "live", title="En vivo", is_required=False)
    asked = question(open_course)
    campus.publish(open_course, actor=SYSTEM, at=NOON)
    day = campus.plan_class(live, NOON - timedelta(hours=1), minutes=60, actor=SYSTEM, at=NOON)
    paid = published("credits", price=2, title="Curso pagado", texts=1, quiz={"attempts_max": 0})
    card_for(mine.customer.pk, 30)
    order = campus.buy_seats(paid, 2, key="matrix", actor=mine.admin, at=NOON)
    seat = Seat.objects.filter(order=order).order_by("number").first()
    passed = finish(started(Course.objects.get(pk=open_course.pk), mine.admin), mine.admin)
    lesson_id = passed.version.content["sections"][0]["lessons"][0]["id"]
    values = {
        "slug": paid.slug, "course_id": paid.pk, "section_id": paid.sections.first().pk, "lesson_id": lesson_id, "question_id": asked.pk,
        "seat_id": seat.pk, "enrolment_id": passed.pk, "date_id": day.pk, "certificate_id": Certificate.objects.get(enrolment=passed).pk,
        "code": Certificate.objects.get(enrolment=passed).shown_code,
    }  # fmt: skip
    return {(route.name, name): value for route in matrix.routes() if route.name.startswith(("campus:", "desk_campus:")) for name, value in values.items()}


def _activated(w):
    """An answer for a terminal without network, and a serial that the company asks to have registered."""
    from amparo.activation import commands
    from amparo.activation.tests.world import Device

    device = Device(version="10.1")
    made = commands.answer_request(w.mine.licence, device.text(clock.now(), product=w.product.code), terminal="Caja 9", actor=w.mine.admin, at=clock.now())
    asked = commands.ask_registration("MATRIZ-0001", w.product, terminals=1, actor=w.mine.admin, at=clock.now())
    return {"answer_id": made.pk, "registration_id": asked.pk}


def _mail(w):
    """A message that waits for the company's administrator to say which product, one behind an entry, a mailbox, an address that bounces."""
    from amparo.mailbox import commands as mailbox
    from amparo.mailbox.models import BouncingAddress, Mail
    from amparo.threads.models import Entry

    at, admin = clock.now(), w.staff["administrator"]
    box = mailbox.add_mailbox({"address": "soporte@amparo.mx", "name": "Soporte"}, actor=admin, at=at)
    first, second = (mailbox.take_in(b"From: a@b.mx\n\nhola %d" % n, source="deliver", at=at) for n in range(2))
    Mail.objects.filter(pk=first.pk).update(state="waiting", reason="which_product", user_id=w.mine.admin.user_id)
    entry = Entry.objects.filter(thread_id=w.mine.ticket.thread_id, is_internal=False).order_by("seq").first()
    Mail.objects.filter(pk=second.pk).update(state="said", entry_id=entry.pk)
    bouncing = BouncingAddress.objects.create(address="x@y.mx", first_at=at, last_at=at)
    return {"mail_id": first.pk, "entry_id": entry.pk, "mailbox_id": box.pk, "address_id": bouncing.pk}


def _agreed(w):
    """A document in force that the company accepted, and the draft of its next version."""
    from amparo.agreements import commands
    from amparo.agreements.tests.conftest import make_version, yes
    from amparo.kernel.actor import SYSTEM

    version = make_version("acuerdo", services=("chat",))
    said = yes(version, w.mine.admin)
    commands.draft_version(version.agreement, actor=SYSTEM, at=clock.now())
    given = {"code": "acuerdo", "version": 1, "acceptance_id": said.pk}
    return {
        (route.name, name): value for route in matrix.routes() if route.name.startswith(("agreements:", "desk_agreements:"))
        for name, value in given.items()
    }  # fmt: skip


def _articles(w):
    """An article that everybody reads, with a word, a flag and a file; its error code."""
    from amparo.editor import commands as editor
    from amparo.knowledge import commands
    from amparo.knowledge.models import Article, Attachment

    at, admin = clock.now(), w.staff["administrator"]
    article = Article(title="No imprime", solution="Revise el papel", codes="PV-0999", kind="problem")
    editor.save_draft(article, actor=admin, at=at)
    article = commands.publish(article, actor=admin, at=at)
    word = commands.vote(article, useful=False, reader="x", word="Falta", actor=w.mine.admin, at=at)
    flag = commands.flag(article, "Ya no es así", actor=admin, at=at)
    file = Attachment.objects.create(article=article, file=w.mine.stored, added_at=at)
    given = {"article_id": article.pk, "slug": article.slug, "code": "PV-0999", "flag_id": flag.pk, "vote_id": word.pk, "attachment_id": file.pk}
    return {
        (route.name, name): value for route in matrix.routes() if route.name.startswith(("knowledge:", "desk_knowledge:", "codes:"))
        for name, value in given.items()
    }  # fmt: skip


def _specified(w):
    """A development request that the company sent, and its case."""
    from amparo.cases.commands import open_development
    from amparo.quotations import commands

    words = {"aim": "CANARIO", "present": "a", "wanted": "b", "acceptance": "c"}
    at, admin = clock.now(), w.mine.admin
    request = commands.begin_request(title="Reporte", product_id=w.product.pk, key="matrix-r", actor=admin, at=at)
    commands.keep_request(request, words, title="Reporte", product_id=w.product.pk, actor=admin, at=at)
    open_development(request, actor=admin, at=at)
    return {"request_id": request.pk}


def _complained(w):
    """A complaint of the company's administrator, taken by nobody, about which the director is asked."""
    from datetime import timedelta

    from amparo.cases import commands as cases
    from amparo.complaints import commands as complaints
    from amparo.conftest import make_staff

    mine, engineer, at = w.mine, w.staff["engineer"], clock.now()
    case = cases.open_case(f"Segundo {mine.word}", f"Falla {mine.word}", key="matrix-q", actor=mine.admin, at=at)
    case = cases.classify(case, kind="incident", explanation="x", key="c", actor=engineer, at=at)
    case = cases.consent(case, seen=1, actor=mine.admin, at=at)
    closing = cases.propose_closing(case, reason="solved", summary="Hecho", key="p", actor=engineer, at=at)
    made = complaints.raise_complaint(case, seen=closing.pk, reasons=f"Queja {mine.word}", key="q", actor=mine.admin, at=at + timedelta(minutes=1))
    complaints.note(made, f"Interno {mine.word}-INTERNO", key="n", actor=w.staff["quality"], at=at + timedelta(minutes=2))
    judge = make_staff("Persona que juzga", "quality")
    asked = complaints.ask_opinion(made, f"Pregunta {mine.word}", key="o", actor=judge, at=at + timedelta(minutes=3))
    return {"complaint_id": made.pk, "opinion_id": asked.pk}


def _selling(w):
    """An order of the company's administrator, the card that it is of, and a draft of a promotion."""
    from amparo.conftest import NOON
    from amparo.promotions.tests.conftest import promote
    from amparo.sales import commands as sales

    offer = sales.add_card_offer("Tarjeta de 50", 50, 450_000, actor=w.staff["sales"], at=NOON)
    placed = sales.place(w.mine.customer, sales.Order(f"card:{offer.pk}"), key="matrix", actor=w.mine.admin, at=NOON)
    return {"sale_id": placed.pk, "offer_number": offer.pk, "offer_id": offer.pk, "promotion_id": promote(publish=False).pk, "secret": "secret_key"}


def _quoting(w):
    """A published service and a draft, a quote that waits for the company's administrator, and an order that was delivered."""
    from amparo.conftest import NOON
    from amparo.quotations import commands as quotations
    from amparo.quotations.rules.catalogue import Terms
    from amparo.quotations.rules.quotes import Content, Line
    from amparo.quotations.tests.world import card_for

    admin, engineer, contact = w.staff["administrator"], w.staff["engineer"], w.mine.admin
    card_for(w.mine.customer.pk, 50)
    drafts = [quotations.add_item("general", texts={"name_es": name}, terms=Terms(credits=4), actor=admin, at=NOON) for name in ("Uno", "Dos")]
    item = quotations.publish_version(drafts[0], actor=admin, at=NOON)
    made = [
        quotations.draft_quote(
            w.mine.case.thread, kind="general", title="Reporte", content=Content((Line("Reporte", 1, 3),), 5), key=f"matrix{n}", actor=engineer, at=NOON
        )
        for n in range(2)
    ]  # fmt: skip
    waiting, ordered = (quotations.present_quote(one, actor=engineer, at=clock.now()) for one in made)
    order = quotations.accept_quote(ordered, seen=1, actor=contact, at=clock.now())
    quotations.deliver(order, "Listo", key="matrix", actor=engineer, at=clock.now())
    common = {"quote_id": waiting.pk, "order_id": order.pk, "case_number": w.mine.case.pk, "item_id": item.item_id, "version_id": drafts[1].pk}
    return common, {
        ("quotations:delivery_paper", "number"): 1, ("desk_quotations:delivery_paper", "number"): 1, ("cases:quote_service", "version_id"): item.pk,
    }  # fmt: skip


def _case_file(w):
    """A case file that the company's administrator ordered, and a hold."""
    from amparo.casefiles.commands import order_export, set_hold

    made = order_export(w.mine.case, key="matriz", language="es-mx", time_zone="America/Mexico_City", actor=w.mine.admin, at=clock.now())
    hold = set_hold(w.mine.case, reason="Juicio", actor=w.staff["administrator"], at=clock.now())
    return {("casefiles:export", "public_id"): made.public_id, ("casefiles:download", "public_id"): made.public_id, ("desk_casefiles:lift", "hold_id"): hold.pk}


def _calendar():
    from amparo.deadlines.models import ServiceCalendar

    return ServiceCalendar.objects.order_by("pk").first().pk


def _reconciliation():
    from amparo.conftest import NOON
    from amparo.ledger.models import Reconciliation

    return Reconciliation.objects.create(state="done", asked_at=NOON, ended_at=NOON, customers=2, customers_done=2).pk


def _import():
    from amparo.conftest import NOON
    from amparo.contracts.models import ImportRun

    return ImportRun.objects.create(kind="customers", file_name="clientes.csv", state="waiting", rows=300, uploaded_at=NOON).pk


def _tariff():
    from amparo.charging.models import TariffVersion

    return TariffVersion.objects.order_by("-number").first().number
