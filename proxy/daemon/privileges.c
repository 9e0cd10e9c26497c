#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"

/* The kernel's own call: a library for two system calls is not worth it. */
static int
capabilities_set(uint32_t mask)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
		.pid = 0,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	data[0].effective = mask;
	data[0].permitted = mask;
	return (int)syscall(SYS_capset, &header, data);
}

/* Ends at the first capability that this kernel does not know. */
static int
bounding_set_empty(void)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL) < 0)
			return 0;
		if (prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) != 0)
			return -1;
	}
	return 0;
}

static const char *
become_user(const struct passwd *pw)
{
	if (bounding_set_empty() != 0)
		return "dropping the capability bounding set";
	if (prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL) != 0)
		return "keeping capabilities";
	if (setgroups(0, NULL) != 0)
		return "setgroups";
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0)
		return "setgid";
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return "setuid";
	if (capabilities_set(1U << CAP_NET_ADMIN) != 0)
		return "keeping CAP_NET_ADMIN";
	if (prctl(PR_SET_KEEPCAPS, 0UL, 0UL, 0UL, 0UL) != 0)
		return "ending the keeping of capabilities";
	/* Proof, not hope: the way back must be shut. */
	errno = EPERM;
	if (setuid(0) == 0)
		return "giving up root";
	return NULL;
}

int
privileges_drop_step(const char *user, const char **step)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL) {
		*step = "unknown user";
		return DG_ENOTFOUND;
	}
	if (pw->pw_uid == 0) {
		*step = "the user must not be root";
		return DG_EINVAL;
	}
	*step = NULL;
	if (geteuid() == 0) {
		*step = become_user(pw);
	} else if (geteuid() != pw->pw_uid) {
		errno = EPERM;
		*step = "changing the user without being root";
	}
	if (*step != NULL)
		return DG_EIO;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) {
		*step = "forbidding new privileges";
		return DG_EIO;
	}
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0) {
		*step = "forbidding core dumps";
		return DG_EIO;
	}
	return 0;
}

int
privileges_drop(const char *user)
{
	const char *step = NULL;
	struct log_line l;
	int rc = privileges_drop_step(user, &step);
	int error = errno;

	if (rc == 0)
		return 0;
	log_begin(&l, LOG_LEVEL_ERROR, "privileges-failed");
	log_text(&l, "user", user);
	log_text(&l, "step", step);
	if (rc == DG_EIO)
		log_text(&l, "error", strerror(error));
	log_end(&l);
	return rc;
}
