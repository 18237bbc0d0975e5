"""Complaints: a closing refused with reasons and evidence, judged by quality control or decided by lapse of time.

Words: a *complaint* (queja, Q-7) refuses one closing of one case; what that closing would charge is *in dispute* until it
is decided; a *statement* is what was said in it (by the customer, by quality, or as an internal note); *evidence* is a file
or an entry of the case's record; the *opinion* is the written answer of the research-and-development director; the *ruling*
is the decision with its *consequences*; the *lapse* is the decision for the customer when nobody decided in time.

Rules: COM-1 to COM-7, TIM-6, TIM-7, LED-6 as far as compensations go.
Doors: commands, queries (`holds`, `record_of`, `outcomes`), access, errors, machine and rules (pure), words, models for types.
"""
