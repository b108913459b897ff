/* SPDX-License-Identifier: Apache-2.0 */
/* The device alone, on bytes: configuration space, BARs, table, pending bits, saved state. */
#include "check.h"
#include "device.h"

static uint32_t counters[64];
static uint32_t touched[64];
static struct emulator_sink sink;
static uint64_t memory[65536];

static struct emulator_choices default_choices(void)
{
    struct emulator_choices choices = {
        .table_bar = 2, .table_offset = 0x2000, .pba_bar = 2, .pba_offset = 0x1000, .bar_64 = 1};
    return choices;
}

static struct emulator_device *create(const struct emulator_choices *choices, uint32_t entries, uint32_t functions)
{
    struct emulator_shape shape = {entries, functions - 1u, functions > 1 ? entries : 0};

    CHECK(emulator_device_size(&shape) <= sizeof(memory));
    emulator_sink_clear(&sink);
    emulator_sink_initialise(&sink, entries, functions, functions > 1 ? entries : 0, counters, touched);
    return emulator_device_create(memory, &shape, choices, &sink);
}

/* BAR 2 of function f at a place of its own, memory decoding and Bus Master on. */
static uint64_t map(struct emulator_device *device, uint32_t function)
{
    uint64_t base = UINT64_C(0x700000000) + (uint64_t)function * 0x100000u;

    emulator_config_write(device, function, 0x18, 4, (uint32_t)base);
    emulator_config_write(device, function, 0x1c, 4, (uint32_t)(base >> 32));
    emulator_config_write(device, function, CONFIG_COMMAND, 2, COMMAND_MEMORY_SPACE | COMMAND_BUS_MASTER);
    return base;
}

static void write_entry(struct emulator_device *device, uint64_t table, uint32_t entry, uint32_t message,
                        uint32_t control)
{
    emulator_memory_write(device, table + 16u * entry, 8, sink_address(message));
    emulator_memory_write(device, table + 16u * entry + 8u, 8, sink_data(message) | (uint64_t)control << 32);
}

static void header_is_as_after_reset(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);

    CHECK_EQ(emulator_config_read(device, 0, CONFIG_COMMAND, 2), 0);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_STATUS, 2), 0x10);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_CAPABILITIES, 1), CONFIG_EXPRESS);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_EXPRESS, 2), 0x8010);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX, 4), 0x00040011);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 4, 4), 0x2002);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 8, 4), 0x1002);
    CHECK_EQ(emulator_config_read(device, 0, 4000, 4), 0);
}

static void bars_are_sized_by_all_ones(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);

    emulator_config_write(device, 0, 0x18, 4, UINT32_MAX);
    emulator_config_write(device, 0, 0x1c, 4, UINT32_MAX);
    CHECK_EQ(emulator_config_read(device, 0, 0x18, 4), 0xffffc004);
    CHECK_EQ(emulator_config_read(device, 0, 0x1c, 4), 0xffffffff);
    emulator_config_write(device, 0, 0x10, 4, UINT32_MAX);
    CHECK_EQ(emulator_config_read(device, 0, 0x10, 4), 0); /* not implemented */
    choices.bar_64 = 0;
    choices.table_bar = 5;
    choices.pba_bar = 1;
    device = create(&choices, 5, 1);
    emulator_config_write(device, 0, 0x24, 4, UINT32_MAX);
    CHECK_EQ(emulator_config_read(device, 0, 0x24, 4), 0xffffc000);
    emulator_config_write(device, 0, 0x14, 4, UINT32_MAX);
    CHECK_EQ(emulator_config_read(device, 0, 0x14, 4), 0xffffe000);
}

static void only_enable_and_function_mask_are_writable(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);
    uint32_t offset;

    for (offset = 0; offset < 12; offset += 4) {
        emulator_config_write(device, 0, CONFIG_MSIX + offset, 4, UINT32_MAX);
    }
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX, 4), 0xc0040011);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 4, 4), 0x2002);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 8, 4), 0x1002);
    emulator_config_write(device, 0, CONFIG_MSIX + 3, 1, 0x40);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 2, 2), 0x4004);
    emulator_config_write(device, 0, CONFIG_MSIX + 2, 1, 0xff);
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 2, 2), 0x4004);
}

