/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <initguid.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in driver/driver.h. */
DEFINE_GUID(irqcts_guid_device, 0x5b1f0c52, 0x7f0e, 0x4c58, 0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x00);

enum { INSTANCE_SIZE = 256 };

static void upper(char *to, size_t size, const char *from)
{
    size_t i;

    for (i = 0; i + 1 < size && from[i] != '\0'; i++) {
        to[i] = from[i] >= 'a' && from[i] <= 'z' ? (char)(from[i] - 'a' + 'A') : from[i];
    }
    to[i] = '\0';
}

int device_matches(const char *instance, const char *wanted)
{
    char one[INSTANCE_SIZE];
    char other[INSTANCE_SIZE];

    upper(one, sizeof(one), instance);
    upper(other, sizeof(other), wanted);
    return strstr(one, other) != NULL;
}

static SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail_of(HDEVINFO set, SP_DEVICE_INTERFACE_DATA *one,
                                                    SP_DEVINFO_DATA *device)
{
    SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail;
    DWORD size = 0;

    (void)SetupDiGetDeviceInterfaceDetailA(set, one, NULL, 0, &size, NULL);
    detail = size > 0 ? malloc(size) : NULL;
    if (detail == NULL) {
        return NULL;
    }
    detail->cbSize = sizeof(*detail);
    if (!SetupDiGetDeviceInterfaceDetailA(set, one, detail, size, NULL, device)) {
        free(detail);
        return NULL;
    }
    return detail;
}

HANDLE device_open(const char *wanted, DWORD flags, char *instance, size_t instance_size, char *error,
                   size_t error_size)
{
    HDEVINFO set = SetupDiGetClassDevsA(&irqcts_guid_device, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA each = {.cbSize = sizeof(each)};
    HANDLE handle = INVALID_HANDLE_VALUE;
    char path[1024] = "";
    unsigned found = 0;
    int exact = 0;

    if (set == INVALID_HANDLE_VALUE) {
        (void)snprintf(error, error_size, "the devices cannot be listed: error %lu", GetLastError());
        return handle;
    }
    for (DWORD i = 0; SetupDiEnumDeviceInterfaces(set, NULL, &irqcts_guid_device, i, &each); i++) {
        SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
        SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail = detail_of(set, &each, &device);
        char id[INSTANCE_SIZE] = "";
        if (detail != NULL && SetupDiGetDeviceInstanceIdA(set, &device, id, sizeof(id), NULL) &&
            device_matches(id, wanted)) {
            found++;
            exact = lstrcmpiA(id, wanted) == 0;
            (void)snprintf(path, sizeof(path), "%s", detail->DevicePath);
            (void)snprintf(instance, instance_size, "%s", id);
        }
        free(detail);
        if (exact) { /* and not those whose ids only contain it */
            found = 1;
            break;
        }
    }
    (void)SetupDiDestroyDeviceInfoList(set);
    if (found != 1) {
        (void)snprintf(error, error_size,
                       found == 0 ? "no started device with irqcts.sys%s%s: install the driver for it "
                                    "(pnputil /add-driver irqcts.inf /install), or name another device=INSTANCE"
                                  : "more than one device with irqcts.sys%s%s: name one with device=INSTANCE",
                       wanted[0] != '\0' ? " matches " : "", wanted);
        SetLastError(ERROR_NOT_FOUND);
        return handle;
    }
    handle = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                         flags, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        (void)snprintf(error, error_size, "%s cannot be opened: error %lu%s", instance, code,
                       code == ERROR_ACCESS_DENIED ? "; start the harness as an administrator" : "");
        SetLastError(code);
    }
    return handle;
}
