/* SPDX-License-Identifier: Apache-2.0 */
/* What the emulator takes from <stdio.h>. */
#ifndef IRQCTS_SIMBUS_STDIO_H
#define IRQCTS_SIMBUS_STDIO_H

#include <stddef.h>

/* Always ends the text; returns at most size, so that a caller that adds up stays inside. */
int simbus_print(char *out, size_t size, const char *format, ...);
#define snprintf simbus_print

#endif
