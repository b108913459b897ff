/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

void emulator_sink_initialise(struct emulator_sink *sink, uint32_t messages, uint32_t functions,
                              uint32_t virtual_messages, uint32_t *counters, uint32_t *touched)
{
    sink->messages = messages;
    sink->virtual_messages = virtual_messages;
    sink->total = messages + (functions - 1u) * virtual_messages;
    sink->touched_count = 0;
    sink->stray_count = 0;
    sink->strays_beyond = 0;
    sink->counters = counters;
    sink->touched = touched;
}

void emulator_sink_stray(struct emulator_sink *sink, uint64_t address, uint32_t data)
{
    struct emulator_stray *stray;
    uint32_t i;

    for (i = 0; i < sink->stray_count; i++) {
        if (sink->strays[i].address == address && sink->strays[i].data == data) {
            sink->strays[i].count++;
            return;
        }
    }
    if (sink->stray_count == SINK_STRAYS_MAX) {
        sink->strays_beyond++;
        return;
    }
    stray = &sink->strays[sink->stray_count++];
    stray->address = address;
    stray->data = data;
    stray->count = 1;
}

void emulator_sink_clear(struct emulator_sink *sink)
{
    uint32_t i;

    for (i = 0; i < sink->touched_count; i++) {
        sink->counters[sink->touched[i]] = 0;
    }
    sink->touched_count = 0;
    sink->stray_count = 0;
    sink->strays_beyond = 0;
}
