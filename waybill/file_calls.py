"""What a client asks a gateway about the file store: the operators' lists."""

from projections.files_views import FileList, FileUploadList
from waybill.connection import Connection


class FileCalls(Connection):
    """Files themselves are asked for with `waybill.files_client`."""

    def files(self, **filters: str | int | bool) -> FileList:
        """A page of the files, newest first.

        Filters: `userId`, `deleted` (also those that are gone), `before`, `limit`.
        """
        answer = self._call("GET", "/management/files", params=filters)
        return FileList.model_validate_json(answer.content)

    def file_uploads(self, **filters: str | int) -> FileUploadList:
        """A page of the uploads to the file store, newest first.

        Filters: `userId`, `state`, `before`, `limit`.
        """
        answer = self._call("GET", "/management/file-uploads", params=filters)
        return FileUploadList.model_validate_json(answer.content)
