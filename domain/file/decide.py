"""Decides what the file server may add to a file's stream.

Pure: whether the bytes really stand there is known by whoever asks.
"""

from typing import assert_never

from domain.file.commands import DeleteFile, FileCommand, StoreFile
from domain.file.events import FileDeleted, FileEvent, FileStored, FileUploadedAgain
from domain.file.state import File


def decide(command: FileCommand, file: File) -> tuple[FileEvent, ...]:
    """The events to append; none where the file is already as is wanted."""
    match command:
        case StoreFile(file_id=file_id):
            if file.stored is None:
                return (FileStored(**dict(command)),)
            if file.stored.upload_id == command.upload_id:
                return ()
            again = FileUploadedAgain(
                file_id=file_id,
                user_id=command.user_id,
                filename=command.filename,
                upload_id=command.upload_id,
            )
            return (again,)
        case DeleteFile(file_id=file_id, user_id=user_id):
            if file.stored is None:
                return ()
            return (FileDeleted(file_id=file_id, user_id=user_id),)
        case _:
            assert_never(command)
