"""Every store of the projection keeps the same promises."""
