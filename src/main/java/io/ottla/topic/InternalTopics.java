// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.Set;

/** The topics in which coordinators keep their journals, named as Kafka names them. */
public final class InternalTopics {
    public static final String CONSUMER_OFFSETS = "__consumer_offsets";
    public static final String TRANSACTION_STATE = "__transaction_state";
    public static final String SHARE_GROUP_STATE = "__share_group_state";
    public static final Set<String> NAMES = Set.of(CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE);

    private InternalTopics() {}
}
