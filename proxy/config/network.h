/*
 * What an operator can set of the router's own network: addresses, routes,
 * servers. Plain data, a part of the settings; the daemon does not look at it,
 * the router's scripts carry it out (`danegate network print`).
 */
#ifndef DG_CONFIG_NETWORK_H
#define DG_CONFIG_NETWORK_H

#include "base/address.h"

#define NETWORK_HOST_MAX    64	/* with NUL; one label */
#define NETWORK_SERVER_MAX  254 /* with NUL; a name or an address */
#define NETWORK_SERVERS_MAX 4
#define NETWORK_ROUTES_MAX  32
#define NETWORK_KEYS_MAX    8
#define NETWORK_KEY_MAX	    168 /* with NUL; "TYPE BASE64" */

/* How an interface comes to its address. */
enum interface_mode {
	INTERFACE_NONE = 0,
	INTERFACE_DHCP,
	INTERFACE_AUTO, /* IPv6: from router advertisements */
	INTERFACE_STATIC
};

struct interface_address {
	enum interface_mode mode;
	struct address address; /* with host bits; only if static */
	uint8_t length;
};

struct route {
	struct prefix to;
	struct address via;
};

/* The login that a key opens. */
enum ssh_login {
	SSH_ADMIN = 0,
	SSH_VIEW
};

struct ssh_key {
	enum ssh_login login;
	char text[NETWORK_KEY_MAX]; /* as in an authorized_keys file */
};

struct network {
	char hostname[NETWORK_HOST_MAX];
	char ntp[NETWORK_SERVERS_MAX][NETWORK_SERVER_MAX];
	size_t nntp;

	struct interface_address wan, wan6;
	struct address gateway, gateway6; /* of no family: none */
	uint32_t vlan;			  /* 0: untagged */
	uint32_t mtu;			  /* bytes, of the WAN */

	struct interface_address lan, lan6;
	unsigned dhcp_server;		      /* enum switch_state */
	struct address dhcp_first, dhcp_last; /* of no family: by itself */
	uint32_t dhcp_lease;		      /* seconds */

	unsigned nat; /* enum switch_state */
	struct route routes[NETWORK_ROUTES_MAX];
	size_t nroutes;

	unsigned ssh_server; /* enum switch_state */
	struct ssh_key ssh_keys[NETWORK_KEYS_MAX];
	size_t nssh_keys;
};

/* Every default. */
void network_default(struct network *n);

/* NULL, or what the whole must be and is not. */
const char *network_check(const struct network *n);

/*
 * A public key of SSH, type and blob in base64 (RFC 4253 6.6): Ed25519 (RFC
 * 8709) or ECDSA on P-256 (RFC 5656). Looks at the frame, not at the point.
 * DG_ESYNTAX.
 */
DG_MUSTCHECK int ssh_key_check(struct span type, struct span blob);

/* ADDRESS/LENGTH with host bits, which must name a host: not the network's
 * first address, nor the last of IPv4. DG_ESYNTAX. */
DG_MUSTCHECK int interface_address_parse(struct interface_address *out,
    struct span text);

/*
 * The addresses that the LAN's DHCP server hands out: as set, or the middle
 * part of the LAN (.100 to .199 of a /24). False: there is no LAN for it.
 */
bool network_dhcp_range(struct address *first, struct address *last,
    const struct network *n);

#endif
