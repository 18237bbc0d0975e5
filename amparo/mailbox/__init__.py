"""Mail in: messages taken in, understood, brought to their matter, or kept for staff to see. TKT-1."""
