/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What planted faults do, by the place in the device where they do it
 * (faults.def says what each is).  Nothing here runs without a fault.
 */
#include "device_internal.h"

static int odd(uint64_t offset, uint32_t width)
{
    return width < 4 || offset % width != 0;
}

static int open_but_for_mask(const struct emulator_device *device, const struct emulator_function *function)
{
    return function_enabled(device, function) && !function_masked(device, function) && !function->paused &&
           bus_master_on(device, function);
}

static int wide_open(const struct emulator_device *device, const struct emulator_function *function, uint32_t entry)
{
    return open_but_for_mask(device, function) && !entry_masked(device, function, entry);
}

static int mask_bit(const struct emulator_function *function, uint32_t entry)
{
    return entry_bytes(function, entry)[ENTRY_CONTROL] & ENTRY_MASK_BIT;
}

static void set_mask_bit(struct emulator_function *function, uint32_t entry, int on)
{
    uint8_t *control = entry_bytes(function, entry) + ENTRY_CONTROL;

    *control = (uint8_t)((*control & ~ENTRY_MASK_BIT) | (on ? ENTRY_MASK_BIT : 0));
    function->dirty |= 1u << (entry / 64u);
}

static uint32_t unmasked_entries(const struct emulator_function *function)
{
    uint32_t count = 0;
    uint32_t i;

    for (i = 0; i < function->entries; i++) {
        count += !mask_bit(function, i);
    }
    return count;
}

static int same_message(const struct emulator_function *function, uint32_t one, uint32_t other)
{
    const uint8_t *a = entry_bytes(function, one);
    const uint8_t *b = entry_bytes(function, other);

    return load64(a) == load64(b) && load32(a + ENTRY_DATA) == load32(b + ENTRY_DATA);
}

/* From now on the entry sends what it holds at this moment. */
static void freeze_message(struct emulator_function *function, uint32_t entry)
{
    const uint8_t *bytes = entry_bytes(function, entry);

    if (!bit_of(function->fault_more, entry)) {
        function->former[entry].address = load64(bytes + ENTRY_ADDRESS_LOW);
        function->former[entry].data = load32(bytes + ENTRY_DATA);
        bit_on(function->fault_more, entry);
    }
}

static uint32_t swapped(uint32_t value)
{
    return value >> 24 | (value >> 8 & 0xff00u) | (value << 8 & 0xff0000u) | value << 24;
}

static void send_pending(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    pending_off(function, entry);
    send_message(device, function, entry);
}

/* ---- events ---- */

int faulted_mask(const struct emulator_device *device, const struct emulator_function *function, uint32_t entry,
                 int masked)
{
    switch (device->choices.fault) {
    case FAULT_A3:
        return entry + 1u < function->entries
                   ? entry_bytes(function, entry + 1u)[ENTRY_ADDRESS_LOW] & ENTRY_MASK_BIT
                   : masked;
    case FAULT_D8:
        return masked || bit_of(function->fault_bits, entry);
    case FAULT_D9:
        return 0;
    case FAULT_D10:
        return masked && !bit_of(function->fault_bits, entry);
    case FAULT_D11:
        return masked && (load32(entry_bytes(function, entry) + ENTRY_DATA) & 0x100u) == 0;
    default:
        return masked;
    }
}

