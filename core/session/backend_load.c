/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a backend by name or path, and refusing one that speaks another version. */
#if !defined(_WIN32)
#  define _GNU_SOURCE /* dladdr */
#endif
#include "irqcts/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#  include <windows.h>
#else
#  include <dlfcn.h>
#endif

enum { REGISTERED_MAX = 16, PATH_LENGTH = 1024 };

static const struct irqcts_backend_interface *registered[REGISTERED_MAX];
static uint32_t registered_count;

static int32_t check_interface(const struct irqcts_backend_interface *backend, const char *from)
{
    if (backend == NULL) {
        return irqcts_fail(IRQCTS_ERROR_ABI, "%s does not speak backend interface version %u", from,
                           IRQCTS_BACKEND_ABI_VERSION);
    }
    if (backend->abi_version != IRQCTS_BACKEND_ABI_VERSION || backend->size != sizeof(*backend)) {
        return irqcts_fail(IRQCTS_ERROR_ABI,
                           "%s has backend interface version %u of %u bytes; this library has version %u of %zu: build "
                           "it against this library's headers",
                           from, backend->abi_version, backend->size, IRQCTS_BACKEND_ABI_VERSION, sizeof(*backend));
    }
    if (backend->name == NULL || backend->open == NULL || backend->describe == NULL || backend->execute == NULL ||
        backend->messages == NULL || backend->close == NULL) {
        return irqcts_fail(IRQCTS_ERROR_ABI, "%s leaves a function of the backend interface out", from);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_backend_register(const struct irqcts_backend_interface *backend)
{
    int32_t error = check_interface(backend, backend != NULL && backend->name != NULL ? backend->name : "a backend");

    if (error == IRQCTS_ERROR_NONE && registered_count == REGISTERED_MAX) {
        error = irqcts_fail(IRQCTS_ERROR_CAPACITY, "more than %d backends are registered", REGISTERED_MAX);
    }
    if (error == IRQCTS_ERROR_NONE) {
        registered[registered_count++] = backend;
    }
    return error;
}

#if defined(_WIN32)
/* In IRQCTS_BACKEND_PATH a semicolon stands between folders; drives have colons. */
static const char folder_end[] = ";";
static const char *const file_forms[][3] = {{"\\", "irqcts-backend-", ".dll"}, {"\\", "irqcts_", ".dll"}};
/* Behind the folder of this code: beside the library or program. */
static const char *const places[] = {""};

static int32_t load_path(const struct irqcts_backend_interface **out, const char *path)
{
    HMODULE module = LoadLibraryA(path);
    irqcts_backend_entry_function entry;

    if (module == NULL) {
        return irqcts_fail(IRQCTS_ERROR_LOAD, "%s cannot be loaded: error %lu", path, GetLastError());
    }
    entry = (irqcts_backend_entry_function)(void (*)(void))GetProcAddress(module, IRQCTS_BACKEND_ENTRY_SYMBOL);
    if (entry == NULL) {
        return irqcts_fail(IRQCTS_ERROR_LOAD, "%s does not export %s: it is no backend", path,
                           IRQCTS_BACKEND_ENTRY_SYMBOL);
    }
    *out = entry(IRQCTS_BACKEND_ABI_VERSION);
    return check_interface(*out, path);
}

/* The file that this code is in; 0 when that cannot be said. */
static int own_file(char *out, size_t size)
{
    HMODULE module = NULL;
    DWORD length = 0;

    if (GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (LPCSTR)(const void *)&registered_count, &module)) {
        length = GetModuleFileNameA(module, out, (DWORD)size);
    }
    return length > 0 && length < size;
}
#else
static const char folder_end[] = ":";
static const char *const file_forms[][3] = {{"/", "irqcts-backend-", ".so"}};
/* Behind the folder of this code: beside the library, and where an installed or built program finds it. */
static const char *const places[] = {"/irqcts", "/../lib/irqcts"};

static int32_t load_path(const struct irqcts_backend_interface **out, const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    irqcts_backend_entry_function entry;
    void *symbol;

    if (module == NULL) {
        return irqcts_fail(IRQCTS_ERROR_LOAD, "%s cannot be loaded: %s", path, dlerror());
    }
    symbol = dlsym(module, IRQCTS_BACKEND_ENTRY_SYMBOL);
    if (symbol == NULL) {
        return irqcts_fail(IRQCTS_ERROR_LOAD, "%s does not export %s: it is no backend", path,
                           IRQCTS_BACKEND_ENTRY_SYMBOL);
    }
    memcpy(&entry, &symbol, sizeof(entry)); /* ISO C has no conversion between the two kinds of pointer */
    *out = entry(IRQCTS_BACKEND_ABI_VERSION);
    return check_interface(*out, path);
}

/* The file that this code is in; 0 when that cannot be said. */
static int own_file(char *out, size_t size)
{
    Dl_info library;
    int written;

    if (dladdr(&registered_count, &library) == 0 || library.dli_fname == NULL) {
        return 0;
    }
    written = snprintf(out, size, "%s%s", strchr(library.dli_fname, '/') != NULL ? "" : "./", library.dli_fname);
    return written > 0 && (size_t)written < size;
}
#endif

static int readable(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file != NULL) {
        (void)fclose(file);
    }
    return file != NULL;
}

/* The backend's file in a folder, if it is there. */
static int in_folder(char *out, size_t size, const char *folder, size_t length, const char *name)
{
    for (size_t i = 0; i < sizeof(file_forms) / sizeof(file_forms[0]); i++) {
        const char *const *form = file_forms[i];
        int written = snprintf(out, size, "%.*s%s%s%s%s", (int)length, folder, form[0], form[1], name, form[2]);
        if (written > 0 && (size_t)written < size && readable(out)) {
            return 1;
        }
    }
    return 0;
}

static int32_t find_by_name(char *out, size_t size, const char *name)
{
    const char *folders = getenv("IRQCTS_BACKEND_PATH");
    char own[PATH_LENGTH];
    char beside[PATH_LENGTH];

    while (folders != NULL && *folders != '\0') {
        size_t length = strcspn(folders, folder_end);
        if (length > 0 && in_folder(out, size, folders, length, name)) {
            return IRQCTS_ERROR_NONE;
        }
        folders += length + (folders[length] != '\0');
    }
    if (own_file(own, sizeof(own))) {
        size_t length = strlen(own);
        while (length > 0 && own[length] != '/' && own[length] != '\\') {
            length--;
        }
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            int written = snprintf(beside, sizeof(beside), "%.*s%s", (int)length, own, places[i]);
            if (written > 0 && (size_t)written < sizeof(beside) &&
                in_folder(out, size, beside, (size_t)written, name)) {
                return IRQCTS_ERROR_NONE;
            }
        }
    }
    return irqcts_fail(IRQCTS_ERROR_LOAD,
                       "there is no backend \"%s\": not built in, not in IRQCTS_BACKEND_PATH, not beside the library; "
                       "name one of those or the path of its shared library",
                       name);
}

int32_t irqcts_backend_load(const struct irqcts_backend_interface **out, const char *name_or_path)
{
    char path[PATH_LENGTH];
    int32_t error;

    for (uint32_t i = 0; i < registered_count; i++) {
        if (strcmp(registered[i]->name, name_or_path) == 0) {
            *out = registered[i];
            return IRQCTS_ERROR_NONE;
        }
    }
    if (strchr(name_or_path, '/') != NULL || strchr(name_or_path, '\\') != NULL) {
        return load_path(out, name_or_path);
    }
    error = find_by_name(path, sizeof(path), name_or_path);
    return error == IRQCTS_ERROR_NONE ? load_path(out, path) : error;
}
