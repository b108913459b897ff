/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_BENCH_QEMU_BARE_H
#define IRQCTS_BENCH_QEMU_BARE_H

/* On an open QEMU backend's own connection: `groups` times `per_group` fixed
 * qtest lines sent at once, then all their replies read.  0 or -1. */
int bare_loop(void *context, int groups, int per_group);

#endif
