/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_SETUP_FACTS_H
#define IRQCTS_SETUP_FACTS_H

/* Prints what the harness's preflight judges; `wanted` is part of an instance id, "" for the devices of irqcts.sys.
 * 0, or 1 with a line on standard error. */
int facts_print(const char *wanted);

#endif
