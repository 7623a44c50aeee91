/* dlq/mask.h - which values of a dead-letter entry may be personal data, and how
 * they look masked. */
#ifndef SPARKOPS_DLQ_MASK_H
#define SPARKOPS_DLQ_MASK_H

#include "token.h"

enum mask_reason { MASK_SAMPLE = 2, MASK_PERSONAL = 4 }; /* bits */

/* Is it the key of personal data or a secret, wherever it stands? The key is a string token. */
bool mask_is_personal(struct span key);
/* Is this scalar to be masked for these reasons? key may be empty (in a list). */
bool mask_hides(struct span key, struct span value, unsigned reasons);
/* `••••` and the last three characters of what is longer than six; appended. */
void mask_put(struct span value, struct buf *out);

#endif
