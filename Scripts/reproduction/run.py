"""Runs the scripts of Examples/papers and writes what came out.

Each script is a process of its own with one thread, two at a time; it writes figures (svg, png), numbers (csv) and its record (json) to
OUT/FOLDER. When all are done OUT/summary.md and OUT/summary.html tell expected and measured of every row. A script that fails does not keep
the others from running. The exit code is 1 when a verdict does not hold or a script fails.

The quick setting reads the digits inside the program; the full one MNIST and CIFAR-10 from the folder that EBBTIDE_DATA names.

With --tables nothing runs: the records in OUT, which are of the setting that is asked for, become the tables of the folders' READMEs; a script
that has changed since its record counts as not run.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import page
import tables

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "Examples" / "papers"


class Script:
    """A script, and how its run ended."""

    def __init__(self, path):
        self.path, self.folder, self.name = path, path.parent.name, path.stem
        self.seconds, self.code, self.output, self.record = 0.0, None, "", {}

    def kept(self, out):
        return out / self.folder / f"{self.name}.json"

    @property
    def source(self):
        """A digest of the script and of the files beside the folders that it names, such as `paper.lua`: what its record belongs to."""
        text = self.path.read_bytes()
        shared = [path.read_bytes() for path in sorted(SCRIPTS.glob("*.lua")) if path.name.encode() in text]
        return hashlib.sha256(b"\0".join([text, *shared])).hexdigest()

    def run(self, program, out, quick, limit):
        kept = self.kept(out)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.unlink(missing_ok=True)
        environment = {k: v for k, v in os.environ.items() if k not in ("EBBTIDE_QUICK", "EBBTIDE_SEED", "EBBTIDE_THREADS")}
        environment["EBBTIDE_PAPERS"] = str(out)
        if quick:
            environment["EBBTIDE_QUICK"] = "1"
        began, source = time.monotonic(), self.source
        try:
            done = subprocess.run(
                [program, "--threads", "1", self.path], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=limit, text=True, errors="replace", check=False,
            )
            self.code, self.output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            said = late.stdout or ""
            self.code, self.output = -1, (said if isinstance(said, str) else said.decode(errors="replace")) + f"\nstopped after {limit} s"
        self.seconds = time.monotonic() - began
        (out / self.folder / f"{self.name}.log").write_text(self.output, encoding="utf-8")
        if kept.exists():
            self.record = json.loads(kept.read_text(encoding="utf-8")) | {"source": source, "seconds": round(self.seconds, 1)}
            kept.write_text(json.dumps(self.record, ensure_ascii=False, indent=1), encoding="utf-8")
        return self

    @property
    def rows(self):
        return self.record.get("rows", [])

    @property
    def verdicts(self):
        """The rows that decide; the others are observations, such as a paper's claims about its own sizes."""
        return [row for row in self.rows if not row.get("claim")]

    @property
    def errors(self):
        """What the script itself wrote down as gone wrong: figures that it could not draw."""
        return self.record.get("errors", [])

    @property
    def tail(self):
        """What to show of a script that ended with an error."""
        return self.errors or self.output.splitlines()[-15:]

    @property
    def failed_rows(self):
        return [row for row in self.verdicts if not row["holds"]]

    @property
    def has_erred(self):
        """Whether it ended otherwise than with its last line, where exit code 1 alone says that a verdict does not hold, or could not draw."""
        return bool(self.errors) or not self.record.get("finished") or self.code not in (0, 1) or (self.code == 1 and not self.failed_rows)

    @property
    def state(self):
        if self.has_erred:
            return f"ERROR (exit code {self.code})"
        if not self.verdicts:
            return "no verdicts"
        return f"{len(self.failed_rows)} of {len(self.verdicts)} FAIL" if self.failed_rows else f"all {len(self.verdicts)} hold"


def main():
    parser = argparse.ArgumentParser(prog="Scripts/papers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes and the digits inside the program: a few minutes")
    parser.add_argument("--only", action="append", metavar="FOLDER[/SCRIPT]", help="only these; may be given several times")
    parser.add_argument("--out", default=str(ROOT / ".build" / "papers"), metavar="DIR", help="where the results go (.build/papers)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="scripts at a time (2)")
    parser.add_argument("--limit", type=int, metavar="SECONDS", help="the most a script may take (quick 600, full 3000)")
    parser.add_argument("--tables", action="store_true", help="run nothing; write the tables of the READMEs from what is in DIR")
    options = parser.parse_args()

    out = Path(options.out).resolve()
    scripts = [Script(path) for path in sorted(SCRIPTS.glob("*/*.lua"))]
    if options.tables:
        return tables.write(scripts, out, options.quick)
    program = os.environ.get("EBBTIDE") or sys.exit("papers: EBBTIDE should name the program")
    if not shutil.which(program):
        sys.exit(f"papers: EBBTIDE names {program}, which is no program that can be run; build it with Scripts/build ebbtide or unset EBBTIDE")
    if options.only:
        wanted = [only.strip("/").removesuffix(".lua") for only in options.only]
        strangers = [w for w in wanted if not any(w in (s.folder, f"{s.folder}/{s.name}") for s in scripts)]
        if strangers:
            parser.error(f"there is no {' '.join(strangers)}; folders are {' '.join(sorted({s.folder for s in scripts}))}")
        scripts = [s for s in scripts if s.folder in wanted or f"{s.folder}/{s.name}" in wanted]
    if not options.quick:
        data = os.environ.get("EBBTIDE_DATA")
        missing = [name for name in ("mnist", "cifar10") if data and not (Path(data) / name).is_dir()]
        if not data or missing:
            reason = f"EBBTIDE_DATA is {data}, which has no folder {' and no folder '.join(missing)}" if data else "EBBTIDE_DATA is not set"
            print(f"papers: {reason}: scripts that read MNIST or CIFAR-10 will fail; --quick needs no data", file=sys.stderr)

    out.mkdir(parents=True, exist_ok=True)
    limit = options.limit or (600 if options.quick else 3000)
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        running = [pool.submit(script.run, program, out, options.quick, limit) for script in scripts]
        for number, (future, script) in enumerate(zip(running, scripts), 1):
            future.result()
            print(f"[{number}/{len(scripts)}] {script.folder}/{script.name}: {script.state} ({script.seconds:.0f} s)", flush=True)
            for row in script.failed_rows:
                print(f"    {row['row']}: expected {row['expected']}, measured {row['measured']}", flush=True)
            if script.has_erred:
                print("".join(f"    {line}\n" for line in script.tail), end="", flush=True)
    seconds = time.monotonic() - began

    command = "Scripts/papers" + (" --quick" if options.quick else "") + "".join(f" --only {o}" for o in options.only or [])
    summary = page.Page(scripts, command, seconds)
    (out / "summary.md").write_text(summary.markdown(), encoding="utf-8")
    (out / "summary.html").write_text(summary.html(out), encoding="utf-8")
    print(f"{summary.verdict()}\n{out / 'summary.html'}")
    return 1 if any(s.has_erred or s.failed_rows or not s.verdicts for s in scripts) else 0


if __name__ == "__main__":
    sys.exit(main())
