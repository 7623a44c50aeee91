/* store/who.h - who acts, and whether the process of somebody who acted is still there. */
#ifndef SPARKOPS_STORE_WHO_H
#define SPARKOPS_STORE_WHO_H

#include "../../include/base.h"

struct who {
	int64_t uid, login_uid; /* login_uid: who came in, through sudo too; ABSENT */
	int64_t pid, start_ticks;
	char user[64], host[128], tty[64];
	char client[128]; /* SSH_CONNECTION, else SSH_CLIENT; "" */
	char boot[96];    /* boot id and PID namespace: what a pid means */
};

/* May ask the name service for the user's name. */
void who_look(struct who *w);
/* The process that was `pid` since `start_ticks` in that boot and namespace has ended. One of
 * another namespace cannot be seen: it counts as gone an hour after `at` (wall ms). */
bool who_is_gone(int64_t pid, int64_t start_ticks, const char *boot, int64_t at);

#endif
