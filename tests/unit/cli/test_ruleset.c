/*
 * The rules as nft gets them, byte for byte: what they do is shown by the lab;
 * here it is seen that nothing changes by accident.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/ruleset.h"
#include "config/config.h"

#define HEAD                                                               \
	"table inet danegate\n"                                            \
	"delete table inet danegate\n"                                     \
	"table inet danegate {\n"                                          \
	"\tchain prerouting {\n"                                           \
	"\t\ttype filter hook prerouting priority mangle;\n"               \
	"\t\tiifname { \"lan0\", \"lan1\" } tcp dport 25 jump intercept\n" \
	"\t}\n"                                                            \
	"\tchain intercept {\n"                                            \
	"\t\tfib daddr type local return\n"                                \
	"\t\tip saddr 192.0.2.7/32 return\n"                               \
	"\t\tip6 saddr 2001:db8::/64 return\n"                             \
	"\t\tmeta nfproto ipv4 meta l4proto tcp tproxy ip to :10026 "      \
	"meta mark set meta mark & 0xff00ffff | 0x00da0000 accept\n"       \
	"\t\tmeta nfproto ipv6 meta l4proto tcp tproxy ip6 to :10026 "     \
	"meta mark set meta mark & 0xff00ffff | 0x00da0000 accept\n"       \
	"\t}\n"

#define DIVERT                                                         \
	"\tchain divert {\n"                                           \
	"\t\ttype filter hook prerouting priority dstnat + 10;\n"      \
	"\t\ttcp sport 25 socket transparent 1 "                       \
	"meta mark set meta mark & 0xff00ffff | 0x00da0000\n"          \
	"\t\ticmp type destination-unreachable @th,240,16 25 "         \
	"socket transparent 1 "                                        \
	"meta mark set meta mark & 0xff00ffff | 0x00da0000\n"          \
	"\t\ticmpv6 type { destination-unreachable, packet-too-big } " \
	"@th,400,16 25 socket transparent 1 "                          \
	"meta mark set meta mark & 0xff00ffff | 0x00da0000\n"          \
	"\t}\n"

#define TAIL                                                            \
	"\tchain forward {\n"                                           \
	"\t\ttype filter hook forward priority filter - 10;\n"          \
	"\t\tiifname { \"lan0\", \"lan1\" } tcp dport 25 jump refuse\n" \
	"\t}\n"                                                         \
	"\tchain refuse {\n"                                            \
	"\t\tip saddr 192.0.2.7/32 return\n"                            \
	"\t\tip6 saddr 2001:db8::/64 return\n"                          \
	"\t\treject with tcp reset\n"                                   \
	"\t}\n"                                                         \
	"\tchain input {\n"                                             \
	"\t\ttype filter hook input priority filter - 10;\n"            \
	"\t\ttcp dport 10026 tcp flags & (syn | ack) == syn "           \
	"reject with tcp reset\n"                                       \
	"\t}\n"                                                         \
	"}\n"

#define CONFIG                                 \
	"set intercept interface lan0\n"       \
	"set intercept interface lan1\n"       \
	"set intercept exempt 192.0.2.7\n"     \
	"set intercept exempt 2001:db8::/64\n" \
	"set proxy listen-port 10026\n"

static void
expect(const char *config, const char *rules)
{
	struct config_error error;
	struct settings s;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(config_parse(&s, span_text(config), &error), 0);
	ruleset_write(f, &s);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, rules);
	free(text);
	settings_free(&s);
}

static void
test_source_router(void **state)
{
	(void)state;
	expect(CONFIG "set proxy source router\n", HEAD TAIL);
}

static void
test_source_preserve(void **state)
{
	(void)state;
	expect(CONFIG "set proxy source preserve\n", HEAD DIVERT TAIL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source_router),
		cmocka_unit_test(test_source_preserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
