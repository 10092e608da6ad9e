// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.List;
import org.apache.kafka.common.acl.AclOperation;

/** The operations that everybody may do while there is no authorizer, as bit fields (KIP-430). */
final class Operations {
    /** Stands for 'not asked for'. */
    static final int NOT_ASKED = Integer.MIN_VALUE;

    static final int ON_TOPIC = bits(List.of(AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DELETE,
            AclOperation.ALTER, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS));
    static final int ON_CLUSTER = bits(List.of(AclOperation.CREATE, AclOperation.ALTER, AclOperation.DESCRIBE,
            AclOperation.CLUSTER_ACTION, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS, AclOperation.IDEMPOTENT_WRITE));
    static final int ON_GROUP = bits(List.of(AclOperation.READ, AclOperation.DELETE, AclOperation.DESCRIBE,
            AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS));

    private Operations() {}

    private static int bits(List<AclOperation> operations) {
        return operations.stream().mapToInt(operation -> 1 << operation.code()).reduce(0, (left, right) -> left | right);
    }
}
