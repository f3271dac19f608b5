"""
What Waybill's copying costs, measured: `python -m benchmarks`, or `make bench`.

What it does: between two Ceph gateways, and within one, it copies large objects and
many small ones with Waybill, with `rclone` and `s5cmd`, and with a bare loop that is
Waybill's copier without log, bus and read models. The first comparisons tell how good
the copier is, the last what durability costs.

How: in rounds of one copy each, so that whatever else the machine does meets all of
them; the figures are medians over the rounds. Every copy is compared with its source
before it counts, and deleted after.

What to know: the S3 servers share the machine with what is measured, and are the larger
part of the load. Ratios carry over to other machines, absolute rates do not.
"""
