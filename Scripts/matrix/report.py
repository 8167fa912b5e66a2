"""What is printed: the matrix, one row a case, dtype and mode and one column a word; the summary of the families; what failed."""

import math

from program import DTYPES, words

# The root of the unit roundoff: an error as large as this leaves half the digits.
HALF = {"float64": 2**-26.5, "float32": 2**-12}


def cell(record):
    """The decimal logarithm of the largest relative error."""
    if record is None:
        return ""
    if record["problem"]:
        return "err" if record["problem"].startswith("error") else "NaN" if record["error"] is None else "FAIL"
    return "0" if record["error"] == 0 else f"{math.log10(record['error']):.0f}"


def print_header(orders):
    print(
        "Decimal logarithms of the largest relative error; 0: none at all. A word names the transforms from the outside in: r grad, f jvp."
    )
    print(
        f"{'operation':<46} {'dtype':<8} {'mode':<8} value " + " ".join(f"{w:>4}" for k in range(1, orders + 1) for w in words(k))
    )


def print_rows(case, records, orders):
    found = {(r["dtype"], r["mode"], r["word"]): r for r in records}
    for dtype, mode in dict.fromkeys((r["dtype"], r["mode"]) for r in records):
        cells = [cell(found.get((dtype, mode, w))) for k in range(1, orders + 1) for w in words(k)]
        value = cell(found.get((dtype, mode, "")))
        print(f"{case.name:<46} {dtype:<8} {mode:<8} {value:>5} " + " ".join(f"{c:>4}" for c in cells), flush=True)


def largest(records):
    errors = [math.inf if r["problem"] else r["error"] for r in records]
    return max(errors, default=0.0)


def shown(error):
    return "FAIL" if error == math.inf else "0" if error == 0 else f"{error:.0e}".replace("e-0", "e-")


def summary(results, orders):
    """A Markdown table: for each family and order the largest relative error of all its cases, words and modes."""
    heads = [f"{dtype} {('value' if k == 0 else f'order {k}' if k == 1 else k)}" for dtype in DTYPES for k in range(orders + 1)]
    lines = ["| | cases | " + " | ".join(heads) + " |", "| --- " * (len(heads) + 2) + "|"]
    families = dict.fromkeys(case.family for case, _ in results)
    for family in families:
        members = [(case, records) for case, records in results if case.family == family]
        cells = [
            shown(largest([r for _, records in members for r in records if r["dtype"] == dtype and len(r["word"]) == k]))
            for dtype in DTYPES
            for k in range(orders + 1)
        ]
        lines.append(f"| {family} | {len(members)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def failures(results):
    """A line for each case, dtype and mode that fails, with its first word and how many more."""
    lines = []
    for case, records in results:
        bad = [r for r in records if r["problem"]]
        for dtype, mode in dict.fromkeys((r["dtype"], r["mode"]) for r in bad):
            these = [r for r in bad if (r["dtype"], r["mode"]) == (dtype, mode)]
            more = f" (and {len(these) - 1} more words)" if len(these) > 1 else ""
            lines.append(f"{case.name}, {dtype}, {mode}, {these[0]['word'] or 'value'}: {these[0]['problem'][:300]}{more}")
    return lines


def verdict(records):
    """The worst that happens to a case: "wrong" (not a number, or more than half the digits), "error", "fewer digits" or "right"."""
    bad = [r for r in records if r["problem"]]
    errors = [r for r in bad if r["problem"].startswith("error")]
    if any(r["error"] is None or r["error"] > HALF[r["dtype"]] for r in bad if r not in errors):
        return "wrong"
    if errors:
        return "error"
    return "fewer digits" if bad else "right"


def beside(results, peers):
    """A Markdown table: in each family how many cases end how, ours and those of the peers ({name and version: {case: records}})."""
    verdicts = ("right", "fewer digits", "error", "wrong")
    sides = {"Ebbtide": {case.name: records for case, records in results}, **peers}
    lines = ["| | " + " | ".join(f"{side}: {' / '.join(verdicts)}" for side in sides) + " |", "| --- " * (len(sides) + 1) + "|"]
    for family in dict.fromkeys(case.family for case, _ in results):
        names = [case.name for case, _ in results if case.family == family]
        cells = []
        for records in sides.values():
            ends = [verdict(records[name]) for name in names if name in records]
            cells.append(" / ".join(str(ends.count(v)) for v in verdicts))
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def named(results, peer, theirs):
    """A line for each case that a peer does not get right: its first failing word with what it says, and our error there."""
    lines = []
    for case, records in results:
        bad = [r for r in theirs.get(case.name, []) if r["problem"]]
        if not bad:
            continue
        bad.sort(key=lambda r: (len(r["word"]), r["word"]))
        first = bad[0]
        ours = largest([r for r in records if (r["dtype"], r["mode"], r["word"]) == (first["dtype"], first["mode"], first["word"])])
        failed = " ".join(dict.fromkeys(r["word"] or "value" for r in bad))
        lines.append(
            f"{case.name}: {verdict(bad)}: {peer} {first['mode']} {first['word'] or 'value'}: {first['problem'][:160]}; ours {shown(ours)};"
            f" {len(bad)} of {len(theirs[case.name])}: {failed}"
        )
    return lines