uint32_t faulted_event(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    int enabled = function_enabled(device, function);
    int masked;

    if (entry >= function->entries) {
        if (device->choices.fault == FAULT_K5) {
            (void)emulator_raise(device, function->index, 0);
        } else if (device->choices.fault == FAULT_K13) {
            device->dead = 1;
        }
        return NO_EVENT;
    }
    masked = mask_bit(function, entry);
    switch (device->choices.fault) {
    case FAULT_K1:
        if (enabled) {
            function->config[CONFIG_STATUS] |= 1u << 3;
        }
        return entry;
    case FAULT_D18:
        if (masked && open_but_for_mask(device, function)) {
            send_message(device, function, entry);
        }
        return entry;
    case FAULT_D21:
        return masked && !bit_of(function->fault_bits, entry) ? NO_EVENT : entry;
    case FAULT_F6B:
        return enabled && !masked && function_masked(device, function) ? NO_EVENT : entry;
    case FAULT_F7:
        return masked && bit_of(function->fault_bits, entry) ? NO_EVENT : entry;
    case FAULT_F10:
        return enabled && (masked || function_masked(device, function)) ? NO_EVENT : entry;
    case FAULT_F11:
        return enabled && masked ? NO_EVENT : entry;
    case FAULT_H16:
        if (!enabled && entry == 0 && function->fault_count != 0 && !masked) {
            send_message(device, function, entry);
            return NO_EVENT;
        }
        return entry;
    case FAULT_H22:
        if (bit_of(function->fault_bits, entry) && wide_open(device, function, entry)) {
            bit_off(function->fault_bits, entry);
            return NO_EVENT;
        }
        return entry;
    case FAULT_J11:
        return function->paused ? NO_EVENT : entry;
    case FAULT_K7:
        return (entry ^ 1u) < function->entries ? entry ^ 1u : entry;
    case FAULT_K9:
    case FAULT_K10:
        if (!wide_open(device, function, entry) || function->fault_count != entry + 1u) {
            function->fault_count = entry + 1u;
            return entry;
        }
        function->fault_count = 0;
        if (device->choices.fault == FAULT_K10) {
            return NO_EVENT;
        }
        send_message(device, function, entry);
        return entry;
    case FAULT_K12:
        return (entry + 1u) % function->entries;
    case FAULT_PAUSE_IGNORED:
        if (function->paused && enabled && !masked && !function_masked(device, function)) {
            send_message(device, function, entry);
            return NO_EVENT;
        }
        return entry;
    case FAULT_PEND_COUNTS:
        function->former[entry].reserved += pending_bit(function, entry) ? 1u : 0u;
        return entry;
    case FAULT_PEND_STALE:
        if (enabled && (masked || function_masked(device, function))) {
            freeze_message(function, entry);
        }
        return entry;
    default:
        return entry;
    }
}

int faulted_pending(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    switch (device->choices.fault) {
    case FAULT_A10:
        return entry >= function->entries / 64u * 64u;
    case FAULT_K12B:
        if (entry >= 2) {
            pending_on(function, 0);
        }
        return 1;
    case FAULT_CROSS_PENDING:
        if (function->index > 0 && entry < device->functions[0].entries) {
            pending_on(&device->functions[0], entry);
        }
        return 0;
    default:
        return 0;
    }
}

int faulted_message(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                    uint64_t *address, uint32_t *data)
{
    uint64_t last;
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_A26:
        *data = swapped(*data);
        return 0;
    case FAULT_UPPER_ADDRESS:
        *address &= UINT32_MAX;
        return 0;
    case FAULT_SHORT_DATA:
        *data &= 0xffffu;
        return 0;
    case FAULT_B11:
    case FAULT_B18:
    case FAULT_G1:
    case FAULT_G2:
    case FAULT_J17:
    case FAULT_PEND_STALE:
        if (bit_of(function->fault_more, entry)) {
            *address = function->former[entry].address;
            *data = function->former[entry].data;
            if (device->choices.fault == FAULT_PEND_STALE) {
                bit_off(function->fault_more, entry);
            }
        }
        return 0;
    case FAULT_B6:
    case FAULT_H3:
        return function->fault_count != 0;
    case FAULT_H10:
        return function->fault_count >= 4;
    case FAULT_D14:
    case FAULT_J2:
        return bit_of(function->fault_bits, entry);
    case FAULT_G12:
        return entry >= 1024;
    case FAULT_H24:
        return entry >= 256;
    case FAULT_G13:
        if (function->fault_count != 0) {
            *address = load64(entry_bytes(function, 0) + ENTRY_ADDRESS_LOW);
            *data = load32(entry_bytes(function, 0) + ENTRY_DATA);
        }
        return 0;
    case FAULT_G20:
        last = function->fault_count;
        function->fault_count = *address;
        *address = last != 0 ? last : *address;
        return 0;
    case FAULT_ALIAS_ONCE:
        for (i = 0; i < entry; i++) {
            if (same_message(function, i, entry)) {
                return 1;
            }
        }
        return 0;
    default:
        return 0;
    }
}

