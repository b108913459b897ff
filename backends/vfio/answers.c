/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel answers, in the suite's words. */
#include "backend.h"

#include <errno.h>

/* As irqcts_status_name has them; a backend does without the core's library. */
const char *vfio_status_name(uint32_t status)
{
    static const char *const names[] = {
        "ok",            "invalid-parameter", "not-supported", "invalid-state", "no-resources",
        "access-denied", "device-error",      "gone",          "not-executed",
    };
    _Static_assert(sizeof names / sizeof names[0] == IRQCTS_STATUS_COUNT, "a name for each");
    return status < IRQCTS_STATUS_COUNT ? names[status] : "no known status";
}

void vfio_result_from_errno(struct irqcts_result *result, int32_t negative_errno)
{
    if (negative_errno >= 0) {
        result->status = IRQCTS_STATUS_OK;
        return;
    }
    result->native_kind = IRQCTS_NATIVE_ERRNO;
    result->native_code = (uint32_t)-negative_errno;
    switch (-negative_errno) {
    case EINVAL:
    case ERANGE:
    case EBADF:
    case EFAULT:
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
        break;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
        result->status = IRQCTS_STATUS_NO_RESOURCES;
        break;
    case EACCES:
    case EPERM:
        result->status = IRQCTS_STATUS_ACCESS_DENIED;
        break;
    case EBUSY:
        result->status = IRQCTS_STATUS_INVALID_STATE;
        break;
    case ENODEV:
    case ENXIO:
        result->status = IRQCTS_STATUS_GONE;
        break;
    default:
        result->status = IRQCTS_STATUS_DEVICE_ERROR;
        break;
    }
}
