/* row/row.h - one line per field in the tables of this folder. A macro call and not a bare
 * initialiser, so that a table stays one line per field under the formatter. */
#ifndef SPARKOPS_ROW_ROW_H
#define SPARKOPS_ROW_ROW_H

#include "../../include/field.h"

/* row struct, member, FIELD_ type, UNIT_, flags, path in the source's answer, heading, help */
#define ROW_FIELD(row, member, type_, unit_, flags_, json_, title_, help_)                         \
	{                                                                                          \
		.name = #member, .title = (title_), .help = (help_), .json = (json_),              \
		.type = FIELD_##type_, .unit = UNIT_##unit_, .flags = (flags_),                    \
		.offset = offsetof(row, member)                                                    \
	}

/* the same for a word of a fixed list */
#define ROW_ENUM(row, member, names_, flags_, title_, help_)                                       \
	{                                                                                          \
		.name = #member, .title = (title_), .help = (help_), .type = FIELD_ENUM,           \
		.flags = (flags_), .offset = offsetof(row, member), .names = (names_)              \
	}

#endif