int faulted_bus_master(struct emulator_device *device, struct emulator_function *function)
{
    uint32_t entry;

    if (!HAS(device, BUS_MASTER_TWICE)) {
        return 0;
    }
    for (entry = 0; entry < function->entries; entry++) {
        if (pending_bit(function, entry) && wide_open(device, function, entry)) {
            send_message(device, function, entry);
        }
    }
    return 1;
}

int faulted_release(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    if (!pending_bit(function, entry)) {
        return 0;
    }
    switch (device->choices.fault) {
    case FAULT_F14:
        if (wide_open(device, function, entry)) {
            send_message(device, function, entry);
            return 1;
        }
        return 0;
    case FAULT_J7:
        return function->fault_count != 0;
    case FAULT_PEND_COUNTS:
        for (; wide_open(device, function, entry) && function->former[entry].reserved > 0;
             function->former[entry].reserved--) {
            send_message(device, function, entry);
        }
        return 0;
    case FAULT_PEND_HELD:
        if (function_enabled(device, function) && function_masked(device, function) && !mask_bit(function, entry) &&
            !function->paused) {
            send_pending(device, function, entry);
            return 1;
        }
        return 0;
    case FAULT_RESTORE_TWICE:
        if (bit_of(function->fault_bits, entry) && wide_open(device, function, entry)) {
            bit_off(function->fault_bits, entry);
            send_message(device, function, entry);
        }
        return 0;
    default:
        return 0;
    }
}

/* ---- the table ---- */

/* The mask bit is about to be written. */
static int faulted_control_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                                 uint32_t *value)
{
    int was = mask_bit(function, entry);
    int is = (*value & ENTRY_MASK_BIT) != 0;
    int masks = !was && is;
    int unmasks = was && !is;
    int bit = bit_of(function->fault_bits, entry);
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_B8:
    case FAULT_J2:
        if (unmasks && bit) {
            bit_off(function->fault_bits, entry);
            return device->choices.fault == FAULT_B8;
        }
        return 0;
    case FAULT_B13:
        *value |= *value != 0 ? ENTRY_MASK_BIT : 0u;
        return 0;
    case FAULT_B18:
        if (unmasks) {
            bit_off(function->fault_more, entry);
        }
        return 0;
    case FAULT_C5: {
        int string_move = function->fault_count == entry * EMULATOR_ENTRY_BYTES + ENTRY_DATA + 1u;
        function->fault_count = 0;
        return string_move && unmasks;
    }
    case FAULT_D4:
        if (masks && function_enabled(device, function) && unmasked_entries(function) == 1) {
            device->dead = 1;
        }
        return 0;
    case FAULT_D5:
        return masks && !bit;
    case FAULT_D6:
        if (masks) {
            bit_on(function->fault_bits, entry);
            bit_off(function->fault_more, entry);
        } else if (unmasks) {
            int lost = bit && bit_of(function->fault_more, entry);
            bit_off(function->fault_bits, entry);
            bit_off(function->fault_more, entry);
            return lost;
        }
        return 0;
    case FAULT_D7:
        if (unmasks && !bit) {
            bit_on(function->fault_bits, entry);
            return 1;
        }
        return 0;
    case FAULT_D8:
        if (unmasks && !function_enabled(device, function)) {
            bit_on(function->fault_bits, entry);
        } else if (unmasks) {
            bit_off(function->fault_bits, entry);
        }
        return 0;
    case FAULT_D10:
        if (masks || unmasks) {
            bit_off(function->fault_bits, entry);
        }
        if (unmasks && !bit_of(function->fault_more, entry)) {
            for (i = 0; i < function->entries; i++) {
                if (i != entry && bit_of(function->fault_more, i) && mask_bit(function, i)) {
                    bit_on(function->fault_bits, i);
                }
            }
            bit_on(function->fault_more, entry);
        }
        return 0;
    case FAULT_D21:
    case FAULT_G1:
    case FAULT_G3B:
    case FAULT_J17:
        if (unmasks) {
            bit_on(function->fault_bits, entry); /* it has been in use */
        }
        return 0;
    case FAULT_F7:
        if (masks) {
            bit_on(function->fault_bits, entry);
        } else if (unmasks) {
            bit_off(function->fault_bits, entry);
        }
        return 0;
    case FAULT_G2:
        if (unmasks) {
            bit_on(function->fault_bits, entry);
        } else if (masks) {
            bit_off(function->fault_more, entry);
        }
        return 0;
    case FAULT_G11:
        if (unmasks && !bit) {
            device->dead = 1;
        }
        return 0;
    case FAULT_H8:
        if (unmasks && bit && function->fault_count != 0) {
            device->dead = 1;
        }
        return 0;
    case FAULT_H9:
        if (is && was && !bit) {
            device->dead = 1;
        } else if (unmasks) {
            bit_on(function->fault_bits, entry);
        }
        return 0;
    case FAULT_H26:
        for (i = 0; masks && i < function->entries; i++) {
            if (same_message(function, i, entry)) {
                set_mask_bit(function, i, 1);
            }
        }
        return 0;
    case FAULT_MASK_NEIGHBOUR:
        if (masks && entry + 1u < function->entries) {
            set_mask_bit(function, entry + 1u, 1);
        }
        return 0;
    case FAULT_MASK_FORGETS:
        if (was && is) {
            pending_off(function, entry);
        }
        return 0;
    case FAULT_UNMASK_SENDS:
        if (unmasks && !pending_bit(function, entry) && open_but_for_mask(device, function)) {
            send_message(device, function, entry);
        }
        return 0;
    case FAULT_UNCHANGED_SENDS:
        if (!was && !is && open_but_for_mask(device, function)) {
            send_message(device, function, entry);
        }
        return 0;
    default:
        return 0;
    }
}

