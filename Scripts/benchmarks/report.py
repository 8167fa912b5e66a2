"""What the lines say: whether the numbers are right, the Markdown tables, and JSON."""

import json
import platform
import re
from pathlib import Path

COLUMNS = ("Ebbtide", "C", "OpenBLAS", "oneDNN", "NumPy", "PyTorch", "torch.compile", "JAX")
# Rows of the matrix products that the main table shows; the others are in a table of ratios of their own.
SHOWN_PRODUCTS = re.compile(r"float\d\d NN (64|256|1024|2048|64 of 64)$")


def digits(x):
    return f"{x:.3g}" if x < 999.5 else f"{x:,.0f}"


def processor():
    try:
        names = re.findall(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = []
    return names[0].strip() if names else platform.processor() or platform.machine()


class Summary:
    def __init__(self, workloads, lines, bench):
        self.workloads, self.lines, self.bench = workloads, lines, bench
        self.wrong = {}  # id of a line → what is wrong with it
        for workload in workloads:
            for case in workload.cases:
                self.check(case, self.of(case))

    def of(self, case, peer=None):
        return [line for line in self.lines if line.case == case.name and peer in (None, line.peer)]

    def check(self, case, lines):
        """Compares every number with the expected one, or else with that of the first peer that is not Ebbtide."""
        references = [line for line in lines if line.peer not in ("Ebbtide", "kernel")]
        for line in lines:
            for name, value in line.numbers.items():
                agreed = next((r.numbers[name] for r in references if name in r.numbers), value)
                expected, tolerance = case.numbers.get(name, (agreed, case.agreement))
                if not abs(value - expected) <= tolerance * abs(expected):
                    self.wrong[id(line)] = f"{case.title}: {line.peer} {line.variant}: {name} is {value:.12g}, not {expected:.12g} ± {tolerance:g} of it"

    def complaints(self):
        return self.bench.failures + list(self.wrong.values())

    def best(self, case, peer):
        """The fastest variant; one that computes something else counts only if there is no other."""
        lines = self.of(case, peer)
        return min(lines, key=lambda line: (id(line) in self.wrong, line.seconds), default=None)

    def cell(self, case, peer):
        line, ours = self.best(case, peer), self.best(case, "Ebbtide")
        if not line:
            return "–"
        text = digits(case.value(line.seconds))
        if peer != "Ebbtide" and ours:
            text += f" ({line.seconds / ours.seconds:.2f}×)"
        if "memory kept" in line.variant:
            text += " *"
        return f"WRONG {text}" if id(line) in self.wrong else text

    def standing(self, workload, case):
        """Ours over the reference that the target names, and whether that meets it; None without either."""
        target, ours = case.target, self.best(case, "Ebbtide")
        if not target or not ours:
            return None
        seconds, work = ours.seconds, case.work or 1
        if not target.peer:
            return seconds, seconds <= target.limit
        other = next((c for c in workload.cases if c.name == (target.case or case.name)), case)
        reference = self.best(other, target.peer)
        if not reference:
            return None
        ratio = (seconds / work) / (reference.seconds / (other.work or 1))
        return ratio, ratio <= target.limit

    def target_cell(self, workload, case):
        standing = self.standing(workload, case)
        if not case.target:
            return ""
        if not standing:
            return str(case.target)
        ratio, is_met = standing
        verdict = "met" if is_met else "missed"
        if case.target.peer:
            verdict += f": {1 / ratio:.2f}" if case.target.text.startswith("≥") else f": {ratio:.2f}"
        return f"{case.target}, {verdict}"

    def markdown(self):
        parts = [self.heading(), self.main_table()]
        for workload in self.workloads:
            if workload.table == "products":
                parts += self.product_tables(workload)
            if workload.table == "widths":
                parts.append(self.width_table(workload))
            if workload.group:
                parts.append(self.ratio_table(workload))
            if workload.libraries:
                parts.append(self.variant_table(workload))
        return "\n\n".join(filter(None, parts))

    def heading(self):
        versions = ", ".join(f"{peer} {version}" for peer, version in self.bench.versions.items())
        return f"{processor()}, one core{'; ' if versions else ''}{versions}. In brackets: the peer's time over Ebbtide's; above 1 Ebbtide is faster."

    def main_table(self):
        rows = []
        for workload in self.workloads:
            if workload.table == "widths":
                continue
            for case in workload.cases:
                if self.of(case) and (workload.table != "products" or SHOWN_PRODUCTS.match(case.name)):
                    rows.append((workload, case))
        columns = [c for c in COLUMNS if any(self.of(case, c) for _, case in rows)]
        if not rows:
            return ""
        text = [f"| | workload | unit | {' | '.join(columns)} | target |", "| --- " * (len(columns) + 4) + "|"]
        for workload, case in rows:
            cells = [self.cell(case, c) for c in columns]
            text.append(f"| {workload.name} | {case.title} | {case.unit} | {' | '.join(cells)} | {self.target_cell(workload, case)} |")
        if any("*" in line for line in text[2:]):
            text += ["", "\\* with memory that malloc never gives back (`GLIBC_TUNABLES`), where that is faster."]
        return "\n".join(text)

    def product_tables(self, workload):
        """OpenBLAS's time over ours, for mm called from Lua and for the kernel called alternately with it."""
        tables = []
        sides = (("Ebbtide", "", "`a:mm(b)` from Lua"), ("kernel", "OpenBLAS", "the kernel alone, called alternately with OpenBLAS"))
        for peer, variant, title in sides:
            square, other = {}, {}
            for line in (x for x in self.lines if (x.workload, x.peer, x.variant) == (workload.name, peer, variant)):
                blas = next((x for x in self.lines if x.case == line.case and x.peer == "OpenBLAS"), None)
                if not blas:
                    continue
                dtype, layout, size = line.case.split(" ", 2)
                wrong = "WRONG " if id(line) in self.wrong else ""
                table = square if size.isdigit() else other
                table.setdefault(size if size.isdigit() else f"{size}, {layout}", {})[dtype, layout] = f"{wrong}{blas.seconds / line.seconds:.2f}"
            if square:
                columns = [(d, l) for d in ("float32", "float64") for l in ("NN", "TN", "NT")]
                rows = [f"| {n} | {' | '.join(cells.get(c, '–') for c in columns)} |" for n, cells in square.items()]
                tables.append("\n".join(
                    [f"Matrix products, OpenBLAS's time over ours, {title}:", "", f"| n | {' | '.join(f'{d} {l}' for d, l in columns)} |", "| --- " * 7 + "|"] + rows,
                ))
            if other and peer == "kernel":
                rows = []
                for name, cells in other.items():
                    by_dtype = {dtype: text for (dtype, _), text in cells.items()}
                    rows.append(f"| {name} | {by_dtype.get('float32', '–')} | {by_dtype.get('float64', '–')} |")
                tables.append("\n".join(["| m × k × n | float32 | float64 |", "| --- | --- | --- |"] + rows))
        return tables

    def ratio_table(self, workload):
        """Each time over that of the first case by the same peer."""
        unit, *others = [case for case in workload.cases if self.of(case)] or [None]
        columns = [c for c in COLUMNS if unit and self.best(unit, c)]
        rows = []
        for case in others:
            cells = [f"{self.best(case, c).seconds / self.best(unit, c).seconds:.2f}" if self.best(case, c) else "–" for c in columns]
            rows.append(f"| {case.title} | {' | '.join(cells)} |")
        if not rows:
            return ""
        head = [f"{workload.name}, in units of the {unit.title}:", "", f"| | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
        return "\n".join(head + rows)

    def variant_table(self, workload):
        """Every way in which PyTorch and its libraries and JAX compute a case, over Ebbtide and over the first case by the same peer."""
        rows = []
        for case in workload.cases:
            ours, ways = self.best(case, "Ebbtide"), {}
            for line in sorted(self.of(case), key=lambda line: line.seconds):
                if line.peer in ("PyTorch", "torch.compile", "JAX"):
                    ways.setdefault((line.peer, line.variant.removesuffix("memory kept").strip()), line)
            for (peer, way), line in ways.items():
                unit, star = self.best(workload.cases[0], peer), " *" if "memory kept" in line.variant else ""
                text = f"{'WRONG ' if id(line) in self.wrong else ''}{digits(case.value(line.seconds))} {case.unit}{star}"
                ratios = [f"{line.seconds / other.seconds:.2f}" if other else "–" for other in (ours, unit)]
                rows.append(f"| {case.title} | {peer} | {way} | {text} | {' | '.join(ratios)} |")
        if not rows:
            return ""
        head = [f"{workload.name}, all ways of the peers:", "", "| | peer | way | time | over Ebbtide's | over its own first row |", "| --- " * 6 + "|"]
        return "\n".join(head + rows)

    def width_table(self, workload):
        times = {}
        for case in workload.cases:
            line = self.best(case, "Ebbtide")
            if line:
                width, threads = case.title.split(", ")
                times.setdefault(threads, {})[int(width)] = line.seconds
        if not times:
            return ""
        widths = sorted({w for row in times.values() for w in row})
        text = [f"A step of a 10-w-w-10 perceptron, batch 128, µs:", "", f"| w | {' | '.join(map(str, widths))} | grows |", "| --- " * (len(widths) + 2) + "|"]
        for threads, row in times.items():
            # Within the noise of a shared machine.
            falls = [f"{a} to {b}" for a, b in zip(widths, widths[1:]) if row.get(b, 0) < 0.95 * row.get(a, 0)]
            cells = [digits(row[w] * 1e6) if w in row else "–" for w in widths]
            text.append(f"| {threads} | {' | '.join(cells)} | {'no: ' + ', '.join(falls) if falls else 'yes'} |")
        return "\n".join(text)

    def json(self):
        titles = {case.name: (workload, case) for workload in self.workloads for case in workload.cases}
        lines = []
        for line in self.lines:
            entry = {
                "workload": line.workload, "case": line.case, "peer": line.peer, "variant": line.variant, "seconds": line.seconds,
                "samples": line.samples, "numbers": line.numbers, "wrong": self.wrong.get(id(line)),
            }
            if line.case in titles:
                case = titles[line.case][1]
                entry |= {"title": case.title, "value": case.value(line.seconds), "unit": case.unit}
            lines.append(entry)
        targets = []
        for workload, case in titles.values():
            standing = self.standing(workload, case)
            if standing:
                targets.append({"workload": workload.name, "case": case.name, "target": str(case.target), "measured": standing[0], "met": standing[1]})
        machine = {"processor": processor(), "system": platform.platform()}
        return json.dumps({"machine": machine, "versions": self.bench.versions, "lines": lines, "targets": targets}, indent=1, ensure_ascii=False) + "\n"
