"""Which errors are rounding, and which are wrong.

A computed derivative of order k passes when its distance from the reference is at most

    16 * 2^k * u * scale + doubt,

u the unit roundoff (2^-53, 2^-24) and scale as in reference.py: sixteen roundings on the longest path of a case, which has some ten
operations or terms of a sum, doubled by each order as the product rule doubles a formula. That is 2e-15 to 3e-14 of the scale in
float64: a rule that is wrong in a factor, a sign or a term is wrong by some tenths of it. The doubt is the reference's own error: of the
order of the step, 2^-90, times the derivatives of order k and k + 1, and of its 600 bits divided by the step's power.

Where the scale is 0 (the fifth derivative of x^4, rows of zeros) nothing but 0 passes.
"""

import math

from mpmath import mp

from reference import STEP

UNIT_ROUNDOFF = {"float64": mp.mpf(2) ** -53, "float32": mp.mpf(2) ** -24}
ROUNDINGS = 16


def bound(order):
    return ROUNDINGS * 2**order


def doubts(answers):
    """For each order how far the reference may be off."""
    scales = [scale for _, scale in answers]
    return [
        2**6 * STEP * (scale + (scales[order + 1] if order + 1 < len(scales) else 0))
        + max(scales) * mp.mpf(2) ** -580 / STEP**order
        for order, scale in enumerate(scales)
    ]


def expected(mode, order, lanes):
    """The derivatives a mode answers for a word of this order: (value, scale, doubt) for each number."""
    each = [(*answers[order], doubts(answers)[order]) for answers in lanes]
    if mode == "plain":
        return each[:1]
    if mode == "inside":
        return [tuple(sum(parts) for parts in zip(*each))]
    return each


def judged(found, lanes):
    """One record for each (mode, dtype, word): the largest relative error, and what is wrong, if anything is."""
    records = []
    for (mode, dtype, word), numbers in found.items():
        record = {"mode": mode, "dtype": dtype, "word": word, "error": None, "problem": None}
        records.append(record)
        if isinstance(numbers, str):
            record["problem"] = numbers
            continue
        wanted = expected(mode, len(word), lanes)
        if len(numbers) != len(wanted):
            record["problem"] = f"error: {len(numbers)} numbers instead of {len(wanted)}"
            continue
        for number, (value, scale, doubt) in zip(numbers, wanted):
            if not math.isfinite(number):
                record["problem"] = f"{number} instead of {mp.nstr(value, 8)}"
                continue
            distance = max(abs(mp.mpf(number) - value) - doubt, mp.zero)
            error = float(distance / scale) if scale > doubt else (0.0 if distance == 0 else math.inf)
            record["error"] = max(record["error"] or 0.0, error)
            if error > bound(len(word)) * UNIT_ROUNDOFF[dtype] and not record["problem"]:
                record["problem"] = f"{number!r} instead of {mp.nstr(value, 17)}: {error:.1e} of the scale"
    return records