int faulted_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry, uint32_t place,
                  uint32_t *value)
{
    if (place == ENTRY_CONTROL && HAS(device, A3) && entry + 1u < function->entries) {
        store32(entry_bytes(function, entry + 1u) + ENTRY_ADDRESS_LOW, *value);
        function->dirty |= 1u << ((entry + 1u) / 64u);
        release_entry(device, function, entry);
        return 1;
    }
    if (place == ENTRY_CONTROL) {
        return faulted_control_dword(device, function, entry, value);
    }
    switch (device->choices.fault) {
    case FAULT_B18:
        if (function_masked(device, function) && !mask_bit(function, entry)) {
            freeze_message(function, entry);
        }
        return 0;
    case FAULT_C5:
        function->fault_count = entry * EMULATOR_ENTRY_BYTES + place + 1u;
        return 0;
    case FAULT_D5:
    case FAULT_G11:
    case FAULT_H8:
        bit_on(function->fault_bits, entry); /* written */
        return 0;
    case FAULT_D6:
        bit_on(function->fault_more, entry); /* changed */
        return 0;
    case FAULT_G1:
        if (bit_of(function->fault_bits, entry)) {
            freeze_message(function, entry);
        }
        return 0;
    case FAULT_G2:
        if (mask_bit(function, entry) && bit_of(function->fault_bits, entry)) {
            freeze_message(function, entry);
        }
        return 0;
    case FAULT_G3:
        return !mask_bit(function, entry);
    case FAULT_G3B:
        return mask_bit(function, entry) && function_enabled(device, function) && bit_of(function->fault_bits, entry);
    case FAULT_J17:
        if (function->paused && bit_of(function->fault_bits, entry)) {
            freeze_message(function, entry);
        }
        return 0;
    default:
        return 0;
    }
}

void faulted_after_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                         uint32_t place, uint32_t old, uint32_t value)
{
    if (HAS(device, A3) && entry > 0 && place == ENTRY_ADDRESS_LOW) {
        release_entry(device, function, entry - 1u);
    } else if (HAS(device, VWRITE_PAUSED_SENDS) && place == ENTRY_CONTROL && (old & ~value & ENTRY_MASK_BIT) != 0 &&
               function->paused && pending_bit(function, entry) && function_enabled(device, function) &&
               !function_masked(device, function)) {
        send_pending(device, function, entry);
    }
}

