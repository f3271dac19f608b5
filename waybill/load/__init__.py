"""How much a running file server takes: whole uploads, many at once, timed.

What it does: files of random bytes, no two alike, each begun, sent in chunks, completed
and (unless they are to be kept) deleted again, over the same client that programs use.
A 429 is obeyed and counted; what fails is counted by its code and stops nothing else.

How: `profiles` says how many at once, `run` does it, `result` is the JSON document;
`benchmarks/BASELINE_TEMPLATE.md` is where a run is written down.

What to know: latencies are those that a program sees, with every wait that the server
asked for. One process of Python sends some hundred MB/s at most: of a server that takes
more, several runs at once tell more.
"""

from waybill.load.profiles import PROFILES, Load, Profile
from waybill.load.result import Result
from waybill.load.run import run

__all__ = ["PROFILES", "Load", "Profile", "Result", "run"]
