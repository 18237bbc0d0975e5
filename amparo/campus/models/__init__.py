"""Tables of the campus."""

from .courses import ClassDate, Cohort, Course, CourseVersion, Lesson, Package, Question, Section
from .learning import Attempt, Certificate, Enrolment, ScormState, Seat, SeatOrder, Step

__all__ = [
    "Attempt", "Certificate", "ClassDate", "Cohort", "Course", "CourseVersion", "Enrolment", "Lesson", "Package", "Question",
    "ScormState", "Seat", "SeatOrder", "Section", "Step",
]  # fmt: skip
