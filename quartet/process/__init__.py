"""A participant as a process: start-up, health, watchdog, logs, shutdown."""
