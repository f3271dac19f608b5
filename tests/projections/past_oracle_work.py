"""The oracle's counts of objects, parts, segments and leases, from printed lines."""

from typing import Any

Line = dict[str, Any]


def of(lines: list[Line], *names: str) -> list[Line]:
    topics = [f"{name}.v1" for name in names]
    return [x for x in lines if x["topic"] in topics]


def outcomes(lines: list[Line]) -> list[Line]:
    packed = [
        o for x in of(lines, "segment.objects-copied") for o in x["data"]["objects"]
    ]
    return packed + [x["data"]["object"] for x in of(lines, "segment.object-copied")]


def failed(lines: list[Line]) -> int:
    """Objects that were lost, each once."""
    if told := of(lines, "transfer.completed"):
        return int(told[-1]["data"]["failed_objects"])
    lost = {each["object_id"] for each in outcomes(lines) if each["error"]}
    for gave_up in of(lines, "segment.failed"):
        journal = _journal(lines, gave_up["data"]["segment_id"])
        work = journal[0]["data"]["work"]
        if work["kind"] == "pack":
            told_of = {o["object_id"] for o in outcomes(journal)}
            lost |= {o["object_id"] for o in work["objects"]} - told_of
        elif work["kind"] != "deletion":
            lost.add(work["object"]["object_id"])
    return len(lost)


def totals(lines: list[Line]) -> dict[str, Any]:
    pages = [x["data"] for x in of(lines, "transfer.page-planned")]
    doomed = [x["data"] for x in of(lines, "transfer.deletions-planned")]
    found = {
        "objectsTotal": sum(p["objects"] for p in pages),
        "bytesTotal": sum(p["size_bytes"] for p in pages),
        "partsTotal": sum(p["parts"] for p in pages),
        "segmentsTotal": sum(len(p["segments"]) for p in pages + doomed),
        "requestsTotal": sum(p.get("requests", 0) for p in pages),
        "skipped": {
            "excluded": sum(p.get("skipped", {}).get("excluded", 0) for p in pages)
        },
    }
    if not found["skipped"]["excluded"]:
        found["skipped"] = {}
    for told in of(lines, "transfer.planned"):
        data = told["data"]
        found |= {
            "objectsTotal": data["objects"],
            "bytesTotal": data["size_bytes"],
            "partsTotal": data["parts"],
            "segmentsTotal": data["segments"],
            "requestsTotal": data.get("requests", 0),
            "skipped": data.get("skipped", {}),
        }
    return {
        **found,
        "deletesTotal": sum(d["deletes"] for d in doomed),
        "deletesDigest": doomed[-1]["digest"] if doomed else "",
        "deletesWithheld": None,
    }


def _journal(lines: list[Line], segment_id: str) -> list[Line]:
    return _journals(lines).get(segment_id, [])


def _journals(lines: list[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        if "segment_id" in line["data"]:
            found.setdefault(line["data"]["segment_id"], []).append(line)
    return found


def _standing(journal: list[Line]) -> str:
    names = ("planned", "leased", "parked", "done", "failed")
    known = [x["topic"].split(".")[1] for x in journal]
    return str([each for each in known if each in names][-1])


def segments(lines: list[Line]) -> dict[str, int]:
    standing = [_standing(journal) for journal in _journals(lines).values()]
    words = ("planned", "leased", "parked", "done", "failed")
    return {word: standing.count(word) for word in words}


def leases(lines: list[Line]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, journal in _journals(lines).items():
        if _standing(journal) != "leased":
            continue
        lease = of(journal, "segment.leased")[-1]
        work = journal[0]["data"]["work"]
        deleted = of(journal, "segment.objects-deleted")
        done = len(outcomes(journal)) + sum(len(x["data"]["objects"]) for x in deleted)
        cut = work["kind"] == "parts"
        found.append(
            {
                "segment": name,
                "worker": lease["data"]["worker"],
                "epoch": lease["data"]["epoch"],
                "delivery": lease["data"]["delivery"],
                "leases": len(of(journal, "segment.leased")),
                "since": lease["occurredAt"],
                "position": lease["position"],
                "parts": work["last"] - work["first"] + 1 if cut else 0,
                "partsDone": len(of(journal, "segment.part-copied")),
                "objects": len(work.get("objects", ())),
                "objectsDone": done,
            }
        )
    return sorted(found, key=lambda each: int(each["position"]))


def large(lines: list[Line]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    journals = _journals(lines)
    for line in of(lines, "transfer.object-planned"):
        one = line["data"]["object"]
        name = one["object_id"]
        own = [
            x for end in ("p0", "p1", "c") for x in journals.get(f"{name}-{end}", ())
        ]
        parts = [x["data"] for x in of(own, "segment.part-copied")]
        whole = of(own, "segment.object-copied")
        outcome = whole[0]["data"]["object"] if whole else None
        gone = of(own, "segment.failed")
        found.append(
            {
                "objectId": name,
                "key": one["source_key"],
                "destinationKey": one["destination_key"],
                "size": one["size_bytes"],
                "partSize": one["part_size_bytes"],
                "parts": -(-one["size_bytes"] // one["part_size_bytes"]),
                "partsDone": len(parts),
                "bytesDone": sum(p["length_bytes"] for p in parts),
                "done": _runs(sorted(p["part_number"] for p in parts)),
                "outcome": (outcome["error"] or "copied")
                if outcome
                else (gone[0]["data"]["code"] if gone else None),
                "verdict": outcome["verdict"]
                if outcome and not outcome["error"]
                else None,
            }
        )
    return found


def _runs(numbers: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs
