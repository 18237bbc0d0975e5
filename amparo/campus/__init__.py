"""Courses, enrolment, progress, marks and certificates. SRC-4, ACC-4."""
