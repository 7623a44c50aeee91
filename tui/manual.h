/* manual.h - the hand-written parts of the man page; the option section is generated. */
#ifndef SPARKOPS_MANUAL_H
#define SPARKOPS_MANUAL_H

extern const char manual_head[]; /* NAME, SYNOPSIS, DESCRIPTION */
extern const char manual_tail[]; /* what stands behind OPTIONS */

#endif
