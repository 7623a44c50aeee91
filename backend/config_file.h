/* config_file.h - config_load() with the system's file by name, for tests. */
#ifndef SPARKOPS_CONFIG_FILE_H
#define SPARKOPS_CONFIG_FILE_H

#include "../include/config.h"

MUST_CHECK int config_load_files(const char *system_file, const struct config_args *args,
				 const struct config **out, struct buf *mistakes);

/* Adds the jobs of --health, --ui and --dlq. 0 or -ERR_USAGE with a line for each mistake. */
MUST_CHECK int config_add_args(struct config *c, const struct config_args *args,
			       struct buf *mistakes);
/* What a job has that nobody wrote down: as the option table says. */
void config_job_defaults(struct config_job *j);
/* stale_after and found_by where they are not set. */
void config_job_finish(struct config_job *j);
/* After the last change of its jobs: they are looked up by name. */
void config_order(struct config *c);
/* That key of a found job, or with NULL how it was found, as it stands in --print-config. False:
 * nothing special, nothing printed. */
bool config_print_found(const struct config_job *j, const char *key, struct buf *out);
/* The line `# restart: ...` alone: what would start again what runs so. Nothing
 * where nobody knows. */
void config_print_restart(const struct config_found *f, struct buf *out);
/* The folder of history and the like (sparkops(1), FILES); NULL: none can be. */
const char *config_state_dir(struct arena *a, const char *named);

#endif
