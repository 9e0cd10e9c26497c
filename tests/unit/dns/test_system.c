/* The resolvers of resolv.conf(5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns/system.h"

/* resolv.conf(5): one server a line, other lines are not for us. */
static void
test_servers_of_the_system(void **state)
{
	static const char conf[] = "# nameserver 192.0.2.9\n"
				   "search example\n"
				   "nameserver 192.0.2.1 # first\n"
				   "\tnameserver\t2001:db8::1\n"
				   "nameserver fe80::1%eth0\n"
				   "nameservers 192.0.2.8\n"
				   "nameserver\n"
				   "nameserver 192.0.2.2";
	char text[ADDRESS_TEXT_MAX];
	struct address a[3];

	(void)state;
	assert_int_equal(system_servers(a, 3, span_text(conf)), 3);
	assert_string_equal(address_port_text(&a[0], text), "192.0.2.1:53");
	assert_string_equal(address_port_text(&a[1], text), "[2001:db8::1]:53");
	assert_string_equal(address_port_text(&a[2], text), "192.0.2.2:53");
	assert_int_equal(system_servers(a, 2, span_text(conf)), 2);
	assert_int_equal(system_servers(a, 3, span_text("")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
