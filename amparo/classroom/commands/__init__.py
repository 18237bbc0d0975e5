"""The verbs of the classroom, cut by noun."""

from .filming import begin_film, fail_film, film_done, look_again, next_film, progress_film, try_film_again
from .inside import admit, enter, give_floor, lower_hand, mute, raise_hand, say, send_out, take_floor
from .planning import agree, agree_more, cancel, move, plan_for_case, plan_for_course, plan_hour, propose_more
from .purging import purge, remove_film
from .running import end, end_forgotten, remind_due, set_recording, start
from .watching import Undo, close_absent, may_send, note, send_out_lost

__all__ = [
    "Undo", "admit", "agree", "agree_more", "begin_film", "cancel", "close_absent", "end", "end_forgotten", "enter", "fail_film", "film_done",
    "give_floor", "look_again", "lower_hand", "may_send", "move", "mute", "next_film", "note", "plan_for_case", "plan_for_course", "plan_hour", "progress_film",
    "propose_more", "purge", "raise_hand", "remind_due", "remove_film", "say", "send_out", "send_out_lost", "set_recording", "start", "take_floor",
    "try_film_again",
]  # fmt: skip
