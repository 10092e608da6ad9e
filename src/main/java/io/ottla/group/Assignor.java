// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** A server-side assignor: who should have what. Pure, and the same for the same question. */
interface Assignor {
    /** One member's wish. @param before the target that it had, to be kept where possible */
    record Wish(String memberId, String instanceId, Set<String> topics, Partitions before) {}

    String name();

    /** The targets by member id; members that get nothing may be missing. Topics that do not exist are passed over. */
    Map<String, Partitions> assign(List<Wish> wishes, TopicsImage topics);
}
