/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where messages arrive: the other end of the memory writes that the device
 * sends.  It counts exactly, by (address, data), and keeps what is no granted
 * message with its address and data.
 *
 * Every message of every function has an address and a data value of its own,
 * so that a mixture of two is a stray.  Even messages lie below 4 GiB, odd ones
 * above (ENTRY-ADDRESS-64).
 */
#ifndef IRQCTS_EMULATOR_SINK_H
#define IRQCTS_EMULATOR_SINK_H

#include <stddef.h>
#include <stdint.h>

#define SINK_ADDRESS_LOW UINT64_C(0xfee00000)
#define SINK_ADDRESS_HIGH UINT64_C(0x00000051c0000000)
#define SINK_DATA_BASE 0xa4000000u
#define SINK_STRAYS_MAX 64u

struct emulator_stray {
    uint64_t address;
    uint32_t data;
    uint32_t count;
};

struct emulator_sink {
    uint32_t messages;      /* of the physical function */
    uint32_t virtual_messages;
    uint32_t total;         /* of all functions */
    uint32_t touched_count;
    uint32_t stray_count;
    uint32_t strays_beyond; /* writes that found no room among the strays */
    uint32_t *counters;     /* by message number */
    uint32_t *touched;      /* numbers of counters that are not 0, in order of first arrival */
    struct emulator_stray strays[SINK_STRAYS_MAX];
};

/* Messages are numbered through: the physical function's first, then each virtual function's. */
static inline uint32_t sink_number(const struct emulator_sink *sink, uint32_t function, uint32_t message)
{
    return function == 0 ? message : sink->messages + (function - 1u) * sink->virtual_messages + message;
}

static inline uint64_t sink_address(uint32_t number)
{
    return ((number & 1u) != 0 ? SINK_ADDRESS_HIGH : SINK_ADDRESS_LOW) + (uint64_t)number * 4u;
}

static inline uint32_t sink_data(uint32_t number)
{
    return SINK_DATA_BASE + (number << 8) + (number & 0x7fu) + 1u;
}

/* One DWORD memory write (SEND-FORM). */
void emulator_sink_stray(struct emulator_sink *sink, uint64_t address, uint32_t data);

static inline void emulator_sink_write(struct emulator_sink *sink, uint64_t address, uint32_t data)
{
    uint32_t number = (data - SINK_DATA_BASE) >> 8;

    if (number >= sink->total || data != sink_data(number) || address != sink_address(number)) {
        emulator_sink_stray(sink, address, data);
        return;
    }
    if (sink->counters[number]++ == 0) {
        sink->touched[sink->touched_count++] = number;
    }
}

/* `counters` and `touched` hold as many numbers as there are messages; counters are all 0. */
void emulator_sink_initialise(struct emulator_sink *sink, uint32_t messages, uint32_t functions,
                              uint32_t virtual_messages, uint32_t *counters, uint32_t *touched);
/* Forgets what arrived. */
void emulator_sink_clear(struct emulator_sink *sink);

#endif
