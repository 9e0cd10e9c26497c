#include <string.h>

#include "base/nearest.h"
#include "config/kinds.h"

#define AT(member) .offset = offsetof(struct settings, member)
#define LEVELS	   "none|may|encrypt|dane|dane-only|verify|block"
/* These do nothing by themselves where danegate is not the whole system. */
#define ROUTER	   "Of the router image. "
#define A_PATH	   "an absolute path of at most 107 characters"

/* clang-format off */
static const struct option options[] = {
	{ "intercept interface", { "IFNAME" },
	  "an interface name of 1 to 15 characters", &kind_interface,
	  .many = SETTINGS_INTERFACES_MAX, .key = 1,
	  .help = "LAN interface whose connections to port 25 are taken",
	  .detail = "Takes effect with `danegate firewall apply`. Only these "
	    "interfaces are touched; with the rules applied and no daemon, "
	    "nothing from them reaches port 25 outside." },
	{ "intercept exempt", { "ADDRESS[/LENGTH]" },
	  "ADDRESS[/LENGTH] without host bits", &kind_exempt,
	  .many = SETTINGS_EXEMPT_MAX, .key = 1,
	  .help = "source that is forwarded untouched",
	  .detail = "For a mail server that does DANE by itself. Takes effect "
	    "with `danegate firewall apply`." },
	{ "proxy listen-port", { "PORT" },
	  "a port from 1 to 65535", &kind_port, AT(listen_port),
	  .restart = true,
	  .help = "local port that interception hands connections to",
	  .detail = "Not reachable from outside by itself; change it when "
	    "another program of the router has it." },
	{ "proxy source", { "router|preserve" },
	  NULL, &kind_word, AT(source),
	  .help = "address that the remote server sees",
	  .detail = "`router`: the router's own. `preserve`: the mail server's "
	    "own. Takes effect with `danegate firewall apply`, which then "
	    "keeps the answers to connections of the daemon, and SIGHUP." },
	{ "proxy max-sessions", { "N" },
	  "a number from 1 to 10000", &kind_number, AT(max_sessions),
	  .min = 1, .max = 10000, .unit = "sessions",
	  .help = "sessions at one time",
	  .detail = "A client that comes when there are so many gets "
	    "421 4.3.2 and tries again later." },
	{ "proxy max-sessions-per-client", { "N" },
	  "a number from 0 to 10000", &kind_number,
	  AT(max_sessions_per_client), .max = 10000, .unit = "sessions",
	  .help = "sessions of one address at one time",
	  .detail = "So that one host that has gone mad leaves room for the "
	    "others. Past it a client gets 421 4.7.0. 0: no such limit; right "
	    "where a single mail server is all there is." },
	{ "proxy memory-limit", { "SIZE" },
	  "a size from 1M to 4096M (16M, 2048K)", &kind_size, AT(memory_limit),
	  .min = 1U << 20, .max = 1ULL << 32, .unit = "bytes",
	  .restart = true,
	  .help = "memory for all sessions and caches together",
	  .detail = "Half is for TLS, an eighth for the DNS cache. Without room "
	    "for another session a client gets 421 4.3.2." },
	{ "proxy drain-time", { "SECONDS" },
	  "seconds from 0 to 600", &kind_number, AT(drain_seconds),
	  .max = 600, .unit = "seconds",
	  .help = "how long messages under way may take at a stop",
	  .detail = "After SIGTERM no session begins another message; what is "
	    "not through by then is cut off, and the mail server sends it "
	    "again." },
	{ "proxy user", { "NAME" },
	  "a user name of 1 to 32 characters", &kind_text, AT(user),
	  .max = SETTINGS_USER_MAX, .restart = true,
	  .help = "user that the daemon runs as",
	  .detail = "The daemon starts as root, opens its listeners, and becomes "
	    "this user with CAP_NET_ADMIN alone. It must not be root." },
	{ "dns server", { "ADDRESS[@PORT]" },
	  "ADDRESS[@PORT]", &kind_server, .many = SETTINGS_SERVERS_MAX, .key = 1,
	  .help = "recursive resolver, asked in this order",
	  .detail = "Without one those of /etc/resolv.conf are asked, as it "
	    "stands at start and at SIGHUP. It must pass DNSSEC records on, which "
	    "`danegate dns check-forwarder` finds out; what it says about "
	    "validity is not believed." },
	{ "dns trust-anchor-file", { "PATH" },
	  A_PATH, &kind_path, AT(trust_anchor_file), .max = SETTINGS_PATH_MAX,
	  .help = "DS or DNSKEY records of the root, in zone-file form",
	  .detail = "Without it the built-in anchors hold: KSK-2017 and "
	    "KSK-2024 of the root." },
	{ "dns case-randomization", { "off|on" },
	  NULL, &kind_word, AT(case_randomization),
	  .help = "ask in mixed case, against forged answers",
	  .detail = "The answer must repeat the letters of the question. A few "
	    "resolvers do not; leave it off with those." },
	{ "tls ca-file", { "PATH" },
	  A_PATH, &kind_path, AT(ca_file), .max = SETTINGS_PATH_MAX,
	  .help = "certificate authorities for level verify, in PEM",
	  .detail = "Read at start and at SIGHUP where a rule has level "
	    "`verify`, and only then; without it such a configuration is bad. "
	    "Its size, at most 1 MiB, is what it takes of memory." },
	{ "clock trust", { "floor|kernel|always" },
	  NULL, &kind_word, AT(clock_trust),
	  .help = "when the system's clock is believed",
	  .detail = "`floor`: when it is not before the latest time known. "
	    "`kernel`: when besides somebody has set it (NTP, a clock with a "
	    "battery). `always`: at all times. While it is not believed nothing "
	    "can be validated, and mail is held with reason clock-unset." },
	{ "policy default", { LEVELS },
	  NULL, &kind_level, AT(default_level),
	  .help = "security level where no other rule applies",
	  .detail = "`none`: nothing must hold. `may`: TLS when offered; a host "
	    "that spoke TLS in the last days must do so again. `encrypt`: TLS. "
	    "`dane`: with usable TLSA records TLS and a chain that fits them, "
	    "with unusable ones TLS, with none as `may`; what cannot be found "
	    "out is held. `dane-only`: usable TLSA records and a chain that "
	    "fits, or nothing. `verify`: a chain that an authority of `tls "
	    "ca-file` vouches for, with the MX host's name. `block`: refused." },
	{ "policy domain",
	  { "NAME level " LEVELS, "NAME fallback cleartext",
	    "NAME level " LEVELS " until DATE reason TEXT",
	    "NAME level " LEVELS " reason TEXT" },
	  "NAME level LEVEL or NAME fallback cleartext", &kind_domain,
	  .many = DOMAINS_MAX, .key = 2,
	  .help = "security level of one recipient domain",
	  .detail = "NAME is the domain itself, .NAME all domains below it; the "
	    "most specific rule wins. An exception may have its last day (UTC), "
	    "`until 2027-01-31`, and say why it is there, `reason "
	    "\"their MX speaks TLS 1.0 only\"`, up to 80 characters; either can "
	    "stand alone. Past its day it does not hold any more, and while the "
	    "clock is not believed, only if its level is `block` or `dane-only`; "
	    "the log says so once a day. `fallback cleartext` goes with level "
	    "`may`: in clear when the server refuses the STARTTLS that it "
	    "offered or fails at it, unless it spoke TLS in the last days." },
	{ "policy relay",
	  { "ADDRESS[/LENGTH] name HOST",
	    "ADDRESS[/LENGTH] name HOST level " LEVELS },
	  "ADDRESS[/LENGTH] name HOST [level LEVEL]", &kind_relay,
	  .many = SETTINGS_RELAYS_MAX, .key = 1,
	  .help = "smarthost: who the server at this address must be",
	  .detail = "For mail that does not go to the recipient's MX but to a "
	    "fixed host. HOST is the TLSA base domain; without a level the "
	    "default one holds. The longest prefix wins." },
	{ "policy mode", { "enforce|monitor" },
	  NULL, &kind_word, AT(mode),
	  .help = "hold what the policy refuses, or only log it",
	  .detail = "`monitor` writes would=defer and lets the message pass, as "
	    "far as the connection lives: to see for some days what `enforce` "
	    "would hold." },
	{ "policy on-block", { "defer|reject" },
	  NULL, &kind_word, AT(on_block),
	  .help = "refuse for now (4xx) or for good (5xx)",
	  .detail = "`reject` makes refusals by policy permanent, so that the "
	    "sender hears of them at once. Refusals for want of DNS, clock or "
	    "room are always for now." },
	{ "policy unlisted-destination", { "allow|defer" },
	  NULL, &kind_word, AT(unlisted),
	  .help = "server that is no MX host of the domain",
	  .detail = "It counts where none of the domain's MX hosts has usable "
	    "TLSA records; where one has, the server must be one of them." },
	{ "policy insecure-mx", { "dane|may" },
	  NULL, &kind_word, AT(insecure_mx),
	  .help = "TLSA records where the MX record is not signed",
	  .detail = "`dane`: they are enforced all the same, and the server is "
	    "never called authenticated. `may`: they are not looked at." },
	{ "policy bare-newline", { "normalize|reject" },
	  NULL, &kind_word, AT(bare_newline),
	  .help = "bare CR or LF in a message",
	  .detail = "`normalize` makes it CRLF, `reject` refuses the message "
	    "with 550 5.6.11. It never ends a message (SMTP smuggling)." },
	{ "downgrade-memory days", { "DAYS" },
	  "days from 0 to 3650", &kind_number, AT(memory_days),
	  .max = 3650, .unit = "days",
	  .help = "how long a host that spoke TLS must go on doing so",
	  .detail = "Where nothing better is known of a host (levels `may` and "
	    "`dane` without TLSA records), no more TLS from it is held as a "
	    "downgrade. 0 turns this off." },
	{ "tls minimum", { "phase-out|sufficient|good" },
	  NULL, &kind_word, AT(tls_minimum),
	  .help = "least grade of a TLS session",
	  .detail = "By the guidelines of NCSC-NL, version 2025-05. `phase-out` "
	    "takes all that can be done in TLS 1.2 and 1.3, since a handshake "
	    "that is refused holds mail; `sufficient` refuses RSA keys of 2048 "
	    "bits, CBC, and key exchange other than ECDHE; `good` is TLS 1.3 "
	    "with 256-bit keys for the cipher. What is refused has reason "
	    "tls-failed." },
	{ "tls resumption", { "off|on" },
	  NULL, &kind_word, AT(tls_resumption),
	  .help = "take up earlier TLS sessions with the same server",
	  .detail = "Only with the same address, policy and TLSA records, and "
	    "no longer than these hold; the certificates of the first session "
	    "are checked again. It saves time on both sides." },
	{ "control socket", { "PATH" },
	  A_PATH, &kind_path, AT(control_socket), .max = SETTINGS_PATH_MAX,
	  .restart = true,
	  .help = "unix socket on which the daemon answers",
	  .detail = "What `danegate show` and its like talk to. Everybody may "
	    "connect; the kernel tells who it is: root and `proxy user` may do "
	    "all, members of the unix group danegate-admin too, those of "
	    "danegate-view may look. Its folder is made if it lacks." },
	{ "state directory", { "PATH" },
	  A_PATH, &kind_path, AT(state_directory), .max = SETTINGS_PATH_MAX,
	  .help = "what is kept over a restart",
	  .detail = "The trust anchors' state, the latest time known, "
	    "downgrade memory and the sums of each day. It must be writable for `proxy user`." },
	{ "report domain-days", { "DAYS" },
	  "days from 0 to 400", &kind_number, AT(report_days),
	  .max = 400, .unit = "days",
	  .help = "how long the report may name a domain",
	  .detail = "Domains to which mail went without DANE, or was held, are "
	    "kept in the state directory for so many days after the last such "
	    "mail; their numbers stay in the sums. Never more of an address "
	    "than its domain. 0: no domain is kept, and what there was is "
	    "removed." },
	{ "tlsrpt relay", { "ADDRESS[@PORT]" },
	  "ADDRESS[@PORT]", &kind_remote, AT(tlsrpt_relay), .max = 25,
	  .help = "mail server that takes TLS reports",
	  .detail = "With it and `tlsrpt from` each domain that publishes "
	    "_smtp._tls gets a report each day on what came of the sessions with "
	    "it (RFC 8460), as mail. The office's own mail server is meant, which "
	    "is spoken to in clear and so must stand in the office's network: it "
	    "queues them, and sends them through danegate like all mail. Without "
	    "it nothing is gathered." },
	{ "tlsrpt from", { "MAILBOX" },
	  "a mailbox, as tls-reports@example.nl", &kind_mailbox,
	  AT(tlsrpt_from),
	  .help = "sender of TLS reports, and whom to ask about them",
	  .detail = "Its domain stands for the organisation, too." },
	{ "log destination", { "stderr|syslog" },
	  NULL, &kind_word, AT(log_destination),
	  .help = "where the log goes",
	  .detail = "`danegated -f` logs to stderr in any case." },
	{ "log level", { "error|warning|info|debug" },
	  NULL, &kind_word, AT(log_level),
	  .help = "least level that is logged",
	  .detail = "Decisions and deliveries are `info`." },
	{ "log remote", { "ADDRESS[@PORT]" },
	  "ADDRESS[@PORT]", &kind_remote, AT(remote), .max = 514,
	  .help = "syslog server that gets the log as well",
	  .detail = "Messages by RFC 5424, to port 514 unless said otherwise. What "
	    "cannot be sent waits in 16 KiB; what has no room there is lost and "
	    "counted (`log-dropped count=`). Mail never waits for it." },
	{ "log remote-transport", { "udp|tcp" },
	  NULL, &kind_word, AT(remote_transport),
	  .help = "how the syslog server is reached",
	  .detail = "`udp`: a datagram for each message (RFC 5426). `tcp`: counted "
	    "octets (RFC 6587 3.4.1); without a connection it is tried again "
	    "every 30 seconds. Neither is encrypted: a matter for the network." },
	{ "log remote-level", { "error|warning|info|debug" },
	  NULL, &kind_word, AT(remote_level),
	  .help = "least level that the syslog server gets",
	  .detail = "Never more than `log level` lets through. At `warning` it "
	    "gets of what was held the `block` events, one a minute for each "
	    "domain and reason, in place of the `decision` lines." },
	{ "system hostname", { "NAME" },
	  "a name of letters, digits and -, at most 63", &kind_hostname,
	  .help = "the router's own name",
	  .detail = ROUTER "It stands in the log and before the login." },
	{ "system ntp-server", { "HOST" },
	  "a host name or an address", &kind_ntp,
	  .many = NETWORK_SERVERS_MAX, .key = 1,
	  .help = "server that the router takes the time from",
	  .detail = ROUTER "Without one those that the WAN's DHCP server tells "
	    "of, or the image's own. Mail is held until one has answered, "
	    "unless the board's clock has a battery." },
	{ "interface wan address", { "dhcp|none", "ADDRESS/LENGTH" },
	  "dhcp, none or an IPv4 ADDRESS/LENGTH", &kind_interface_address,
	  AT(network.wan), .max = 4,
	  .help = "IPv4 address of the WAN",
	  .detail = ROUTER "`dhcp` takes resolvers and time servers along, where "
	    "none are set here." },
	{ "interface wan gateway", { "ADDRESS" },
	  "an IPv4 address", &kind_address, AT(network.gateway), .max = 4,
	  .help = "where the WAN leads to, if its address is static",
	  .detail = ROUTER "It must be in the network of the WAN's address." },
	{ "interface wan address6", { "none|auto", "ADDRESS/LENGTH" },
	  "none, auto or an IPv6 ADDRESS/LENGTH", &kind_interface_address,
	  AT(network.wan6), .max = 6,
	  .help = "IPv6 address of the WAN",
	  .detail = ROUTER "`auto`: from router advertisements, the gateway too. "
	    "IPv6 is routed when WAN and LAN both have it, never translated." },
	{ "interface wan gateway6", { "ADDRESS" },
	  "an IPv6 address", &kind_address, AT(network.gateway6), .max = 6,
	  .help = "the same for IPv6; may be link-local",
	  .detail = ROUTER "Only with a static address6." },
	{ "interface wan vlan", { "N" },
	  "a number from 0 to 4094", &kind_number, AT(network.vlan),
	  .max = 4094,
	  .help = "tag of the WAN's frames (802.1Q); 0: untagged",
	  .detail = ROUTER "Some providers want one. A change cuts what goes "
	    "through the WAN." },
	{ "interface wan mtu", { "BYTES" },
	  "a number from 1280 to 9000", &kind_number, AT(network.mtu),
	  .min = 1280, .max = 9000, .unit = "bytes",
	  .help = "largest packet of the WAN",
	  .detail = ROUTER "Where it is below 1500, TCP of the LAN is told of it "
	    "(MSS)." },
	{ "interface lan address", { "ADDRESS/LENGTH" },
	  "an IPv4 ADDRESS/LENGTH", &kind_interface_address,
	  AT(network.lan), .max = 4,
	  .help = "IPv4 address of the LAN",
	  .detail = ROUTER "The LAN's hosts have it as their way out." },
	{ "interface lan address6", { "none", "ADDRESS/LENGTH" },
	  "none or an IPv6 ADDRESS/LENGTH", &kind_interface_address,
	  AT(network.lan6), .max = 6,
	  .help = "IPv6 address of the LAN",
	  .detail = ROUTER "No router advertisements are sent: hosts of the LAN "
	    "get address and gateway by hand." },
	{ "interface lan dhcp-server", { "off|on" },
	  NULL, &kind_word, AT(network.dhcp_server),
	  .help = "hand out addresses on the LAN",
	  .detail = ROUTER "With the router as the way out and the resolvers of "
	    "`dns server`, or of the WAN." },
	{ "interface lan dhcp-range", { "ADDRESS ADDRESS" },
	  "two IPv4 addresses of the LAN, the first and the last",
	  &kind_dhcp_range,
	  .help = "addresses that are handed out, first and last",
	  .detail = ROUTER "Without it the middle of the LAN: .100 to .199 of "
	    "a /24." },
	{ "interface lan dhcp-lease", { "SECONDS" },
	  "seconds from 120 to 864000", &kind_number, AT(network.dhcp_lease),
	  .min = 120, .max = 864000, .unit = "seconds",
	  .help = "how long an address is lent",
	  .detail = ROUTER "A host asks again when half of it is over." },
	{ "routing nat", { "off|on" },
	  NULL, &kind_word, AT(network.nat),
	  .help = "hide the LAN's IPv4 addresses behind the WAN's",
	  .detail = ROUTER "`off`: the LAN's addresses are seen outside, which "
	    "must have a route back." },
	{ "routing route", { "ADDRESS[/LENGTH] via GATEWAY" },
	  "ADDRESS[/LENGTH] via GATEWAY, both of one family", &kind_route,
	  .many = NETWORK_ROUTES_MAX, .key = 1,
	  .help = "static route",
	  .detail = ROUTER "Both of one family; the gateway on LAN or WAN." },
	{ "ssh server", { "off|on" },
	  NULL, &kind_word, AT(network.ssh_server),
	  .help = "let keys in by SSH, from the LAN",
	  .detail = ROUTER "Passwords never open it, and from the WAN it is not "
	    "reached. `show system host-key` tells what the router proves itself "
	    "by." },
	{ "ssh key", { "admin|view ssh-ed25519 KEY",
	    "admin|view ecdsa-sha2-nistp256 P256-KEY" },
	  "admin or view, and an OpenSSH public key of type ssh-ed25519 or "
	  "ecdsa-sha2-nistp256", &kind_ssh_key,
	  .many = NETWORK_KEYS_MAX, .key = 3,
	  .help = "public key that may log in as admin or as view",
	  .detail = ROUTER "The line of a .pub file without its last word. "
	    "`admin` may do all; `view` may look, and change nothing. A session "
	    "that is open when its key is deleted goes on." },
};

