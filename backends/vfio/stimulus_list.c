/* SPDX-License-Identifier: Apache-2.0 */
/* The stimulus drivers that are built in.  A new one: its file, and a line here. */
#include "stimulus_drivers.h"

const struct irqcts_stimulus_driver *const irqcts_stimulus_drivers[] = {
    &irqcts_stimulus_rocker, &irqcts_stimulus_ivshmem, &irqcts_stimulus_e1000e, &irqcts_stimulus_igb,
    &irqcts_stimulus_nvme,   NULL,
};
