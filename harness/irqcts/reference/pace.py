# SPDX-License-Identifier: Apache-2.0
"""How fast the same emulator is tested from Python: figures for `irqcts bench`, all of one process and one run."""

from __future__ import annotations

import ctypes
import random
import statistics
import time
from typing import Any

from .. import _abi
from ..library import check, library
from ..mutation.inprocess import InProcess, load
from .stepper import Stepper

#: Seconds for each, in rounds that take turns so that a busy moment meets all alike.
ROUNDS, SECONDS = 5, 0.6
ENTRIES, MESSAGES, LENGTH = 8, 4, 40
ENGINE_STEPS = 4_000_000


def figures() -> list[dict[str, Any]]:
    """Judged steps a second: the engine, Hypothesis's programs judged by the oracle, and a loop in Python judged by
    the reference model.  ImportError without Hypothesis."""
    from . import strategies  # noqa: F401  # so that its absence is noticed before anything is measured

    interface = load("emulator")
    stepper = Stepper("emulator")
    paces: dict[str, list[float]] = {"engine": [], "hypothesis": [], "model": []}
    try:
        with InProcess(interface) as device:
            for number in range(ROUNDS):
                paces["engine"].append(_engine(device))
                paces["hypothesis"].append(_hypothesis(device, number))
                paces["model"].append(_python_model(stepper, number))
    finally:
        stepper.close()
    engine, hypothesis, model = (statistics.median(paces[name]) for name in ("engine", "hypothesis", "model"))
    return [
        {"name": "comparison: engine, judged steps", "value": engine, "unit": "steps/s", "limit": None},
        {"name": "comparison: Hypothesis by the bindings, judged steps", "value": hypothesis, "unit": "steps/s",
         "limit": None},
        {"name": "comparison: Python model by the bindings, judged steps", "value": model, "unit": "steps/s",
         "limit": None},
        {"name": "comparison: engine over Hypothesis", "value": engine / hypothesis, "unit": "times",
         "limit": ">= 1000"},
        {"name": "comparison: engine over the Python model", "value": engine / model, "unit": "times", "limit": None},
    ]


def _engine(device: InProcess) -> float:
    shape = _abi.irqcts_engine_shape(entries=ENTRIES, messages=MESSAGES, length=1000,
                                     operations=device.record.operations, reset_kinds=device.record.reset_kinds, stimulus=device.record.stimulus)
    report = _abi.irqcts_engine_report()
    start = time.perf_counter()
    check(library().irqcts_engine_run(ctypes.byref(report), device.interface, device.context, ctypes.byref(shape), 1, 0,
                                      ENGINE_STEPS, _abi.irqcts_engine_flag.IRQCTS_ENGINE_JUDGE, 0))
    return float(report.steps / (time.perf_counter() - start))


def _hypothesis(device: InProcess, seed: int) -> float:
    """Hypothesis draws a program, the library runs and judges it in this process."""
    from hypothesis import HealthCheck, Phase, given, seed as seeded, settings

    from .strategies import programs

    steps = 0

    @seeded(seed)
    @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(program=programs())
    def run(program: Any) -> None:
        nonlocal steps
        steps += len(program)
        assert device.run(program).conforms

    start = time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        run()
    return steps / (time.perf_counter() - start)


def _python_model(stepper: Stepper, seed: int) -> float:
    """Operations from random.Random, each executed and judged by the reference model."""
    from .strategies import random_operations

    source, steps = random.Random(seed), 0
    start = time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        stepper.configure(ENTRIES, MESSAGES)
        for operation in random_operations(source, ENTRIES, MESSAGES, LENGTH):
            why = stepper.step(operation)
            assert why is None, why
            steps += 1
    return steps / (time.perf_counter() - start)
