"""Refusals of files."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal, Text


class BadFile(Invalid):
    code = "bad_file"
    message = _("This file cannot be taken. Choose another one.")

    def __init__(self, message: Text | None = None, **context: Any) -> None:
        super().__init__(message, field="files", **context)


class TooLarge(BadFile):
    code = "file_too_large"


class Empty(BadFile):
    code = "file_empty"
    message = _("The file is empty. Look whether it was saved, and choose it again.")


class Infected(BadFile):
    code = "file_infected"
    message = _("The virus scanner found something in this file, so it was not kept. Clean it and send it again.")


class PicturesOnly(BadFile):
    """Who acts for no customer adds pictures in the forum, and nothing else. SEC-27."""

    code = "pictures_only"
    message = _("Here you can add pictures: PNG, JPEG, GIF or WebP. Other files go with a ticket of your company.")


class TooManyFiles(BadFile):
    code = "too_many_files"


class NotAttachable(BadFile):
    """A file that is not a draft of this person under this key: gone, another's, or already sent. SEC-27."""

    code = "file_not_attachable"
    message = _("One of the files is no longer at hand. Attach it again.")


class QuotaUsed(LimitReached):
    code = "file_quota_used"
    message = _("You have uploaded as much as fits in one day. Go on tomorrow, or call us if it is urgent.")


class ScannerAway(Refusal):
    """The virus scanner is configured and does not answer: nothing is taken unscanned."""

    code = "scanner_away"
    status = 503
    message = _("Files cannot be checked for viruses at this moment. Send your text now and the file a little later.")


class BadUpload(Invalid):
    """An upload in pieces that cannot be begun or gone on with."""

    code = "bad_upload"
    message = _("The upload cannot be taken. Begin again with the file.")


class UploadTooLarge(BadUpload):
    code = "upload_too_large"
    status = 413


class DiskFull(Refusal):
    code = "disk_full"
    status = 507
    message = _("There is no room for this file on the disk of the service. Ask whoever keeps it to make room.")


class TooManyUploads(LimitReached):
    code = "too_many_uploads"
    message = _("You have several uploads that are not finished. Finish or cancel one of them first.")


class WrongOffset(Refusal):
    """The piece does not begin where the file ends; the client asks where that is and goes on."""

    code = "wrong_offset"
    message = _("This piece does not follow what is here already. Go on from where the file ends.")
