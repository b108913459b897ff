/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of the library itself: a caller's mistake, a malformed input, a
 * backend that broke.  They are never a verdict about a device; what a device
 * answers is an irqcts_status (operation.h).
 *
 * Every fallible function returns int32_t: 0, or one of the negative values
 * below, and leaves a sentence for the calling thread in irqcts_last_error().
 * The values never change once published.
 */
#ifndef IRQCTS_ERROR_H
#define IRQCTS_ERROR_H

#include <stdint.h>

#if defined(_WIN32) && defined(IRQCTS_SHARED)
#  ifdef IRQCTS_BUILDING
#    define IRQCTS_API __declspec(dllexport)
#  else
#    define IRQCTS_API __declspec(dllimport)
#  endif
#elif defined(__GNUC__)
#  define IRQCTS_API __attribute__((visibility("default")))
#else
#  define IRQCTS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum irqcts_error {
    IRQCTS_ERROR_NONE = 0,
    IRQCTS_ERROR_ARGUMENT = -1,      /* a null pointer, a value out of range */
    IRQCTS_ERROR_SYNTAX = -2,        /* program text that does not parse */
    IRQCTS_ERROR_MEMORY = -3,
    IRQCTS_ERROR_CAPACITY = -4,      /* the caller's buffer is too small */
    IRQCTS_ERROR_ABI = -5,           /* a backend of another interface version */
    IRQCTS_ERROR_LOAD = -6,          /* a backend library that cannot be loaded */
    IRQCTS_ERROR_OPEN = -7,          /* a backend that cannot be opened: bad options, device absent */
    IRQCTS_ERROR_BACKEND = -8,       /* a backend broke while executing */
    IRQCTS_ERROR_FORMAT = -9,        /* a frame or a saved file that is malformed */
    IRQCTS_ERROR_VERSION = -10,      /* a frame or a saved file of another version */
    IRQCTS_ERROR_INPUT_OUTPUT = -11, /* the operating system refused a read or a write */
    IRQCTS_ERROR_DIED = -12,         /* what stands behind a backend (an emulator's process) ended */
    IRQCTS_ERROR_HUNG = -13          /* and no longer answers */
};

/* The sentence that belongs to the calling thread's last negative result;
 * never NULL, empty before the first error.  Owned by the library, valid until
 * the thread's next call. */
IRQCTS_API const char *irqcts_last_error(void);

/* Sets that sentence (printf format); returns `error` so that a failing
 * function can end in `return irqcts_fail(IRQCTS_ERROR_…, "…", …)`. */
IRQCTS_API int32_t irqcts_fail(int32_t error, const char *format, ...)
#if defined(__GNUC__) && !defined(_WIN32)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#ifdef __cplusplus
}
#endif
#endif
