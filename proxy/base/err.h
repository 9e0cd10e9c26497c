/*
 * One list of error codes for the whole of danegate, and the attributes that
 * keep callers honest. Functions return 0 or a negative code and set their
 * outputs only on success. Knows nothing of protocols or of errno.
 */
#ifndef DG_BASE_ERR_H
#define DG_BASE_ERR_H

#define DG_MUSTCHECK	__attribute__((warn_unused_result))
#define DG_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define DG_NORETURN	__attribute__((noreturn))
#define DG_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum dg_err {
	DG_OK = 0,
	DG_ENOMEM = -1,	   /* no memory, or a pool or budget is used up */
	DG_EINVAL = -2,	   /* an argument makes no sense */
	DG_ESYNTAX = -3,   /* input does not follow its grammar */
	DG_ELIMIT = -4,	   /* input is longer or larger than the named limit */
	DG_EAGAIN = -5,	   /* not enough input or room yet; come again */
	DG_ECLOSED = -6,   /* the other side has closed */
	DG_EIO = -7,	   /* the system refused; errno may tell more */
	DG_EPROTO = -8,	   /* the other side broke the protocol */
	DG_ENOTFOUND = -9, /* no such thing */
	DG_ETIMEDOUT = -10,
	DG_EUNSUPPORTED = -11, /* well formed, but not something we do */
};

/* A short English text for one of the codes above; never NULL. */
const char *dg_err_text(int err);

#endif
