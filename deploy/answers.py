"""Health check of a container: is a GET of this URL answered with 200?"""

import sys
import urllib.error
import urllib.request
from http import HTTPStatus


def answers(url: str) -> bool:
    """Tell whether the URL is answered with 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=4) as reply:
            return bool(reply.status == HTTPStatus.OK)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
