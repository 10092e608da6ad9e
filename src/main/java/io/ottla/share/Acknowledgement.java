// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.List;

/**
 * What a member says of records that it holds.
 *
 * @param first first offset
 * @param last  last offset, inclusive
 * @param kinds one for all, or one for each offset
 */
public record Acknowledgement(long first, long last, List<Kind> kinds) {
    /** KIP-932 and KIP-1222; the ordinal is Kafka's code. */
    public enum Kind {
        /** There is no record at this offset. */
        GAP,
        ACCEPT,
        RELEASE,
        REJECT,
        RENEW;

        private static final Kind[] VALUES = values();

        /** The kind of a code, or null. */
        public static Kind of(byte code) {
            return code >= 0 && code < VALUES.length ? VALUES[code] : null;
        }
    }

    Kind kindAt(long offset) {
        return kinds.size() == 1 ? kinds.getFirst() : kinds.get((int) (offset - first));
    }

    /** The last offset from {@code offset} on, up to {@code limit}, that is of the same kind. */
    long lastOfKind(long offset, long limit) {
        if (kinds.size() == 1) {
            return limit;
        }
        long end = offset;
        while (end < limit && kindAt(end + 1) == kindAt(offset)) {
            end++;
        }
        return end;
    }
}
