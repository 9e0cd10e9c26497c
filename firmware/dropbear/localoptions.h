/*
 * What the router's SSH server has: logins by key, a shell or one command.
 * Nothing is forwarded, no password is asked for, no file is copied.
 */
#define DROPBEAR_SVR_PASSWORD_AUTH 0
#define DROPBEAR_SVR_PUBKEY_OPTIONS 0
#define DROPBEAR_SVR_LOCALTCPFWD 0
#define DROPBEAR_SVR_REMOTETCPFWD 0
#define DROPBEAR_SVR_LOCALSTREAMFWD 0
#define DROPBEAR_SVR_REMOTESTREAMFWD 0
#define DROPBEAR_SVR_AGENTFWD 0
#define DROPBEAR_SFTPSERVER 0
#define INETD_MODE 0
#define DO_MOTD 0

/* Keys of the types that `ssh key` takes; its own is Ed25519. */
#define DROPBEAR_RSA 0
#define DROPBEAR_SK_KEYS 0
#define DROPBEAR_DELAY_HOSTKEY 0
#define DROPBEAR_DH_GROUP14_SHA256 0
#define DROPBEAR_MLKEM768 0

/* Each one that has not yet logged in takes memory. */
#define MAX_UNAUTH_PER_IP 3
#define MAX_UNAUTH_CLIENTS 6
#define MAX_AUTH_TRIES 10

#define DEFAULT_PATH "/usr/bin:/bin"
#define DEFAULT_ROOT_PATH "/usr/sbin:/usr/bin:/sbin:/bin"
