"""What is decided about case files without a database: the layout, the proof, and when a record is over. CAS-2, CAS-7."""