static void nothing_is_decoded_without_memory_space(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);
    uint64_t base = map(device, 0);

    CHECK_EQ(emulator_memory_read(device, base + 0x2000 + 12, 4), 1);
    emulator_config_write(device, 0, CONFIG_COMMAND, 2, COMMAND_BUS_MASTER);
    CHECK_EQ(emulator_memory_read(device, base + 0x2000 + 12, 4), UINT64_MAX);
    emulator_memory_write(device, base + 0x2000 + 12, 4, 0);
    emulator_config_write(device, 0, CONFIG_COMMAND, 2, COMMAND_MEMORY_SPACE);
    CHECK_EQ(emulator_memory_read(device, base + 0x2000 + 12, 4), 1);
    CHECK_EQ(emulator_memory_read(device, base + 0x4000, 4), UINT64_MAX); /* behind the BAR */
    CHECK_EQ(emulator_memory_read(device, base + 0x100, 4), 0);           /* in it, behind nothing */
}

static void an_event_is_sent_or_pends(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);
    uint64_t base = map(device, 0);

    emulator_config_write(device, 0, CONFIG_MSIX + 2, 2, 0x8000);
    write_entry(device, base + 0x2000, 3, 3, 0);
    CHECK(emulator_raise(device, 0, 3));
    CHECK_EQ(counters[3], 1);
    emulator_config_write(device, 0, CONFIG_MSIX + 2, 2, 0xc000);
    CHECK(emulator_raise(device, 0, 3));
    CHECK(emulator_raise(device, 0, 3));
    CHECK_EQ(counters[3], 1);
    CHECK_EQ(emulator_memory_read(device, base + 0x1000, 8), 8);
    emulator_memory_write(device, base + 0x1000, 8, 0); /* PBA-WRITE: ignored */
    CHECK_EQ(emulator_memory_read(device, base + 0x1000, 4), 8);
    emulator_config_write(device, 0, CONFIG_MSIX + 2, 2, 0x8000);
    CHECK_EQ(counters[3], 2);
    CHECK_EQ(emulator_memory_read(device, base + 0x1000, 8), 0);
    CHECK(!emulator_raise(device, 0, 5));
    CHECK_EQ(sink.stray_count, 0);
}

static void strays_keep_address_and_data(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);
    uint64_t base = map(device, 0);

    emulator_config_write(device, 0, CONFIG_MSIX + 2, 2, 0x8000);
    write_entry(device, base + 0x2000, 0, 0, 0);
    emulator_memory_write(device, base + 0x2000 + 8, 4, sink_data(1)); /* message 0's address, message 1's data */
    CHECK(emulator_raise(device, 0, 0));
    CHECK(emulator_raise(device, 0, 0));
    CHECK_EQ(sink.stray_count, 1);
    CHECK_EQ(sink.strays[0].address, sink_address(0));
    CHECK_EQ(sink.strays[0].data, sink_data(1));
    CHECK_EQ(sink.strays[0].count, 2);
    CHECK_EQ(sink.touched_count, 0);
}

static void functions_have_their_own_everything(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 4, 3);
    uint64_t base[3];
    uint32_t f;

    for (f = 0; f < 3; f++) {
        base[f] = map(device, f);
        emulator_config_write(device, f, CONFIG_MSIX + 2, 2, 0x8000);
    }
    write_entry(device, base[2] + 0x2000, 1, sink_number(&sink, 2, 1), 0);
    CHECK_EQ(emulator_memory_read(device, base[1] + 0x2000 + 16 + 12, 4), 1);
    CHECK_EQ(emulator_memory_read(device, base[0] + 0x2000 + 16 + 12, 4), 1);
    CHECK(emulator_raise(device, 2, 1));
    CHECK(emulator_raise(device, 1, 1));
    CHECK_EQ(counters[sink_number(&sink, 2, 1)], 1);
    CHECK_EQ(sink.touched_count, 1);
    CHECK_EQ(emulator_memory_read(device, base[1] + 0x1000, 8), 2);
    CHECK_EQ(emulator_memory_read(device, base[2] + 0x1000, 8), 0);
    /* Function level reset of one virtual function, then of the physical one. */
    emulator_config_write(device, 1, CONFIG_DEVICE_CONTROL, 2, DEVICE_CONTROL_FLR);
    CHECK_EQ(emulator_config_read(device, 1, CONFIG_MSIX + 2, 2), 3);
    CHECK_EQ(emulator_config_read(device, 2, CONFIG_MSIX + 2, 2), 0x8003);
    CHECK_EQ(emulator_config_read(device, 1, CONFIG_DEVICE_CONTROL, 2), 0);
    (void)map(device, 1);
    CHECK_EQ(emulator_memory_read(device, base[1] + 0x1000, 8), 0);
    emulator_config_write(device, 0, CONFIG_DEVICE_CONTROL, 2, DEVICE_CONTROL_FLR);
    CHECK_EQ(emulator_config_read(device, 2, CONFIG_MSIX + 2, 2), 3);
    (void)map(device, 2);
    CHECK_EQ(emulator_memory_read(device, base[2] + 0x2000 + 16 + 12, 4), 1);
}

