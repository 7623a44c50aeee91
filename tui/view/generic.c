/* generic.c - `:table TYPE`: all rows of any schema, with columns made from its field list. Those
 * that have no place beside each other stand below: the row under the cursor, field by field. */
#include <string.h>

#include "../ui.h"

enum { NAME_X = 1, VALUE_X = 25, PART_W = 52, VALUE_CAP = TEXT_MAX + 4096 };

static void open_view(struct ui *ui, struct view_state *v)
{
	if (!ui->table_schema)
		ui->table_schema = &schema_job;
	if (v->npanes && table_spec(v->panes[0].table)->schema == ui->table_schema)
		return;
	v->npanes = 1;
	table_free(v->panes[0].table);
	v->panes[0].table = table_new_generic(ui->table_schema);
}

static void draw_field(struct area a, const struct field *f, const void *row, struct buf *value)
{
	bool is_absent_here = field_is_absent(f, row);

	buf_clear(value);
	if (!is_absent_here)
		field_format_long(f, row, value);
	draw_str_cut(a, NAME_X, 0, VALUE_X - NAME_X - 1, STYLE_DIM, f->name);
	draw_str_cut(a, VALUE_X, 0, a.w - VALUE_X - 1, is_absent_here ? STYLE_DIM : STYLE_TEXT,
		     value->len ? value->data : "-");
}

/* As many fields side by side as have room, downwards first. */
static void draw_row(const struct schema *s, const void *row, struct area a)
{
	int parts = (int)max_i64(a.w / PART_W, 1), w = a.w / parts;
	int high = (int)((s->nfields + (size_t)parts - 1) / (size_t)parts);
	bool is_cut = high > a.h - 1;
	struct buf value;

	buf_init(&value, VALUE_CAP);
	draw_rule(a, 0, STYLE_TITLE, is_cut ? "this row" : "all of this row",
		  is_cut ? "y copies all of it" : NULL);
	for (size_t i = 0; i < s->nfields; i++)
		draw_field(area_sub(a, (int)i / high * w, 1 + (int)i % high, w, 1), &s->fields[i],
			   row, &value);
	buf_release(&value);
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct area low = view_draw_list(ui, v, a, ui->table_schema->title, NULL, 4);

	if (low.h)
		draw_row(ui->table_schema, table_cursor(v->panes[0].table), low);
}

/* All of the row, a field a line. */
static void copy(struct ui *ui, struct view_state *v, struct buf *out)
{
	const void *row = table_cursor(v->panes[0].table);

	for (size_t i = 0; row && i < ui->table_schema->nfields; i++) {
		const struct field *f = &ui->table_schema->fields[i];

		if (field_is_absent(f, row))
			continue;
		buf_printf(out, "%s%s: ", out->len ? "\n" : "", f->name);
		field_format_long(f, row, out);
	}
}

const struct view view_generic = {
	.name = "table",
	.title = "table",
	.help = "all rows of one type",
	.empty = "there is no row of this type",
	.open = open_view,
	.update = view_update_table,
	.draw = draw,
	.copy = copy,
};
