/* child BOARD SLOT: tell the board, then sleep for ever. */
#include "mark.h"

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    mark(argv[1], atoi(argv[2]));
    for (;;) pause();
}
