/*
 * nft -f FILE | nft COMMAND...
 *
 * The command of the router, over Debian's libnftables: the package's own
 * program does the same, and wants a line editor and a terminal library for
 * what nobody needs here.
 */
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_MAX 1024

/* The words as one line; false when they are too long together. */
static int
join(char line[COMMAND_MAX], int argc, char **argv)
{
	size_t used = 0;

	line[0] = '\0';
	for (int i = 0; i < argc; i++) {
		int n = snprintf(line + used, COMMAND_MAX - used, "%s%s",
		    i > 0 ? " " : "", argv[i]);

		if (n < 0 || (size_t)n >= COMMAND_MAX - used)
			return 0;
		used += (size_t)n;
	}
	return 1;
}

static int
run(struct nft_ctx *nft, int argc, char **argv)
{
	char line[COMMAND_MAX];

	if (argc == 3 && strcmp(argv[1], "-f") == 0) {
		const char *name = argv[2];

		return nft_run_cmd_from_filename(nft,
		    strcmp(name, "-") == 0 ? "/dev/stdin" : name);
	}
	if (argc < 2 || argv[1][0] == '-' || !join(line, argc - 1, argv + 1)) {
		(void)fputs("usage: nft -f FILE | nft COMMAND...\n", stderr);
		return 1;
	}
	return nft_run_cmd_from_buffer(nft, line);
}

int
main(int argc, char **argv)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int code;

	if (nft == NULL) {
		(void)fputs("nft: no memory\n", stderr);
		return 1;
	}
	code = run(nft, argc, argv);
	nft_ctx_free(nft);
	return code == 0 ? 0 : 1;
}
