/* SPDX-License-Identifier: Apache-2.0 */
#include "text_sink.h"

#include <stdarg.h>
#include <stdio.h>

void text_sink_put(struct text_sink *sink, const char *format, ...)
{
    size_t room = sink->length < sink->size ? sink->size - sink->length : 0;
    va_list arguments;
    int written;

    va_start(arguments, format);
    written = vsnprintf(room > 0 ? sink->text + sink->length : NULL, room, format, arguments);
    va_end(arguments);
    if (written > 0) {
        sink->length += (size_t)written;
    }
}
