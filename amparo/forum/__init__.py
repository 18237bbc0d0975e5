"""Questions among users, each under a promise of an answer. ACC-2, FOR-1, FOR-2, TIM-4, TIM-9.

A *theme* sorts *topics*; a topic is a *question* or a *discussion* and holds *posts*. Who takes part is a *member*: a user under
the name that he chose for the forum. A question carries one promise (`answer.forum`), kept by the first visible post of anybody
but its author. Who may read follows from the theme (its audience and product); who may write from the standing «forum».

Staff move, merge, split, close, pin and hide; each of it is an *act* that can be undone. What waits for a moderator is a *review*,
claimed by one of them at a time. Serials, NIC, card codes and addresses are masked before anything is stored.
Doors: `commands`, `queries`, `access`, `models` for types.
"""
