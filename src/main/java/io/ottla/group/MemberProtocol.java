// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Arrays;

/** A protocol (an assignor, for consumers) that a classic member can follow, and what it tells the leader in that case. */
record MemberProtocol(String name, byte[] metadata) {
    @Override
    public boolean equals(Object other) {
        return other instanceof MemberProtocol that && name.equals(that.name) && Arrays.equals(metadata, that.metadata);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(metadata);
    }
}
