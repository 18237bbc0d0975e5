"""Mail in: messages taken in, understood, brought to their matter, or kept for staff to see. TKT-1.

Two steps. *Taken in*: the message as it came is kept, in one transaction with the mark that it was, before anything of it is
read. *Understood*: a job reads it and does one of four things: says it in its matter, opens a ticket, sets it aside
(machines, reports), or lets it *wait* for staff with a reason. Nothing is lost, and nothing is said twice.

Words: *mailbox* (where mail comes from, as an administrator set it up), *mail* (one message and what became of it),
*arrival* (one message of an IMAP folder, by its number there), *plain answer* (the short letter to who may not), *word* (the
signed part of an address by which an answer finds its matter: `kernel.reply`), *door* (the function by which a matter takes an answer:
`project.mail_doors`). SEC-13 to SEC-20.
Doors: `commands.take_in`, `tasks`, `access.may_see_id`.
"""
