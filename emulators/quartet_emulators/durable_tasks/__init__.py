"""The gRPC protocol of Azure's Durable Task Scheduler."""

from quartet_emulators.durable_tasks.server import DurableTasksEmulator

__all__ = ["DurableTasksEmulator"]
