/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as program text: refused with a place, or a program that prints as itself. */
#include "irqcts/program.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irqcts_program *program;
    struct irqcts_program *again;
    size_t length = 0;
    size_t second = 0;
    char *text;
    char *copy;

    if (irqcts_program_parse(&program, (const char *)data, size) != IRQCTS_ERROR_NONE) {
        if (strncmp(irqcts_last_error(), "line ", 5) != 0) {
            abort();
        }
        return 0;
    }
    (void)irqcts_program_print(&length, program, NULL, 0);
    text = malloc(length + 1);
    copy = malloc(length + 1);
    if (text == NULL || copy == NULL || irqcts_program_print(&length, program, text, length + 1) != 0 ||
        irqcts_program_parse(&again, text, length) != 0 ||
        irqcts_program_print(&second, again, copy, length + 1) != 0 || strcmp(text, copy) != 0) {
        abort();
    }
    irqcts_program_free(program);
    irqcts_program_free(again);
    free(text);
    free(copy);
    return 0;
}
