/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's headers, from the WDK or from mingw-w64, and what the latter lacks. */
#ifndef IRQCTS_WINDOWS_KERNEL_H
#define IRQCTS_WINDOWS_KERNEL_H

#include <ntddk.h>

/* Annotations for Windows' own static analysis; mingw-w64 lacks some of them. */
#ifndef _IRQL_requires_max_
#  define _IRQL_requires_max_(level)
#endif
#ifndef _IRQL_requires_
#  define _IRQL_requires_(level)
#endif
#ifndef _Out_writes_bytes_
#  define _Out_writes_bytes_(size)
#endif
#ifndef _In_opt_
#  define _In_opt_
#endif

/* Pool tags are four characters in memory order. */
#define IRQCTS_TAG 0x53545149u /* "IQTS" */

/* ExAllocatePool2 is missing before Windows 10 2004 and in mingw-w64's headers. */
static inline void *irqcts_pool(SIZE_T size)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, IRQCTS_TAG);

    if (memory != NULL) {
        RtlZeroMemory(memory, size);
    }
    return memory;
}

static inline void irqcts_pool_free(void *memory)
{
    if (memory != NULL) {
        ExFreePoolWithTag(memory, IRQCTS_TAG);
    }
}

#endif
