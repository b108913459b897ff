# SPDX-License-Identifier: Apache-2.0
"""CAP: the MSI-X capability in configuration space."""
import pytest
from irqcts import clauses, needs

from shapes import TABLE_SIZES

ENABLE, FUNCTION_MASK, RESERVED = 0x8000, 0x4000, 0x3800
CAPABILITIES_POINTER, FIRST_BAR, BARS = 0x34, 0x10, 6


@clauses("CAP-HEADER")
@needs(observes=("capability",))
def test_the_capability_is_msix(machine):
    """Capability ID 0x11 at the place where the backend found it."""
    machine.check(machine.program().capability_read(0, 1, expect=0x11, clause="CAP-HEADER"))


@pytest.mark.parametrize("entries", TABLE_SIZES)
@clauses("CAP-TABLE-SIZE")
@needs(entries="{entries}", messages=1, observes=("capability",), exact=True)
def test_table_size_is_entries_minus_1(machine, entries):
    """Message Control [10:0] is N-1, and stays so when ones and zeros are written."""
    program = machine.program().capability_read(2, 2, expect=entries - 1, mask=0x7FF, clause="CAP-TABLE-SIZE")
    for value in (0x3FFF, 0x0000, 0x07FF):
        program.capability_write(2, 2, value).capability_read(2, 2, expect=entries - 1, mask=0x7FF)
    machine.check(program)


@clauses("CAP-TABLE-SIZE")
@needs(observes=("capability",))
def test_table_size_is_what_the_backend_says(machine):
    """Table Size is that of the configured machine, and read-only."""
    size = machine.shape.entries - 1
    machine.check(machine.program().capability_read(2, 2, expect=size, mask=0x7FF)
                  .capability_write(2, 2, 0x7FF ^ size).capability_read(2, 2, expect=size, mask=0x7FF))


@clauses("CAP-RESERVED")
@needs(observes=("capability",))
def test_reserved_bits_read_zero(machine):
    """Message Control [13:11] read 0 and ignore writes."""
    machine.check(machine.program().capability_read(2, 2, expect=0, mask=RESERVED, clause="CAP-RESERVED")
                  .capability_write(2, 2, RESERVED).capability_read(2, 2, expect=0, mask=RESERVED)
                  .capability_write(2, 2, 0xFFFF).capability_read(2, 2, expect=0, mask=RESERVED))


@pytest.mark.parametrize("value", [0, ENABLE, FUNCTION_MASK, ENABLE | FUNCTION_MASK])
@clauses("CAP-ENABLE", "CAP-FUNCTION-MASK")
@needs(observes=("capability",))
def test_enable_and_function_mask_are_read_write(machine, value):
    """Each combination of the two reads back, and both are 0 to begin with."""
    machine.check(machine.program().capability_read(2, 2, expect=0, mask=ENABLE | FUNCTION_MASK)
                  .capability_write(2, 2, value).capability_read(2, 2, expect=value, mask=ENABLE | FUNCTION_MASK)
                  .capability_write(2, 2, 0).capability_read(2, 2, expect=0, mask=ENABLE | FUNCTION_MASK))


@pytest.mark.parametrize("width,offset", [(1, 3), (2, 2), (4, 0)])
@clauses("CAP-WRITE-WIDTHS")
@needs(entries=1, messages=1, stimulus="device", observes=("capability",))
def test_each_width_takes_effect(machine, width, offset):
    """Enable and Function Mask written as byte, word and DWORD take effect on delivery."""
    shift = 8 * (2 - offset)
    write = lambda value: (value << shift) if shift >= 0 else (value >> -shift)  # noqa: E731
    program = machine.program().write_entry(0, message=0, masked=False)
    program.capability_write(offset, width, write(ENABLE)).raise_event(0).poll({0: 1}, clause="CAP-WRITE-WIDTHS")
    program.capability_write(offset, width, write(ENABLE | FUNCTION_MASK)).raise_event(0).poll({})
    program.capability_write(offset, width, write(ENABLE)).poll({0: 1})
    program.capability_write(offset, width, 0).raise_event(0).poll({}, clause="ENABLE-OFF-SILENT")
    machine.check(program)


@clauses("CAP-WRITE-WIDTHS")
@needs(observes=("capability",))
def test_the_low_byte_of_message_control_changes_nothing(machine):
    """A one-byte write of Message Control [7:0] leaves Enable and Function Mask."""
    machine.check(machine.program().capability_write(2, 2, ENABLE | FUNCTION_MASK).capability_write(2, 1, 0)
                  .capability_read(2, 2, expect=ENABLE | FUNCTION_MASK, mask=ENABLE | FUNCTION_MASK)
                  .capability_write(2, 2, 0).capability_write(2, 1, 0xFF)
                  .capability_read(2, 2, expect=0, mask=ENABLE | FUNCTION_MASK))


