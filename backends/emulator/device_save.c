/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saved state as bytes (SAVE-*), little-endian:
 *
 *   0  magic          4  version        8  length of the whole
 *  12  N             16  Message Control (its upper byte)
 *  20  records       24  pending bit array, then the records:
 *      u32 entry index, 16 bytes of the entry
 *
 * Only entries that differ from their reset state are recorded, in ascending
 * order, so an index that is missing means something (SAVE-SPARSE).
 */
#include "device_internal.h"

size_t emulator_save_size(uint32_t entries)
{
    /* Two records more than there can be: room to make a state inconsistent. */
    return SAVE_PBA + pba_bytes(entries) + ((size_t)entries + 2u) * RECORD_BYTES;
}

size_t emulator_save(struct emulator_device *device, uint32_t index, uint8_t *bytes)
{
    const struct emulator_function *function = &device->functions[index];
    uint8_t untouched[EMULATOR_ENTRY_BYTES];
    uint8_t *record = bytes + SAVE_PBA + pba_bytes(function->entries);
    uint32_t records = 0;
    uint32_t entry;

    reset_entry(device, untouched);
    memcpy(bytes + SAVE_PBA, function->pba, pba_bytes(function->entries));
    for (entry = 0; entry < function->entries; entry++) {
        if ((function->dirty & 1u << (entry / 64u)) == 0) {
            entry |= 63u; /* nothing in this block was touched */
        } else if (load64(entry_bytes(function, entry)) != load64(untouched) ||
                   load64(entry_bytes(function, entry) + 8) != load64(untouched + 8)) {
            store32(record, entry);
            memcpy(record + 4, entry_bytes(function, entry), EMULATOR_ENTRY_BYTES);
            record += RECORD_BYTES;
            records++;
        }
    }
    store32(bytes, SAVE_MAGIC);
    store32(bytes + 4, SAVE_VERSION);
    store32(bytes + SAVE_LENGTH, (uint32_t)(record - bytes));
    store32(bytes + SAVE_ENTRIES, function->entries);
    store32(bytes + SAVE_CONTROL, control_high(function) & (CONTROL_HIGH_ENABLE | CONTROL_HIGH_FUNCTION_MASK));
    store32(bytes + SAVE_RECORDS, records);
    if (FAULTY(device)) {
        faulted_save(device, bytes);
    }
    return (size_t)load32(bytes + SAVE_LENGTH);
}

size_t emulator_save_corrupt(uint8_t *bytes, size_t length, uint32_t kind)
{
    uint32_t entries = load32(bytes + SAVE_ENTRIES);
    uint32_t records = load32(bytes + SAVE_RECORDS);
    uint8_t *first = bytes + SAVE_PBA + pba_bytes(entries);
    uint8_t *end = bytes + length;

    if (kind == 1) { /* fewer bytes than the state says */
        return length - 4u;
    }
    if (kind == 2 && records == 0) { /* nothing to double yet */
        memset(end, 0, RECORD_BYTES);
        end[4 + ENTRY_CONTROL] = ENTRY_MASK_BIT;
        end += RECORD_BYTES;
        records++;
    }
    memcpy(end, records > 0 ? first : end, RECORD_BYTES);
    if (kind == 3) {
        memset(end, 0, RECORD_BYTES);
        store32(end, entries);
    }
    end += RECORD_BYTES;
    store32(bytes + SAVE_RECORDS, records + 1u);
    store32(bytes + SAVE_LENGTH, (uint32_t)(end - bytes));
    return (size_t)(end - bytes);
}

/* Every length, index and reserved bit, before anything changes. */
static int consistent(const struct emulator_device *device, const struct emulator_function *function,
                      const uint8_t *bytes, size_t length)
{
    const uint8_t *record = bytes + SAVE_PBA + pba_bytes(function->entries);
    int indices_checked = !(FAULTY(device) && HAS(device, RESTORE_INDEX));
    int order_checked = !(FAULTY(device) && HAS(device, RESTORE_DUPLICATE));
    uint32_t records;
    uint32_t i;

    if (length < SAVE_PBA || load32(bytes) != SAVE_MAGIC || load32(bytes + 4) != SAVE_VERSION ||
        load32(bytes + SAVE_ENTRIES) != function->entries || length < SAVE_PBA + pba_bytes(function->entries)) {
        return 0;
    }
    records = load32(bytes + SAVE_RECORDS);
    if (!(FAULTY(device) && HAS(device, RESTORE_SIZE)) &&
        (load32(bytes + SAVE_LENGTH) != length || records > function->entries + 2u ||
         length != SAVE_PBA + pba_bytes(function->entries) + (size_t)records * RECORD_BYTES)) {
        return 0;
    }
    if ((load32(bytes + SAVE_CONTROL) & ~(uint32_t)(CONTROL_HIGH_ENABLE | CONTROL_HIGH_FUNCTION_MASK)) != 0) {
        return 0;
    }
    if (function->entries % 64u != 0 &&
        load64(record - 8) >> (function->entries % 64u) != 0) { /* pending bits beyond N */
        return 0;
    }
    for (i = 0; i < records; i++) {
        uint32_t entry = load32(record + (size_t)i * RECORD_BYTES);
        if (indices_checked && entry >= function->entries) {
            return 0;
        }
        if (order_checked && i > 0 && entry <= load32(record + (size_t)(i - 1u) * RECORD_BYTES) &&
            entry < function->entries) {
            return 0;
        }
    }
    return 1;
}

int emulator_restore(struct emulator_device *device, uint32_t index, const uint8_t *bytes, size_t length)
{
    struct emulator_function *function = &device->functions[index];
    const uint8_t *record = bytes + SAVE_PBA + pba_bytes(function->entries);
    uint32_t records;
    uint32_t i;

    if (!consistent(device, function, bytes, length)) {
        if (FAULTY(device) && HAS(device, RESTORE_PARTIAL) && length >= SAVE_PBA && function->entries > 0) {
            reset_entry(device, entry_bytes(function, 0));
            pending_off(function, 0);
        }
        return 0;
    }
    records = load32(bytes + SAVE_RECORDS);
    if (!(FAULTY(device) && HAS(device, J8))) {
        for (i = 0; i < function->entries; i++) {
            reset_entry(device, entry_bytes(function, i));
        }
    }
    for (i = 0; i < records; i++) {
        uint32_t entry = load32(record + (size_t)i * RECORD_BYTES);
        if (FAULTY(device) && (entry >= function->entries || HAS(device, B15))) {
            continue;
        }
        if (FAULTY(device) && HAS(device, SAVE_COMPACT)) {
            entry = i;
        }
        memcpy(entry_bytes(function, entry), record + (size_t)i * RECORD_BYTES + 4, EMULATOR_ENTRY_BYTES);
    }
    memcpy(function->pba, bytes + SAVE_PBA, pba_bytes(function->entries));
    function->config[CONFIG_MSIX + 3] =
        (uint8_t)((function->config[CONFIG_MSIX + 3] & 0x3fu) | load32(bytes + SAVE_CONTROL));
    function->dirty = UINT32_MAX;
    function->config_dirty = 1;
    forget_former(function);
    if (FAULTY(device)) {
        faulted_restore(device, function);
    }
    release_all(device, function); /* restored although running: due now (SAVE-RESTORE-EQUAL) */
    return 1;
}
