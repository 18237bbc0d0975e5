"""How Amparo looks and speaks: layouts, components, scripts, the words of time.

What it is: templates and a few pure functions; no model, no rule, no query. Whatever a page needs of other apps is handed to it.
Words: *component* (a macro of `ui/components.html`), *tone* (what needs doing: act, late, waiting, done, money, neutral), *paper*
(the ground a text lies on; internal notes have their own), *region* (a part of a page that refreshes by itself), *accent* (the
vendor's colour).
Doors: `views` (decorators), `formats` (times, durations, amounts in words), `jinja` (environment), `middleware` (headers).
"""
