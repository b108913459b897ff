/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers into a frame and out of a payload; what all frames have in common. */
#ifndef IRQCTS_WIRE_INTERNAL_H
#define IRQCTS_WIRE_INTERNAL_H

#include "irqcts/wire.h"

/* Makes room for a frame of `payload` bytes and writes its header. */
int32_t wire_begin(struct irqcts_bytes *out, uint32_t type, uint32_t sequence, size_t payload);

/* Only into room that wire_begin made. */
static inline void wire_put(struct irqcts_bytes *bytes, uint64_t value, uint32_t width)
{
    for (uint32_t i = 0; i < width; i++) {
        bytes->data[bytes->length++] = (uint8_t)(value >> (8u * i));
    }
}

struct wire_reader {
    const uint8_t *at;
    size_t left;
    int failed;
};

static inline uint64_t wire_get(struct wire_reader *reader, uint32_t width)
{
    uint64_t value = 0;

    if (reader->left < width) {
        reader->failed = 1;
        reader->left = 0;
        return 0;
    }
    for (uint32_t i = 0; i < width; i++) {
        value |= (uint64_t)reader->at[i] << (8u * i);
    }
    reader->at += width;
    reader->left -= width;
    return value;
}

static inline uint32_t wire_get32(struct wire_reader *reader)
{
    return (uint32_t)wire_get(reader, 4);
}

/* IRQCTS_ERROR_FORMAT unless all was read and nothing was missing. */
int32_t wire_end(const struct wire_reader *reader, const char *what);

#endif
