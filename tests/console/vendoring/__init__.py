"""The files of other projects in the console's page and in its tests: which they are, and where they come from.

`requirements/page` locks the npm packages. `python -m tests.console.vendoring` copies the files that are used, and
records their hashes. With `--check` it only compares them with the locked packages, byte for byte.
"""
