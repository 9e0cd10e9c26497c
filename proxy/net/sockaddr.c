#include "net/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
sockaddr_from_address(struct sockaddr_storage *out, socklen_t *len,
    const struct address *a)
{
	struct sockaddr_in in = { 0 };
	struct sockaddr_in6 in6 = { 0 };

	switch (a->family) {
	case ADDRESS_NONE:
		return DG_EINVAL;
	case ADDRESS_IPV4:
		in.sin_family = AF_INET;
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->bytes, 4);
		memset(out, 0, sizeof(*out));
		memcpy(out, &in, sizeof(in));
		*len = sizeof(in);
		return 0;
	case ADDRESS_IPV6:
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons(a->port);
		memcpy(&in6.sin6_addr, a->bytes, 16);
		memset(out, 0, sizeof(*out));
		memcpy(out, &in6, sizeof(in6));
		*len = sizeof(in6);
		return 0;
	}
	return DG_EINVAL;
}

int
sockaddr_to_address(struct address *out, const struct sockaddr_storage *ss,
    socklen_t len)
{
	struct address a = { 0 };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (len >= sizeof(in) && ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof(in));
		a.family = ADDRESS_IPV4;
		a.port = ntohs(in.sin_port);
		memcpy(a.bytes, &in.sin_addr, 4);
	} else if (len >= sizeof(in6) && ss->ss_family == AF_INET6) {
		memcpy(&in6, ss, sizeof(in6));
		a.port = ntohs(in6.sin6_port);
		if (memcmp(&in6.sin6_addr, mapped, sizeof(mapped)) == 0) {
			a.family = ADDRESS_IPV4;
			memcpy(a.bytes, in6.sin6_addr.s6_addr + 12, 4);
		} else {
			a.family = ADDRESS_IPV6;
			memcpy(a.bytes, &in6.sin6_addr, 16);
		}
	} else {
		return DG_EINVAL;
	}
	*out = a;
	return 0;
}
