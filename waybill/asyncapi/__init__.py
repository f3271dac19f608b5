"""The bus as an AsyncAPI 3.0 document, made from `domain.names` and the messages.

`python -m waybill.asyncapi` writes it to `gateway/asyncapi.json`, which the gateway
serves at `/asyncapi.json`. It is committed, and a test holds it against the code.
"""

from waybill.asyncapi.document import document

__all__ = ["document"]
