/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's headers, from the WDK or from mingw-w64, and what the latter lacks. */
#ifndef IRQCTS_WINDOWS_KERNEL_H
#define IRQCTS_WINDOWS_KERNEL_H

#include <ntddk.h>

#include "irqcts_windows/annotations.h"

/* Pool tags are four characters in memory order. */
#define IRQCTS_TAG 0x53545149u /* "IQTS" */

/* ExAllocatePool2 is missing before Windows 10 2004 and in mingw-w64's headers. */
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ _Ret_maybenull_ __drv_allocatesMem(Mem)
static inline void *irqcts_pool(SIZE_T size)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, IRQCTS_TAG);

    if (memory != NULL) {
        RtlZeroMemory(memory, size);
    }
    return memory;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
static inline void irqcts_pool_free(_In_opt_ __drv_freesMem(Mem) void *memory)
{
    if (memory != NULL) {
        ExFreePoolWithTag(memory, IRQCTS_TAG);
    }
}

#endif