int faulted_table_write(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                        uint32_t width, uint64_t value)
{
    uint64_t size = (uint64_t)function->entries * EMULATOR_ENTRY_BYTES;
    uint32_t entry = (uint32_t)(offset / EMULATOR_ENTRY_BYTES % function->entries);
    uint32_t place = (uint32_t)(offset % EMULATOR_ENTRY_BYTES);
    int beyond = offset >= size;

    switch (device->choices.fault) {
    case FAULT_C1:
        if (!beyond && offset + width > size) {
            pending_on(function, 0);
        }
        return 0;
    case FAULT_C2:
        return width == 8;
    case FAULT_C4:
    case FAULT_C4B:
        if (width != 8 || beyond || place != (device->choices.fault == FAULT_C4 ? 8u : 0u)) {
            return 0;
        }
        write_table_dword(device, function, entry, place, (uint32_t)value);
        return 1;
    case FAULT_C6:
        if (!beyond && odd(offset, width)) {
            uint8_t *data = entry_bytes(function, (entry + 1u) % function->entries) + ENTRY_DATA;
            store32(data, load32(data) ^ 0xffu);
        }
        return 0;
    case FAULT_C17:
        device->dead |= width < 4;
        return width < 4;
    case FAULT_C18:
        device->dead |= (uint32_t)beyond;
        return beyond;
    case FAULT_D15:
        if (beyond && place == ENTRY_CONTROL) {
            write_table_dword(device, function, entry, ENTRY_CONTROL, (uint32_t)value);
        }
        return 0;
    case FAULT_ODD_SENDS:
        if (!beyond && odd(offset, width)) {
            send_message(device, function, entry);
        }
        return 0;
    default:
        return 0;
    }
}

int faulted_table_read(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                       uint32_t width, uint64_t *value)
{
    uint64_t size = (uint64_t)function->entries * EMULATOR_ENTRY_BYTES;

    switch (device->choices.fault) {
    case FAULT_A26B:
        if (width != 4 || offset % 4u != 0 || offset >= size) {
            return 0;
        }
        *value = swapped(load32(function->table + offset));
        return 1;
    case FAULT_C2:
        *value = UINT64_MAX;
        return width == 8;
    case FAULT_C17:
        device->dead |= width < 4;
        return width < 4;
    case FAULT_C18:
        device->dead |= offset >= size;
        return 0;
    default:
        return 0;
    }
}

/* ---- the pending bit array ---- */

int faulted_pba_write(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                      uint32_t width, uint64_t value)
{
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_C10:
        for (i = 0; i < width * 8u && offset * 8u + i < function->entries; i++) {
            if (((value >> i) & 1u) != 0) {
                pending_on(function, (uint32_t)offset * 8u + i);
            } else {
                pending_off(function, (uint32_t)offset * 8u + i);
            }
        }
        break;
    case FAULT_C17:
        device->dead |= width < 4;
        break;
    case FAULT_F8:
        device->dead = 1;
        break;
    case FAULT_PBA_WRITE_SENDS:
        send_message(device, function, 0);
        break;
    default:
        break;
    }
    return 1;
}

static uint64_t pba_value(const struct emulator_function *function, uint64_t offset, uint32_t width)
{
    uint64_t value = 0;
    uint32_t i;

    for (i = 0; i < width && offset + i < pba_bytes(function->entries); i++) {
        value |= (uint64_t)function->pba[offset + i] << (8u * i);
    }
    return value;
}

int faulted_pba_read(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                     uint32_t width, uint64_t *value)
{
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_A12:
        *value = 0;
        return offset >= pba_bytes(function->entries);
    case FAULT_C17:
        device->dead |= width < 4;
        return 0;
    case FAULT_F4:
        *value = 0;
        return function->fault_count++ == 0;
    case FAULT_F5:
        *value = 0;
        return 1;
    case FAULT_F6:
        *value = pba_value(function, offset * 8u, width);
        return 1;
    case FAULT_F8:
        device->dead = 1;
        return 0;
    case FAULT_F9:
        *value = 0;
        return device->choices.table_bar == device->choices.pba_bar &&
               device->choices.table_offset / 4096u == device->choices.pba_offset / 4096u;
    case FAULT_PBA_READ_CLEARS:
        *value = pba_value(function, offset, width);
        for (i = 0; i < width && offset + i < pba_bytes(function->entries); i++) {
            function->pba[offset + i] = 0;
        }
        return 1;
    case FAULT_PBA_BEYOND:
        *value = pba_value(function, offset, width);
        for (i = 0; i < width * 8u; i++) {
            if (offset * 8u + i >= function->entries) {
                *value |= UINT64_C(1) << i;
            }
        }
        return 1;
    case FAULT_PBA_HALF:
        *value = pba_value(function, offset & ~UINT64_C(7), width);
        return 1;
    default:
        return 0;
    }
}

