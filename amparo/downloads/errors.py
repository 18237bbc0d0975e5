"""Refusals of downloads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class NotIncluded(Refusal):
    """The file is not included; the sentence says why, the remedy what would include it. ACC-9, UPD-1."""

    code = "not_included"
    status = 403
    message = _("This file is not included for you.")


class LinkOver(Refusal):
    """The token expired or was taken back. The release's page gives a new one."""

    code = "link_over"
    status = 410
    message = _("This download link is over. Ask for the file again on the page of the version; what you have already goes on from there.")


class LinkOfAnother(Refusal):
    code = "link_of_another"
    status = 403
    message = _("This link belongs to another person. Sign in and ask for the file yourself: it takes one click.")


class LinkShared(LimitReached):
    code = "link_shared"
    message = _("This link was used from too many places and no longer works. Ask for the file again on the page of the version.")


class Yanked(Refusal):
    """The release was withdrawn; the sentence says why."""

    code = "yanked"
    status = 410
    message = _("This version was withdrawn.")


class TooManyGrants(LimitReached):
    code = "too_many_grants"
    message = _("You asked for many files in a short time. Wait an hour and go on; downloads that run are not touched.")


class NoFiles(Refusal):
    code = "no_files"
    message = _("A version is published with at least one file. Add its installer or update first.")


class NoNotes(Invalid):
    code = "no_notes"
    message = _("Write what is new: nobody installs a version that says nothing.")


class BadVersion(Invalid):
    code = "bad_version"
    message = _("This is not a version. Write numbers separated by dots, as in 10.1.2.")


class BadName(Invalid):
    code = "bad_name"
    message = _("There is a file of this name in the version already. Call this one differently.")


class Published(Refusal):
    code = "published"
    message = _("What was published stays as it is. Withdraw the version, or publish a correction with the next number.")


class NotReachable(Refusal):
    code = "not_reachable"
    message = _("There is no way from this version to that one.")
