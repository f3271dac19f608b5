"""The data door: where the other side of a flow reads, or sends to, over HTTP.

Downloads are streamed from the flow's own source, whatever its mechanism; uploads into
its own destination. A token says which flow a request may touch; the flow's state says
whether it may. Whatever is acknowledged is in the log; whatever is cut short leaves
nothing half-written once the flow has ended. See docs/profiles/http.md.
"""
