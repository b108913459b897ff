/* SPDX-License-Identifier: Apache-2.0 */
/* The calling thread's last error sentence. */
#include "irqcts/error.h"

#include <stdarg.h>
#include <stdio.h>

#if defined(_MSC_VER)
#  define THREAD_LOCAL __declspec(thread)
#else
#  define THREAD_LOCAL _Thread_local
#endif

static THREAD_LOCAL char sentence[1024];

const char *irqcts_last_error(void)
{
    return sentence;
}

int32_t irqcts_fail(int32_t error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return error;
}
