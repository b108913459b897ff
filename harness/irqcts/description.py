# SPDX-License-Identifier: Apache-2.0
"""What a backend says of itself, checked for sense before it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import _abi


def _words(enum: Any, prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix).lower().replace("_", "-"): int(value) for name, value in enum.__members__.items()}


OBSERVATIONS = _words(_abi.irqcts_observation, "IRQCTS_OBSERVES_")
PROPERTIES = _words(_abi.irqcts_property, "IRQCTS_PROPERTY_")
STIMULI = {value: name for name, value in _words(_abi.irqcts_stimulus, "IRQCTS_STIMULUS_").items()}
OPERATIONS = {
    name: value for name, value in _words(_abi.irqcts_operation_kind, "IRQCTS_OPERATION_").items()
    if name not in ("none", "kind-count", "vfio-first", "vfio-end")
}
OPERATION_WORDS = {value: name for name, value in OPERATIONS.items()}
RESET_KINDS = _words(_abi.irqcts_reset_kind, "IRQCTS_RESET_")


def _set(bits: int, words: dict[str, int]) -> frozenset[str]:
    return frozenset(name for name, bit in words.items() if bits & bit)


@dataclass(frozen=True)
class Description:
    """irqcts_backend_description in Python's terms; `record` is the original."""

    name: str
    device: str
    driver: str
    identity: str
    operations: frozenset[str]
    observations: frozenset[str]
    properties: frozenset[str]
    stimulus: str
    reset_kinds: frozenset[str]
    entries_max: int
    messages_max: int
    virtual_functions_max: int
    virtual_entries_max: int
    virtual_messages_max: int
    settle_ns: int
    geometry: dict[str, int] | None
    record: Any = field(repr=False, compare=False)

    @classmethod
    def from_record(cls, record: Any) -> Description:
        """Raises ValueError with a sentence when the record makes no sense."""
        texts = {}
        for name in ("name", "device", "driver", "identity"):
            try:
                texts[name] = getattr(record, name).decode("utf-8")
            except UnicodeDecodeError:
                raise ValueError(f"its {name} is not UTF-8") from None
        if not texts["name"] or not texts["identity"]:
            raise ValueError("its name or identity is empty")
        for function in ("", "virtual_"):
            entries, messages = getattr(record, function + "entries_max"), getattr(record, function + "messages_max")
            if entries > _abi.IRQCTS_ENTRIES_MAX or messages > entries:
                raise ValueError(f"{function}entries_max {entries}, {function}messages_max {messages}: "
                                 f"entries are at most {_abi.IRQCTS_ENTRIES_MAX} and messages at most the entries")
        if record.virtual_functions_max > _abi.IRQCTS_VIRTUAL_FUNCTIONS_MAX:
            raise ValueError(f"virtual_functions_max {record.virtual_functions_max} is over "
                             f"{_abi.IRQCTS_VIRTUAL_FUNCTIONS_MAX}")
        if record.stimulus not in STIMULI:
            raise ValueError(f"stimulus {record.stimulus} is none of {sorted(STIMULI)}")
        operations = frozenset(n for n, kind in OPERATIONS.items() if record.operations >> kind & 1)
        if "configure" not in operations:
            raise ValueError("it does not support configure, with which every program begins")
        geometry = None
        if record.geometry_known:
            geometry = {name: getattr(record, name) for name in ("table_bar", "table_offset", "pba_bar", "pba_offset")}
        return cls(**texts, operations=operations, observations=_set(record.observations, OBSERVATIONS),
                   properties=_set(record.properties, PROPERTIES), stimulus=STIMULI[record.stimulus],
                   reset_kinds=frozenset(n for n, kind in RESET_KINDS.items() if record.reset_kinds >> kind & 1),
                   entries_max=record.entries_max, messages_max=record.messages_max,
                   virtual_functions_max=record.virtual_functions_max,
                   virtual_entries_max=record.virtual_entries_max,
                   virtual_messages_max=record.virtual_messages_max, settle_ns=record.settle_ns,
                   geometry=geometry, record=record)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "device": self.device, "driver": self.driver, "identity": self.identity,
            "operations": sorted(self.operations), "observations": sorted(self.observations),
            "properties": sorted(self.properties), "stimulus": self.stimulus,
            "reset_kinds": sorted(self.reset_kinds), "entries_max": self.entries_max,
            "messages_max": self.messages_max, "virtual_functions_max": self.virtual_functions_max,
            "virtual_entries_max": self.virtual_entries_max, "virtual_messages_max": self.virtual_messages_max,
            "settle_ns": self.settle_ns, "geometry": self.geometry,
        }
