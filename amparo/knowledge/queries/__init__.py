"""Reads of the knowledge base."""

from .citing import Citable, cite
from .desk import (
    ArticleDesk,
    WorkList,
    article_desk,
    articles_list,
    counts,
    history_of,
    revision_waits,
    themes,
    work_list,
)
from .public import ArticlePage, Home, article_page, by_code, home, reader_versions, sitemap, to_preview
from .report import answers_without, months, shares
from .telling import Told, told_in

__all__ = [
    "ArticleDesk", "ArticlePage", "Citable", "Home", "Told", "WorkList", "answers_without", "article_desk", "article_page",
    "articles_list", "by_code", "cite", "counts", "history_of", "home", "months", "reader_versions", "revision_waits", "shares",
    "sitemap", "themes", "to_preview", "told_in", "work_list",
]  # fmt: skip
