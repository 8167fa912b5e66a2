"""Derivatives of every operation in every nesting, against a reference that knows values alone.

    Scripts/derivatives [--only TEXT] [--order N] [--brief] [--json FILE] [--against jax|torch --python PATH]...

Each case (cases/) runs in the program with inputs drawn from fixed seeds: its value and every word of r (grad) and f (jvp) up to
order N, 4 unless given; on numbers (plain), on three different points and directions at once (vmapped), and as the derivative of a
vmapped sum (inside); in float64 and float32. reference.py says what is right, judge.py how far from it rounding may lead.
Prints the matrix, then its summary; --brief the summary alone. --only takes the cases whose name contains the text.

--against adds what JAX or PyTorch do with the same inputs in float64, plain and vmapped: where they fail, and a table beside ours.
--python, once for each --against, is an interpreter that has it (python3 unless given). They take ten times as long as we do.

Exits with 1 when one of our results fails, or an exported name has neither a case nor a reason to have none.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time

import cases
import coverage
import peers
import program
import report
from case import LANES, ORDERS
from judge import judged
from reference import reference


def examined(request):
    """A case from its number: what the program did with it and what the peers are given to do; runs in a process of its own."""
    number, orders = request
    case = cases.every()[number]
    try:
        answers = [reference(case, lane) for lane in range(LANES)]
    except Exception as error:
        raise RuntimeError(f"the values of the case {case.name!r} can't be computed: {error!r}") from error
    job = program.job(case, [case.sample(lane) for lane in range(LANES)], answers[0][1], orders)
    lanes = [answer for answer, _ in answers]
    return judged(program.run(job), lanes), job, lanes


def main():
    parser = argparse.ArgumentParser(prog="derivatives", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--order", type=int, choices=range(ORDERS + 1), default=ORDERS)
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--against", action="append", choices=("jax", "torch"), default=[])
    parser.add_argument("--python", action="append", default=[])
    options = parser.parse_args()
    begun = time.monotonic()

    table = cases.every()
    chosen = [(number, options.order) for number, case in enumerate(table) if options.only in case.name]
    if not chosen:
        sys.exit(f"derivatives: no case has '{options.only}' in its name")
    if not options.brief:
        report.print_header(options.order)
    results, jobs, references = [], [], {}
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for (number, _), (records, job, lanes) in zip(chosen, pool.imap(examined, chosen)):
            results.append((table[number], records))
            jobs.append(job)
            references[job["name"]] = lanes
            if not options.brief:
                report.print_rows(table[number], records, options.order)

    print("\n" + report.summary(results, options.order) + "\n")
    bad = report.failures(results)
    bad += coverage.problems(table) if not options.only else []
    for line in bad:
        print(f"FAILED {line}")
    total = sum(len(records) for _, records in results)
    print(f"{len(results)} cases, {total} results, {len(bad)} failures in {time.monotonic() - begun:.0f} s")

    theirs = {}
    for peer, python in zip(options.against, options.python + ["python3"] * len(options.against)):
        version, found = peers.compared(peer, python, [(case, job) for (case, _), job in zip(results, jobs)])
        side = f"{peer} {version}"
        theirs[side] = {name: judged(numbers, references[name]) for name, numbers in found.items()}
        print(f"\n{side} does not get right:")
        print("\n".join(report.named(results, peer, theirs[side])))
    if theirs:
        print("\n" + report.beside(results, theirs))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"Ebbtide": {case.name: records for case, records in results}, **theirs}, file)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
