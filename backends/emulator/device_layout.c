/* SPDX-License-Identifier: Apache-2.0 */
/* The device's memory, its BARs, power-on and reset (RESET-*). */
#include "device_internal.h"

static size_t aligned(size_t size)
{
    return (size + 7u) & ~(size_t)7u;
}

/* Bytes of what a function of N entries has beyond its registers. */
static size_t function_bytes(uint32_t entries)
{
    return aligned((size_t)entries * EMULATOR_ENTRY_BYTES) + aligned(pba_bytes(entries)) +
           (size_t)entries * sizeof(struct emulator_message);
}

size_t emulator_device_size(const struct emulator_shape *shape)
{
    return aligned(sizeof(struct emulator_device)) +
           (1u + (size_t)shape->virtual_functions) * aligned(sizeof(struct emulator_function)) +
           function_bytes(shape->entries) + shape->virtual_functions * function_bytes(shape->virtual_entries);
}

/* Table and PBA lie wholly inside their BARs and do not overlap (CAP-FITS). */
static int layout_fits(const struct emulator_choices *choices, uint32_t entries)
{
    uint64_t table_end = choices->table_offset + (uint64_t)entries * EMULATOR_ENTRY_BYTES;
    uint64_t pba_end = choices->pba_offset + (uint64_t)pba_bytes(entries);

    return choices->table_bar != choices->pba_bar || table_end <= choices->pba_offset ||
           pba_end <= choices->table_offset;
}

uint32_t emulator_entries_limit(const struct emulator_choices *choices)
{
    uint32_t entries = EMULATOR_ENTRIES_MAX;

    while (entries > 0 && !layout_fits(choices, entries)) {
        entries--;
    }
    return entries;
}

/* BARs are powers of two that hold the largest table, so that N does not move anything. */
static void size_bars(struct emulator_device *device)
{
    const struct emulator_choices *choices = &device->choices;
    uint32_t most = device->shape.entries > device->shape.virtual_entries ? device->shape.entries
                                                                           : device->shape.virtual_entries;
    uint64_t ends[6] = {0};
    uint32_t i;

    ends[choices->table_bar] = choices->table_offset + (uint64_t)most * EMULATOR_ENTRY_BYTES;
    if (ends[choices->pba_bar] < choices->pba_offset + (uint64_t)pba_bytes(most)) {
        ends[choices->pba_bar] = choices->pba_offset + (uint64_t)pba_bytes(most);
    }
    for (i = 0; i < 6; i++) {
        uint64_t size = ends[i] > 0 ? 4096 : 0;
        while (size < ends[i]) {
            size *= 2u;
        }
        device->bar_size[i] = size;
    }
}

/* The bits of configuration space that software can write. */
static void mark_writable(struct emulator_device *device, uint8_t *writable, uint32_t entries)
{
    uint32_t step = device->choices.bar_64 ? 2u : 1u;
    uint32_t i;

    memset(writable, 0, EMULATOR_CONFIG_BYTES);
    writable[CONFIG_COMMAND] = COMMAND_MEMORY_SPACE | COMMAND_BUS_MASTER;
    writable[CONFIG_COMMAND + 1] = 0x04; /* Interrupt Disable */
    writable[0x0c] = 0xff;               /* Cache Line Size */
    writable[0x3c] = 0xff;               /* Interrupt Line */
    for (i = 0; i < 6 && entries > 0; i += step) {
        if (device->bar_size[i] > 0) {
            store32(writable + CONFIG_BAR0 + 4u * i, (uint32_t)~(device->bar_size[i] - 1u));
            if (step == 2) {
                store32(writable + CONFIG_BAR0 + 4u * i + 4u, UINT32_MAX);
            }
        }
    }
    writable[CONFIG_DEVICE_CONTROL] = 0xff;
    writable[CONFIG_DEVICE_CONTROL + 1] = 0x7f; /* Initiate FLR always reads 0 */
    if (entries > 0) {
        writable[CONFIG_MSIX + 3] = CONTROL_HIGH_ENABLE | CONTROL_HIGH_FUNCTION_MASK;
    }
}

/* The address in a BAR and what it claims: nothing while memory decoding is off. */
static uint64_t bar_base(const struct emulator_device *device, const struct emulator_function *function, uint32_t bar)
{
    uint64_t base = load32(function->config + CONFIG_BAR0 + 4u * bar) & ~UINT32_C(0xf);

    if (device->choices.bar_64) {
        base |= (uint64_t)load32(function->config + CONFIG_BAR0 + 4u * bar + 4u) << 32;
    }
    return base;
}

void update_decoding(const struct emulator_device *device, struct emulator_function *function)
{
    int decoding = (function->config[CONFIG_COMMAND] & COMMAND_MEMORY_SPACE) != 0 && function->entries > 0;

    function->table_bar_base = bar_base(device, function, device->choices.table_bar);
    function->pba_bar_base = bar_base(device, function, device->choices.pba_bar);
    function->table_bar_size = decoding ? device->bar_size[device->choices.table_bar] : 0;
    function->pba_bar_size = decoding ? device->bar_size[device->choices.pba_bar] : 0;
    function->table_base = function->table_bar_base + device->choices.table_offset;
    function->table_size =
        decoding && !FAULTY(device) ? (uint64_t)function->entries * EMULATOR_ENTRY_BYTES : 0;
}

