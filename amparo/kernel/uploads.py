"""A body that comes in a form, kept from growing beyond what may be sent. SEC-27."""

from __future__ import annotations

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest


class Limited(TemporaryFileUploadHandler):
    """Writes to disk as it comes and stops at the limit, whatever length was announced; then `stopped` is true."""

    def __init__(self, request: HttpRequest, octets_max: int) -> None:
        super().__init__(request)
        self.octets_max, self.seen, self.stopped = octets_max, 0, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.seen += len(raw_data)
        if self.seen > self.octets_max:
            self.stopped = True
            self.file.close()
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)
