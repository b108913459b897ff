/* SPDX-License-Identifier: Apache-2.0 */
/* Memory accesses: which function claims them, and what they do to table and PBA (ENTRY-*, PBA-*). */
#include "device_internal.h"

static int claims(const struct emulator_function *function, uint64_t address)
{
    return address - function->table_bar_base < function->table_bar_size ||
           address - function->pba_bar_base < function->pba_bar_size;
}

/* Consecutive accesses mostly go to one function, so that one is asked first. */
static struct emulator_function *find_claimant(struct emulator_device *device, uint64_t address)
{
    struct emulator_function *function = &device->functions[device->last_claim];
    uint32_t f;

    if (claims(function, address)) {
        return function;
    }
    for (f = 0; f < device->function_count; f++) {
        function = &device->functions[f];
        if (claims(function, address)) {
            device->last_claim = f;
            return function;
        }
    }
    return NULL;
}

/* Keeps what an effectively unmasked entry sends although its contents change (SEND-REWRITE-UNMASKED). */
static void keep_former(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    const uint8_t *bytes = entry_bytes(function, entry);

    if (!function_enabled(device, function) || function_masked(device, function) || function->paused ||
        entry_masked(device, function, entry) || bit_of(function->stale, entry)) {
        return;
    }
    function->former[entry].address = load64(bytes + ENTRY_ADDRESS_LOW);
    function->former[entry].data = load32(bytes + ENTRY_DATA);
    bit_on(function->stale, entry);
    function->stale_any = 1;
}

/* One DWORD of an entry: what a write changes and what an unmask releases. */
static inline void write_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                               uint32_t place, uint32_t value)
{
    uint8_t *bytes = entry_bytes(function, entry);
    uint32_t old = load32(bytes + place);

    function->dirty |= 1u << (entry / 64u);
    if (place == ENTRY_CONTROL) {
        if (!device->choices.reserved_bits_stored) {
            value &= ENTRY_MASK_BIT;
        }
        store32(bytes + ENTRY_CONTROL, value);
        if ((value & ENTRY_MASK_BIT) != 0) {
            bit_off(function->stale, entry);
        } else if (pending_bit(function, entry) && (old & ENTRY_MASK_BIT) != 0) {
            release_entry(device, function, entry);
        }
    } else {
        if (place == ENTRY_ADDRESS_LOW && !device->choices.low_bits_stored) {
            value &= ~UINT32_C(3);
        }
        if (device->choices.rewrite_latched && old != value) {
            keep_former(device, function, entry);
        }
        store32(bytes + place, value);
    }
}

void write_table_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                       uint32_t place, uint32_t value)
{
    uint32_t old = load32(entry_bytes(function, entry) + place);

    if (FAULTY(device) && faulted_dword(device, function, entry, place, &value)) {
        return;
    }
    write_dword(device, function, entry, place, value);
    if (FAULTY(device)) {
        faulted_after_dword(device, function, entry, place, old, value);
    }
}

/* Any other width or alignment, byte by byte: each DWORD that it touches is rewritten once. */
static void write_bytes(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                        uint32_t width, uint64_t value)
{
    uint64_t end = offset + width;
    uint64_t at = offset & ~UINT64_C(3);

    for (; at < end && at < (uint64_t)function->entries * EMULATOR_ENTRY_BYTES; at += 4) {
        uint32_t dword = load32(function->table + at);
        uint32_t i;
        for (i = 0; i < 4; i++) {
            if (at + i >= offset && at + i < end) {
                dword &= ~(UINT32_C(0xff) << (8u * i));
                dword |= (uint32_t)((value >> (8u * (at + i - offset))) & 0xffu) << (8u * i);
            }
        }
        write_table_dword(device, function, (uint32_t)(at / EMULATOR_ENTRY_BYTES),
                          (uint32_t)(at % EMULATOR_ENTRY_BYTES), dword);
    }
}

static void write_table(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                        uint32_t width, uint64_t value)
{
    uint32_t entry = (uint32_t)(offset / EMULATOR_ENTRY_BYTES);
    uint32_t place = (uint32_t)(offset % EMULATOR_ENTRY_BYTES);

    if (FAULTY(device) && faulted_table_write(device, function, offset, width, value)) {
        return;
    }
    if (width == 4 && offset % 4u == 0) {
        write_table_dword(device, function, entry, place, (uint32_t)value);
    } else if (width == 8 && offset % 8u == 0) { /* ENTRY-QWORD: its two DWORD writes */
        write_table_dword(device, function, entry, place, (uint32_t)value);
        write_table_dword(device, function, entry, place + 4u, (uint32_t)(value >> 32));
    } else if (device->choices.odd_access_performed) {
        write_bytes(device, function, offset, width, value);
    }
}