static void messages_are_all_different(void)
{
    uint32_t number;

    for (number = 0; number < EMULATOR_FUNCTIONS_MAX * EMULATOR_ENTRIES_MAX; number++) {
        /* The sink finds the number by these two; each alone decides it as well. */
        CHECK_EQ((sink_data(number) - SINK_DATA_BASE) >> 8, number);
        CHECK_EQ(sink_address(number) % 4u, 0);
        CHECK_EQ((sink_address(number) >> 32) != 0, number % 2u);
    }
}

static void saved_state_comes_back_whole_or_not_at_all(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 5, 1);
    uint64_t base = map(device, 0);
    static uint8_t saved[1024];
    static uint8_t copy[1024];
    static uint8_t second[1024];
    size_t length;
    size_t i;
    uint32_t kind;

    CHECK(emulator_save_size(5) <= sizeof(saved));
    emulator_config_write(device, 0, CONFIG_MSIX + 2, 2, 0x8000);
    write_entry(device, base + 0x2000, 1, 1, 0);
    write_entry(device, base + 0x2000, 4, 2, 1);
    CHECK(emulator_raise(device, 0, 4));
    emulator_set_paused(device, 0, 1);
    CHECK(emulator_raise(device, 0, 1));
    length = emulator_save(device, 0, saved);
    CHECK(length < sizeof(saved));
    emulator_conventional_reset(device, 0);
    base = map(device, 0);
    for (kind = 1; kind <= 3; kind++) {
        size_t corrupt_length;
        memcpy(copy, saved, length);
        corrupt_length = emulator_save_corrupt(copy, length, kind);
        CHECK(corrupt_length <= emulator_save_size(5));
        CHECK(!emulator_restore(device, 0, copy, corrupt_length));
    }
    for (i = 0; i < length; i++) { /* no prefix of it either */
        CHECK(!emulator_restore(device, 0, saved, i));
    }
    CHECK_EQ(emulator_config_read(device, 0, CONFIG_MSIX + 2, 2), 4);
    CHECK_EQ(emulator_memory_read(device, base + 0x2000 + 16 + 12, 4), 1);
    CHECK(emulator_restore(device, 0, saved, length));
    CHECK_EQ(emulator_save(device, 0, second), length);
    CHECK(memcmp(saved, second, length) == 0);
    CHECK_EQ(sink.touched_count, 0);
    emulator_set_paused(device, 0, 0);
    CHECK_EQ(counters[1], 1); /* latched while paused */
    CHECK_EQ(counters[2], 0); /* masked: stays pending */
    CHECK_EQ(emulator_memory_read(device, base + 0x1000, 8), 0x10);
}

/* A byte that the device did not write is never taken for one that it did. */
static void any_damaged_saved_state_is_survived(void)
{
    struct emulator_choices choices = default_choices();
    struct emulator_device *device = create(&choices, 65, 1);
    uint64_t base = map(device, 0);
    static uint8_t saved[4096];
    uint32_t seed = 1;
    size_t length;
    uint32_t round;

    write_entry(device, base + 0x2000, 64, 1, 0);
    emulator_set_paused(device, 0, 1);
    for (round = 0; round < 20000; round++) {
        length = emulator_save(device, 0, saved);
        seed = seed * 1664525u + 1013904223u;
        saved[(seed >> 8) % length] ^= (uint8_t)(1u << (seed & 7u));
        (void)emulator_restore(device, 0, saved, length);
        CHECK_EQ(emulator_memory_read(device, base + 0x1008, 8) >> 1, 0); /* pending bits beyond N read 0 */
    }
}

int main(void)
{
    header_is_as_after_reset();
    bars_are_sized_by_all_ones();
    only_enable_and_function_mask_are_writable();
    nothing_is_decoded_without_memory_space();
    an_event_is_sent_or_pends();
    strays_keep_address_and_data();
    functions_have_their_own_everything();
    messages_are_all_different();
    saved_state_comes_back_whole_or_not_at_all();
    any_damaged_saved_state_is_survived();
    return 0;
}
