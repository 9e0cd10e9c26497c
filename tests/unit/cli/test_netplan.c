/*
 * The router's network as its scripts read it, byte for byte; and that nothing
 * gets into it that a shell would look at. No RFC but where named: the text is
 * our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/netplan.h"
#include "config/config.h"

static const char defaults[] = "hostname='danegate'\n"
			       "ntp_servers=''\n"
			       "dns_servers=''\n"
			       "wan_address='dhcp'\n"
			       "wan_gateway=''\n"
			       "wan_address6='none'\n"
			       "wan_gateway6=''\n"
			       "wan_vlan='0'\n"
			       "wan_mtu='1500'\n"
			       "lan_address='192.168.25.1/24'\n"
			       "lan_netmask='255.255.255.0'\n"
			       "lan_address6='none'\n"
			       "lan_dhcp='on'\n"
			       "lan_dhcp_first='192.168.25.100'\n"
			       "lan_dhcp_last='192.168.25.199'\n"
			       "lan_dhcp_lease='3600'\n"
			       "nat='on'\n"
			       "routes=''\n"
			       "ssh='off'\n"
			       "ssh_admin=''\n"
			       "ssh_view=''\n"
			       "exempt4=''\n"
			       "exempt6=''\n"
			       "listen_port='10025'\n";

/* Types and blobs of public keys, RFC 8709 4 and RFC 5656 3.1. */
#define ED25519_KEY                 \
	"AAAAC3NzaC1lZDI1NTE5AAAAI" \
	"LMGSinxhPZBFwKUE1TmGkYQ0LDDU+Kq1bxLvm1+SVk/"
#define P256_KEY                                                \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB" \
	"N0DJvHpTO+VMNvnUgYRNjePGIRzRvRmPFG0gLbZL1bHf7sBzKTt"   \
	"Bnrb0zWGuqa2xBXEOdfGWmMyU3mQLL4bzZY="

static const char everything[] =
    "set intercept exempt 192.168.25.7\n"
    "set intercept exempt 2001:db8:1::/64\n"
    "set intercept exempt 192.168.25.64/28\n"
    "set dns server 198.51.100.53\n"
    "set dns server 198.51.100.54@5353\n"
    "set dns server 2001:db8::53\n"
    "set system hostname gate-1\n"
    "set system ntp-server ntp.example.nl\n"
    "set system ntp-server 198.51.100.4\n"
    "set interface wan address 198.51.100.2/29\n"
    "set interface wan gateway 198.51.100.1\n"
    "set interface wan address6 2001:db8::2/64\n"
    "set interface wan gateway6 fe80::1\n"
    "set interface wan vlan 7\n"
    "set interface wan mtu 1492\n"
    "set interface lan address 10.1.2.3/8\n"
    "set interface lan address6 2001:db8:1::1/64\n"
    "set interface lan dhcp-range 10.1.2.10 10.1.2.20\n"
    "set interface lan dhcp-lease 120\n"
    "set routing nat off\n"
    "set ssh server on\n"
    "set ssh key view ecdsa-sha2-nistp256 " P256_KEY "\n"
    "set ssh key admin ssh-ed25519 " ED25519_KEY "\n"
    "set ssh key view ssh-ed25519 " ED25519_KEY "\n"
    "set routing route 192.0.2.0/24 via 10.1.2.4\n"
    "set routing route 2001:db8:2::/48 via 2001:db8:1::4\n"
    "set proxy listen-port 2525\n";

static const char everything_planned[] =
    "hostname='gate-1'\n"
    "ntp_servers='ntp.example.nl 198.51.100.4'\n"
    "dns_servers='198.51.100.53 2001:db8::53'\n"
    "wan_address='198.51.100.2/29'\n"
    "wan_gateway='198.51.100.1'\n"
    "wan_address6='2001:db8::2/64'\n"
    "wan_gateway6='fe80::1'\n"
    "wan_vlan='7'\n"
    "wan_mtu='1492'\n"
    "lan_address='10.1.2.3/8'\n"
    "lan_netmask='255.0.0.0'\n"
    "lan_address6='2001:db8:1::1/64'\n"
    "lan_dhcp='on'\n"
    "lan_dhcp_first='10.1.2.10'\n"
    "lan_dhcp_last='10.1.2.20'\n"
    "lan_dhcp_lease='120'\n"
    "nat='off'\n"
    "routes='192.0.2.0/24,10.1.2.4 2001:db8:2::/48,2001:db8:1::4'\n"
    "ssh='on'\n"
    "ssh_admin='ssh-ed25519," ED25519_KEY "'\n"
    "ssh_view='ecdsa-sha2-nistp256," P256_KEY " ssh-ed25519," ED25519_KEY "'\n"
    "exempt4='192.168.25.7/32 192.168.25.64/28'\n"
    "exempt6='2001:db8:1::/64'\n"
    "listen_port='2525'\n";

