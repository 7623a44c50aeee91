/* dlq/mask.h - which values of a dead-letter entry may be personal data, and how
 * they look masked. */
#ifndef SPARKOPS_DLQ_MASK_H
#define SPARKOPS_DLQ_MASK_H

#include "token.h"

enum mask_reason { MASK_SAMPLE = 2, MASK_PERSONAL = 4, MASK_SECRET = 8 }; /* bits */

/* What a key says of its value wherever it stands: personal data, a secret, both, neither (0). The
 * key is a string token. */
unsigned mask_of_key(struct span key);
/* Is this scalar to be masked for these reasons? key may be empty (in a list). */
bool mask_hides(struct span key, struct span value, unsigned reasons);
/* `••••` and, but of a secret, the last three characters of what is longer than six; appended. */
void mask_put(struct span value, unsigned reasons, struct buf *out);

#endif
