/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an event: sent, pending or dropped (SEND-*, PEND-*, ENABLE-*). */
#include "device_internal.h"

int function_enabled(const struct emulator_device *device, const struct emulator_function *function)
{
    int enabled = (control_high(function) & CONTROL_HIGH_ENABLE) != 0;

    if (FAULTY(device) && HAS(device, H13)) {
        return enabled || function->fault_count != 0;
    }
    return enabled;
}

int function_masked(const struct emulator_device *device, const struct emulator_function *function)
{
    return (control_high(function) & CONTROL_HIGH_FUNCTION_MASK) != 0 && !(FAULTY(device) && HAS(device, E1));
}

int entry_masked(const struct emulator_device *device, const struct emulator_function *function, uint32_t entry)
{
    int masked = entry_bytes(function, entry)[ENTRY_CONTROL] & ENTRY_MASK_BIT;

    return FAULTY(device) ? faulted_mask(device, function, entry, masked) : masked;
}

int bus_master_on(const struct emulator_device *device, const struct emulator_function *function)
{
    return (function->config[CONFIG_COMMAND] & COMMAND_BUS_MASTER) != 0 || (FAULTY(device) && HAS(device, G17));
}

void forget_former(struct emulator_function *function)
{
    if (function->stale_any) {
        memset(function->stale, 0, sizeof(function->stale));
        function->stale_any = 0;
    }
}

void set_pending(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    if (FAULTY(device) && faulted_pending(device, function, entry)) {
        return;
    }
    pending_on(function, entry);
}

void send_message(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    const uint8_t *bytes = entry_bytes(function, entry);
    uint64_t address = load64(bytes + ENTRY_ADDRESS_LOW);
    uint32_t data = load32(bytes + ENTRY_DATA);

    if (function->stale_any && bit_of(function->stale, entry)) {
        address = function->former[entry].address;
        data = function->former[entry].data;
    }
    if (FAULTY(device) && faulted_message(device, function, entry, &address, &data)) {
        return;
    }
    emulator_sink_write(device->sink, address, data);
}

/* Nothing masks the event any more; Bus Master decides (SEND-BUS-MASTER-OFF). */
static void send_or_lose(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    if (bus_master_on(device, function)) {
        send_message(device, function, entry);
    } else if (device->choices.bus_master_off_pends) {
        set_pending(device, function, entry);
    }
}

int emulator_raise(struct emulator_device *device, uint32_t index, uint32_t entry)
{
    struct emulator_function *function = &device->functions[index];

    if (entry >= function->entries) {
        if (FAULTY(device) && function->entries > 0) {
            (void)faulted_event(device, function, entry);
        }
        return 0;
    }
    if (FAULTY(device)) {
        entry = faulted_event(device, function, entry);
        if (entry == NO_EVENT) {
            return 1;
        }
    }
    if (!function_enabled(device, function)) {
        if (device->choices.disabled_event_kept) {
            set_pending(device, function, entry);
        }
    } else if (function_masked(device, function) || entry_masked(device, function, entry) || function->paused) {
        set_pending(device, function, entry); /* PEND-SET; a paused function reports it after the resume */
    } else {
        send_or_lose(device, function, entry);
    }
    return 1;
}

int emulator_withdraw(struct emulator_device *device, uint32_t index, uint32_t entry)
{
    struct emulator_function *function = &device->functions[index];

    if (entry >= function->entries) {
        return 0;
    }
    if (FAULTY(device) && (HAS(device, F1) || (HAS(device, F12) && function_enabled(device, function)))) {
        return 1;
    }
    pending_off(function, entry); /* PEND-WITHDRAWN */
    return 1;
}

void release_entry(struct emulator_device *device, struct emulator_function *function, uint32_t entry)
{
    if (FAULTY(device) && faulted_release(device, function, entry)) {
        return;
    }
    if (!pending_bit(function, entry) || !function_enabled(device, function) || function_masked(device, function) ||
        function->paused || entry_masked(device, function, entry)) {
        return;
    }
    pending_off(function, entry);
    send_or_lose(device, function, entry);
}

void release_all(struct emulator_device *device, struct emulator_function *function)
{
    uint32_t word;

    if (!FAULTY(device) &&
        (!function_enabled(device, function) || function_masked(device, function) || function->paused)) {
        return;
    }
    for (word = 0; word * 64u < function->entries; word++) {
        uint64_t bits = load64(function->pba + word * 8u);
        uint32_t entry = word * 64u;
        for (; bits != 0; bits >>= 1, entry++) {
            if ((bits & 1u) != 0) {
                release_entry(device, function, entry);
            }
        }
    }
}

void emulator_set_paused(struct emulator_device *device, uint32_t index, int paused)
{
    struct emulator_function *function = &device->functions[index];

    function->config_dirty = 1;
    function->paused = (uint8_t)paused;
    forget_former(function);
    if (!paused && function->entries > 0) {
        release_all(device, function);
    }
}
