// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

/** Where a member may read next in a share partition. */
public sealed interface Position {
    /**
     * Records from {@code offset} on may be there to take.
     *
     * @param offset     the first offset that nobody has
     * @param lastOffset an offset by which as many as were asked for have been passed, if each one holds a record
     * @param lookAgain  stands for what was looked at, for {@link ShareCoordinator#awaitMore}
     */
    record Read(long offset, long lastOffset, long lookAgain) implements Position {}

    /** As many records as may be are locked. */
    record Full(long lookAgain) implements Position {}

    /** The group has not begun here, and share.auto.offset.reset says where it begins. */
    record NotStarted() implements Position {}

    /** No share group works on this partition. */
    record Unknown() implements Position {}
}
