// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

/**
 * The states of a classic group, named as Kafka names them.
 *
 * <pre>
 *   Empty --join--> PreparingRebalance --all joined--> CompletingRebalance --leader's assignment--> Stable
 *     ^                |      ^                              |                                        |
 *     +---nobody left--+      +--------join, leave, silence--+----------------------------------------+
 * </pre>
 */
enum ClassicState {
    EMPTY("Empty"),
    PREPARING_REBALANCE("PreparingRebalance"),
    COMPLETING_REBALANCE("CompletingRebalance"),
    STABLE("Stable");

    private final String wireName;

    ClassicState(String wireName) {
        this.wireName = wireName;
    }

    /** As clients see it. */
    String wireName() {
        return wireName;
    }
}
