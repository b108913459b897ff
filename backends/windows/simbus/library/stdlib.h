/* SPDX-License-Identifier: Apache-2.0 */
/* What the emulator takes from <stdlib.h>, from the nonpaged pool. */
#ifndef IRQCTS_SIMBUS_STDLIB_H
#define IRQCTS_SIMBUS_STDLIB_H

#include <stddef.h>

void *simbus_allocate(size_t count, size_t size); /* filled with zeros */
void simbus_free(void *memory);

#define malloc(size) simbus_allocate(1, size)
#define calloc(count, size) simbus_allocate(count, size)
#define free(memory) simbus_free(memory)

#endif