@pytest.mark.parametrize("ones", [0xFFFFFFFF, 0x00000000, 0xA5A5A5A5])
@clauses("CAP-WRITE-WIDTHS", "CAP-BIR-OFFSET")
@needs(observes=("capability",))
def test_read_only_registers_never_change(machine, ones):
    """ID, next pointer, Table and PBA registers ignore writes of every width."""
    before = machine.run(machine.program().capability_read(0, 2).capability_read(4, 4).capability_read(8, 4))
    identity, table, pba = (before[i].value for i in (1, 2, 3))
    program = machine.program()
    for offset in (4, 8):
        program.capability_write(offset, 4, ones).capability_write(offset, 2, ones & 0xFFFF)
        program.capability_write(offset, 1, ones & 0xFF).capability_write(offset + 2, 2, ones >> 16)
    program.capability_write(0, 2, ones & 0xFFFF).capability_write(0, 4, ones & 0x3FFFFFFF)
    program.capability_read(0, 2, expect=identity).capability_read(4, 4, expect=table, clause="CAP-BIR-OFFSET")
    program.capability_read(8, 4, expect=pba, clause="CAP-BIR-OFFSET")
    machine.check(program)


def bar_sizes(machine):
    """BAR indicator -> size in bytes, by writing ones to each BAR and restoring it."""
    found = machine.run(add_reads(machine.program()))
    values = [found[i + 1].value for i in range(BARS)]
    program = machine.program()
    for bar in range(BARS):
        program.config_write(FIRST_BAR + 4 * bar, 4, 0xFFFFFFFF).config_read(FIRST_BAR + 4 * bar, 4)
        program.config_write(FIRST_BAR + 4 * bar, 4, values[bar])
    sized = machine.run(program)
    raw = [sized[3 * bar + 2].value for bar in range(BARS)]
    sizes, bar = {}, 0
    while bar < BARS:
        wide = values[bar] & 7 == 4
        if raw[bar] and not values[bar] & 1:
            mask = (raw[bar] & ~0xF) | ((raw[bar + 1] << 32) if wide else (0xFFFFFFFF << 32))
            sizes[bar] = (~mask & 0xFFFFFFFFFFFFFFFF) + 1
        bar += 2 if wide else 1
    return sizes


def add_reads(program):
    for bar in range(BARS):
        program.config_read(FIRST_BAR + 4 * bar, 4)
    return program


@pytest.mark.parametrize("entries", [1, 64, 65, 2048])
@clauses("CAP-FITS", "CAP-BIR-DWORD", "CAP-BIR-OFFSET")
@needs(entries="{entries}", messages=1, observes=("capability",), operations=("config-read", "config-write"))
def test_table_and_pba_fit_their_bars(machine, entries):
    """Both lie wholly inside memory BARs that exist, and do not overlap."""
    del entries
    registers = machine.run(machine.program().capability_read(4, 4).capability_read(8, 4))
    table, pba = registers[1].value, registers[2].value
    sizes = bar_sizes(machine)
    table_bytes = 16 * machine.shape.entries
    pba_bytes = 8 * ((machine.shape.entries + 63) // 64)
    for name, register, length in (("table", table, table_bytes), ("PBA", pba, pba_bytes)):
        bar, offset = register & 7, register & ~7
        assert bar <= 5, f"CAP-BIR-DWORD: the {name}'s BAR indicator is {bar}"
        assert bar in sizes, f"CAP-BIR-DWORD: the {name} is in BAR {bar}, which is no memory BAR"
        assert offset + length <= sizes[bar], \
            f"CAP-FITS: the {name} ends at 0x{offset + length:x} of BAR {bar}, which has 0x{sizes[bar]:x} bytes"
    if table & 7 == pba & 7:
        first, second = sorted(((table & ~7, table_bytes), (pba & ~7, pba_bytes)))
        assert first[0] + first[1] <= second[0], "CAP-FITS: table and PBA overlap"
    machine.judge(registers)


@clauses("CAP-HEADER")
@needs(observes=("capability",), operations=("config-read",))
def test_the_capability_is_in_the_list(machine):
    """Walking the capability list finds exactly one MSI-X capability, and the list ends."""
    pointer = machine.run(machine.program().config_read(CAPABILITIES_POINTER, 1))[1].value & 0xFC
    seen, msix = set(), 0
    while pointer:
        assert pointer not in seen, "the capability list has a loop"
        seen.add(pointer)
        word = machine.run(machine.program().config_read(pointer, 2))[1].value
        msix += word & 0xFF == 0x11
        pointer = word >> 8 & 0xFC
    assert msix == 1, f"{msix} MSI-X capabilities in the list"