/* `size` bytes of registers from `offset`; what lies beyond reads 0. */
static uint64_t read_bytes(const uint8_t *bytes, uint64_t size, uint64_t offset, uint32_t width)
{
    uint64_t value = 0;
    uint32_t i;

    if (width == 4 && offset + 4 <= size) {
        return load32(bytes + offset);
    }
    if (width == 8 && offset + 8 <= size) {
        return load64(bytes + offset);
    }
    for (i = 0; i < width && offset + i < size; i++) {
        value |= (uint64_t)bytes[offset + i] << (8u * i);
    }
    return value;
}

static int access_odd(uint64_t offset, uint32_t width)
{
    return width < 4 || offset % width != 0;
}

/* A DWORD of the table of the function asked last: most accesses. */
static inline int common_access(const struct emulator_function *function, uint64_t address, uint32_t width,
                                uint64_t *offset)
{
    *offset = address - function->table_base;
    return *offset < function->table_size && width == 4 && (*offset & 3u) == 0;
}

static uint64_t read_elsewhere(struct emulator_device *device, uint64_t address, uint32_t width)
{
    struct emulator_function *function = find_claimant(device, address);
    uint32_t table_offset = device->choices.table_offset;
    uint32_t pba_offset = device->choices.pba_offset;
    uint32_t pba_size;
    uint64_t offset;
    uint64_t value = 0;

    if (function == NULL) {
        return UINT64_MAX; /* nobody answers */
    }
    pba_size = pba_bytes(function->entries);
    if (FAULTY(device)) {
        faulted_decoding(device, function, &table_offset, &pba_offset, &pba_size);
    }
    offset = address - function->pba_bar_base - pba_offset;
    if (address - function->pba_bar_base < function->pba_bar_size && offset < pba_size) {
        if ((FAULTY(device) && faulted_pba_read(device, function, offset, width, &value)) ||
            (!device->choices.odd_access_performed && access_odd(offset, width))) {
            return value;
        }
        return read_bytes(function->pba, pba_bytes(function->entries), offset, width); /* PBA-READ: nothing changes */
    }
    offset = address - function->table_bar_base - table_offset;
    if (address - function->table_bar_base < function->table_bar_size) {
        uint64_t size = (uint64_t)function->entries * EMULATOR_ENTRY_BYTES;
        if ((FAULTY(device) && faulted_table_read(device, function, offset, width, &value)) ||
            (!device->choices.odd_access_performed && access_odd(offset, width))) {
            return value;
        }
        if (offset < size) {
            return read_bytes(function->table, size, offset, width);
        }
    }
    return 0; /* a reserved part of a BAR */
}

uint64_t emulator_memory_read(struct emulator_device *device, uint64_t address, uint32_t width)
{
    const struct emulator_function *function = &device->functions[device->last_claim];
    uint64_t offset;

    if (common_access(function, address, width, &offset)) {
        return load32(function->table + offset);
    }
    return read_elsewhere(device, address, width);
}

static void write_elsewhere(struct emulator_device *device, uint64_t address, uint32_t width, uint64_t value)
{
    struct emulator_function *function = find_claimant(device, address);
    uint32_t table_offset = device->choices.table_offset;
    uint32_t pba_offset = device->choices.pba_offset;
    uint32_t pba_size;
    uint64_t offset;

    if (function == NULL) {
        return;
    }
    pba_size = pba_bytes(function->entries);
    if (FAULTY(device)) {
        faulted_decoding(device, function, &table_offset, &pba_offset, &pba_size);
    }
    offset = address - function->pba_bar_base - pba_offset;
    if (address - function->pba_bar_base < function->pba_bar_size && offset < pba_size) {
        if (FAULTY(device)) {
            (void)faulted_pba_write(device, function, offset, width, value);
        }
        return; /* PBA-WRITE: ignored */
    }
    offset = address - function->table_bar_base - table_offset;
    if (address - function->table_bar_base < function->table_bar_size) {
        if (offset < (uint64_t)function->entries * EMULATOR_ENTRY_BYTES) {
            write_table(device, function, offset, width, value);
        } else if (FAULTY(device)) { /* ENTRY-BEYOND: no vector is affected */
            (void)faulted_table_write(device, function, offset, width, value);
        }
    }
}

void emulator_memory_write(struct emulator_device *device, uint64_t address, uint32_t width, uint64_t value)
{
    struct emulator_function *function = &device->functions[device->last_claim];
    uint64_t offset;

    if (common_access(function, address, width, &offset)) {
        write_dword(device, function, (uint32_t)(offset / EMULATOR_ENTRY_BYTES),
                    (uint32_t)(offset % EMULATOR_ENTRY_BYTES), (uint32_t)value);
    } else {
        write_elsewhere(device, address, width, value);
    }
}
