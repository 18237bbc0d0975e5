"""The large world: ten thousand customers and two years of their matters, consistent to the last unit, for trials.

Small things (staff, goods, plans) are made by the ordinary commands. Customers, tickets and cases come in bulk: rows of
the models sent by COPY, with what the commands would have written; deadlines, charges and hashes are computed by the same
pure rules, words, tallies and balances by the database's own triggers. What was due until now is then done by the
worker's own jobs. The door is `make.make`.
"""
