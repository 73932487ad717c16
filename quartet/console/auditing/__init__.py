"""The online auditor: follows the hub and the stores, and says which saga broke what, and when."""
