/* SPDX-License-Identifier: Apache-2.0 */
#include "irqcts_windows/kernel.h"

#include <stdarg.h>

void *simbus_allocate(size_t count, size_t size);
void simbus_free(void *memory);
int simbus_print(char *out, size_t size, const char *format, ...);
int __cdecl _vsnprintf(char *out, size_t size, const char *format, va_list arguments);

void *simbus_allocate(size_t count, size_t size)
{
    return size != 0 && count > (size_t)-1 / size ? NULL : irqcts_pool(count * size);
}

void simbus_free(void *memory)
{
    irqcts_pool_free(memory);
}

int simbus_print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int written;

    if (size == 0) {
        return 0;
    }
    va_start(arguments, format);
    written = _vsnprintf(out, size, format, arguments);
    va_end(arguments);
    out[size - 1] = '\0'; /* _vsnprintf leaves a text that fills the array without an end */
    return written < 0 || (size_t)written >= size ? (int)size : written;
}
