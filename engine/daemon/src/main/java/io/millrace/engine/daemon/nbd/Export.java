package io.millrace.engine.daemon.nbd;

/**
 * A volume or snapshot as clients see it.
 *
 * @param name by which it is listed
 * @param sizeBytes for a connection that begins now; it does not change for that connection
 */
record Export(long id, String name, String description, long sizeBytes, boolean readOnly) {}
