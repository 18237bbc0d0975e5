"""What stands behind the pages of the free services in the world of the stories, and which pages each person looks at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amparo.blog import commands as blog
from amparo.blog.models import Post
from amparo.campus import commands as campus
from amparo.campus.models import Certificate, Course, Question
from amparo.campus.tests.world import finish, started
from amparo.downloads.models import Publication
from amparo.forum import commands as forum
from amparo.forum.commands import Written
from amparo.forum.models import Review, Theme, Topic
from amparo.kernel.actor import SYSTEM, Actor
from amparo.knowledge.models import Article
from amparo.products.models import Licence, Product
from amparo.search import commands as search
from amparo.videos import commands as videos
from amparo.videos.models import Video

TITLE, QUOTED = "La báscula no pesa bien", "Calíbrela con la pesa de un kilo."


def furnish(asking: Actor, answering: Actor, admin: Actor, *, at: datetime) -> None:
    """Something of each kind, so that no page is shown empty: a topic that was answered and reported, a post, a video, a certificate."""
    theme = Theme.objects.order_by("pk").first()
    assert theme is not None
    topic = forum.ask(theme, TITLE, Written("Marca veinte gramos de más.", has_proof=True, seconds=60, alias="Benito"), actor=asking, at=at)
    post = forum.reply(topic, Written(f"{QUOTED}\n\n> Marca veinte gramos", has_proof=True, seconds=60, alias="Beatriz"), actor=answering, at=at)
    forum.flag(post, "wrong", "No es un kilo.", actor=asking, at=at)
    blog.publish(blog.draft_post("Novedades del mostrador", summary="Lo de este mes.", body="Hay **novedades**.", tags="caja", actor=SYSTEM, at=at), actor=SYSTEM, at=at)
    video = videos.add_video("Cerrar el día", description="Cómo se hace.", theme="Caja", actor=SYSTEM, at=at)
    for kind in ("captions", "chapters"):
        videos.save_track(video, kind=kind, language="es", text="WEBVTT\n\n00:00.000 --> 00:01.000\nAbrir", actor=SYSTEM, at=at)
    rendition = {"name": "720.mp4", "size": 1, "sha256": "0" * 64, "width": 320, "height": 180}
    Video.objects.filter(pk=video.pk).update(folder="f" * 32, milliseconds=9000, media={"720.mp4": rendition, "poster.jpg": rendition})
    videos.publish(Video.objects.get(pk=video.pk), actor=SYSTEM, at=at)
    course = campus.add_course(title="Curso abierto", summary="Para todos.", body="Un curso.", access="open", product_id=theme.product_id, actor=SYSTEM, at=at)
    campus.add_lesson(campus.add_section(course, "1", actor=SYSTEM, at=at), "text", title="Leer", body="Lea.", actor=SYSTEM, at=at)
    campus.publish(course, actor=SYSTEM, at=at)
    finish(started(Course.objects.get(pk=course.pk), asking, at=at), asking, at=at)
    search.make_task("gaveta rusa", actor=admin, at=at)
    search.set_synonyms("gaveta, cajón", actor=admin, at=at)


def pages() -> dict[str, list[str]]:
    """Return the pages of a visitor, of a customer and of the staff."""
    article: Any = Article.objects.filter(live=True).earliest("pk")
    post, video, topic = Post.objects.earliest("pk"), Video.objects.earliest("pk"), Topic.objects.get(title=TITLE)
    reply, course, certificate = topic.posts.latest("pk"), Course.objects.earliest("pk"), Certificate.objects.earliest("pk")
    open_course, release, product = Course.objects.get(title="Curso abierto"), Publication.objects.latest("pk").release_id, Product.objects.earliest("pk")
    mine = certificate.enrolment
    licence = Licence.objects.filter(customer_id=mine.customer_id).earliest("pk")
    lesson = mine.version.content["sections"][0]["lessons"][0]["id"]
    return {
        "": [
            "/", "/search/?q=papel", "/search/?q=qqqq", "/knowledge/", f"/knowledge/{article.pk}-{article.slug}/", "/blog/", f"/blog/{post.pk}/{post.slug}/",
            "/videos/", f"/videos/{video.pk}/", "/downloads/", f"/downloads/products/{product.pk}/", f"/downloads/releases/{release}/", "/forum/",
            f"/forum/themes/{topic.theme_id}/", f"/forum/topics/{topic.pk}/", "/campus/", f"/campus/courses/{open_course.slug}/", "/campus/verify/",
            f"/campus/verify/{certificate.code}/", "/products/", f"/products/{product.code.lower()}/", "/levels/", "/tariff/",
        ],
        "customer": [
            "/forum/new/", "/forum/me/", f"/forum/topics/{topic.pk}/", f"/forum/posts/{reply.pk}/flag/", "/downloads/mine/", "/activation/",
            "/activation/register/", "/activation/offline/", f"/activation/licences/{licence.pk}/", "/campus/mine/", "/campus/team/", f"/campus/{mine.pk}/",
            f"/campus/{mine.pk}/lessons/{lesson}/", "/notifications/choices/",
        ],
        "staff": [
            "/desk/knowledge/", "/desk/knowledge/?whose=all", "/desk/knowledge/articles/", f"/desk/knowledge/articles/{article.pk}/", "/desk/knowledge/write/",
            "/desk/knowledge/sources/", "/desk/knowledge/themes/", "/desk/search/", "/desk/search/tasks/", "/desk/search/synonyms/", "/desk/blog/",
            f"/desk/blog/{post.pk}/", "/desk/videos/", f"/desk/videos/{video.pk}/", "/desk/videos/new/", "/desk/downloads/", "/desk/downloads/add/",
            f"/desk/downloads/{release}/", "/desk/downloads/recalls/", "/desk/downloads/shared/", f"/desk/downloads/customers/{mine.customer_id}/",
            "/desk/activation/", f"/desk/activation/licences/{licence.pk}/", "/desk/forum/", "/desk/forum/?view=reviews",
            f"/desk/forum/reviews/{Review.objects.earliest('pk').pk}/", f"/desk/forum/topics/{topic.pk}/", "/desk/forum/themes/", "/desk/forum/themes/new/",
            "/desk/campus/", "/desk/campus/new/", f"/desk/campus/{course.pk}/", f"/desk/campus/{course.pk}/edit/", f"/desk/campus/{course.pk}/preview/",
            f"/desk/campus/{course.pk}/questions/", f"/desk/campus/questions/{Question.objects.earliest('pk').pk}/", f"/desk/campus/{course.pk}/groups/",
            f"/desk/campus/{open_course.pk}/students/", f"/desk/campus/students/{mine.pk}/", "/desk/policies/editor.second_pair/",
        ],
    }  # fmt: skip


RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}


# Where a table's rows are cards, all that stands in one begins and ends at the same edge.
CROOKED = """() => [...document.querySelectorAll(".rows:not(.stays) tbody tr")].filter((row) => new Set([...row.children].map((cell) => {
  const { display, paddingLeft, paddingRight } = getComputedStyle(cell);
  return display === "none" ? undefined : `${paddingLeft} ${paddingRight}`;
}).filter(Boolean)).size > 1).length"""


def faults_of(tab: Any, url: str, path: str) -> list[str]:
    """Open a page and return what is wrong with it: its answer, what axe finds, what sticks out at either width, a keyboard that leads nowhere."""
    from axe_playwright_python.sync_playwright import Axe

    answer = tab.goto(url + path)
    if answer is None or answer.status != 200:
        return [f"{path}: answered {answer.status if answer else 'nothing'}"]
    found = [f"{path}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in Axe().run(tab, options=RULES).response["violations"]]
    first = dict(tab.viewport_size)
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 844})
        if (over := tab.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append(f"{path}: {over} px stick out at {width}")
        if width < 640 and tab.evaluate(CROOKED):
            found.append(f"{path}: a card of its table is crooked at {width}")
    tab.set_viewport_size(first)
    tab.keyboard.press("Tab")
    if not tab.evaluate("document.activeElement !== document.body && document.activeElement.matches(':focus-visible')"):
        found.append(f"{path}: the first Tab leads nowhere")
    return found
