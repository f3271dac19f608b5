"""`waybill demo`: the product in one run, over real servers.

Two S3 servers, PostgreSQL, NATS, the gateway and two workers, all started here. One
large object and a prefix of small ones are pushed from one S3 server to the other; a
worker is killed in the middle and started again, the flow is suspended and resumed; and
at the end the history is printed as it is stored, and both sides are compared.
"""

from waybill.demo.offer import SIDES, offer
from waybill.demo.run import run

__all__ = ["SIDES", "offer", "run"]
