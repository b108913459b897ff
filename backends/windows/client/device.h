/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and opening the device interface of irqcts.sys. */
#ifndef IRQCTS_WINDOWS_DEVICE_H
#define IRQCTS_WINDOWS_DEVICE_H

#include <stddef.h>
#include <windows.h>

/* Whether an instance id contains `wanted`, case ignored. */
int device_matches(const char *instance, const char *wanted);

/* The device whose instance id is `wanted` or else contains it (case ignored, "" for the only one); `flags` are
 * CreateFile's (FILE_FLAG_OVERLAPPED or 0).  INVALID_HANDLE_VALUE with a sentence and GetLastError when there is none
 * (ERROR_NOT_FOUND), more than one, or it cannot be opened. */
HANDLE device_open(const char *wanted, DWORD flags, char *instance, size_t instance_size, char *error,
                   size_t error_size);

#endif
