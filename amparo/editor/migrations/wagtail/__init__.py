"""The tables of Wagtail's apps, each made in one step instead of some two hundred: every fresh database is spared them.

Each step says which historical migrations it replaces, and they are noted as applied. So settings.MIGRATION_MODULES can be
taken away again at any time, and Wagtail goes on from where it stands. A new release of Wagtail: copy its new
migrations beside the step (their dependencies are understood), or take MIGRATION_MODULES away.
No page, site, group or workflow of Wagtail's own is made: nothing of that is used.
"""
