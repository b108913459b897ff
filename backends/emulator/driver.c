/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"
#include "faults.h"

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define UNLIKELY(condition) (condition)
#endif
#define FAULT_IS(driver, name) UNLIKELY((driver)->device->choices.fault == (uint32_t)FAULT_##name)

/* Where BARs go: away from every message address. */
#define BASE_32 UINT64_C(0x40000000)
#define BASE_64 UINT64_C(0x4000000000)

enum { MSIX_CAPABILITY_ID = 0x11 };

static uint32_t find_capability(const struct emulator_device *device, uint32_t function, uint32_t id)
{
    uint32_t at = emulator_config_read(device, function, CONFIG_CAPABILITIES, 1);
    uint32_t steps;

    for (steps = 0; at >= 0x40 && steps < 48; steps++) { /* a list that bites its tail ends too */
        if (emulator_config_read(device, function, at, 1) == id) {
            return at;
        }
        at = emulator_config_read(device, function, at + 1u, 1);
    }
    return 0;
}

/* Size of a BAR by writing all ones, and its address from now on; returns how many registers it took. */
static uint32_t assign_bar(struct emulator_device *device, uint32_t function, uint32_t bar, uint64_t *base,
                           uint64_t *size)
{
    uint32_t at = CONFIG_BAR0 + 4u * bar;
    int wide = (emulator_config_read(device, function, at, 4) & 6u) == 4u;
    uint64_t probe;

    emulator_config_write(device, function, at, 4, UINT32_MAX);
    probe = emulator_config_read(device, function, at, 4) & ~UINT32_C(0xf);
    if (wide) {
        emulator_config_write(device, function, at + 4u, 4, UINT32_MAX);
        probe |= (uint64_t)emulator_config_read(device, function, at + 4u, 4) << 32;
    } else if (probe != 0) {
        probe |= UINT64_C(0xffffffff00000000);
    }
    *size = ~probe + 1u; /* 0 for a BAR that is not there */
    if (probe == 0 || *size > 0x10000000u) {
        *size = *size > 0x10000000u ? 0x200000u : 0;
    }
    /* A slot of its own for every BAR of every function, as large as the largest. */
    *base = (wide ? BASE_64 : BASE_32) + ((uint64_t)function * 6u + bar) * 0x200000u;
    emulator_config_write(device, function, at, 4, (uint32_t)*base);
    if (wide) {
        emulator_config_write(device, function, at + 4u, 4, (uint32_t)(*base >> 32));
    }
    return wide ? 2 : 1;
}

void emulator_driver_set_up(struct emulator_driver *driver, uint32_t function)
{
    struct emulator_device *device = driver->device;
    struct emulator_driver_function *known = &driver->functions[function];
    uint64_t bases[8] = {0};
    uint64_t sizes[8] = {0};
    uint32_t table;
    uint32_t pba;
    uint32_t bar;

    *known = (struct emulator_driver_function){0};
    known->capability = find_capability(device, function, MSIX_CAPABILITY_ID);
    for (bar = 0; bar < 6 && known->capability != 0;) {
        bar += assign_bar(device, function, bar, &bases[bar], &sizes[bar]);
    }
    emulator_config_write(device, function, CONFIG_COMMAND, 2, COMMAND_MEMORY_SPACE | COMMAND_BUS_MASTER);
    if (known->capability == 0) {
        return;
    }
    known->entries = (emulator_config_read(device, function, known->capability + 2u, 2) & 0x7ffu) + 1u;
    table = emulator_config_read(device, function, known->capability + 4u, 4);
    pba = emulator_config_read(device, function, known->capability + 8u, 4);
    if ((table & ~7u) < sizes[table & 7u]) {
        known->table_address = bases[table & 7u] + (table & ~7u);
        known->table_window = sizes[table & 7u] - (table & ~7u);
    }
    if ((pba & ~7u) < sizes[pba & 7u]) {
        known->pba_address = bases[pba & 7u] + (pba & ~7u);
        known->pba_window = sizes[pba & 7u] - (pba & ~7u);
    }
}

