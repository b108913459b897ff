/* SPDX-License-Identifier: Apache-2.0 */
/* How many file descriptors this process has, so that a test sees one that is not given back. */
#ifndef IRQCTS_VFIO_TEST_DESCRIPTORS_H
#define IRQCTS_VFIO_TEST_DESCRIPTORS_H

#include "check.h"

#include <dirent.h>

/* With those of the folder that is read and its two names: for comparison only. */
static inline int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    CHECK(folder != NULL);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

#endif
