"""
What Waybill's copying costs, measured: `python -m benchmarks`, or `make bench`.

What it does: on two embedded S3 servers it copies one large object and a prefix of
small ones with Waybill, with `rclone`, and with a bare loop that is Waybill's copier
without log, bus and read models. The first comparison tells how good the copier is, the
second what durability costs.

How: in rounds of one copy each, so that whatever else the machine does meets all of
them; the figures are medians over the rounds. Every copy is compared with its source
before it counts, and deleted after.

What to know: the S3 servers share the machine with what is measured, and are the larger
part of the load. Ratios carry over to other machines, absolute rates do not.
"""
