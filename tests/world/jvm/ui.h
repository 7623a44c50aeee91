/* ui.h - the few answers a stand-in's UI gives by itself, when no world answers for it: the version
 * and the application, as Spark's REST interface says them; 404 to all else. */
#ifndef WORLD_JVM_UI_H
#define WORLD_JVM_UI_H

#include "port.h"

/* Serves one connection; port->data is the struct life. */
void ui_serve(int fd, struct port *port);

#endif
