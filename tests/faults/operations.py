"""What a request to S3 asks for, by its method, its query and one header."""

from tests.scenarios.front import Seen

# Those that change something: their answer can be lost.
WRITES = frozenset(
    {
        "UploadPart",
        "UploadPartCopy",
        "PutObject",
        "CopyObject",
        "CreateMultipartUpload",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
    }
)
# Those that bring bytes.
UPLOADS = frozenset({"UploadPart", "PutObject"})
# Those that may fail after their 200.
LATE = frozenset({"CompleteMultipartUpload", "CopyObject", "UploadPartCopy"})


def operation(seen: Seen, *, copies: bool) -> str:
    """The name of the API's operation; `copies`: it names a copy's source."""
    names = {
        "PUT": _put(seen, copies=copies),
        "POST": _posted(seen),
        "GET": _got(seen),
        "HEAD": "HeadObject",
        "DELETE": "AbortMultipartUpload" if "uploadId" in seen.query else "Delete",
    }
    return names.get(seen.method, seen.method)


def _put(seen: Seen, *, copies: bool) -> str:
    if "partNumber" in seen.query:
        return "UploadPartCopy" if copies else "UploadPart"
    return "CopyObject" if copies else "PutObject"


def _posted(seen: Seen) -> str:
    made = "uploadId" in seen.query
    return "CompleteMultipartUpload" if made else "CreateMultipartUpload"


def _got(seen: Seen) -> str:
    if seen.key:
        return "ListParts" if "uploadId" in seen.query else "GetObject"
    return "ListMultipartUploads" if "uploads" in seen.query else "ListObjectsV2"
