/* SPDX-License-Identifier: Apache-2.0 */
/* What the emulator takes from <string.h>; ntoskrnl.exe exports all but strcspn. */
#ifndef IRQCTS_SIMBUS_STRING_H
#define IRQCTS_SIMBUS_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *one, const void *other, size_t size);
size_t strlen(const char *text);
int strcmp(const char *one, const char *other);
char *strchr(const char *text, int character);

static inline size_t simbus_span(const char *text, const char *stop)
{
    size_t length = 0;

    while (text[length] != '\0' && strchr(stop, text[length]) == NULL) {
        length++;
    }
    return length;
}
#define strcspn simbus_span

#endif
