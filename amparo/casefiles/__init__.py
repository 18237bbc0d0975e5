"""Case files: a case's whole record as a file that proves itself, and what is purged when its time is over. CAS-2, CAS-7."""
