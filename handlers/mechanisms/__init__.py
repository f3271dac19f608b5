"""Executors: what moves the bytes of each mechanism.

An executor has the name of its mechanism in `domain.mechanisms` and is found by entry
point (group `waybill.executors`). It implements `handlers.ports.Executor`.
"""
