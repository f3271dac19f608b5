"""
The data plane tests of the protocol's conformance kit (dps-tck 1.2.0), restated.

They run where the kit itself cannot be had: the same messages in the same order, the
same waits, the same answers to callbacks. Each test has the name of its original.
`make tck` runs the kit.
"""
