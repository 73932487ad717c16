"""From a request to its answer: HTTP, access rights, routing and injected faults."""
