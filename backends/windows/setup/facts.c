/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the harness's preflight judges (harness/irqcts/windows_preflight.py), one KEY=VALUE a line:
 *
 *   administrator, test-signing, secure-boot   of this process and this machine; left out when it cannot be said
 *   package                                    the name under which irqcts.inf is in the driver store
 *   library-version                            of the requests that this package speaks
 *   device                                     begins a device; its own keys follow it
 *
 * Devices are those whose instance id contains the text that is asked for; without one, those of irqcts.sys.
 */
#include "facts.h"

#include "../client/device.h"

#include "irqcts_windows/ioctl.h"

#include <initguid.h>
#include <windows.h>

#include <cfgmgr32.h>
#include <devpropdef.h>
#include <pciprop.h>
#include <setupapi.h>
#include <stdio.h>
#include <string.h>
#include <winternl.h>

enum { TEXT = 1024, CODE_INTEGRITY = 103, CODE_INTEGRITY_TEST_SIGNING = 2 };

static const char service_name[] = "irqcts";

static void say_number(const char *key, unsigned long value)
{
    (void)printf("%s=%lu\n", key, value);
}

static void say_administrator(void)
{
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    PSID administrators = NULL;
    BOOL member = FALSE;

    if (AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
                                 &administrators)) {
        if (CheckTokenMembership(NULL, administrators, &member)) {
            say_number("administrator", member != 0); /* of the elevated token only */
        }
        (void)FreeSid(administrators);
    }
}

static void say_signing(void)
{
    struct {
        ULONG length;
        ULONG options;
    } integrity = {sizeof(integrity), 0};
    typedef NTSTATUS(NTAPI * query_function)(ULONG, void *, ULONG, ULONG *);
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    query_function query =
        ntdll != NULL ? (query_function)(void (*)(void))GetProcAddress(ntdll, "NtQuerySystemInformation") : NULL;
    DWORD secure = 0;
    DWORD size = sizeof(secure);

    if (query != NULL && query(CODE_INTEGRITY, &integrity, sizeof(integrity), NULL) >= 0) {
        say_number("test-signing", (integrity.options & CODE_INTEGRITY_TEST_SIGNING) != 0);
    }
    if (RegGetValueA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State",
                     "UEFISecureBootEnabled", RRF_RT_REG_DWORD, NULL, &secure, &size) == ERROR_SUCCESS) {
        say_number("secure-boot", secure != 0);
    }
}

