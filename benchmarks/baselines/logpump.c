/* logpump LOG MAX_BYTES: the least log pump in C. Standard input into LOG with read and write; LOG is
 * renamed to LOG.1, LOG.2, ... when it is full. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[65536], name[4096];
    int rotated = 0;
    long size = 0, max = argc > 2 ? atol(argv[2]) : 0;
    if (argc < 3) return 2;
    int out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (ssize_t got; (got = read(0, block, sizeof block)) > 0; size += got) {
        if (size + got > max) {
            close(out);
            snprintf(name, sizeof name, "%s.%d", argv[1], ++rotated);
            rename(argv[1], name);
            out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
            size = 0;
        }
        if (write(out, block, got) != got) return 1;
    }
    return 0;
}