/* Configuration space as after reset. */
static void write_image(const struct emulator_device *device, struct emulator_function *function)
{
    const struct emulator_choices *choices = &device->choices;
    uint8_t *config = function->config;
    uint32_t i;

    memset(config, 0, EMULATOR_CONFIG_BYTES);
    store32(config + 0x00, function->index == 0 ? 0x0c751b36u : 0x0c761b36u); /* device and vendor */
    config[CONFIG_STATUS] = 0x10;                                             /* has a capability list */
    config[0x08] = 0x01;                                                      /* revision */
    store32(config + 0x2c, 0x11001af4u);
    config[0x0b] = 0xff; /* class: does not fit any */
    config[CONFIG_CAPABILITIES] = CONFIG_EXPRESS;
    config[CONFIG_EXPRESS] = 0x10;
    config[CONFIG_EXPRESS + 2] = 0x02;           /* version 2, an endpoint */
    store32(config + CONFIG_EXPRESS + 4, 1u << 28); /* Function Level Reset Capability */
    if (function->entries == 0) {
        return;
    }
    for (i = 0; i < 6; i++) {
        if (device->bar_size[i] > 0 && choices->bar_64) {
            config[CONFIG_BAR0 + 4u * i] = 0x04;
        }
    }
    config[CONFIG_EXPRESS + 1] = CONFIG_MSIX;
    config[CONFIG_MSIX] = 0x11;
    config[CONFIG_MSIX + 2] = (uint8_t)(function->entries - 1u);
    config[CONFIG_MSIX + 3] = (uint8_t)((function->entries - 1u) >> 8);
    store32(config + CONFIG_MSIX + 4, choices->table_offset | choices->table_bar);
    store32(config + CONFIG_MSIX + 8, choices->pba_offset | choices->pba_bar);
}

void reset_entry(const struct emulator_device *device, uint8_t *bytes)
{
    memset(bytes, (int)device->choices.reset_pattern, ENTRY_CONTROL);
    if (!device->choices.low_bits_stored) {
        bytes[0] &= 0xfc;
    }
    store32(bytes + ENTRY_CONTROL, ENTRY_MASK_BIT); /* ENTRY-MASK-RESET */
}

void reset_function(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause)
{
    /* A fault may have left anything anywhere. */
    uint32_t blocks = FAULTY(device) ? UINT32_MAX : function->dirty;
    uint32_t block;

    if (FAULTY(device)) {
        faulted_before_reset(device, function, cause);
    }
    for (block = 0; blocks != 0 && block * 64u < function->entries; block++, blocks >>= 1) {
        uint32_t entry = block * 64u;
        uint32_t end = entry + 64u < function->entries ? entry + 64u : function->entries;
        if ((blocks & 1u) == 0) {
            continue;
        }
        store64(function->pba + block * 8u, 0);
        for (; entry < end; entry++) {
            reset_entry(device, entry_bytes(function, entry));
        }
    }
    function->dirty = 0;
    forget_former(function);
    write_image(device, function);
    if (FAULTY(device)) {
        faulted_image(device, function);
        faulted_after_reset(device, function, cause);
    }
    function->config_dirty = 1;
    update_decoding(device, function);
}

void function_level_reset(struct emulator_device *device, struct emulator_function *function)
{
    uint32_t f;

    if (function->index == 0 && !(FAULTY(device) && HAS(device, RESET_PF_ONLY))) {
        for (f = 1; f < device->function_count; f++) {
            reset_function(device, &device->functions[f], RESET_FLR);
        }
    }
    if (FAULTY(device) && HAS(device, RESET_OTHERS) && function->index != 0) {
        reset_function(device, &device->functions[0], RESET_FLR);
    }
    reset_function(device, function, RESET_FLR);
}

void emulator_conventional_reset(struct emulator_device *device, uint32_t index)
{
    uint32_t f;

    for (f = 0; f < device->function_count; f++) {
        if (!(FAULTY(device) && HAS(device, RESET_LINE_ONE) && f != index)) {
            reset_function(device, &device->functions[f], RESET_LINE);
        }
    }
}

void emulator_function_power_on(struct emulator_device *device, uint32_t index)
{
    struct emulator_function *function = &device->functions[index];

    function->paused = 0;
    memset(function->fault_bits, 0, sizeof(function->fault_bits));
    memset(function->fault_more, 0, sizeof(function->fault_more));
    function->fault_count = 0;
    device->dead = 0;
    reset_function(device, function, RESET_POWER);
}

void emulator_function_settle(struct emulator_device *device, uint32_t index)
{
    if (!FAULTY(device)) {
        device->functions[index].config_dirty = 0;
    }
}

struct emulator_device *emulator_device_create(void *memory, const struct emulator_shape *shape,
                                               const struct emulator_choices *choices, struct emulator_sink *sink)
{
    struct emulator_device *device = memory;
    uint8_t *at = (uint8_t *)memory + aligned(sizeof(struct emulator_device));
    uint32_t f;

    memset(device, 0, sizeof(*device));
    device->choices = *choices;
    device->shape = *shape;
    device->sink = sink;
    device->function_count = 1u + shape->virtual_functions;
    device->functions = (struct emulator_function *)(void *)at;
    at += device->function_count * aligned(sizeof(struct emulator_function));
    size_bars(device);
    mark_writable(device, device->writable[0], shape->entries);
    mark_writable(device, device->writable[1], shape->virtual_entries);
    for (f = 0; f < device->function_count; f++) {
        struct emulator_function *function = &device->functions[f];
        memset(function, 0, sizeof(*function));
        function->index = f;
        function->entries = f == 0 ? shape->entries : shape->virtual_entries;
        function->table = at;
        at += aligned((size_t)function->entries * EMULATOR_ENTRY_BYTES);
        function->pba = at;
        at += aligned(pba_bytes(function->entries));
        function->former = (struct emulator_message *)(void *)at;
        at += function->entries * sizeof(struct emulator_message);
        function->dirty = UINT32_MAX;
        emulator_function_power_on(device, f);
    }
    return device;
}
