/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqcts-setup: what devcon does, for the simulated bus.
 *
 *   irqcts-setup install FOLDER   copies the INFs of the children to the driver store, creates root\irqctsbus, binds
 *                                 its driver
 *   irqcts-setup remove           removes the simulated bus, and its children with it
 *   irqcts-setup bind ID FOLDER   gives the devices with this hardware id to irqcts.sys, whoever has them now
 *   irqcts-setup facts [PART]     what the harness's preflight wants to know (facts.c)
 */
#include "facts.h"

#include <windows.h>

#include <newdev.h>
#include <setupapi.h>
#include <stdio.h>
#include <string.h>

static const char hardware_id[] = "root\\irqctsbus\0"; /* REG_MULTI_SZ */
/* Of its children and theirs: one that is known from before would keep the driver that it had. */
static const char *const child_ids[] = {"IRQCTS\\ADAPTER", "IRQCTS\\SIMULATED", "IRQCTS\\PLAIN"};
enum { FIRST_SIMULATED = 1, SIMULATED_DEVICES = 2 }; /* the last two have irqcts.sys */
static const char *const child_infs[] = {"irqcts.inf", "irqctsmini.inf"};
static const GUID class_guid = {0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0xff}};

/* The device interface of irqcts.sys, as in driver/driver.h. */
static const GUID device_guid = {0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x00}};

static int failed(const char *what)
{
    (void)fprintf(stderr, "irqcts-setup: %s: error %#lx\n", what, GetLastError());
    return 1;
}

/* 0, or 1 when it stays: Windows vetoes the removal of a device that is open, and DIF_REMOVE then succeeds with the
 * flag that a restart is needed. */
static int remove_device(HDEVINFO set, SP_DEVINFO_DATA *device)
{
    SP_DEVINSTALL_PARAMS_A parameters = {.cbSize = sizeof(parameters)};

    if (!SetupDiCallClassInstaller(DIF_REMOVE, set, device)) {
        return failed("a simulated device cannot be removed");
    }
    if (SetupDiGetDeviceInstallParamsA(set, device, &parameters) &&
        (parameters.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)) != 0) {
        (void)fprintf(stderr, "irqcts-setup: a simulated device is not removed, because it is in use: end what has it "
                              "open and try again, or restart Windows: shutdown /r /t 0\n");
        return 1;
    }
    return 0;
}

/* Removes every device with this hardware id, also one that is not present; 0, or 1 when one stays. */
static int remove_devices(const char *id)
{
    HDEVINFO set = SetupDiGetClassDevsA(NULL, NULL, NULL, DIGCF_ALLCLASSES);
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    int bad = 0;

    if (set == INVALID_HANDLE_VALUE) {
        return failed("the devices cannot be listed");
    }
    for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); i++) {
        char ids[512] = "";
        if (SetupDiGetDeviceRegistryPropertyA(set, &device, SPDRP_HARDWAREID, NULL, (BYTE *)ids, sizeof(ids) - 2,
                                              NULL) &&
            lstrcmpiA(ids, id) == 0) {
            bad |= remove_device(set, &device);
        }
    }
    (void)SetupDiDestroyDeviceInfoList(set);
    return bad;
}

static int remove_all(void)
{
    int bad = remove_devices(hardware_id);

    for (size_t i = 0; i < sizeof(child_ids) / sizeof(child_ids[0]); i++) {
        bad |= remove_devices(child_ids[i]);
    }
    return bad;
}

static int create_bus(void)
{
    HDEVINFO set = SetupDiCreateDeviceInfoList(&class_guid, NULL);
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    int bad = 0;

    if (set == INVALID_HANDLE_VALUE) {
        return failed("no device list");
    }
    if (!SetupDiCreateDeviceInfoA(set, "IrqctsBus", &class_guid, NULL, NULL, DICD_GENERATE_ID, &device) ||
        !SetupDiSetDeviceRegistryPropertyA(set, &device, SPDRP_HARDWAREID, (const BYTE *)hardware_id,
                                           sizeof(hardware_id)) ||
        !SetupDiCallClassInstaller(DIF_REGISTERDEVICE, set, &device)) {
        bad = failed("the simulated bus cannot be created");
    }
    (void)SetupDiDestroyDeviceInfoList(set);
    return bad;
}

/* How many of the simulated devices with irqcts.sys are started.  Each by its id: a count of all would take the
 * interface that a driver left behind which died for one of them. */
