/*
 * How much is asked of TLS: the levels of a policy and their words.
 */
#ifndef DG_CONFIG_LEVEL_H
#define DG_CONFIG_LEVEL_H

/* TLS security levels with Postfix's names. Zero is no level: fail closed. */
enum level {
	LEVEL_UNSET = 0,
	LEVEL_NONE,	 /* pass untouched */
	LEVEL_MAY,	 /* TLS when offered, with downgrade memory */
	LEVEL_ENCRYPT,	 /* TLS always, no authentication */
	LEVEL_DANE,	 /* DANE where published, else may */
	LEVEL_DANE_ONLY, /* usable TLSA records or nothing */
	LEVEL_VERIFY,	 /* PKIX with names */
	LEVEL_BLOCK,	 /* refuse */
};

/* The configuration's word for a level: "dane-only"; never NULL. */
const char *level_text(enum level level);

#endif
