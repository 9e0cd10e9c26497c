/*
 * An IP address with a port, and address prefixes, as values: parsed, printed,
 * compared. Pure; sockets are the business of net/.
 */
#ifndef DG_BASE_ADDRESS_H
#define DG_BASE_ADDRESS_H

#include "base/span.h"

enum address_family {
	ADDRESS_NONE = 0,
	ADDRESS_IPV4 = 4,
	ADDRESS_IPV6 = 6,
};

struct address {
	enum address_family family;
	uint8_t bytes[16]; /* 4 or 16 of them in network order, rest zero */
	uint16_t port;	   /* host order; 0 when none is meant */
};

struct prefix {
	struct address address; /* port 0 */
	uint8_t length;		/* 0-32 or 0-128 */
};

#define ADDRESS_TEXT_MAX 64 /* "[v6]:port" and its NUL */

/* "192.0.2.1" or "2001:db8::1". DG_ESYNTAX. Port is set to 0. */
DG_MUSTCHECK int address_parse(struct address *out, struct span text);

/* ADDRESS[@PORT]; port is the default. DG_ESYNTAX. */
DG_MUSTCHECK int address_parse_port(struct address *out, struct span text,
    uint16_t port);

/* ADDRESS[/LENGTH], host bits must be zero. DG_ESYNTAX. */
DG_MUSTCHECK int prefix_parse(struct prefix *out, struct span text);

/* The address is inside the prefix (families must agree). */
bool prefix_contains(const struct prefix *p, const struct address *a);

/* Same family and bytes; the port does not matter. */
bool address_same_host(const struct address *a, const struct address *b);

/* Without port: "192.0.2.1". Returns text. */
const char *address_text(const struct address *a, char text[ADDRESS_TEXT_MAX]);

/* With port: "192.0.2.1:25", "[2001:db8::1]:25". Returns text. */
const char *address_port_text(const struct address *a,
    char text[ADDRESS_TEXT_MAX]);

#endif
