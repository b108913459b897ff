/* SPDX-License-Identifier: Apache-2.0 */
/* Text that may be longer than its room: programs and sentences are written through it. */
#ifndef IRQCTS_TEXT_SINK_H
#define IRQCTS_TEXT_SINK_H

#include <stddef.h>

struct text_sink {
    char *text;
    size_t size;
    size_t length; /* of all that was written, whether it fitted or not */
};

/* Appends as printf does. */
void text_sink_put(struct text_sink *sink, const char *format, ...)
#if defined(__GNUC__) && !defined(_WIN32)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif
