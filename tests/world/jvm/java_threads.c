/* java_threads.c - see java_threads.h. */
#include "java_threads.h"

#include <stddef.h>

#define BASE "java.base@17.0.15"
#define PY4J_INVOKE                                                                                \
	{BASE, "jdk.internal.reflect.NativeMethodAccessorImpl.invoke0", "Native Method"},          \
		{BASE, "jdk.internal.reflect.NativeMethodAccessorImpl.invoke",                     \
		 "NativeMethodAccessorImpl.java:77"},                                              \
		{BASE, "jdk.internal.reflect.DelegatingMethodAccessorImpl.invoke",                 \
		 "DelegatingMethodAccessorImpl.java:43"},                                          \
		{BASE, "java.lang.reflect.Method.invoke", "Method.java:569"},                      \
		{NULL, "py4j.reflection.MethodInvoker.invoke", "MethodInvoker.java:244"},          \
		{NULL, "py4j.reflection.ReflectionEngine.invoke", "ReflectionEngine.java:374"},    \
		{NULL, "py4j.Gateway.invoke", "Gateway.java:282"},                                 \
		{NULL, "py4j.commands.AbstractCommand.invokeMethod", "AbstractCommand.java:132"},  \
	{                                                                                          \
		NULL, "py4j.commands.CallCommand.execute", "CallCommand.java:79"                   \
	}
#define RUN                                                                                        \
	{BASE, "java.lang.Thread.run", "Thread.java:840"},                                         \
	{                                                                                          \
		NULL, NULL, NULL                                                                   \
	}
#define SYNCHRONIZER "java.util.concurrent.locks.AbstractQueuedSynchronizer"

static const struct java_frame none[] = {{NULL, NULL, NULL}};

static const struct java_frame main_reads[] = {
	{BASE, "java.io.FileInputStream.readBytes", "Native Method"},
	{BASE, "java.io.FileInputStream.read", "FileInputStream.java:276"},
	{BASE, "java.io.BufferedInputStream.fill", "BufferedInputStream.java:244"},
	{BASE, "java.io.BufferedInputStream.read", "BufferedInputStream.java:263"},
	{NULL, "org.apache.spark.api.python.PythonGatewayServer$.main",
	 "PythonGatewayServer.scala:70"},
	{NULL, "org.apache.spark.api.python.PythonGatewayServer.main", "PythonGatewayServer.scala"},
	{NULL, "org.apache.spark.deploy.SparkSubmit.main", "SparkSubmit.scala"},
	{NULL, NULL, NULL},
};

static const struct java_frame parks[] = {
	{BASE, "jdk.internal.misc.Unsafe.park", "Native Method"},
	{BASE, "java.util.concurrent.locks.LockSupport.parkNanos", "LockSupport.java:252"},
	{BASE, SYNCHRONIZER "$ConditionObject.awaitNanos", "AbstractQueuedSynchronizer.java:1679"},
	{BASE, "java.util.concurrent.LinkedBlockingQueue.poll", "LinkedBlockingQueue.java:460"},
	{BASE, "java.util.concurrent.ThreadPoolExecutor.getTask", "ThreadPoolExecutor.java:1061"},
	{BASE, "java.util.concurrent.ThreadPoolExecutor.runWorker", "ThreadPoolExecutor.java:1122"},
	{BASE, "java.util.concurrent.ThreadPoolExecutor$Worker.run", "ThreadPoolExecutor.java:635"},
	RUN,
};

static const struct java_frame waits[] = {
	{BASE, "java.lang.Object.wait", "Native Method"},
	{BASE, "java.lang.Object.wait", "Object.java:338"},
	{BASE, "java.util.TimerThread.mainLoop", "Timer.java:537"},
	{BASE, "java.util.TimerThread.run", "Timer.java:516"},
	{NULL, NULL, NULL},
};

static const struct java_frame selects[] = {
	{BASE, "sun.nio.ch.EPoll.wait", "Native Method"},
	{BASE, "sun.nio.ch.EPollSelectorImpl.doSelect", "EPollSelectorImpl.java:118"},
	{BASE, "sun.nio.ch.SelectorImpl.lockAndDoSelect", "SelectorImpl.java:129"},
	{BASE, "sun.nio.ch.SelectorImpl.select", "SelectorImpl.java:146"},
	{NULL, "io.netty.channel.nio.NioEventLoop.select", "NioEventLoop.java:879"},
	{NULL, "io.netty.channel.nio.NioEventLoop.run", "NioEventLoop.java:526"},
	RUN,
};

static const struct java_frame accepts[] = {
	{BASE, "sun.nio.ch.Net.accept", "Native Method"},
	{BASE, "sun.nio.ch.NioSocketImpl.accept", "NioSocketImpl.java:760"},
	{BASE, "java.net.ServerSocket.implAccept", "ServerSocket.java:675"},
	{BASE, "java.net.ServerSocket.accept", "ServerSocket.java:532"},
	{NULL, "py4j.GatewayServer.run", "GatewayServer.java:685"},
	RUN,
};

static const struct java_frame reads[] = {
	{BASE, "sun.nio.ch.SocketDispatcher.read0", "Native Method"},
	{BASE, "sun.nio.ch.SocketDispatcher.read", "SocketDispatcher.java:47"},
	{BASE, "sun.nio.ch.NioSocketImpl.tryRead", "NioSocketImpl.java:266"},
	{BASE, "java.net.Socket$SocketInputStream.read", "Socket.java:966"},
	{BASE, "java.io.BufferedReader.readLine", "BufferedReader.java:396"},
	{NULL, "py4j.ClientServerConnection.waitForCommands", "ClientServerConnection.java:173"},
	{NULL, "py4j.ClientServerConnection.run", "ClientServerConnection.java:106"},
	RUN,
};

static const struct java_frame locks[] = {
	{BASE, "jdk.internal.misc.Unsafe.park", "Native Method"},
	{BASE, "java.util.concurrent.locks.LockSupport.park", "LockSupport.java:211"},
	{BASE, SYNCHRONIZER ".acquire", "AbstractQueuedSynchronizer.java:715"},
	{BASE, SYNCHRONIZER ".acquire", "AbstractQueuedSynchronizer.java:938"},
	{BASE, "java.util.concurrent.locks.ReentrantLock$Sync.lock", "ReentrantLock.java:153"},
	{BASE, "java.util.concurrent.locks.ReentrantLock.lock", "ReentrantLock.java:322"},
	PY4J_INVOKE,
	{NULL, "py4j.ClientServerConnection.waitForCommands", "ClientServerConnection.java:182"},
	{NULL, "py4j.ClientServerConnection.run", "ClientServerConnection.java:106"},
	RUN,
};

const struct java_frame *const java_stacks[STACK_COUNT] = {
	[STACK_NONE] = none,  [STACK_MAIN] = main_reads, [STACK_PARK] = parks,
	[STACK_WAIT] = waits, [STACK_SELECT] = selects,  [STACK_ACCEPT] = accepts,
	[STACK_READ] = reads, [STACK_LOCK] = locks,
};

#define D (1U << ROLE_DRIVER)
#define E (1U << ROLE_EXECUTOR)
#define ANY 0xffU
#define G1 COLLECTOR_G1
#define Z COLLECTOR_Z
#define ALL (G1 | COLLECTOR_PARALLEL | COLLECTOR_SERIAL | Z)

/* clang-format off */
const struct java_thread java_threads[] = {
	{1, "main", STACK_MAIN, 5, false, ANY, ALL},
	{2, "Reference Handler", STACK_NONE, 10, true, ANY, ALL},
	{3, "Finalizer", STACK_WAIT, 8, true, ANY, ALL},
	{4, "Signal Dispatcher", STACK_NONE, 9, true, ANY, ALL},
	{5, "Service Thread", STACK_NONE, 9, true, ANY, ALL},
	{6, "Monitor Deflation Thread", STACK_NONE, 9, true, ANY, ALL},
	{7, "C2 CompilerThread0", STACK_NONE, 9, true, ANY, ALL},
	{8, "C1 CompilerThread0", STACK_NONE, 9, true, ANY, ALL},
	{9, "Sweeper thread", STACK_NONE, 9, true, ANY, ALL},
	{10, "Common-Cleaner", STACK_WAIT, 8, true, ANY, ALL},
	{11, "Notification Thread", STACK_NONE, 9, true, ANY, ALL},
	{14, "process reaper", STACK_PARK, 10, true, ANY, ALL},
	{16, "Thread-2", STACK_ACCEPT, 5, false, D, ALL},
	{17, "Thread-3", STACK_READ, 5, false, D, ALL},
	{19, "rpc-boss-3-1", STACK_SELECT, 5, true, ANY, ALL},
	{20, "dispatcher-event-loop-0", STACK_PARK, 5, true, ANY, ALL},
	{21, "dispatcher-event-loop-1", STACK_PARK, 5, true, ANY, ALL},
	{22, "map-output-dispatcher-0", STACK_PARK, 5, true, D, ALL},
	{30, "dispatcher-BlockManagerMaster", STACK_PARK, 5, true, D, ALL},
	{31, "dispatcher-BlockManagerEndpoint1", STACK_PARK, 5, true, D | E, ALL},
	{32, "RemoteBlock-temp-file-clean-thread", STACK_WAIT, 5, true, D | E, ALL},
	{35, "SparkUI-35", STACK_PARK, 5, true, D, ALL},
	{36, "SparkUI-36-acceptor-0", STACK_SELECT, 3, true, D, ALL},
	{39, "SparkUI-39", STACK_SELECT, 5, true, D, ALL},
	{44, "dispatcher-HeartbeatReceiver", STACK_PARK, 5, true, D, ALL},
	{45, "heartbeat-receiver-event-loop-thread", STACK_PARK, 5, true, D, ALL},
	{46, "netty-rpc-env-timeout", STACK_PARK, 5, true, ANY, ALL},
	{49, "dag-scheduler-event-loop", STACK_PARK, 5, true, D, ALL},
	{50, "driver-heartbeater", STACK_PARK, 5, true, D, ALL},
	{52, "executor-heartbeater", STACK_PARK, 5, true, D | E, ALL},
	{53, "shuffle-boss-6-1", STACK_SELECT, 5, true, D | E, ALL},
	{57, "Spark Context Cleaner", STACK_WAIT, 5, true, D, ALL},
	{58, "context-cleaner-periodic-gc", STACK_PARK, 5, true, D, ALL},
	{18, "spark-listener-group-appStatus", STACK_PARK, 5, true, D, ALL},
	{43, "spark-listener-group-executorManagement", STACK_PARK, 5, true, D, ALL},
	{59, "element-tracking-store-worker", STACK_PARK, 5, true, D, ALL},
	{61, "Executor task launch worker for task 0.0 in stage 2.0 (TID 2)", STACK_PARK, 5, true,
	 D | E, ALL},
	{63, "task-result-getter-0", STACK_PARK, 5, true, D, ALL},
	{66, "block-manager-storage-async-thread-pool-0", STACK_PARK, 5, true, D | E, ALL},
	{69, "block-manager-ask-thread-pool-0", STACK_PARK, 5, true, D | E, ALL},
	{JAVA_LOCKED_ONE, "Thread-20", STACK_READ, 5, false, D, ALL},
	{JAVA_LOCKED_OTHER, "Thread-21", STACK_READ, 5, false, D, ALL},
	{0, "GC Thread#1", STACK_NONE, 0, false, ANY, G1 | COLLECTOR_PARALLEL},
	{0, "VM Periodic Task Thread", STACK_NONE, 0, false, ANY, ALL},
	{0, "VM Thread", STACK_NONE, 0, false, ANY, ALL},
	{0, "G1 Service", STACK_NONE, 0, false, ANY, G1},
	{0, "G1 Refine#0", STACK_NONE, 0, false, ANY, G1},
	{0, "G1 Conc#0", STACK_NONE, 0, false, ANY, G1},
	{0, "G1 Main Marker", STACK_NONE, 0, false, ANY, G1},
	{0, "GC Thread#0", STACK_NONE, 0, false, ANY, G1 | COLLECTOR_PARALLEL},
	{0, "ZStat", STACK_NONE, 0, false, ANY, Z},
	{0, "ZDirector", STACK_NONE, 0, false, ANY, Z},
	{0, "ZDriver", STACK_NONE, 0, false, ANY, Z},
	{0, "ZWorker#0", STACK_NONE, 0, false, ANY, Z},
	{.name = NULL},
};
/* clang-format on */

const char *java_state(enum java_stack stack)
{
	switch (stack) {
	case STACK_PARK:
	case STACK_WAIT:
		return "TIMED_WAITING";
	case STACK_LOCK:
		return "WAITING";
	default:
		return "RUNNABLE";
	}
}

bool java_has(const struct java_thread *thread, enum role role, enum collector collector)
{
	return thread->roles >> role & 1 && thread->collectors & collector;
}

enum java_stack java_stack_of(const struct java_thread *thread, bool is_deadlocked)
{
	bool is_one = thread->id == JAVA_LOCKED_ONE || thread->id == JAVA_LOCKED_OTHER;
	return is_deadlocked && is_one ? STACK_LOCK : thread->stack;
}
