/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where table and PBA are, from configuration spaces made for each bound: the
 * capability list, the kinds of BARs, and resources that are just large enough.
 */
#include "check.h"
#include "location.h"

#include <stdint.h>

enum {
    COMMAND_STATUS = 0x04,
    BAR0 = 0x10,
    POINTER = 0x34,
    MSIX = 0x40, /* where the capability is, unless a test says otherwise */
    MSIX_ID = 0x11,
    OTHER_ID = 0x01 /* Power Management */
};

#define CAPABILITIES_LIST UINT32_C(0x00100000) /* in the status register */
#define PLACE UINT64_C(0x7700000000)           /* physical address of the resource that a test is about */
#define LENGTH UINT64_C(0x10000)

static void put(uint8_t *config, uint32_t at, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) {
        config[at + i] = (uint8_t)(value >> (8u * i));
    }
}

static void put_capability(uint8_t *config, uint32_t at, uint32_t id, uint32_t next)
{
    config[at] = (uint8_t)id;
    config[at + 1u] = (uint8_t)next;
}

/* Of its own size exactly, so that a sanitizer sees a byte read behind it. */
static uint8_t *space(uint32_t entries, uint32_t table, uint32_t pba)
{
    uint8_t *config = calloc(1, IRQCTS_LOCATION_CONFIG_BYTES);

    CHECK(config != NULL);
    put(config, 0, 0x12348086); /* device and vendor */
    put(config, COMMAND_STATUS, CAPABILITIES_LIST);
    config[POINTER] = MSIX;
    put(config, MSIX, (entries - 1u) << 16 | MSIX_ID);
    put(config, MSIX + 4, table);
    put(config, MSIX + 8, pba);
    return config;
}

static struct irqcts_location locate(const uint8_t *config, const struct irqcts_memory_resource *resources,
                                     uint32_t count)
{
    struct irqcts_memory_resource *exact = malloc(count * sizeof(*exact));
    struct irqcts_location location;

    CHECK(exact != NULL);
    memcpy(exact, resources, count * sizeof(*exact));
    memset(&location, 0xee, sizeof(location));
    irqcts_locate(&location, config, exact, count);
    free(exact);
    return location;
}

static void test_capability_list(void)
{
    static const struct irqcts_memory_resource resource = {0xfe000000, PLACE, LENGTH};
    static const struct {
        const char *what;
        uint32_t status, pointer, before, next, msix, found;
    } lists[] = {
        {"it stands first", CAPABILITIES_LIST, 0x40, 0, 0, 0x40, 0x40},
        {"it stands second, another behind it", CAPABILITIES_LIST, 0x80, 0x80, 0x40, 0x40, 0x40},
        {"no list", 0xffefffff, 0x40, 0, 0, 0x40, 0},
        {"reserved bits of the pointer", CAPABILITIES_LIST, 0x43, 0, 0, 0x40, 0x40},
        {"reserved bits of the next pointer", CAPABILITIES_LIST, 0x80, 0x80, 0x43, 0x40, 0x40},
        {"a pointer into the header", CAPABILITIES_LIST, 0x3c, 0, 0, 0x3c, 0},
        {"the last place where it fits", CAPABILITIES_LIST, 0xf4, 0, 0, 0xf4, 0xf4},
        {"the place behind that", CAPABILITIES_LIST, 0xf8, 0, 0, 0xf8, 0},
        {"the last place of the list", CAPABILITIES_LIST, 0xfc, 0, 0, 0xfc, 0},
        {"no pointer", CAPABILITIES_LIST, 0, 0, 0, 0x40, 0},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        uint8_t *config = space(1, 0, 0x800);
        struct irqcts_location location;
        put(config, MSIX, 0);
        put(config, COMMAND_STATUS, lists[i].status);
        put(config, BAR0, 0xfe000000);
        config[POINTER] = (uint8_t)lists[i].pointer;
        if (lists[i].before != 0) {
            put_capability(config, lists[i].before, OTHER_ID, lists[i].next);
        }
        put_capability(config, lists[i].msix, MSIX_ID, lists[i].before != 0 ? 0xc0 : 0);
        location = locate(config, &resource, 1);
        if (location.capability != lists[i].found) {
            (void)fprintf(stderr, "%s:\n", lists[i].what);
        }
        CHECK_EQ(location.capability, lists[i].found);
        CHECK_EQ(location.entries, lists[i].found != 0 ? 1 : 0);
        if (lists[i].found == 0) {
            CHECK(location.table == 0 && location.pba == 0);
        }
        free(config);
    }
}

/* Every place of the list is taken, and MSI-X is the last of them. */
static void test_longest_list(void)
{
    uint8_t *config = space(1, 0, 0);
    const struct irqcts_memory_resource resource = {0xfe000000, PLACE, LENGTH};

    config[POINTER] = 0xfc;
    for (uint32_t at = 0xfc; at > MSIX; at -= 4) {
        put_capability(config, at, OTHER_ID, at - 4u);
    }
    CHECK_EQ(locate(config, &resource, 1).capability, MSIX);
    config[MSIX] = OTHER_ID;
    config[MSIX + 1] = 0xfc; /* round and round */
    CHECK_EQ(locate(config, &resource, 1).capability, 0);
    free(config);
}

