"""What the customer has allowed, and what follows from it: one place that decides, whatever the broker says. LIV-2"""

from __future__ import annotations

from dataclasses import dataclass

from .protocol import Mode


@dataclass
class Consent:
    """What was given, and the state of the session that it counts in."""

    to_view: bool = False
    to_control: bool = False
    clipboard: bool = False
    started: bool = False
    told: Mode = "view"  # what the broker says it is
    asking: bool = False
    paused: bool = False
    viewer: bool = True

    @property
    def seen(self) -> bool:
        """Tell whether pictures may leave this computer now."""
        return self.to_view and self.started and self.viewer and not self.paused

    @property
    def controlled(self) -> bool:
        """Tell whether input from the line is taken: given here, told by the broker, and no question is open that it could answer."""
        return self.seen and self.to_control and self.told == "control" and not self.asking

    @property
    def asking_in_control(self) -> bool:
        return self.seen and self.to_control and self.told == "control" and self.asking

    def give(self, mode: Mode) -> None:
        self.to_view, self.to_control = True, mode == "control"

    def start(self, mode: Mode) -> None:
        self.started, self.told, self.paused, self.viewer = True, mode, False, True

    def broker_says(self, mode: Mode) -> None:
        """Take the broker's word for less, never for more. View means that control must be asked for again."""
        self.told = mode
        if mode == "view":
            self.to_control = False

    def halt(self) -> None:
        """The line is gone or begins anew: nothing runs until it starts again, and the clipboard is asked for anew."""
        self.started = self.clipboard = self.paused = False
        self.viewer = True
