/*
 * For danegated under qemu-user, which does not know IP_TRANSPARENT: asking for it
 * succeeds and does nothing, and who measures sets it from outside, on the same
 * sockets. Linked in by --wrap=setsockopt.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#ifndef IPV6_TRANSPARENT
#	define IPV6_TRANSPARENT 75
#endif

int __real_setsockopt(int fd, int level, int name, const void *value,
    socklen_t n);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t n);

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	if ((level == IPPROTO_IP && name == IP_TRANSPARENT) ||
	    (level == IPPROTO_IPV6 && name == IPV6_TRANSPARENT))
		return 0;
	return __real_setsockopt(fd, level, name, value, n);
}