/* Each kind of BAR: `bus` is where Windows assigned it; 0: no memory, whatever resources there are. */
static void test_bars(void)
{
    static const struct {
        const char *what;
        uint32_t bir, low, high; /* `high`: the register behind it */
        uint64_t bus, wrong;     /* `wrong`: what a misreading of it would be */
    } bars[] = {
        {"32 bits", 0, 0xfe000000, 0, 0xfe000000, 0},
        {"32 bits, another BAR behind it", 1, 0xfe000000, 0xfd000000, 0xfe000000, UINT64_C(0xfd000000fe000000)},
        {"32 bits, prefetchable", 2, 0xfe000018, 0, 0xfe000010, 0xfe000008},
        {"below 1 MB", 0, 0x000c0002, 0, 0x000c0000, 0x000c0002},
        {"64 bits", 0, 0xfe000004, 0, 0xfe000000, 0},
        {"64 bits, above 4 GB, prefetchable", 2, 0xfe00001c, 0x12, UINT64_C(0x12fe000010), 0xfe000010},
        {"64 bits, the last two", 4, 0xfe000004, 0x12, UINT64_C(0x12fe000000), 0xfe000000},
        {"64 bits without room for the upper half", 5, 0xfe000004, 0x12, 0, UINT64_C(0x12fe000000)},
        {"32 bits, the last", 5, 0xfe000000, 0x12, 0xfe000000, 0},
        {"no seventh BAR", 6, 0xfe000000, 0, 0, 0xfe000000},
        {"no eighth BAR", 7, 0xfe000000, 0, 0, 0xfe000000},
        {"I/O", 0, 0x0000e001, 0, 0, 0xe000},
        {"I/O with the bit of a 64-bit BAR", 0, 0x0000e005, 0x12, 0, UINT64_C(0x120000e000)},
        {"not assigned", 0, 0, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        uint8_t *config = space(4, bars[i].bir, 0x1000u | bars[i].bir);
        const struct irqcts_memory_resource resources[] = {
            {bars[i].bus != 0 ? bars[i].bus : 0xabc0, PLACE, LENGTH},
            {bars[i].wrong != 0 ? bars[i].wrong : 0xabc0, 0x100000, LENGTH},
            {0, 0x200000, LENGTH}, /* addresses that stand for none */
            {1, 0x300000, LENGTH},
        };
        struct irqcts_location location;
        put(config, BAR0 + 4 * bars[i].bir, bars[i].low);
        put(config, BAR0 + 4 * bars[i].bir + 4, bars[i].high);
        location = locate(config, resources, 4);
        if (location.table != (bars[i].bus != 0 ? PLACE : 0)) {
            (void)fprintf(stderr, "%s:\n", bars[i].what);
        }
        CHECK_EQ(location.table, bars[i].bus != 0 ? PLACE : 0);
        CHECK_EQ(location.pba, bars[i].bus != 0 ? PLACE + 0x1000 : 0);
        CHECK_EQ(location.entries, 4);
        free(config);
    }
}

/* Of table and PBA all bytes lie in the resource, or the driver maps nothing (CAP-TABLE-SIZE, CAP-BIR-OFFSET). */
static void test_sizes(void)
{
    static const struct {
        uint32_t entries, pba_bytes;
    } sizes[] = {{1, 8}, {2, 8}, {63, 8}, {64, 8}, {65, 16}, {127, 16}, {128, 16}, {129, 24}, {2047, 256}, {2048, 256}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const uint32_t offset = 0x8000;
        const uint64_t table_end = offset + (uint64_t)sizes[i].entries * 16u;
        const uint64_t pba_end = offset + sizes[i].pba_bytes;
        uint8_t *config = space(sizes[i].entries, offset, offset | 2u);
        struct irqcts_memory_resource resources[2] = {{0xfe000000, PLACE, table_end}, {0xfd000000, 2 * PLACE, pba_end}};
        struct irqcts_location location;
        put(config, BAR0, 0xfe000000);
        put(config, BAR0 + 8, 0xfd000000);
        location = locate(config, resources, 2);
        CHECK_EQ(location.entries, sizes[i].entries);
        CHECK_EQ(location.table, PLACE + offset);
        CHECK_EQ(location.pba, 2 * PLACE + offset);
        resources[0].length--;
        location = locate(config, resources, 2);
        CHECK(location.table == 0 && location.pba == 2 * PLACE + offset);
        resources[1].length--;
        location = locate(config, resources, 2);
        CHECK(location.table == 0 && location.pba == 0);
        resources[0].length = LENGTH; /* another resource's room is no room */
        resources[1].length = offset - 1u;
        location = locate(config, resources, 2);
        CHECK(location.table == PLACE + offset && location.pba == 0);
        free(config);
    }
}

int main(void)
{
    test_capability_list();
    test_longest_list();
    test_bars();
    test_sizes();
    return 0;
}
