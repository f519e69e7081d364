/**
 * {@code millraced} and {@code millrace}: one store of one node, served as block devices.
 *
 * <p>One thread, the reactor, owns the store and everything that it calls. Attaching, gRPC, HTTP
 * and the disk have threads of their own and reach the reactor through a queue and an eventfd. This
 * package holds the words that the others share; they know each other in this order: serve, cli,
 * rpc, attach, reactor, fuse and storage, linux.
 */
@NullMarked
package io.millrace.engine.daemon;

import org.jspecify.annotations.NullMarked;
