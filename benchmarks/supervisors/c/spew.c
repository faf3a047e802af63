/* spew BOARD SLOT LINES: tell the board, write LINES numbered lines of 100 bytes to stdout in writes of
 * 64 KiB, tell the board's next slot, then sleep for ever. */
#include <stdio.h>
#include <string.h>

#include "mark.h"

int main(int argc, char **argv) {
    char pad[90];
    if (argc < 4) return 2;
    int slot = atoi(argv[2]);
    long lines = atol(argv[3]);
    memset(pad, 'x', 89);
    pad[89] = 0;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    mark(argv[1], slot);
    for (long i = 0; i < lines; i++) printf("%010ld%s\n", i, pad);
    fflush(stdout);
    mark(argv[1], slot + 1);
    for (;;) pause();
}
