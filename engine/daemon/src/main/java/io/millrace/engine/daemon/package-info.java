/**
 * {@code millraced}: one store of one node, served as block devices.
 *
 * <p>One thread, the reactor, owns the store and everything that it calls. Attaching, gRPC, HTTP
 * and the disk have threads of their own and reach the reactor through a queue and an eventfd.
 */
@NullMarked
package io.millrace.engine.daemon;

import org.jspecify.annotations.NullMarked;
