/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_EMULATOR_OPTIONS_H
#define IRQCTS_EMULATOR_OPTIONS_H

#include "device.h"

#include <stddef.h>
#include <stdint.h>

/* "key=TEXT what it does" lines for help texts; ends with NULL. */
extern const char *const emulator_option_help[];

/* Reads "key=value,key=value" over the defaults.  On failure returns negative
 * and writes a sentence that names what is accepted. */
int32_t emulator_options_parse(struct emulator_choices *out, const char *options, char *error, size_t error_size);

#endif