/* ---- decoding and configuration space ---- */

void faulted_decoding(const struct emulator_device *device, struct emulator_function *function,
                      uint32_t *table_offset, uint32_t *pba_offset, uint32_t *pba_size)
{
    const uint32_t nowhere = UINT32_MAX; /* beyond every BAR */
    int shared = device->choices.table_bar == device->choices.pba_bar;

    switch (device->choices.fault) {
    case FAULT_A1:
        *table_offset >>= 3;
        break;
    case FAULT_A2:
        *table_offset = 0;
        break;
    case FAULT_A4:
        *table_offset |= device->choices.table_bar;
        break;
    case FAULT_A12:
        *pba_size += 8u;
        break;
    case FAULT_A15:
        *pba_size = shared && *pba_offset < *table_offset ? 0 : *pba_size;
        break;
    case FAULT_A16:
        *table_offset = function->index > 0 ? nowhere : *table_offset;
        break;
    case FAULT_A17:
        *table_offset = function->index > 0 ? nowhere : *table_offset;
        *pba_size = function->index > 0 ? 0 : *pba_size;
        break;
    case FAULT_A22:
        *table_offset = 0;
        *pba_offset = function->entries * EMULATOR_ENTRY_BYTES;
        break;
    case FAULT_A24:
        *pba_size = shared && *pba_offset > *table_offset ? 0 : *pba_size;
        break;
    default:
        break;
    }
}

void faulted_image(struct emulator_device *device, struct emulator_function *function)
{
    if (function->entries == 0) {
        return;
    }
    if (HAS(device, A14)) {
        function->config[CONFIG_MSIX + 4] = (uint8_t)((function->config[CONFIG_MSIX + 4] & 0xf8u) | 5u);
    } else if (HAS(device, A18)) {
        function->config[CONFIG_MSIX + 3] = 0;
    }
}

int faulted_config_write(struct emulator_device *device, struct emulator_function *function, uint32_t offset,
                         uint32_t width, uint32_t *value)
{
    const uint32_t control = CONFIG_MSIX + 3;
    int covered = offset <= control && offset + width > control && function->entries > 0;
    uint32_t shift = covered ? 8u * (control - offset) : 0;
    uint8_t byte = (uint8_t)(*value >> shift);
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_A9: /* every odd BAR register is the upper half of a 64-bit one */
        return device->choices.bar_64 && offset >= CONFIG_BAR0 && offset < CONFIG_BAR0 + 24 && (offset & 4u) != 0;
    case FAULT_C13:
        if (covered && offset < control) {
            function->config[control - 1] = (uint8_t)(*value >> (shift - 8u));
        }
        return 0;
    case FAULT_C13B:
        for (i = offset; i < offset + width; i++) {
            if (i >= CONFIG_MSIX + 4 && i < CONFIG_MSIX + 8) {
                function->config[i] = (uint8_t)(*value >> (8u * (i - offset)));
            }
        }
        return 0;
    case FAULT_C13C:
        return covered;
    case FAULT_C14:
        return covered && width == 4;
    case FAULT_C14B:
        return covered && width == 1;
    case FAULT_C16:
        if (covered) {
            *value &= ~(UINT32_C(0xff) << shift);
        }
        return 0;
    case FAULT_C19:
        if (covered) {
            *value = (*value & ~(UINT32_C(0xff) << shift)) | (uint32_t)function->fault_count << shift;
            function->fault_count = byte;
        }
        return 0;
    case FAULT_RESERVED_SET:
        if (covered) {
            function->config[control] = (uint8_t)((function->config[control] & ~0x38u) | (byte & 0x38u));
        }
        return 0;
    case FAULT_CAPABILITY_ID:
        if (covered && width == 4) {
            function->config[CONFIG_MSIX + 1] = (uint8_t)(*value >> 8);
        }
        return 0;
    default:
        return 0;
    }
}

