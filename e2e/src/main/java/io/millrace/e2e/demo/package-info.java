/**
 * The main job, shown live: from a pool that is applied to desktops that are logged in to, and
 * reset.
 */
@NullMarked
package io.millrace.e2e.demo;

import org.jspecify.annotations.NullMarked;
