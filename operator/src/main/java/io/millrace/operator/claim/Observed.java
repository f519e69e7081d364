package io.millrace.operator.claim;

import java.util.List;

/**
 * A claim, the desktops of its pool and the other claims that wait, at one moment.
 *
 * @param reserved the desktop that an earlier pass chose for this claim, or nothing
 * @param held names of the desktops that name this claim, lowest slot first
 * @param free desktops that a claim can take, in the order in which they are given out
 * @param reservedByOthers desktops that other claims have chosen and not taken yet
 * @param ahead how many waiting claims came earlier and have chosen nothing yet
 */
record Observed(
    boolean poolExists,
    String reserved,
    List<String> held,
    List<String> free,
    List<String> reservedByOthers,
    int ahead) {}
