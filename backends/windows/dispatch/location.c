/* SPDX-License-Identifier: Apache-2.0 */
#include "location.h"

enum {
    STATUS_OFFSET = 0x06,
    STATUS_CAPABILITIES = 0x10, /* the list is there */
    BAR_OFFSET = 0x10,
    BARS = 6,
    BAR_IS_IO = 1,
    BAR_IS_WIDE = 4, /* of the two type bits */
    CAPABILITIES_OFFSET = 0x34,
    FIRST_CAPABILITY = 0x40,
    CAPABILITIES_MOST = 48, /* so many fit; a list that bites its tail ends too */
    MSIX_ID = 0x11,
    MSIX_BYTES = 12,
    ENTRY_BYTES = 16
};

static uint32_t load(const uint8_t *config, uint32_t at, uint32_t bytes)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < bytes; i++) {
        value |= (uint32_t)config[at + i] << (8u * i);
    }
    return value;
}

static uint32_t find_capability(const uint8_t *config)
{
    uint32_t at = load(config, CAPABILITIES_OFFSET, 1) & 0xfcu;

    if ((load(config, STATUS_OFFSET, 2) & STATUS_CAPABILITIES) == 0) {
        return 0;
    }
    for (uint32_t steps = 0; steps < CAPABILITIES_MOST && at >= FIRST_CAPABILITY; steps++) {
        if (load(config, at, 1) == MSIX_ID) {
            return at + MSIX_BYTES <= IRQCTS_LOCATION_CONFIG_BYTES ? at : 0;
        }
        at = load(config, at + 1u, 1) & 0xfcu;
    }
    return 0;
}

/* The address in a BAR; 0 when it is not memory, or not assigned. */
static uint64_t bar_address(const uint8_t *config, uint32_t bar)
{
    uint32_t at = BAR_OFFSET + 4u * bar;
    uint32_t low;

    if (bar >= BARS) {
        return 0;
    }
    low = load(config, at, 4);
    if ((low & BAR_IS_IO) != 0) {
        return 0;
    }
    if ((low & 6u) != BAR_IS_WIDE) {
        return low & ~UINT32_C(0xf);
    }
    return bar + 1u < BARS ? (uint64_t)load(config, at + 4u, 4) << 32 | (low & ~UINT32_C(0xf)) : 0;
}

/* `place` is the capability's "offset and BIR" register. */
static uint64_t physical(const uint8_t *config, uint32_t place, uint64_t bytes,
                         const struct irqcts_memory_resource *resources, uint32_t count)
{
    uint64_t bus = bar_address(config, place & 7u);
    uint64_t offset = place & ~UINT32_C(7);

    for (uint32_t i = 0; bus != 0 && i < count; i++) {
        /* A BAR is assigned as one resource. */
        if (resources[i].bus == bus && offset <= resources[i].length && bytes <= resources[i].length - offset) {
            return resources[i].physical + offset;
        }
    }
    return 0;
}

void irqcts_locate(struct irqcts_location *out, const uint8_t config[IRQCTS_LOCATION_CONFIG_BYTES],
                   const struct irqcts_memory_resource *resources, uint32_t count)
{
    uint32_t at = find_capability(config);

    *out = (struct irqcts_location){.capability = at};
    if (at == 0) {
        return;
    }
    out->entries = (load(config, at + 2u, 2) & 0x7ffu) + 1u; /* CAP-TABLE-SIZE */
    out->table = physical(config, load(config, at + 4u, 4), (uint64_t)out->entries * ENTRY_BYTES, resources, count);
    out->pba = physical(config, load(config, at + 8u, 4), (out->entries + 63u) / 64u * UINT64_C(8), resources, count);
}
