/* heap.h - what lies free in the heap goes back to the system. */
#ifndef SPARKOPS_HEAP_H
#define SPARKOPS_HEAP_H

void heap_begin(void); /* [main] before there are threads */
void heap_tidy(void);  /* [any] */

#endif
