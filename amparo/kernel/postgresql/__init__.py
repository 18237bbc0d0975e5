"""Django's backend for PostgreSQL, with times read at a twentieth of the price."""
