"""The virtual classroom: classes of a course, advice of a case, exclusive hours.

Rules: LIV-1, LIV-3, TAR-1, TAR-4.
"""
