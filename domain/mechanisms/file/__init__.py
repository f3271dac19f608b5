"""Files of this plane's own file store, as an end of a data flow.

What it holds: `FileAddress` (the address template) and `FileMechanism`.

How: only the metadata speaks of files: `sourceFile` is a file's id, `destinationFile`
the name that a file is to have. No profile names them, and no DataAddress: what the
other side sees of a file is what the flow's own profile offers, such as this plane's
data door, or the bucket that it is pushed to.

What to know: a file is what its bytes are, so nothing is ever written over, and two
flows may write files of one name. A name that ends in a slash, or `true`, takes any
number of objects: each becomes a file that is called as its key is.
"""

from domain.mechanisms.file.address import FileAddress
from domain.mechanisms.file.mechanism import FileMechanism

__all__ = ["FileAddress", "FileMechanism"]
