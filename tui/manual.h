/* manual.h - the hand-written parts of the man page; the option sections are generated. */
#ifndef SPARKOPS_MANUAL_H
#define SPARKOPS_MANUAL_H

extern const char manual_head[];  /* NAME, SYNOPSIS, DESCRIPTION */
extern const char manual_verbs[]; /* under VERBS, before their list */
extern const char manual_hooks[]; /* HOOKS, up to the first example */
extern const char manual_hook_between[];
extern const char manual_restart[];   /* how a job is started again */
extern const char manual_read_only[]; /* and the wall */
extern const char manual_themes[];    /* THEMES */
extern const char manual_tail[];      /* what stands behind them */

/* The two example hooks as files: plain text, not man(7). */
extern const char manual_hook_command[], manual_hook_http[];

#endif
