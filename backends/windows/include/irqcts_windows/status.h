/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTSTATUS values by number, for code that is also compiled where there is no
 * ntstatus.h.  A caller keeps the value that it got; these are the ones that are
 * returned or told apart here.
 */
#ifndef IRQCTS_WINDOWS_STATUS_H
#define IRQCTS_WINDOWS_STATUS_H

#include <stdint.h>

#ifdef _WIN32
typedef long irqcts_ntstatus; /* the same type as NTSTATUS, so that routines of one are routines of the other */
#else
typedef int32_t irqcts_ntstatus;
#endif

#define IRQCTS_NT(value) ((irqcts_ntstatus)(value##u))
#define IRQCTS_NT_SUCCESS IRQCTS_NT(0x00000000)
#define IRQCTS_NT_UNSUCCESSFUL IRQCTS_NT(0xC0000001)
#define IRQCTS_NT_INFO_LENGTH_MISMATCH IRQCTS_NT(0xC0000004)
#define IRQCTS_NT_INVALID_PARAMETER IRQCTS_NT(0xC000000D)
#define IRQCTS_NT_NO_SUCH_DEVICE IRQCTS_NT(0xC000000E)
#define IRQCTS_NT_INVALID_DEVICE_REQUEST IRQCTS_NT(0xC0000010)
#define IRQCTS_NT_ACCESS_DENIED IRQCTS_NT(0xC0000022)
#define IRQCTS_NT_BUFFER_TOO_SMALL IRQCTS_NT(0xC0000023)
#define IRQCTS_NT_DELETE_PENDING IRQCTS_NT(0xC0000056)
#define IRQCTS_NT_REVISION_MISMATCH IRQCTS_NT(0xC0000059)
#define IRQCTS_NT_INSUFFICIENT_RESOURCES IRQCTS_NT(0xC000009A)
#define IRQCTS_NT_NOT_SUPPORTED IRQCTS_NT(0xC00000BB)
#define IRQCTS_NT_DATA_ERROR IRQCTS_NT(0xC000003E)
#define IRQCTS_NT_INVALID_BUFFER_SIZE IRQCTS_NT(0xC0000206)
#define IRQCTS_NT_INVALID_DEVICE_STATE IRQCTS_NT(0xC0000184)
#define IRQCTS_NT_DEVICE_REMOVED IRQCTS_NT(0xC00002B6)
#define IRQCTS_NT_NOINTERFACE IRQCTS_NT(0xC00002B9)

#endif
