"""Fairness: a page that a vendor may make public, with what was promised and how it was kept. TIM-4 to TIM-7, TIM-9, COM-6.

Words: *figure* (the promises of one kind made in one month, or in twelve, and what became of them), *outcome* (how the
complaints decided in that time ended). Both are counted by a job from promises and complaints; nobody types them.
Doors: `queries`, `commands.count`. Nothing here names a customer, a person or a matter.
"""
