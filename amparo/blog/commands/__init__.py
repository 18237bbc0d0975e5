"""The verbs of the blog."""

from .covers import add_pictures, clear_cover, set_cover
from .writing import draft_post, publish, publish_done, take_back, translate, unpublish_done

__all__ = ["add_pictures", "clear_cover", "draft_post", "publish", "publish_done", "set_cover", "take_back", "translate", "unpublish_done"]
