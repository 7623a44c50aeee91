/* commandpane.h - commands that act on the pane that has the focus; rows of the
 * table in command.c. */
#ifndef SPARKOPS_COMMANDPANE_H
#define SPARKOPS_COMMANDPANE_H

#include "command.h"

command_fn pane_down, pane_up, pane_page_down, pane_page_up, pane_first, pane_last;
command_fn pane_next, pane_previous, pane_open, pane_mark, pane_unmark;
command_fn pane_sort, pane_sort_next, pane_sort_invert, pane_filter, pane_copy;
command_fn pane_search_next, pane_search_previous, pane_error_next, pane_error_previous, pane_wrap;
command_complete_fn pane_complete_field;

#endif