/* The plan of a configuration; to be freed. */
static char *
plan(const char *config)
{
	struct config_error error;
	struct settings s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	if (config_parse(&s, span_text(config), &error) != 0)
		fail_msg("%s: expected %s", config, error.expected);
	netplan_write(f, &s);
	settings_free(&s);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
assert_plan(const char *config, const char *expected)
{
	char *text = plan(config);

	assert_string_equal(text, expected);
	free(text);
}

/* The line is in the plan. */
static void
assert_planned(const char *config, const char *line)
{
	char *text = plan(config);

	if (strstr(text, line) == NULL)
		fail_msg("no %s in %s", line, text);
	free(text);
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_plan("", defaults);
}

static void
test_everything(void **state)
{
	(void)state;
	assert_plan(everything, everything_planned);
}

/* The middle part of whatever the LAN is; none where there is no room. */
static void
test_dhcp_range_by_itself(void **state)
{
	(void)state;
	assert_planned("set interface lan address 10.0.0.1/28\n",
	    "lan_dhcp_first='10.0.0.6'\nlan_dhcp_last='10.0.0.11'\n");
	assert_planned("set interface lan address 10.0.0.1/8\n",
	    "lan_dhcp_first='10.100.0.0'\nlan_dhcp_last='10.199.255.255'\n");
	assert_planned("set interface lan address 10.0.0.0/31\n",
	    "lan_dhcp='off'\nlan_dhcp_first=''\n");
	assert_planned("set interface lan dhcp-server off\n",
	    "lan_dhcp='off'\nlan_dhcp_first=''\n");
}

static void
assert_refused(const char *config, const char *expected)
{
	struct config_error error;
	struct settings s;

	if (config_parse(&s, span_text(config), &error) == 0)
		fail_msg("taken: %s", config);
	if (strstr(error.expected, expected) == NULL)
		fail_msg("%s: expected %s", config, error.expected);
}

/* What would not work, and what a shell would look at. */
static void
test_refused(void **state)
{
	static const char *const statements[] = {
		"set system hostname a'b",
		"set system hostname a.b",
		"set system hostname -a",
		"set system hostname a-",
		"set system hostname $(x)",
		"set system ntp-server -p",
		"set system ntp-server a;b",
		"set system ntp-server `x`",
		"set system ntp-server a'b",
		"set interface wan address auto",
		"set interface wan address 2001:db8::1/64",
		"set interface wan address 192.0.2.1",
		"set interface wan address 192.0.2.1/0",
		"set interface wan address 192.0.2.1/33",
		"set interface wan address 192.0.2.0/24",
		"set interface wan address 192.0.2.255/24",
		"set interface wan address6 dhcp",
		"set interface wan address6 2001:db8::/64",
		"set interface wan address6 192.0.2.1/24",
		"set interface wan gateway fe80::1",
		"set interface wan vlan 4095",
		"set interface wan mtu 1279",
		"set interface wan mtu 9001",
		"set interface lan address dhcp",
		"set interface lan address none",
		"set interface lan address6 auto",
		"set interface lan dhcp-range 192.168.25.9",
		"set interface lan dhcp-lease 119",
		"set routing route 192.0.2.0/24 via 2001:db8::1",
		"set routing route 192.0.2.1/24 via 192.168.25.9",
		"set ssh server yes",
		"set ssh key ssh-ed25519 " ED25519_KEY,
		"set ssh key root ssh-ed25519 " ED25519_KEY,
		"set ssh key admin ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ",
		"set ssh key admin ssh-ed25519 " P256_KEY,
		"set ssh key admin ssh-ed25519 " ED25519_KEY "A",
		"set ssh key admin ssh-ed25519 " ED25519_KEY " jan@office",
		"set ssh key admin ssh-ed25519 "
		"AAAAC3NzaC1lZDI1NTE5AAAAILMGSinxhPZBFwKUE1TmGkYQ0LDDU+Kq1b"
		"xLvm1+S'k/",
		"set ssh key admin ssh-ed25519 "
		"BAAAC3NzaC1lZDI1NTE5AAAAILMGSinxhPZBFwKUE1TmGkYQ0LDDU+Kq1b"
		"xLvm1+SVk/",
	};
	struct config_error error;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(statements); i++)
		if (config_check_line(span_text(statements[i]), &error) == 0)
			fail_msg("taken: %s", statements[i]);
}

/* What only the whole can show. */
static void
test_whole(void **state)
{
	(void)state;
	assert_refused("set interface wan gateway 192.0.2.1\n",
	    "interface wan gateway inside");
	assert_refused("set interface wan address 192.0.2.2/24\n"
		       "set interface wan gateway 198.51.100.1\n",
	    "interface wan gateway inside");
	assert_refused("set interface wan address6 auto\n"
		       "set interface wan gateway6 fe80::1\n",
	    "a static interface wan address6");
	assert_refused("set interface wan address none\n", "a dns server");
	assert_refused("set interface wan address 192.0.2.2/24\n",
	    "a dns server");
	assert_refused("set interface wan address 192.168.25.9/30\n",
	    "in different networks");
	assert_refused("set interface wan address 192.168.1.9/16\n",
	    "in different networks");
	assert_refused(
	    "set interface lan dhcp-range 192.168.25.9 192.168.26.1\n",
	    "inside interface lan address");
	assert_refused(
	    "set interface lan dhcp-range 192.168.25.9 192.168.25.8\n",
	    "inside interface lan address");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_dhcp_range_by_itself),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
