/* SPDX-License-Identifier: Apache-2.0 */
/* Which accesses of the mapped structures there are: none behind the table, unless that was asked for. */
#include "backend.h"

#include "check.h"

enum { ENTRIES = 4, TABLE = 0x100, TABLE_BYTES = ENTRIES * 16, PBA = 0x200, BAR_BYTES = 4096 };

static struct vfio_backend backend_of(bool beyond)
{
    static uint8_t bar[BAR_BYTES];
    struct vfio_backend backend = { .beyond = beyond };
    backend.device.bar[0] = bar;
    backend.device.regions[0].size = BAR_BYTES;
    backend.device.entries = ENTRIES;
    backend.device.table_offset = TABLE;
    backend.device.pba_offset = PBA;
    return backend;
}

int main(void)
{
    for (int beyond = 0; beyond < 2; beyond++) {
        struct vfio_backend backend = backend_of(beyond != 0);
        CHECK(vfio_table_access(&backend, 0, 4));
        CHECK(vfio_table_access(&backend, TABLE_BYTES - 8, 8));
        CHECK(vfio_table_access(&backend, TABLE_BYTES - 1, 1));
        CHECK(!vfio_table_access(&backend, 0, 3));
        CHECK_EQ(vfio_table_access(&backend, TABLE_BYTES - 4, 8), beyond);
        CHECK_EQ(vfio_table_access(&backend, TABLE_BYTES, 1), beyond);
        CHECK_EQ(vfio_table_access(&backend, PBA - TABLE - 4, 4), beyond);
        CHECK(!vfio_table_access(&backend, PBA - TABLE - 4, 8)); /* what is pending is no register of the table */
        CHECK(!vfio_table_access(&backend, PBA - TABLE, 4));
        backend.device.pba_bar = 1;
        CHECK_EQ(vfio_table_access(&backend, BAR_BYTES - TABLE - 4, 4), beyond);
        CHECK(!vfio_table_access(&backend, BAR_BYTES - TABLE - 4, 8));
        CHECK(!vfio_table_access(&backend, UINT64_C(1) << 32, 4));
    }
    return 0;
}
