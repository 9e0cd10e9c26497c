/*
 * danegate update check|write: takes an update file (update/update.h) from a
 * file or standard input to two block devices, without ever holding more than a
 * piece of it. Nothing is written before the header has been found good; what
 * was written is read back from the device. Whether and when the router starts
 * from it is the business of the router's scripts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mbedtls/sha256.h>

#include "base/file.h"
#include "cli/cli.h"
#include "update/update.h"

#define PIECE (64U << 10)

struct words {
	const char *file;
	const char *target[2]; /* kernel and root; NULL: only look */
	const char *key, *board;
	const char *before; /* program to be run before the first byte */
	uint64_t minimum;
};

static bool
option_take(struct words *w, const char *name, const char *value)
{
	if (strcmp(name, "--key") == 0)
		w->key = value;
	else if (strcmp(name, "--board") == 0)
		w->board = value;
	else if (strcmp(name, "--before") == 0)
		w->before = value;
	else if (strcmp(name, "--minimum") == 0)
		return span_number(&w->minimum, span_text(value),
			   UINT64_MAX / 2) == 0;
	else
		return false;
	return true;
}

/* FILE, as many devices as are wanted, and the options anywhere. */
static bool
words_take(struct words *w, int argc, char **argv, size_t targets)
{
	size_t n = 0;

	*w = (struct words){ .file = "-" };
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (i + 1 >= argc ||
			    !option_take(w, argv[i], argv[i + 1]))
				return cli_complain(argv[i],
				    "--key FILE, --board NAME, --minimum N or "
				    "--before PROGRAM");
			i++;
			continue;
		}
		if (n > targets)
			return cli_complain(argv[i], "nothing more");
		if (n == 0)
			w->file = argv[i];
		else
			w->target[n - 1] = argv[i];
		n++;
	}
	if (n > targets && w->key != NULL && w->board != NULL)
		return true;
	(void)cli_complain("update",
	    targets == 0 ? "FILE --key FILE --board NAME"
			 : "FILE KERNEL ROOT --key FILE --board NAME");
	return false;
}

static int
refuse(const char *file, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", file, why);
	return CLI_FAILED;
}

/* The key, the header, and whether they are for us. */
static int
header_read(struct update *u, const struct words *w, FILE *from)
{
	uint8_t header[UPDATE_HEADER];
	uint8_t *key = NULL;
	const char *why = NULL;
	size_t n = 0;
	int err;

	if (file_read(&key, &n, w->key, UPDATE_KEY) != 0 || n != UPDATE_KEY) {
		free(key);
		return refuse(w->key, "expected a key of 32 bytes");
	}
	if (fread(header, 1, sizeof(header), from) != sizeof(header))
		err = DG_ECLOSED;
	else
		err = update_parse(u, header, key);
	free(key);
	if (err == DG_ECLOSED)
		why = "it ends before its header does";
	else if (err == DG_EPROTO)
		why = "its signature is not that of this router's key";
	else if (err != 0)
		why = "its header cannot be understood";
	else
		why = update_unfit(u, w->board, w->minimum);
	return why == NULL ? CLI_FINE : refuse(w->file, why);
}

/* Reads a part to its end, to a device (-1: to none); is it what it should be? */
static const char *
part_copy(const struct update_part *part, FILE *from, int to, uint8_t *piece)
{
	uint8_t digest[UPDATE_DIGEST];
	const char *why = NULL;
	mbedtls_sha256_context c;
	uint64_t left = part->size;

	mbedtls_sha256_init(&c);
	if (mbedtls_sha256_starts(&c, 0) != 0)
		why = "its digest cannot be computed";
	while (why == NULL && left > 0) {
		size_t n = left < PIECE ? (size_t)left : PIECE;

		if (fread(piece, 1, n, from) != n)
			why = "it ends too early";
		else if (to >= 0 && write(to, piece, n) != (ssize_t)n)
			why = "it cannot be written";
		else if (mbedtls_sha256_update(&c, piece, n) != 0)
			why = "its digest cannot be computed";
		left -= n;
	}
	if (why == NULL &&
	    (mbedtls_sha256_finish(&c, digest) != 0 ||
		memcmp(digest, part->sha256, sizeof(digest)) != 0))
		why = "it is damaged";
	mbedtls_sha256_free(&c);
	return why;
}

/* The same from the device itself, not from what the kernel remembers of it. */
static const char *
part_read_back(const struct update_part *part, const char *target,
    uint8_t *piece)
{
	FILE *f = fopen(target, "re");
	const char *why;

	if (f == NULL)
		return "it cannot be read back";
	(void)posix_fadvise(fileno(f), 0, 0, POSIX_FADV_DONTNEED);
	why = part_copy(part, f, -1, piece);
	(void)fclose(f);
	return why == NULL ? NULL : "what was written is not what was read";
}

static const char *
part_write(const struct update_part *part, FILE *from, const char *target,
    uint8_t *piece)
{
	const char *why;
	int fd;

	if (target == NULL)
		return part_copy(part, from, -1, piece);
	fd = open(target, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return "its place cannot be opened";
	why = part_copy(part, from, fd, piece);
	if (fsync(fd) != 0 && why == NULL)
		why = "it cannot be written";
	(void)close(fd);
	return why == NULL ? part_read_back(part, target, piece) : why;
}

/* Lets the caller write down that from now on the devices hold nothing. */
static const char *
begin(const struct words *w)
{
	char program[PATH_MAX];
	char verb[] = "begin";
	char *argv[] = { program, verb, NULL };
	int status = 0;
	pid_t pid;

	if (w->before == NULL)
		return NULL;
	(void)snprintf(program, sizeof(program), "%s", w->before);
	if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0)
		return "it cannot be begun";
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return "it cannot be begun";
	return status == 0 ? NULL : "it cannot be begun";
}

static void
update_print(const struct update *u)
{
	(void)printf("board    %s\nversion  %s\nnumber   %" PRIu64
		     "\nminimum  %" PRIu64 "\n",
	    u->board, u->version, u->number, u->minimum);
}

static int
update_run(int argc, char **argv, size_t targets)
{
	const char *why;
	struct update u;
	struct words w;
	uint8_t *piece;
	FILE *from;
	int code;

	if (!words_take(&w, argc, argv, targets))
		return CLI_USAGE;
	from = strcmp(w.file, "-") == 0 ? stdin : fopen(w.file, "re");
	if (from == NULL)
		return refuse(w.file, strerror(errno));
	piece = malloc(PIECE);
	code = piece == NULL ? refuse(w.file, "no memory")
			     : header_read(&u, &w, from);
	if (code == CLI_FINE) {
		update_print(&u);
		(void)fflush(stdout);
		why = begin(&w);
		if (why == NULL)
			why = part_write(&u.kernel, from, w.target[0], piece);
		if (why == NULL)
			why = part_write(&u.root, from, w.target[1], piece);
		code = why == NULL ? CLI_FINE : refuse(w.file, why);
	}
	free(piece);
	if (from != stdin)
		(void)fclose(from);
	return code;
}

int
update_check_run(int argc, char **argv)
{
	return update_run(argc, argv, 0);
}

int
update_write_run(int argc, char **argv)
{
	return update_run(argc, argv, 2);
}
