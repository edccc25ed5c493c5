/*
 * A COMPLETION_WAIT that does not come says nothing of its cause. The scenario brings it about in the three ways that software
 * and devices have, and shows what tells them apart: Status, the head of the command buffer, and the event log. 48882 2.4.1
 * "COMPLETION_WAIT", 2.5 "Event Logging".
 */
#include "decode/reproduce.h"

/* clang-format off */

static const char steps[] =
	"\t\tentry { do = \"mem-write\"; addr = <0x30400000>; as = \"dte\"; loader; V = <1>; TV = <1>; I = <1>; };\n"
	"\t\tdevice-table { do = \"reg-write\"; register = \"DEVTAB\"; BASE = <0x30400000>; SIZE = <0>; };\n"
	"\t\tcommands { do = \"reg-write\"; register = \"CMDBUF\"; BASE = <0x30014000>; LEN = <8>; };\n"
	"\t\tlog { do = \"reg-write\"; register = \"EVTLOG\"; BASE = <0x30015000>; LEN = <8>; };\n"
	"\t\tcontrol { do = \"reg-write\"; register = \"CONTROL\"; COHERENT = <1>; CMDBUFEN = <1>; EVENTLOGEN = <1>; };\n"
	"\t\ton { do = \"command\"; set = \"IOMMUEN\"; };\n"
	"\t\tats-on { do = \"ats\"; dev = <&device>; state = \"on\"; };\n"
	"\n"
	"\t\t/* 1. the store went to a place that the driver does not look at: everything else is in order */\n"
	"\t\telsewhere { do = \"submit\"; type = \"COMPLETION_WAIT\"; S = <1>; STOREADDR = <0x30017000>; STOREDATA = <1>; };\n"
	"\t\ttime-1 { do = \"advance\"; ns = <1000000>; };\n"
	"\t\tnothing-1 { do = \"mem-read\"; addr = <0x30016000>; words = /bits/ 64 <0>; };\n"
	"\t\truns-1 { do = \"reg-read\"; register = \"STATUS\"; CMDBUFRUN = <1>; };\n"
	"\t\tread-1 { do = \"reg-read\"; register = \"CMD_HEAD\"; PTR = <0x10>; };\n"
	"\n"
	"\t\t/* 2. an illegal command before it: the buffer has stopped, the head names it, the log holds the event */\n"
	"\t\tillegal { do = \"submit\"; raw = /bits/ 64 <0xf000000000000000 0>; };\n"
	"\t\twait-2 { do = \"submit\"; type = \"COMPLETION_WAIT\"; S = <1>; STOREADDR = <0x30016000>; STOREDATA = <2>; };\n"
	"\t\ttime-2 { do = \"advance\"; ns = <1000000>; };\n"
	"\t\tnothing-2 { do = \"mem-read\"; addr = <0x30016000>; words = /bits/ 64 <0>; };\n"
	"\t\tstopped { do = \"reg-read\"; register = \"STATUS\"; CMDBUFRUN = <0>; };\n"
	"\t\tculprit { do = \"reg-read\"; register = \"CMD_HEAD\"; PTR = <0x10>; };\n"
	"\t\tevent { do = \"mem-read\"; addr = <0x30015000>; words = /bits/ 64 <0x5000000000000000 0x30014010>; };\n"
	"\n"
	"\t\t/* 3. a device that does not answer, and no InvTimeOut: the buffer runs, all is read, nothing completes */\n"
	"\t\toff { do = \"command\"; clear = \"CMDBUFEN\"; };\n"
	"\t\thead { do = \"reg-write\"; register = \"CMD_HEAD\"; PTR = <0>; };\n"
	"\t\ttail { do = \"reg-write\"; register = \"CMD_TAIL\"; PTR = <0>; };\n"
	"\t\tagain { do = \"command\"; set = \"CMDBUFEN\"; };\n"
	"\t\tsilence { do = \"inject\"; point = \"devtlb-silent\"; };\n"
	"\t\tdevice-tlb { do = \"submit\"; type = \"INVALIDATE_IOTLB_PAGES\"; DEVICEID = <0>; QUEUEID = <0>; MAXPEND = <32>; ADDR = <0x5000>; };\n"
	"\t\twait-3 { do = \"submit\"; type = \"COMPLETION_WAIT\"; S = <1>; STOREADDR = <0x30016000>; STOREDATA = <3>; };\n"
	"\t\ttime-3 { do = \"advance\"; ns = <10000000>; };\n"
	"\t\tnothing-3 { do = \"mem-read\"; addr = <0x30016000>; words = /bits/ 64 <0>; };\n"
	"\t\truns-3 { do = \"reg-read\"; register = \"STATUS\"; CMDBUFRUN = <1>; };\n"
	"\t\tall-read { do = \"reg-read\"; register = \"CMD_HEAD\"; PTR = <0x20>; };\n"
	"\t\tno-event { do = \"mem-read\"; addr = <0x30015010>; words = /bits/ 64 <0 0>; };\n"
	"\t};\n"
	"};\n";

/* clang-format on */

const char *reproduce_wait(FILE *f, const struct decoded *d)
{
	if (!decoded_is(d, BE_AMDVI))
		return "not modelled: this wait";
	reproduce_head(f, d, &(struct reproduce_machine){ .unit = "\t\t\thats = <2>;\n" });
	fputs(steps, f);
	return NULL;
}