/* What `?` says to the words of a value, for options whose path begins so. */
static const struct {
	const char *path, *word, *help;
} word_help[] = {
	{ "policy", "none", "nothing must hold" },
	{ "policy", "may", "TLS when offered, and from then on always" },
	{ "policy", "encrypt", "TLS, whoever the server is" },
	{ "policy", "dane", "as its TLSA records say; has it none: may" },
	{ "policy", "dane-only", "TLSA records that fit, or nothing" },
	{ "policy", "verify", "certificate of an authority of tls ca-file" },
	{ "policy", "block", "no mail at all" },
	{ "ssh key", "admin", "may do all" },
	{ "ssh key", "view", "may look, and change nothing" },
	{ "ssh key", "KEY", "AAAA... of the .pub file" },
	{ "ssh key", "P256-KEY", "AAAA... of the .pub file" },
	{ "policy domain", "NAME", "example.nl, or .example.nl: all below it" },
	{ "policy domain", "DATE", "as in 2027-01-31" },
	{ "policy domain", "TEXT", "in quotes, up to 80 characters" },
	{ "policy domain", "level", "what must hold for its mail" },
	{ "policy domain", "until", "last day (UTC) of this exception" },
	{ "policy domain", "reason", "why there is one, for the report" },
	{ "policy domain", "fallback", "with level may: where STARTTLS fails" },
	{ "policy domain", "cleartext", "in clear then" },
	{ "policy relay", "name", "the host that it must be" },
	{ "policy relay", "level", "other than the default" },
	{ "policy mode", "enforce", "hold it" },
	{ "policy mode", "monitor", "let it pass, and log would=defer" },
	{ "policy on-block", "defer", "4xx: the mail server tries again" },
	{ "policy on-block", "reject", "5xx: the sender hears at once" },
	{ "policy unlisted-destination", "allow", "judge it as it is" },
	{ "policy unlisted-destination", "defer", "hold its mail" },
	{ "policy insecure-mx", "dane", "enforce them" },
	{ "policy insecure-mx", "may", "do not look at them" },
	{ "policy bare-newline", "normalize", "make it CRLF" },
	{ "policy bare-newline", "reject", "refuse the message, 550 5.6.11" },
	{ "proxy source", "router", "the router's own" },
	{ "proxy source", "preserve", "the mail server's own" },
	{ "clock trust", "floor", "when not before the latest time known" },
	{ "clock trust", "kernel", "and when somebody has set it besides" },
	{ "clock trust", "always", "at all times" },
	{ "tls minimum", "phase-out", "all that TLS 1.2 and 1.3 can do" },
	{ "tls minimum", "sufficient", "no RSA-2048, no CBC, ECDHE alone" },
	{ "tls minimum", "good", "TLS 1.3 with 256-bit keys" },
	{ "log remote-transport", "udp", "a datagram each (RFC 5426)" },
	{ "log remote-transport", "tcp", "counted octets (RFC 6587)" },
	{ "interface", "dhcp", "as the WAN's DHCP server says" },
	{ "interface", "auto", "from router advertisements" },
	{ "interface", "none", "no address of this family" },
	{ "routing route", "via", "the next router" },
};
/* clang-format on */