static uint64_t entry_address(const struct emulator_driver *driver, uint32_t function, uint32_t entry)
{
    return driver->functions[function].table_address + (uint64_t)entry * EMULATOR_ENTRY_BYTES;
}

static uint32_t read_control(struct emulator_driver *driver, uint64_t entry)
{
    uint32_t control = (uint32_t)emulator_memory_read(driver->device, entry + ENTRY_CONTROL, 4);

    if (UNLIKELY(driver->yields != NULL)) {
        emulator_lock_yield(driver->yields);
    }
    return control;
}

static void write_control(struct emulator_driver *driver, uint64_t entry, uint32_t value)
{
    emulator_memory_write(driver->device, entry + ENTRY_CONTROL, 4, value);
}

static void write_message(struct emulator_driver *driver, uint64_t entry, uint64_t address, uint32_t data)
{
    emulator_memory_write(driver->device, entry + ENTRY_ADDRESS_LOW, 4, (uint32_t)address);
    emulator_memory_write(driver->device, entry + ENTRY_ADDRESS_HIGH, 4, address >> 32);
    emulator_memory_write(driver->device, entry + ENTRY_DATA, 4, data);
}

static void write_granted(struct emulator_driver *driver, uint32_t function, uint64_t entry, uint32_t message)
{
    uint32_t number = sink_number(driver->device->sink, function, message);

    write_message(driver, entry, sink_address(number), sink_data(number));
}

uint32_t emulator_driver_control(struct emulator_driver *driver, uint32_t function, uint32_t bit, int on)
{
    uint32_t at = driver->functions[function].capability + 2u;
    uint32_t control;

    if (at == 2u) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    control = emulator_config_read(driver->device, function, at, 2);
    if (FAULT_IS(driver, H14) && bit == CONTROL_ENABLE && !on && (control & CONTROL_ENABLE) == 0) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    emulator_config_write(driver->device, function, at, 2, on ? control | bit : control & ~bit);
    return IRQCTS_STATUS_OK;
}

uint32_t emulator_driver_bus_master(struct emulator_driver *driver, uint32_t function, int on)
{
    uint32_t command = emulator_config_read(driver->device, function, CONFIG_COMMAND, 2);

    emulator_config_write(driver->device, function, CONFIG_COMMAND, 2,
                          on ? command | COMMAND_BUS_MASTER : command & ~(uint32_t)COMMAND_BUS_MASTER);
    return IRQCTS_STATUS_OK;
}

/* The default assignment (ROUTE-DEFAULT-*), in the order of Windows: everything
 * programmed and unmasked, then enabled. */
