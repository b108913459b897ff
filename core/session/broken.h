/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_BROKEN_H
#define IRQCTS_BROKEN_H

#include "irqcts/backend.h"

/* What a backend's negative return says: IRQCTS_ERROR_DIED and IRQCTS_ERROR_HUNG are about what stands behind it, all
 * others about itself (IRQCTS_ERROR_BACKEND). */
static inline int32_t broken_code(int32_t error)
{
    return error == IRQCTS_ERROR_DIED || error == IRQCTS_ERROR_HUNG ? error : IRQCTS_ERROR_BACKEND;
}

/* That as the caller's error, with the backend's sentence: a text that ends within its array. */
static inline int32_t broken_fail(const struct irqcts_backend_interface *backend, int32_t error, const char *sentence)
{
    return irqcts_fail(broken_code(error), "%s: %s", backend->name,
                       sentence[0] != '\0' ? sentence : "broke without a word");
}

#endif
