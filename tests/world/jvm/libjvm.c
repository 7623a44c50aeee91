/* libjvm.c - the stub that makes a stand-in a JVM to whoever looks at its maps. */
int JNI_GetCreatedJavaVMs(void);

int JNI_GetCreatedJavaVMs(void)
{
	return 0;
}