void faulted_control(struct emulator_device *device, struct emulator_function *function, uint32_t was, uint32_t is)
{
    int enables = (is & ~was & CONTROL_HIGH_ENABLE) != 0;
    int disables = (was & ~is & CONTROL_HIGH_ENABLE) != 0;
    int masks = (is & ~was & CONTROL_HIGH_FUNCTION_MASK) != 0;
    int opens = (was & ~is & CONTROL_HIGH_FUNCTION_MASK) != 0 && (is & CONTROL_HIGH_ENABLE) != 0;
    uint8_t *control = &function->config[CONFIG_MSIX + 3];
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_B17:
        for (i = 0; disables && i < function->entries; i++) {
            memset(entry_bytes(function, i), 0, ENTRY_CONTROL);
        }
        break;
    case FAULT_D14:
        for (i = 0; enables && i < function->entries; i++) {
            if (mask_bit(function, i)) {
                bit_on(function->fault_bits, i);
            } else {
                bit_off(function->fault_bits, i);
            }
        }
        break;
    case FAULT_E8:
    case FAULT_PEND_FM_ALL:
        for (i = 0; (HAS(device, E8) ? was == is : opens) && i < function->entries; i++) {
            if (pending_bit(function, i) && open_but_for_mask(device, function)) {
                send_pending(device, function, i);
            }
        }
        break;
    case FAULT_E11:
        if (enables && unmasked_entries(function) == 0) {
            *control |= CONTROL_HIGH_FUNCTION_MASK;
        }
        break;
    case FAULT_F4:
        function->fault_count = enables ? 0 : function->fault_count;
        break;
    case FAULT_G1:
        if (enables) {
            memset(function->fault_more, 0, sizeof(function->fault_more));
        }
        break;
    case FAULT_H3:
        function->fault_count = enables ? unmasked_entries(function) == 0 : function->fault_count;
        break;
    case FAULT_H10:
        function->fault_count += (uint64_t)enables;
        break;
    case FAULT_H13:
    case FAULT_H16:
        function->fault_count |= (uint64_t)enables;
        break;
    case FAULT_H22:
        if (enables && function->fault_count++ > 0) {
            memset(function->fault_bits, 0xff, sizeof(function->fault_bits));
        }
        break;
    case FAULT_PEND_ONE:
        for (i = 0; opens && i < function->entries; i++) {
            if (pending_bit(function, i) && !mask_bit(function, i)) {
                release_entry(device, function, i);
                break;
            }
        }
        for (; opens && i < function->entries; i++) {
            pending_off(function, i);
        }
        break;
    case FAULT_PEND_FM_LOST:
        if (opens) {
            memset(function->pba, 0, pba_bytes(function->entries));
        }
        break;
    case FAULT_FM_SETS_MASKS:
    case FAULT_ENABLE_MASKS:
        for (i = 0; (HAS(device, ENABLE_MASKS) ? disables : masks) && i < function->entries; i++) {
            set_mask_bit(function, i, 1);
        }
        break;
    case FAULT_ENABLE_SENDS:
        for (i = 0; enables && i < function->entries; i++) {
            if (wide_open(device, function, i)) {
                send_message(device, function, i);
            }
        }
        break;
    case FAULT_ENABLE_UNMASKS_FUNCTION:
        if (enables) {
            *control = (uint8_t)(*control & ~CONTROL_HIGH_FUNCTION_MASK);
        }
        break;
    case FAULT_RESET_STALE:
        for (i = 0; enables && i < function->entries; i++) {
            if (bit_of(function->fault_bits, i)) {
                pending_on(function, i);
                bit_off(function->fault_bits, i);
            }
        }
        break;
    default:
        break;
    }
}

/* ---- reset ---- */

void faulted_before_reset(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause)
{
    uint32_t high = control_high(function);
    uint32_t i;

    if (cause == RESET_POWER) {
        for (i = 0; i < function->entries; i++) {
            function->former[i].reserved = 0;
        }
        return;
    }
    if (HAS(device, B6)) {
        function->fault_count |= (high & CONTROL_HIGH_ENABLE) != 0;
        return;
    }
    function->fault_count = HAS(device, H8) ? 1 : high;
    memset(function->fault_bits, 0, sizeof(function->fault_bits));
    memset(function->fault_more, 0, sizeof(function->fault_more));
    for (i = 0; i < function->entries; i++) {
        switch (device->choices.fault) {
        case FAULT_B8:
        case FAULT_RESET_MASKS:
            if (!mask_bit(function, i)) {
                bit_on(function->fault_bits, i);
            }
            break;
        case FAULT_B11:
            if (!mask_bit(function, i)) {
                freeze_message(function, i);
            }
            break;
        case FAULT_RESET_PENDING:
        case FAULT_RESET_STALE:
            if (pending_bit(function, i)) {
                bit_on(function->fault_bits, i);
            }
            break;
        default:
            function->former[i].reserved = 0;
            break;
        }
    }
}