static int names_the_driver(const char *path)
{
    static const char wanted[] = "irqcts.sys";
    char text[16384];
    size_t length = 0;
    FILE *file = fopen(path, "rb");

    if (file != NULL) {
        length = fread(text, 1, sizeof(text), file);
        (void)fclose(file);
    }
    for (size_t at = 0; at + sizeof(wanted) - 1 <= length; at++) {
        if (memcmp(text + at, wanted, sizeof(wanted) - 1) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Windows keeps the INF of each package as oemNN.inf, Wine under its own name. */
static void say_package(void)
{
    static const char *const patterns[] = {"oem*.inf", "irqcts.inf"};
    char folder[MAX_PATH];
    char path[MAX_PATH + 64];
    int said = 0;

    if (GetWindowsDirectoryA(folder, sizeof(folder)) == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        WIN32_FIND_DATAA found;
        HANDLE search;
        (void)snprintf(path, sizeof(path), "%s\\inf\\%s", folder, patterns[i]);
        search = FindFirstFileA(path, &found);
        if (search == INVALID_HANDLE_VALUE) {
            continue;
        }
        do {
            (void)snprintf(path, sizeof(path), "%s\\inf\\%.40s", folder, found.cFileName);
            if (!said && names_the_driver(path)) {
                (void)printf("package=%s\n", found.cFileName);
                said = 1;
            }
        } while (!said && FindNextFileA(search, &found));
        (void)FindClose(search);
    }
}

static void say_property(HDEVINFO set, SP_DEVINFO_DATA *device, const char *key, const DEVPROPKEY *property)
{
    DEVPROPTYPE type = 0;
    DWORD value = 0;

    if (SetupDiGetDevicePropertyW(set, device, property, &type, (BYTE *)&value, sizeof(value), NULL, 0) &&
        type == DEVPROP_TYPE_UINT32) {
        say_number(key, value);
    }
}

/* What the INF wrote for the device, below its key in the registry. */
static void say_message_settings(const char *instance)
{
    static const struct {
        const char *key;
        const char *name;
    } values[] = {{"msi-supported", "MSISupported"}, {"message-limit", "MessageNumberLimit"}};
    char path[TEXT];

    (void)snprintf(path, sizeof(path),
                   "SYSTEM\\CurrentControlSet\\Enum\\%s\\Device Parameters\\Interrupt Management\\"
                   "MessageSignaledInterruptProperties",
                   instance);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        DWORD value = 0;
        DWORD size = sizeof(value);
        if (RegGetValueA(HKEY_LOCAL_MACHINE, path, values[i].name, RRF_RT_REG_DWORD, NULL, &value, &size) ==
            ERROR_SUCCESS) {
            say_number(values[i].key, value);
        }
    }
}

/* The driver's own word, by the same way as the client's. */
static void say_handshake(const char *instance)
{
    struct irqcts_io_description description = {0};
    char found[TEXT];
    char sentence[TEXT];
    DWORD written = 0;
    HANDLE device = device_open(instance, 0, found, sizeof(found), sentence, sizeof(sentence));

    if (device == INVALID_HANDLE_VALUE) {
        say_number("open-error", GetLastError());
        return;
    }
    if (DeviceIoControl(device, IRQCTS_IO_DESCRIBE, NULL, 0, &description, sizeof(description), &written, NULL) &&
        written >= sizeof(description.version)) {
        say_number("driver-version", description.version);
    } else {
        say_number("describe-error", GetLastError());
    }
    (void)CloseHandle(device);
}

static void say_device(HDEVINFO set, SP_DEVINFO_DATA *device, const char *instance, const char *service)
{
    char ids[TEXT] = "";
    ULONG status = 0;
    ULONG problem = 0;
    int present = CM_Get_DevNode_Status(&status, &problem, device->DevInst, 0) == CR_SUCCESS;

    (void)printf("device=%s\nservice=%s\n", instance, service);
    say_number("present", (unsigned long)present);
    if (present) {
        say_number("problem", problem);
    }
    if (SetupDiGetDeviceRegistryPropertyA(set, device, SPDRP_HARDWAREID, NULL, (BYTE *)ids, sizeof(ids) - 2, NULL)) {
        for (const char *id = ids; *id != '\0'; id += strlen(id) + 1) {
            (void)printf("hardware-id=%s\n", id);
        }
    }
    say_property(set, device, "interrupt-support", &DEVPKEY_PciDevice_InterruptSupport);
    say_property(set, device, "message-maximum", &DEVPKEY_PciDevice_InterruptMessageMaximum);
    say_message_settings(instance);
    if (lstrcmpiA(service, service_name) == 0) {
        say_handshake(instance);
    }
}

int facts_print(const char *wanted)
{
    HDEVINFO set = SetupDiGetClassDevsA(NULL, NULL, NULL, DIGCF_ALLCLASSES);
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};

    if (set == INVALID_HANDLE_VALUE) {
        (void)fprintf(stderr, "irqcts-setup: the devices cannot be listed: error %lu\n", GetLastError());
        return 1;
    }
    say_administrator();
    say_signing();
    say_package();
    say_number("library-version", IRQCTS_IO_VERSION);
    for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); i++) {
        char instance[TEXT] = "";
        char service[TEXT] = "";
        if (!SetupDiGetDeviceInstanceIdA(set, &device, instance, sizeof(instance), NULL)) {
            continue;
        }
        (void)SetupDiGetDeviceRegistryPropertyA(set, &device, SPDRP_SERVICE, NULL, (BYTE *)service,
                                                sizeof(service) - 1, NULL);
        if (wanted[0] != '\0' ? device_matches(instance, wanted) : lstrcmpiA(service, service_name) == 0) {
            say_device(set, &device, instance, service);
        }
    }
    (void)SetupDiDestroyDeviceInfoList(set);
    return 0;
}
