"""When a data flow may copy, and which of several goes first.

Pure, like all of the domain: `shares` decides who gets the free places of the queue,
`mixing` which of a flow's segments take them, `timing` and `windows` whether it is
time. What is due is found from the log and the clock, so nothing has to be remembered
over a restart; the one exception, who was served how often, is worth a few seconds.
"""
