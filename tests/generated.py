"""Tables of a page that are generated, between two comments in its text."""

from collections.abc import Mapping


def with_tables(page: str, tables: Mapping[str, str], name: str) -> str:
    """The page of this name with other tables.

    Raises:
        ValueError: it has no place for one of them.
    """
    for table, text in tables.items():
        begin, end = f"<!-- {table} -->\n", f"<!-- end of {table} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"{name} must have the comments {begin.strip()} and {end}, once each")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}{text}\n{end}{rest.partition(end)[2]}"
    return page
