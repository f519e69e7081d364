/**
 * Publishes the store of this node as a {@code Store} object: ask the engine, decide what is due
 * (pure), apply it. The only package that knows the API server.
 */
@NullMarked
package io.millrace.csi.store;

import org.jspecify.annotations.NullMarked;
