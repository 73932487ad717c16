"""A printing house whose order has three versions. It runs on the library alone."""
