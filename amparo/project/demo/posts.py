"""The news of the vendor, from content/posts, through the commands of the blog. SRC-3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amparo.blog import commands as blog
from amparo.blog.models import Post
from amparo.editor import commands as editor
from amparo.products.models import Product

from . import content

if TYPE_CHECKING:
    from .load import World


def publish(world: World) -> None:
    """Publish each post at its day; a translation beside what it translates."""
    products = {code.upper(): pk for code, pk in Product.objects.values_list("code", "pk")}
    made: dict[str, Post] = {}
    for text in content.posts():
        writer, at = world.staff["monica"], world.on(text.days_ago, 11)
        product = products.get(text.product)
        if original := made.get(text.translation_of):
            draft = blog.translate(original, actor=writer, at=at)
            draft.title, draft.summary, draft.body, draft.tags = text.title, text.summary, text.body, text.get("tags")
            editor.save_draft(draft, actor=writer, at=at)
        else:
            draft = blog.draft_post(
                text.title, summary=text.summary, body=text.body, tags=text.get("tags"), product_id=product, language=text.language,
                audience=text.audience, key=f"demo-post:{text.slug}", actor=writer, at=at,
            )  # fmt: skip
        made[text.slug] = blog.publish(draft, actor=writer, at=at)
