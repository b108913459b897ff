/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in stimulus drivers, one a file. */
#ifndef IRQCTS_VFIO_STIMULUS_DRIVERS_H
#define IRQCTS_VFIO_STIMULUS_DRIVERS_H

#include "stimulus.h"

extern const struct irqcts_stimulus_driver irqcts_stimulus_rocker;
extern const struct irqcts_stimulus_driver irqcts_stimulus_ivshmem;
extern const struct irqcts_stimulus_driver irqcts_stimulus_e1000e;
extern const struct irqcts_stimulus_driver irqcts_stimulus_igb;
extern const struct irqcts_stimulus_driver irqcts_stimulus_nvme;

#endif
