/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what cannot be opened: each way has its sentence, and nothing stays open. */
#include "check.h"
#include "descriptors.h"

#include "irqcts/backend.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version);

static void refuses(const char *options, const char *part_of_sentence)
{
    const struct irqcts_backend_interface *backend = irqcts_backend_vfio_entry(IRQCTS_BACKEND_ABI_VERSION);
    char sentence[512] = "";
    void *context = NULL;
    int before = open_descriptors();

    CHECK(backend->open(&context, options, sentence, sizeof sentence) < 0);
    if (strstr(sentence, part_of_sentence) == NULL) {
        (void)fprintf(stderr, "options \"%s\": \"%s\" does not contain \"%s\"\n", options, sentence, part_of_sentence);
        exit(1);
    }
    CHECK_EQ(open_descriptors(), before);
}

/* The address of some PCI device of this machine that is not vfio-pci's, if there is one. */
static int some_device(char *address, size_t size)
{
    DIR *folder = opendir("/sys/bus/pci/devices");
    int found = 0;
    for (struct dirent *entry; folder != NULL && !found && (entry = readdir(folder)) != NULL;) {
        found = entry->d_name[0] != '.' && strlen(entry->d_name) < size;
        if (found) {
            memcpy(address, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

int main(void)
{
    char address[32];

    CHECK(irqcts_backend_vfio_entry(IRQCTS_BACKEND_ABI_VERSION + 1) == NULL);
    refuses("", "needs device=ADDRESS");
    refuses("device", "no option of the form key=value");
    refuses("colour=red", "has no option 'colour'");
    refuses("device=rocker", "is not a PCI address");
    refuses("device=0000:00:04.0x", "is not a PCI address");
    refuses("device=ffff:ff:1f.7", "there is no PCI device ffff:ff:1f.7");
    refuses("device=10000:ff:1f.7", "there is no PCI device 10000:ff:1f.7;");
    refuses("device=ffffffff:ff:1f.7", "there is no PCI device ffffffff:ff:1f.7;");
    refuses("device=100000000:ff:1f.7", "is not a PCI address");
    refuses("device=ffff:ff:1f.7,interface=carrier-pigeon", "it is auto, group or cdev");
    refuses("device=ffff:ff:1f.7,view=sideways", "it is vfio or registers");
    refuses("device=ffff:ff:1f.7,settle=0", "microseconds, 1 to 4000000");
    refuses("device=ffff:ff:1f.7,settle=-5", "microseconds, 1 to 4000000");
    refuses("device=0123456789012345678901234567890123456789", "longer than");
    if (some_device(address, sizeof address)) {
        char options[64];
        (void)snprintf(options, sizeof options, "device=%s", address);
        refuses(options, "./irqcts bind");
    }
    return 0;
}
