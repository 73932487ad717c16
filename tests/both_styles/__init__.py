"""The saga in both styles: the same orders, the same faults, the same audit."""
