"""An application as the processes of its services: the real adapters and SDK exceptions, on servers in memory.

servers      what the servers keep
clients      what the SDKs' clients look like to a service
processes    what runs, and can be killed, paused and stopped
proof        runs of any application, judged by its invariants
faults, network, replies, strikes    what goes wrong, and how
plan, publication, cluster, observer, books, trace    one run
"""
