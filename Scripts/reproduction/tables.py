"""The tables of expected and measured in the READMEs of Examples/papers, from the records of a run, so that no number there is copied by hand.

A README has a table between the lines `<!-- expected and measured: quick -->`, or `full`, and `<!-- end -->`.
"""

import json
import re
import sys
from itertools import groupby

import page


def table(scripts):
    lines = ["| script | | expected | measured | verdict |", "| --- | --- | --- | --- | --- |"]
    for script in scripts:
        lines += [f"| {'' if number else f'`{script.name}`'} | {page.row(row)} |" for number, row in enumerate(script.rows)]
        if not script.rows:
            lines.append(f"| `{script.name}` | | | | not run |")
    return "\n".join(lines)


def write(scripts, out, quick):
    """The exit code: 1 if a record is unfinished or of the other setting, or a README has no place for a table. A script without a record, or
    with one of another text, was not run."""
    setting, troubles = "quick" if quick else "full", []
    for script in scripts:
        kept = script.kept(out)
        record = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        script.record = record if record.get("source") == script.source else {}
        if script.record and not (script.record.get("finished") and script.record.get("quick", quick) == quick):
            troubles.append(f"{kept} is no finished record of the {setting} setting")
    if not troubles:
        for folder, group in groupby(scripts, key=lambda s: s.path.parent):
            readme, content = folder / "README.md", table(group)
            place = re.compile(rf"(<!-- expected and measured: {setting} -->\n).*?(<!-- end -->)", re.DOTALL)
            text, places = place.subn(lambda found: f"{found[1]}\n{content}\n\n{found[2]}", readme.read_text(encoding="utf-8"))
            if places == 1:
                readme.write_text(text, encoding="utf-8")
            else:
                troubles.append(f"{readme} has {places} places for a table of the {setting} setting")
    for trouble in troubles:
        print(f"papers: {trouble}", file=sys.stderr)
    return 1 if troubles else 0
