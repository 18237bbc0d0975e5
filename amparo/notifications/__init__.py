"""What is told to whom, by which way: notices in the page and letters by e-mail.

Words: *kind* (what may be told, and to whom), *notice* (a line in the page), *letter* (an e-mail on its way).
Each person chooses, per kind, page and mail. Letters to customers rest at night. CAS-4, LED-5, TIM-10.
Doors: reactions (from facts), commands, queries.
"""
