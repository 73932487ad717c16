"""An application as the processes of its services: the real adapters and the SDKs' exceptions, on servers in memory.

    plan         a run as data
    machine      what everything runs on
    servers      what the servers keep, and who observes it
    clients      what the SDKs' clients look like to a service
    replicas     the processes of the services
    proof        runs of any application, judged by its invariants

`cluster` puts one run together, `publishing` sends what the plan says, and `strikes` does what goes wrong at a time.
"""
