/**
 * What the guests say of themselves: the agent in the golden image, asked over the desktop's own
 * network.
 */
@NullMarked
package io.millrace.e2e.guest;

import org.jspecify.annotations.NullMarked;
