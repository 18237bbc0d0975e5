"""Threads: the conversation that a ticket and a case share, and the one queue of the desk.

Words: *thread* (the conversation with its place in the queue), *entry* (one thing said or done in it, never changed),
*note* (an entry that only staff see), *queue* (what the thread waits for), *draft*, *presence* (who looks, who types),
*tag*, *answer template*. Rules: TKT-1 and CAS-1 as far as they speak of messages, TIM-4, TIM-9, ACC-11.
Doors: `commands`, `queries`, `access`, `errors`, `models` for types.

A thread never knows whether it is a ticket or a case beyond its `kind`; what a state means is said by the app above,
through `commands.place`.
"""