uint32_t emulator_driver_start(struct emulator_driver *driver, uint32_t function)
{
    uint32_t entries = driver->functions[function].entries;
    uint32_t messages = driver_messages(driver, function);
    uint32_t i;

    if (entries == 0 || messages == 0) {
        return IRQCTS_STATUS_NO_RESOURCES;
    }
    if (driver->functions[function].table_address == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
    if (FAULT_IS(driver, H7) && messages < entries) {
        driver->device->dead = 1;
        return IRQCTS_STATUS_GONE;
    }
    (void)emulator_driver_control(driver, function, CONTROL_ENABLE, 0);
    (void)emulator_driver_control(driver, function, CONTROL_FUNCTION_MASK, 0);
    for (i = 0; i < entries; i++) {
        uint64_t entry = entry_address(driver, function, i);
        uint32_t control = read_control(driver, entry);
        uint32_t message = i < messages ? i : 0;
        if (FAULT_IS(driver, ROUTE_SHIFTED)) {
            message = (i + 1u) % messages;
        } else if (FAULT_IS(driver, ROUTE_SURPLUS) && i >= messages) {
            message = messages - 1u;
        } else if (FAULT_IS(driver, K14) && i >= messages) {
            continue;
        }
        write_control(driver, entry, control | ENTRY_MASK_BIT);
        write_granted(driver, function, entry, message);
        write_control(driver, entry, control & ~(uint32_t)ENTRY_MASK_BIT);
    }
    (void)emulator_driver_control(driver, function, CONTROL_ENABLE, 1);
    return IRQCTS_STATUS_OK;
}

/* What goes wrong in SetTableEntry before it begins; returns 1 when that is all there is. */
static int pending(const struct emulator_driver *driver, uint32_t function, uint32_t entry)
{
    uint64_t address = driver->functions[function].pba_address + entry / 64u * 8u;

    return (int)((emulator_memory_read(driver->device, address, 8) >> (entry % 64u)) & 1u);
}

static int faulted_set_entry(struct emulator_driver *driver, uint32_t function, uint32_t entry, uint32_t message,
                                  uint32_t *status)
{
    uint32_t entries = driver->functions[function].entries;
    uint32_t messages = driver_messages(driver, function);
    uint32_t control = emulator_config_read(driver->device, function, CONFIG_MSIX + 2, 2);
    int valid = entry < entries && message < messages;
    uint32_t i;

    *status = IRQCTS_STATUS_OK;
    switch (driver->device->choices.fault) {
    case FAULT_ROUTE_NO_MSIX:
        return entries == 0;
    case FAULT_K6:
        return entry >= entries && entries > 0;
    case FAULT_K6B:
        return entry < entries && message >= messages;
    case FAULT_ROUTE_STATUS:
        *status = IRQCTS_STATUS_INVALID_STATE;
        return entry >= entries && entries > 0;
    case FAULT_K15:
        *status = IRQCTS_STATUS_DEVICE_ERROR;
        return valid && (control & CONTROL_ENABLE) == 0;
    case FAULT_ROUTE_SET_IGNORED:
        return valid;
    case FAULT_ROUTE_SET_ALL:
        if (valid && entry > 0) {
            write_granted(driver, function, entry_address(driver, function, entry - 1u), message);
        }
        return 0;
    case FAULT_ROUTE_BAD_WRITES:
        if (!valid && entries > 0) {
            write_control(driver, entry_address(driver, function, 0), ENTRY_MASK_BIT);
        }
        return 0;
    case FAULT_ROUTE_UNIQUE:
        for (i = 0; valid && i < entries; i++) {
            uint64_t other = 0;
            (void)emulator_driver_get_entry(driver, function, i, &other);
            if (i != entry && (uint32_t)other == message) {
                write_control(driver, entry_address(driver, function, i), ENTRY_MASK_BIT);
            }
        }
        return 0;
    case FAULT_ROUTE_SET_LOSES:
        if (valid) {
            (void)emulator_withdraw(driver->device, function, entry);
        }
        return 0;
    case FAULT_ROUTE_SET_TWICE:
        if (valid && pending(driver, function, entry)) { /* sent now, and pending again */
            uint64_t address = entry_address(driver, function, entry);
            uint32_t mask = read_control(driver, address);
            write_granted(driver, function, address, message);
            write_control(driver, address, mask & ~(uint32_t)ENTRY_MASK_BIT);
            write_control(driver, address, mask);
            (void)emulator_raise(driver->device, function, entry);
        }
        return 0;
    case FAULT_G8:
        if (valid) {
            (void)emulator_driver_control(driver, function, CONTROL_ENABLE, 0);
        }
        return 0;
    default:
        return 0;
    }
}

uint32_t emulator_driver_set_entry(struct emulator_driver *driver, uint32_t function, uint32_t entry, uint32_t message)
{
    uint64_t address;
    uint32_t control;
    uint32_t status;

    if (UNLIKELY(driver->device->choices.fault != 0) && faulted_set_entry(driver, function, entry, message, &status)) {
        return status;
    }
    if (entry >= driver->functions[function].entries || message >= driver_messages(driver, function)) {
        return IRQCTS_STATUS_INVALID_PARAMETER; /* ROUTE-SET-BAD-*, ROUTE-NOT-MSIX */
    }
    if (driver->functions[function].table_address == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
    address = entry_address(driver, function, entry);
    control = read_control(driver, address);
    write_control(driver, address, control | ENTRY_MASK_BIT); /* no torn message: masked while it changes */
    write_granted(driver, function, address, message);
    if (FAULT_IS(driver, G16) && (control & ENTRY_MASK_BIT) != 0) {
        emulator_memory_write(driver->device, address + ENTRY_ADDRESS_HIGH, 4, 0);
    }
    write_control(driver, address, control); /* ROUTE-SET-MASK-STATE: kept */
    return IRQCTS_STATUS_OK;
}

uint32_t emulator_driver_mask(struct emulator_driver *driver, uint32_t function, uint32_t entry, int mask)
{
    uint64_t address;
    uint32_t control;

    if (entry >= driver->functions[function].entries) {
        if (FAULT_IS(driver, ROUTE_BAD_MASK) && driver->functions[function].entries > 0) {
            return IRQCTS_STATUS_OK;
        }
        return IRQCTS_STATUS_INVALID_PARAMETER; /* ROUTE-MASK-BAD-ENTRY, ROUTE-NOT-MSIX */
    }
    if (driver->functions[function].table_address == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
    address = entry_address(driver, function, entry);
    control = read_control(driver, address);
    write_control(driver, address, mask ? control | ENTRY_MASK_BIT : control & ~(uint32_t)ENTRY_MASK_BIT);
    return IRQCTS_STATUS_OK;
}

uint32_t emulator_driver_get_entry(struct emulator_driver *driver, uint32_t function, uint32_t entry, uint64_t *out)
{
    uint32_t message = IRQCTS_MESSAGE_STRAY;
    uint64_t address;
    uint64_t goes_to;
    uint32_t data;
    uint32_t first;
    uint32_t number;

    if (entry >= driver->functions[function].entries) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    if (driver->functions[function].table_address == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
    address = entry_address(driver, function, entry);
    goes_to = emulator_memory_read(driver->device, address, 8);
    data = (uint32_t)emulator_memory_read(driver->device, address + ENTRY_DATA, 4);
    first = sink_number(driver->device->sink, function, 0);
    number = (data - SINK_DATA_BASE) >> 8;
    if (number - first < driver_messages(driver, function) && goes_to == sink_address(number) &&
        data == sink_data(number)) {
        message = number - first;
    }
    *out = message | (uint64_t)(read_control(driver, address) & ENTRY_MASK_BIT) << 32;
    return IRQCTS_STATUS_OK;
}

/* What goes wrong in a virtualized write; returns 1 when it is done with. */
static int faulted_write_virtualized(struct emulator_driver *driver, uint32_t *function, int32_t *index,
                                     uint64_t address, uint32_t data, uint32_t *control, uint32_t *status)
{
    uint32_t functions = driver->device->function_count;
    uint32_t fault = driver->device->choices.fault;
    int known = *function >= 1 && *function < functions;
    uint32_t entries = known ? driver->functions[*function].entries : 0;
    int valid = known && *index >= 0 && (uint32_t)*index < entries;
    uint64_t at;
    int was_paused;
    uint32_t was;

    *status = IRQCTS_STATUS_OK;
    if (fault == FAULT_VWRITE_BAD_VF) {
        return !known;
    }
    if (!known) {
        return 0;
    }
    at = entry_address(driver, *function, (uint32_t)*index);
    switch (fault) {
    case FAULT_I7:
        *index = *index == -1 ? 0 : *index;
        return 0;
    case FAULT_VWRITE_SIGN:
        *index &= 0xff;
        return 0;
    case FAULT_VWRITE_BAD_INDEX:
        return !valid;
    case FAULT_VWRITE_PARTIAL:
        if (!valid && entries > 0) {
            write_message(driver, entry_address(driver, *function, entries - 1u), address, data);
        }
        return 0;
    case FAULT_VWRITE_PAUSED_REFUSED:
        *status = IRQCTS_STATUS_INVALID_STATE;
        return driver->device->functions[*function].paused;
    default:
        break;
    }
    if (!valid) {
        return 0;
    }
    switch (fault) {
    case FAULT_VWRITE_OTHER_VF:
        *function = *function + 1u < functions ? *function + 1u : 1u;
        return 0;
    case FAULT_VWRITE_BOTH:
        if ((uint32_t)*index < driver->functions[0].entries) {
            at = entry_address(driver, 0, (uint32_t)*index);
            write_message(driver, at, address, data);
            write_control(driver, at, *control);
        }
        return 0;
    case FAULT_VWRITE_NEIGHBOUR:
        if ((uint32_t)*index + 1u < entries) {
            write_control(driver, at + EMULATOR_ENTRY_BYTES, *control);
        }
        return 0;
    case FAULT_VWRITE_UNMASKS:
        *control &= ~(uint32_t)ENTRY_MASK_BIT;
        return 0;
    case FAULT_VWRITE_HOLDS: /* as if it were written while paused and never looked at again */
        was_paused = driver->device->functions[*function].paused;
        driver->device->functions[*function].paused = 1;
        write_message(driver, at, address, data);
        write_control(driver, at, *control);
        driver->device->functions[*function].paused = (uint8_t)was_paused;
        return 1;
    case FAULT_VWRITE_REPEATS:
        was = read_control(driver, at);
        if (emulator_memory_read(driver->device, at, 8) == address && was == *control && (was & ENTRY_MASK_BIT) == 0) {
            write_control(driver, at, was | ENTRY_MASK_BIT);
            (void)emulator_raise(driver->device, *function, (uint32_t)*index);
        }
        return 0;
    case FAULT_G4:
        write_control(driver, at, *control);
        write_message(driver, at, address, data);
        return 1;
    case FAULT_G4B:
        emulator_memory_write(driver->device, at, 8, address);
        write_control(driver, at, *control);
        emulator_memory_write(driver->device, at + ENTRY_DATA, 4, data);
        return 1;
    default:
        return 0;
    }
}

uint32_t emulator_driver_write_virtualized(struct emulator_driver *driver, uint32_t function, int32_t index,
                                           uint64_t address, uint32_t data, uint32_t control)
{
    uint64_t entry;
    uint32_t status;

    if (UNLIKELY(driver->device->choices.fault != 0) &&
        faulted_write_virtualized(driver, &function, &index, address, data, &control, &status)) {
        return status;
    }
    if (function < 1 || function >= driver->device->function_count || index < 0 ||
        (uint32_t)index >= driver->functions[function].entries) {
        return IRQCTS_STATUS_INVALID_PARAMETER; /* VWRITE-BAD-VF, VWRITE-BAD-INDEX */
    }
    if (driver->functions[function].table_address == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
    entry = entry_address(driver, function, (uint32_t)index);
    write_control(driver, entry, read_control(driver, entry) | ENTRY_MASK_BIT); /* VWRITE-NO-TEAR */
    write_message(driver, entry, address, data);
    write_control(driver, entry, control);
    return IRQCTS_STATUS_OK;
}

uint32_t emulator_driver_reset(struct emulator_driver *driver, uint32_t function, uint32_t kind)
{
    struct emulator_device *device = driver->device;
    uint32_t express = find_capability(device, function, 0x10);
    uint32_t f;

    if (kind == IRQCTS_RESET_CONVENTIONAL) {
        emulator_conventional_reset(device, function);
    } else {
        uint32_t control = emulator_config_read(device, function, express + 8u, 2);
        emulator_config_write(device, function, express + 8u, 2, control | DEVICE_CONTROL_FLR);
    }
    for (f = 0; f < device->function_count; f++) {
        /* A function whose memory decoding is off has been reset and is set up again. */
        if ((emulator_config_read(device, f, CONFIG_COMMAND, 2) & COMMAND_MEMORY_SPACE) == 0) {
            emulator_driver_set_up(driver, f);
        }
    }
    return IRQCTS_STATUS_OK;
}
