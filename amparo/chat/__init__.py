"""Live conversation between a covered contact and an engineer.

Rules: CHT-1 to CHT-3, CHG-1, CAS-4.
"""
