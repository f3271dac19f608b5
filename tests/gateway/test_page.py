"""The live page's files: for everyone, with a policy that allows little."""

import re
from importlib import resources

import httpx

from tests.gateway.test_refusals import assert_problem

_ELSEWHERE = re.compile(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]+""")
_NAMESPACE = "http://www.w3.org/2000/svg"
# What would make markup of text, or a program of it.
_FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
)


async def test_the_page_is_served_with_a_strict_policy(
    client: httpx.AsyncClient,
) -> None:
    moved = await client.get("/ui")
    assert (moved.status_code, moved.headers["Location"]) == (307, "ui/")
    answer = await client.get("/ui/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for name in re.findall(r'(?:href|src)="([\w.]+)"', answer.text):
        file = await client.get(f"/ui/{name}")
        assert file.status_code == 200, name
        known = {"If-None-Match": file.headers["ETag"]}
        again = await client.get(f"/ui/{name}", headers=known)
        assert (again.status_code, again.content) == (304, b"")
    assert_problem(await client.get("/ui/none.js"), 404, "http.not-found")
    assert_problem(await client.get("/ui/..%2fpage.py"), 404, "http.not-found")


def test_no_file_names_another_host_or_makes_markup_of_text() -> None:
    files = list((resources.files("gateway") / "ui").iterdir())
    assert len(files) > 20
    for file in files:
        text = file.read_text("utf-8").replace(_NAMESPACE, "")
        assert not _ELSEWHERE.search(text), file.name
        assert not _FORBIDDEN.search(text), file.name
        assert len(text.splitlines()) <= 250, file.name
