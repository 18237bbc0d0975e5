"""Who is who: users, staff roles, customers with their NIC, contacts, invitations, sign-in. ACC-11.

Words: *user* (a person who signs in), *customer* (a company or person with a NIC), *contact* (a user who acts
for a customer), *staff* (a user with roles). Doors: commands, queries, access, errors, models for types.
"""
