"""A lean Django page, to compare ours with: the usual middleware, session, user, one raw statement, one Jinja2 template.

It shows the very bytes that our page shows, value by value; it decides nothing, asks for no rights and follows nothing.
"""
