/**
 * The cluster under test: its API, its engine, and what is done with both in demo and tests alike.
 */
@NullMarked
package io.millrace.e2e.cluster;

import org.jspecify.annotations.NullMarked;
