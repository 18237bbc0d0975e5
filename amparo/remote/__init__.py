"""Remote desktop: with consent each time, an engineer sees and controls the customer's computer, on the record.

Rules: LIV-2, LIV-3, CAS-5.
"""
