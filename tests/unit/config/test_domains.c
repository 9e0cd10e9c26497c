/* The rules of domains: found by name among as many as there may be, kept in
 * their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/domains.h"

static struct name
name_of(const char *text)
{
	struct name name;

	assert_int_equal(name_parse(&name, span_text(text)), 0);
	return name;
}

static struct name
name_number(unsigned i)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "d%u.example", i);
	return name_of(text);
}

static struct domain_rule *
get(struct domain_rules *d, const char *domain, bool below)
{
	struct name name = name_of(domain);
	struct domain_rule *rule;

	assert_int_equal(domain_rules_get(&rule, d, &name, below), 0);
	return rule;
}

static void
test_none(void **state)
{
	struct domain_rules d = { 0 };

	(void)state;
	assert_null(domain_rules_find(&d, span_text("example.nl"), false));
	assert_int_equal(domain_rules_bytes(&d), 0);
	domain_rules_free(&d);
}

static void
test_itself_and_below_are_two(void **state)
{
	struct domain_rules d = { 0 };

	(void)state;
	get(&d, "example.nl", false)->level = LEVEL_BLOCK;
	get(&d, "example.nl", true)->level = LEVEL_MAY;
	get(&d, "example.nl", false)->until = 7;
	assert_int_equal(d.n, 2);
	assert_int_equal(d.rules[0].level, LEVEL_BLOCK);
	assert_int_equal(d.rules[0].until, 7);
	assert_int_equal(d.rules[1].level, LEVEL_MAY);
	assert_ptr_equal(domain_rules_find(&d, span_text("example.nl"), true),
	    &d.rules[1]);
	assert_null(domain_rules_find(&d, span_text("nl"), true));
	assert_null(domain_rules_find(&d, span_text("www.example.nl"), true));
	domain_rules_free(&d);
}

static void
test_reason(void **state)
{
	struct domain_rules d = { 0 };
	struct domain_rule *rule = get(&d, "example.nl", false);
	struct name name;

	(void)state;
	assert_string_equal(rule->reason, "");
	assert_int_equal(domain_rule_set_reason(rule, "TLS 1.0 only"), 0);
	assert_int_equal(domain_rule_set_reason(rule, "none at all"), 0);
	assert_string_equal(rule->reason, "none at all");
	assert_string_equal(rule->domain, "example.nl");
	name = domain_rule_name(rule);
	assert_string_equal(name.text, "example.nl");
	assert_int_equal(name.len, 10);
	domain_rules_free(&d);
}

static void
test_as_many_as_there_may_be(void **state)
{
	struct domain_rules d = { 0 };
	struct domain_rule *rule;
	struct name name;

	(void)state;
	for (unsigned i = 0; i < DOMAINS_MAX; i++) {
		name = name_number(i);
		assert_int_equal(domain_rules_get(&rule, &d, &name, false), 0);
		rule->until = (int32_t)i;
	}
	for (unsigned i = 0; i < DOMAINS_MAX; i++) {
		name = name_number(i);
		rule = domain_rules_find(&d, span_of(name.text, name.len),
		    false);
		assert_ptr_equal(rule, &d.rules[i]);
		assert_int_equal(rule->until, i);
	}
	name = name_number(DOMAINS_MAX);
	assert_null(domain_rules_find(&d, span_text(name.text), false));
	assert_int_equal(domain_rules_get(&rule, &d, &name, false), DG_ELIMIT);
	/* One that is there needs no room. */
	name = name_number(0);
	assert_int_equal(domain_rules_get(&rule, &d, &name, false), 0);
	assert_int_equal(d.n, DOMAINS_MAX);
	/* What docs/operator.md says that so many take. */
	assert_in_range(domain_rules_bytes(&d), DOMAINS_MAX * sizeof(*rule),
	    (size_t)1 << 20);
	domain_rules_free(&d);
	assert_int_equal(d.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_itself_and_below_are_two),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_as_many_as_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
