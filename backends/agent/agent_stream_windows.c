/* SPDX-License-Identifier: Apache-2.0 */
/* ReadFile and WriteFile: the C library's text mode would change bytes. */
#include "agent_stream.h"

#include <windows.h>

void agent_stream_open(void)
{
}

int agent_read(void *bytes, size_t size)
{
    char *at = bytes;
    size_t done = 0;

    while (done < size) {
        DWORD count = 0;
        DWORD wanted = size - done > 0x10000000 ? 0x10000000 : (DWORD)(size - done);
        if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), at + done, wanted, &count, NULL) || count == 0) {
            return done == 0 ? 1 : -1;
        }
        done += count;
    }
    return 0;
}

int agent_write(const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        DWORD count = 0;
        DWORD wanted = size > 0x10000000 ? 0x10000000 : (DWORD)size;
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), at, wanted, &count, NULL)) {
            return -1;
        }
        at += count;
        size -= count;
    }
    return 0;
}
