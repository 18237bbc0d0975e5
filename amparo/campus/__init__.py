"""Campus: courses, enrolment, progress, marks and certificates.

Words: a *course* has sections of *lessons* (text, video, file, quiz, live class, SCORM package); publishing freezes them
in a *version*, never changed; an *enrolment* is a person in a course, by a version of it; a *step* is one entry of its
log, from which progress is derived; an *attempt* answers a quiz; a *seat* is a place in a course that a customer bought
for one of its people; a *cohort* takes a course together, with dates; a *certificate* says who passed what, when, and
for which version of the product.
Who may know of a course is its `audience`; who may take it is its `access`: open, licensed, covered, or paid in credits.

Rules: SRC-4, ACC-4, ACC-9, CHG-2, CHG-3, CHG-8, CHG-10, CTR-1, LED-6.
Doors: `commands`, `queries`, `access`, `errors`, `rules` (pure), `models` for types.
"""
