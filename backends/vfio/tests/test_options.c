/* SPDX-License-Identifier: Apache-2.0 */
/* The options' text: what each of them sets, where its range ends, and the sentence that refuses another. */
#include "options.h"

#include "irqcts/error.h"

#include "check.h"

#define DEVICE "device=0000:00:04.0"
#define SHORT_SENTENCE 16u

/* What is read into is not empty before, because nobody promises that. */
static int32_t read_into(struct vfio_options *options, const char *text, char *error, size_t size)
{
    memset(options, 0x5a, sizeof *options);
    return vfio_options_read(options, text, error, size);
}

static struct vfio_options takes(const char *text)
{
    struct vfio_options options;
    char error[256] = "";
    CHECK_EQ(read_into(&options, text, error, sizeof error), 0);
    CHECK_TEXT(error, "");
    return options;
}

/* The whole sentence, and as much of it as fits into less. */
static void refuses(const char *text, const char *sentence)
{
    struct vfio_options options;
    char error[2048] = "";
    CHECK_EQ(read_into(&options, text, error, sizeof error), IRQCTS_ERROR_OPEN);
    CHECK_TEXT(error, sentence);
    memset(error, '#', sizeof error);
    CHECK_EQ(read_into(&options, text, error, SHORT_SENTENCE), IRQCTS_ERROR_OPEN);
    CHECK_EQ(strlen(error), SHORT_SENTENCE - 1);
    CHECK_EQ(memcmp(error, sentence, SHORT_SENTENCE - 1), 0);
    CHECK(error[SHORT_SENTENCE] == '#');
}

/* KEY=aaa… with a value of `length` characters, behind what comes before. */
static const char *long_option(const char *before, const char *key, size_t length)
{
    static char text[4096];
    int at = snprintf(text, sizeof text, "%s%s=", before, key);
    CHECK(at > 0 && (size_t)at + length < sizeof text);
    memset(text + at, 'a', length);
    text[(size_t)at + length] = '\0';
    return text;
}

static void what_is_not_said(void)
{
    struct vfio_options options = takes(DEVICE);
    CHECK_TEXT(options.device, "0000:00:04.0");
    CHECK_TEXT(options.functions, "");
    CHECK_TEXT(options.stimulus, "");
    CHECK_EQ(options.interface, VFIO_INTERFACE_AUTOMATIC);
    CHECK(!options.registers);
    CHECK(!options.beyond);
    CHECK_EQ(options.settle_ns, 0);
    CHECK_TEXT(takes("device=a").device, "a"); /* what is an address the kernel decides */
    CHECK_TEXT(takes(DEVICE ",").device, "0000:00:04.0");
    CHECK_TEXT(takes("device=b,device=a=c").device, "a=c"); /* the last one counts */
}

static void what_is_said(void)
{
    struct vfio_options options =
        takes("view=registers,functions=00:05.0+00:06.0,stimulus=loopback,interface=cdev,settle=1500," DEVICE);
    CHECK_TEXT(options.device, "0000:00:04.0");
    CHECK_TEXT(options.functions, "00:05.0+00:06.0");
    CHECK_TEXT(options.stimulus, "loopback");
    CHECK_EQ(options.interface, VFIO_INTERFACE_CDEV);
    CHECK(options.registers);
    CHECK_EQ(options.settle_ns, 1500000);
    CHECK_EQ(takes(DEVICE ",interface=auto").interface, VFIO_INTERFACE_AUTOMATIC);
    CHECK_EQ(takes(DEVICE ",interface=group").interface, VFIO_INTERFACE_GROUP);
    CHECK(!takes(DEVICE ",view=registers,view=vfio").registers);
    CHECK(takes(DEVICE ",beyond=yes").beyond);
    CHECK(!takes(DEVICE ",beyond=yes,beyond=no").beyond);
}

static void ranges(void)
{
    CHECK_EQ(takes(DEVICE ",settle=1").settle_ns, 1000);
    CHECK_EQ(takes(DEVICE ",settle=010").settle_ns, 10000); /* decimal, whatever it begins with */
    CHECK_EQ(takes(DEVICE ",settle=9").settle_ns, 9000);
    CHECK_EQ(takes(DEVICE ",settle=4000000").settle_ns, UINT64_C(4000000000));
    refuses(DEVICE ",settle=0", "settle=0: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=4000001", "settle=4000001: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=-5", "settle=-5: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=-18446744073709551611", "settle=-18446744073709551611: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle= 5", "settle= 5: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=1a", "settle=1a: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=a", "settle=a: microseconds, 1 to 4000000");
    refuses(DEVICE ",settle=", "settle=: microseconds, 1 to 4000000");
}

static void lengths(void)
{
    char sentence[2048];
    CHECK_EQ(strlen(takes(long_option("", "device", 31)).device), 31);
    CHECK_EQ(strlen(takes(long_option(DEVICE ",", "stimulus", 255)).stimulus), 255);
    CHECK_EQ(strlen(takes(long_option(DEVICE ",view=registers,", "functions", 1023)).functions), 1023);
    refuses(long_option("", "device", 32), "device=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is longer than 31 bytes");
    (void)snprintf(sentence, sizeof sentence, "%s is longer than 255 bytes", long_option("", "stimulus", 256));
    refuses(long_option("", "stimulus", 256), sentence);
    (void)snprintf(sentence, sizeof sentence, "%s is longer than 1023 bytes", long_option("", "functions", 1029));
    refuses(long_option("", "functions", 1029), sentence); /* the longest text that is looked at */
    refuses(long_option("", "functions", 1030), "an option of the vfio backend is longer than 1039 bytes");

    struct vfio_options options; /* what is too long runs into no other option */
    char error[256];
    CHECK(read_into(&options, long_option("functions=b,", "device", 32), error, sizeof error) < 0);
    CHECK_TEXT(options.functions, "b");
}

static void what_is_no_option(void)
{
    refuses("", "the vfio backend needs device=ADDRESS, such as device=0000:03:00.0");
    refuses("stimulus=loopback", "the vfio backend needs device=ADDRESS, such as device=0000:03:00.0");
    refuses("device=", "the vfio backend needs device=ADDRESS, such as device=0000:03:00.0");
    refuses(DEVICE ",registers", "'registers' is no option of the form key=value");
    refuses(DEVICE ",,view=vfio", "'' is no option of the form key=value");
    refuses("colour=red", "the vfio backend has no option 'colour'; it has device, functions, interface, stimulus, "
            "view, settle and beyond");
    refuses(DEVICE ",beyond=1", "beyond=1: it is no or yes");
    refuses(DEVICE ",interface=carrier-pigeon", "interface=carrier-pigeon: it is auto, group or cdev");
    refuses(DEVICE ",view=sideways", "view=sideways: it is vfio or registers");
    refuses(DEVICE ",functions=c", "functions=c needs view=registers: virtualized writes name messages");
    refuses(DEVICE ",functions=c,view=vfio", "functions=c needs view=registers: virtualized writes name messages");
}

int main(void)
{
    what_is_not_said();
    what_is_said();
    ranges();
    lengths();
    what_is_no_option();
    return 0;
}