const char *
option_word_help(const struct option *o, struct span word)
{
	const char *best = "";
	size_t longest = 0;

	for (size_t i = 0; i < DG_ARRAY_LEN(word_help); i++) {
		size_t n = strlen(word_help[i].path);

		if (n > longest &&
		    strncmp(o->path, word_help[i].path, n) == 0 &&
		    span_equal(span_text(word_help[i].word), word)) {
			best = word_help[i].help;
			longest = n;
		}
	}
	return best;
}

const struct option *
option_at(size_t index)
{
	return index < DG_ARRAY_LEN(options) ? &options[index] : NULL;
}

struct span
option_word(struct option_input *in)
{
	in->word = span_word(&in->rest);
	in->rest = span_trim(in->rest);
	return in->word;
}

/* Takes the words of path off the input, all of them or none. */
static bool
path_take(const char *path, struct option_input *in)
{
	struct option_input next = *in;
	struct span rest = span_text(path);
	struct span word;

	while ((word = span_word(&rest)).n > 0)
		if (!span_equal(option_word(&next), word))
			return false;
	*in = next;
	return true;
}

const struct option *
option_find(struct option_input *in)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++)
		if (path_take(options[i].path, in))
			return &options[i];
	return NULL;
}

/* As many words of a line as the path has, blanks between them as they are. */
static struct span
words_like(struct span line, const char *path)
{
	struct span rest = span_trim(line);
	struct span path_rest = span_text(path);
	const uint8_t *from = rest.p;
	struct span last = { rest.p, 0 };

	while (span_word(&path_rest).n > 0) {
		struct span word = span_word(&rest);

		if (word.n == 0)
			break;
		last = word;
	}
	return span_of(from, (size_t)(last.p + last.n - from));
}

const struct option *
option_nearest(struct span words)
{
	const struct option *best = NULL;
	unsigned least = NEAREST_MAX;

	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++) {
		struct span path = span_text(options[i].path);
		struct span given = words_like(words, options[i].path);
		unsigned distance = nearest_distance(given, path);

		if (distance < least && nearest_is_close(given, path)) {
			least = distance;
			best = &options[i];
		}
	}
	return best;
}

const char *
option_expected(const struct option *o)
{
	return o->expected != NULL ? o->expected : o->forms[0];
}

struct span
option_form_word(struct span *form)
{
	return span_word(form);
}

bool
option_form_is_value(struct span piece)
{
	return piece.n > 0 && piece.p[0] >= 'A' && piece.p[0] <= 'Z';
}

struct span
option_form_choice(struct span piece, size_t index)
{
	size_t at = 0;

	while (index > 0 && at < piece.n) {
		at = span_find(piece, '|', at) + 1;
		index--;
	}
	return span_slice(piece, at, span_find(piece, '|', at));
}

bool
option_form_has(struct span piece, struct span word)
{
	struct span choice;

	for (size_t i = 0; (choice = option_form_choice(piece, i)).n > 0; i++)
		if (span_equal(choice, word))
			return true;
	return false;
}