void faulted_after_reset(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause)
{
    uint8_t kept = 0;
    uint32_t i;

    for (i = 0; i < function->entries; i++) {
        if (HAS(device, B1) || (HAS(device, B1F) && cause == RESET_FLR) ||
            (HAS(device, RESET_MASKS) && cause == RESET_LINE && bit_of(function->fault_bits, i))) {
            set_mask_bit(function, i, 0);
        } else if (HAS(device, RESET_PENDING) && cause != RESET_POWER && bit_of(function->fault_bits, i)) {
            pending_on(function, i);
        }
    }
    if (cause == RESET_POWER || function->entries == 0) {
        return;
    }
    if ((HAS(device, B7) && cause == RESET_FLR && function->index > 0) ||
        (HAS(device, RESET_ENABLE) && cause == RESET_LINE)) {
        kept = CONTROL_HIGH_ENABLE;
    } else if (HAS(device, RESET_FM)) {
        kept = CONTROL_HIGH_FUNCTION_MASK;
    }
    function->config[CONFIG_MSIX + 3] |= (uint8_t)(function->fault_count & kept);
    if (!HAS(device, B6) && !HAS(device, H8)) {
        function->fault_count = 0;
    }
}

/* ---- saved state ---- */

void faulted_save(const struct emulator_device *device, uint8_t *bytes)
{
    uint32_t entries = load32(bytes + SAVE_ENTRIES);
    const uint8_t *record = bytes + SAVE_PBA + pba_bytes(entries);
    uint32_t control = load32(bytes + SAVE_CONTROL);
    uint32_t i;

    switch (device->choices.fault) {
    case FAULT_J3:
        store32(bytes + SAVE_CONTROL, control & ~(uint32_t)CONTROL_HIGH_ENABLE);
        break;
    case FAULT_SAVE_CONTROL:
        store32(bytes + SAVE_CONTROL, control & ~(uint32_t)CONTROL_HIGH_FUNCTION_MASK);
        break;
    case FAULT_J6:
        memset(bytes + SAVE_PBA, 0, pba_bytes(entries));
        break;
    case FAULT_J6B:
        for (i = 0; i < load32(bytes + SAVE_RECORDS); i++, record += RECORD_BYTES) {
            uint32_t entry = load32(record);
            if ((record[4 + ENTRY_CONTROL] & ENTRY_MASK_BIT) == 0) {
                bytes[SAVE_PBA + entry / 8u] = (uint8_t)(bytes[SAVE_PBA + entry / 8u] & ~(1u << (entry % 8u)));
            }
        }
        break;
    default:
        break;
    }
}

void faulted_restore(struct emulator_device *device, struct emulator_function *function)
{
    uint32_t i;

    if (HAS(device, J4)) {
        function->config[CONFIG_COMMAND] = (uint8_t)(function->config[CONFIG_COMMAND] & ~COMMAND_BUS_MASTER);
    } else if (HAS(device, J7) || HAS(device, G13)) {
        function->fault_count = 1;
    }
    for (i = 0; i < function->entries; i++) {
        const uint8_t *bytes = entry_bytes(function, i);
        if ((HAS(device, J2) && !mask_bit(function, i)) || (HAS(device, RESTORE_TWICE) && pending_bit(function, i))) {
            bit_on(function->fault_bits, i);
        } else if (HAS(device, J10) && (load64(bytes) != 0 || load32(bytes + ENTRY_DATA) != 0)) {
            set_mask_bit(function, i, 0);
        } else if (HAS(device, RESTORE_SENDS) && pending_bit(function, i) && !mask_bit(function, i) &&
                   function_enabled(device, function) && !function_masked(device, function)) {
            send_pending(device, function, i);
        }
    }
}
