/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: a device control request of any code, content, length and
 * room, through the driver's decisions to the simulated device.  Half of the
 * inputs are put into the form of a program first, so that the operations and
 * the live-migration arguments behind the checks are reached too.
 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM_MAX = 65536, HEADER = 8 };

static void arrival(void *context, uint32_t message)
{
    (void)context;
    (void)message;
}

/* A RUN of what the bytes hold, with a CONFIGURE in front that keeps the device small. */
static size_t as_program(uint8_t *bytes, size_t size, uint8_t choice)
{
    struct irqcts_io_run run = {.version = IRQCTS_IO_VERSION, .level = choice % IRQCTS_WINDOWS_LEVEL_COUNT,
                                .delivery_capacity = choice, .settle_us = choice % 3u, .flags = choice >> 3 & 1u};
    size_t each = sizeof(struct irqcts_operation);

    if (size < sizeof(run) + each) {
        return size;
    }
    run.count = (uint32_t)((size - sizeof(run)) / each);
    memcpy(bytes, &run, sizeof(run));
    for (uint32_t i = 0; i < run.count; i++) {
        struct irqcts_operation operation;
        memcpy(&operation, bytes + sizeof(run) + i * each, each);
        operation.kind = i == 0 ? IRQCTS_OPERATION_CONFIGURE
                                : (uint16_t)(operation.kind % (IRQCTS_OPERATION_RESET + 2u));
        operation.flags = 0;
        operation.reserved = 0;
        operation.function = (choice & 1u) != 0 ? operation.function % 4u : operation.function;
        if (operation.kind == IRQCTS_OPERATION_CONFIGURE) {
            operation.function = 0;
            operation.entry %= 70u;
            operation.message = operation.entry > 0 ? operation.message % (operation.entry + 1u) : 0;
            operation.value &= 3u;
            operation.data &= 7u;
            operation.control = operation.data / 2u;
        }
        memcpy(bytes + sizeof(run) + i * each, &operation, each);
    }
    return sizeof(run) + run.count * each;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target_device device;
    struct irqcts_target target;
    uint32_t code;
    uint16_t wanted;
    uint8_t *input;
    uint8_t *output;
    size_t room;
    size_t written = 0;

    if (size < HEADER) {
        return 0;
    }
    if (device.simulation == NULL && !target_create(&device)) {
        abort();
    }
    simulation_connect(device.simulation, (data[0] & 2u) != 0 ? arrival : NULL, NULL);
    target = target_of(&device);
    code = (data[0] & 0x80u) != 0 ? IRQCTS_IO_RUN : IRQCTS_IO_CODE(0x800u + data[0] % 7u);
    memcpy(&wanted, data + 2, sizeof(wanted));
    room = wanted;
    size -= HEADER;
    input = malloc(size + 1); /* exactly as long as it says, at an odd address: the sanitizer sees any step beyond */
    output = malloc(ROOM_MAX);
    if (input == NULL || output == NULL) {
        abort();
    }
    memcpy(input, data + HEADER, size);
    if ((data[0] & 0x80u) != 0) {
        size = as_program(input, size, data[1]);
        room = ROOM_MAX;
    } else if (size >= 4 && (data[0] & 1u) != 0) {
        const uint32_t version = IRQCTS_IO_VERSION;
        memcpy(input, &version, sizeof(version));
    }
    room = irqcts_dispatch_room(code, input, size, room);
    if (room > 0) {
        free(output);
        output = malloc(room);
        if (output == NULL) {
            abort();
        }
    }
    (void)irqcts_dispatch(&target, code, input, size, output, room, &written);
    if (written > room) {
        abort();
    }
    free(input);
    free(output);
    return 0;
}
