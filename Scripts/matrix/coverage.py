"""Every exported name has a case, or a reason why it has no derivative."""

import fnmatch
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

OPERATORS = {"+", "-", "*", "/", "^", "%", "[]"}

WITHOUT_DERIVATIVE = {
    "gives truth values, positions or counts": """
        all any argmax argmin argsort lt le gt ge eq ne isnan isinf isfinite logical_not logical_and logical_or logical_xor
        linalg.matrix_rank numel tree.count tree.equal tree.hash""",
    "gives Lua numbers, or counts": "item totable check_grad memory metrics.* theory.stability_threshold diag.*",
    "solves, counts or searches: what it answers is not followed": """
        theory.two_layer_steps theory.one_layer_steps theory.deep_modes theory.escape_time theory.rank_plateaus theory.plateau_curvature
        theory.reduced_rank_regression theory.learning_order theory.min_l1 theory.min_l2 theory.hypentropy_min theory.entropy_min
        theory.track_modes""",
    "makes tensors of numbers, shapes and seeds": """
        tensor zeros ones full eye arange linspace logspace zeros_like ones_like full_like rand randn randint rand_like randn_like
        permutation rng seed default_dtype tree.zeros_like tree.randn_like init.*""",
    "stops derivatives: its values are not what it is for": "detach stop_gradient",
    "writes in place, which transforms refuse": "copy_ fill_ add_ sub_ mul_ div_",
    "is about data, files and figures": """
        batches data.* io.* perturb.* plot.* demo""",
    "updates parameters; its numbers are no function to differentiate": "optim.* schedule.* agg.* run pair load_run per_example",
    "follows trajectories in steps that look at their errors": "flow.*",
    "gives operators: its numbers are derivatives already": "curv.*",
    "looks at a loss where it is told to; the loss has its own case": "landscape.*",
}


def exported():
    """The functions of `eb` as the running program lists them, and the methods of tensors as their annotations do."""
    script = """
      local function list(t, prefix)
        for key, value in pairs(t) do
          if type(value) == "function" then print(prefix .. key) elseif type(value) == "table" then list(value, prefix .. key .. ".") end
        end
      end
      list(require "ebbtide", "")"""
    ran = subprocess.run(
        [os.environ["EBBTIDE"], "-e", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    names = set(ran.stdout.split())
    for path in (ROOT / "Sources/Bindings/Annotations").glob("*.lua"):
        names |= set(re.findall(r"^function Tensor:(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return names


def problems(cases):
    """What is missing, and what is said twice or of nothing."""
    names = exported() | OPERATORS
    patterns = [pattern for group in WITHOUT_DERIVATIVE.values() for pattern in group.split()]
    excused = {name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}
    cases = [case for case in cases if case.family != "composites"]
    covered = {case.operation for case in cases}
    found = [f"{name} has no case and no reason to have none" for name in sorted(names - covered - excused)]
    found += [f"{name} has a case, and a reason to have none" for name in sorted(covered & excused)]
    found += [f"{name} has a case and is not exported" for name in sorted(covered - names)]
    found += [f"{pattern} has a reason and is not exported" for pattern in patterns if not fnmatch.filter(names, pattern)]
    for case in cases:
        word = case.operation.rsplit(".", maxsplit=1)[-1]
        if word not in ("[]",) and word not in case.lua + case.given:
            found.append(f"the case {case.name!r} does not call {case.operation}")
    return found
