"""Writes what a bench has found into its place on a page of docs/: between the
lines "<!-- NAME -->" and "<!-- end of NAME -->".
"""

import pathlib


def write(path, name, text):
    page = pathlib.Path(path).read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    if not rest or end not in rest:
        raise ValueError(f"{path} has no place for {name}")
    pathlib.Path(path).write_text(before + begin + text + end + after)
