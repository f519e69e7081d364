/** The gRPC face of the engine, for the CSI driver and the command line. */
@NullMarked
package io.millrace.engine.daemon.rpc;

import org.jspecify.annotations.NullMarked;
