"""The verbs of the forum."""

from .judging import flag, solve, thank, unsolve
from .leading import make_article, went_private
from .members import (
    forget_proofs,
    introduce,
    make_digest,
    proof_asked,
    put_theme,
    read_up_to,
    spend_proof,
    unsubscribe,
    watch,
)
from .moderating import change_kind, close, hide_post, hide_topic, merge, move, pin, reopen, split, undo
from .reviewing import claim, decide, release
from .shared import Written
from .writing import ask, edit, reply, retitle, say_by_mail

__all__ = [
    "Written", "ask", "change_kind", "claim", "close", "decide", "edit", "flag", "forget_proofs", "hide_post", "hide_topic",
    "introduce", "make_article", "make_digest", "merge", "move", "pin", "proof_asked", "put_theme", "read_up_to", "release", "reopen", "reply",
    "retitle", "say_by_mail", "solve", "spend_proof", "split", "thank", "undo", "unsolve", "unsubscribe", "watch", "went_private",
]  # fmt: skip