static int started(void)
{
    HDEVINFO set = SetupDiGetClassDevsA(&device_guid, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA found = {.cbSize = sizeof(found)};
    unsigned seen = 0;

    if (set == INVALID_HANDLE_VALUE) {
        return 0;
    }
    for (DWORD i = 0; SetupDiEnumDeviceInterfaces(set, NULL, &device_guid, i, &found); i++) {
        SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
        char id[256] = "";
        (void)SetupDiGetDeviceInterfaceDetailA(set, &found, NULL, 0, NULL, &device);
        if ((found.Flags & SPINT_ACTIVE) == 0 || !SetupDiGetDeviceInstanceIdA(set, &device, id, sizeof(id), NULL)) {
            continue;
        }
        for (unsigned n = 0; n < SIMULATED_DEVICES; n++) {
            const char *wanted = child_ids[FIRST_SIMULATED + n];
            size_t length = strlen(wanted);
            if (strlen(id) > length && id[length] == '\\') {
                id[length] = '\0';
                seen |= lstrcmpiA(id, wanted) == 0 ? 1u << n : 0;
                id[length] = '\\';
            }
        }
    }
    (void)SetupDiDestroyDeviceInfoList(set);
    return (int)((seen & 1u) + (seen >> 1));
}

/* The children are enumerated and their drivers installed behind the caller's back. */
static int wait_for_devices(int wanted)
{
    enum { LOOK_MS = 20, PATIENCE_MS = 20000 };

    for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
        if (started() >= wanted) {
            return 0;
        }
        Sleep(LOOK_MS);
    }
    (void)fprintf(stderr, "irqcts-setup: %d of %d simulated devices did not start within %d s\n",
                  wanted - started(), wanted, PATIENCE_MS / 1000);
    return 1;
}

static int install(const char *folder)
{
    char path[MAX_PATH];
    char whole[MAX_PATH];
    BOOL restart = FALSE;

    if (remove_all() != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(child_infs) / sizeof(child_infs[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s\\%s", folder, child_infs[i]);
        if (GetFullPathNameA(path, sizeof(whole), whole, NULL) == 0 ||
            !SetupCopyOEMInfA(whole, folder, SPOST_PATH, 0, NULL, 0, NULL, NULL)) {
            return failed("the INF of a child cannot be copied");
        }
    }
    if (create_bus() != 0) {
        return 1;
    }
    (void)snprintf(path, sizeof(path), "%s\\irqctsbus.inf", folder);
    if (GetFullPathNameA(path, sizeof(whole), whole, NULL) == 0 ||
        !UpdateDriverForPlugAndPlayDevicesA(NULL, "root\\irqctsbus", whole, INSTALLFLAG_FORCE, &restart)) {
        return failed("irqctsbus.inf cannot be installed");
    }
    return wait_for_devices(SIMULATED_DEVICES);
}

/* Also where another driver ranks higher, which pnputil leaves in its place. */
static int bind_devices(const char *id, const char *folder)
{
    char path[MAX_PATH];
    char whole[MAX_PATH];
    BOOL restart = FALSE;

    (void)snprintf(path, sizeof(path), "%s\\irqcts.inf", folder);
    if (GetFullPathNameA(path, sizeof(whole), whole, NULL) == 0 ||
        !UpdateDriverForPlugAndPlayDevicesA(NULL, id, whole, INSTALLFLAG_FORCE, &restart)) {
        return failed("irqcts.inf cannot be installed for this hardware id (does it name it?)");
    }
    if (restart) {
        (void)printf("restart Windows to finish: shutdown /r /t 0\n");
    }
    return 0;
}

int main(int count, char **values)
{
    if (count == 3 && strcmp(values[1], "install") == 0) {
        return install(values[2]);
    }
    if (count == 2 && strcmp(values[1], "remove") == 0) {
        return remove_all();
    }
    if (count == 4 && strcmp(values[1], "bind") == 0) {
        return bind_devices(values[2], values[3]);
    }
    if ((count == 2 || count == 3) && strcmp(values[1], "facts") == 0) {
        return facts_print(count == 3 ? values[2] : "");
    }
    (void)fprintf(stderr, "usage: irqcts-setup install FOLDER | remove | bind HARDWARE-ID FOLDER | facts [INSTANCE]\n");
    return 2;
}
