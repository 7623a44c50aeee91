/* generic.c - `:table TYPE`: all rows of any schema, with columns made from its field list. */
#include "../ui.h"

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

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	view_draw_table(ui, v, a, ui->table_schema->title);
}

const struct view view_generic = {
	.name = "table",
	.title = "table",
	.help = "all rows of one type",
	.empty = "there is no row of this type",
	.open = open_view,
	.update = view_update_table,
	.draw = draw,
};
